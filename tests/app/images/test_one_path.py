"""The same bytes through page, embed, build and training give the same cleaned image, or reason."""

import csv
import gzip
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

import scripts.embed
import scripts.training.images
from app.errors import ExplorerError
from app.images.prepare import prepare_image, read_image
from app.surveys.services import FIRST_SURVEY
from model.encoder import Encoder, untrained_encoder
from model.preprocess import ImageError
from scripts.bundle.sources import Source
from scripts.fetch.cutout_dir import read_store
from scripts.fetch.images import FetchedImages
from tests.replay.uploads import Grid, fits_file, sky_image

SHARED = Path(__file__).parents[4] / "shared"
REAL = sorted((SHARED / "data" / "first_fits").glob("*.fits.gz"))
CASES = sorted((SHARED / "cases" / "images").glob("*.fits.gz"))

Outcome = NDArray[np.uint8] | str
"""The cleaned image, or why there is none."""


def page(content: bytes) -> Outcome:
    """What POST /api/query/image prepares."""
    try:
        return prepare_image(content).pixels
    except (ExplorerError, ImageError) as exc:
        return str(exc)


def middle(content: bytes) -> SkyCoord:
    """Where a list that names the file's source would have it."""
    try:
        return read_image(content).middle
    except ExplorerError:
        return SkyCoord(150.0, 20.0, unit="deg")


def build(content: bytes, position: SkyCoord, directory: Path) -> Outcome:
    """What `build --images` makes of the cutout of a source."""
    record = {"survey": FIRST_SURVEY, "field_arcmin": 9.0}
    (directory / "fetch.json").write_text(json.dumps(record))
    store = read_store(directory)
    place = (float(position.ra.deg), float(position.dec.deg))
    path = store.path_of(store.name_of(*place))
    path.parent.mkdir()
    path.write_bytes(content.ljust(-(-len(content) // 2880) * 2880, b"\0"))
    (found,) = FetchedImages(directory).images_of([Source("id", "name", *place)])
    return found.reason if found.image is None else found.image


def training(content: bytes, directory: Path, patch: pytest.MonkeyPatch) -> Outcome:
    """What `pretrain --data fits:DIRECTORY` makes of a file."""
    (directory / "one.fits").write_bytes(content)
    said: list[str] = []
    patch.setattr(scripts.training.images.console, "print", lambda *words: said.extend(words))
    images = scripts.training.images.read_fits_directory(directory)
    patch.undo()
    return np.asarray(images.pixels[0]) if len(images) else said[0].partition("left out: ")[2]


@cache
def an_encoder() -> Encoder:
    """For its card only."""
    return untrained_encoder("resnet14")


def embedded(content: bytes, directory: Path, patch: pytest.MonkeyPatch) -> Outcome:
    """The central 70 px of what `rgz-explorer embed` gives to the encoder."""
    path, out, seen = directory / "mine.fits", directory / "y.parquet", []
    path.write_bytes(content)
    patch.setattr(scripts.embed, "network_input", lambda pixels: seen.append(pixels) or pixels)
    patch.setattr(scripts.embed, "embed", lambda _, x: np.zeros((1, 512), np.float32))
    try:
        scripts.embed.embed_files([path], an_encoder(), out)
    except ExplorerError:
        with out.with_name("y.parquet.rejects.csv").open(newline="") as file:
            return next(csv.DictReader(file))["reason"]
    return np.asarray(seen[0])


def check_one_path(content: bytes, tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
    wanted = page(content)
    others = {
        "build": build(content, middle(content), made(tmp_path / "build")),
        "training": training(content, made(tmp_path / "training"), patch),
        "embed": embedded(content, made(tmp_path / "embed"), patch),
    }
    for name, found in others.items():
        np.testing.assert_array_equal(found, wanted, err_msg=name)


def made(directory: Path) -> Path:
    directory.mkdir()
    return directory


@pytest.mark.parametrize("path", REAL + CASES, ids=lambda path: path.name.split(".fits")[0])
def test_a_file_gives_one_image_or_one_reason_everywhere(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_one_path(gzip.decompress(path.read_bytes()), tmp_path, monkeypatch)


@pytest.mark.parametrize("kind", ["real", "cases"])
def test_the_files_are_there(kind: str) -> None:
    if not SHARED.exists():
        pytest.skip("../shared is not on this machine")
    assert len({"real": REAL, "cases": CASES}[kind]) == {"real": 66, "cases": 19}[kind]


NOISY = sky_image(Grid((700, 700), 1.0), beam_arcsec=2.5, noise_jy=0.15e-3)
NOISY[:200] *= 3  # where a survey's image is noisier towards its edge


@pytest.mark.parametrize(
    ("pixels", "grid", "beam_arcsec", "cards"),
    [
        (sky_image(Grid(), noise_jy=0.15e-3), Grid(), 5.4, {}),
        (NOISY, Grid((700, 700), 1.0), 2.5, {}),
        (sky_image(Grid((700, 700)), noise_jy=0.15e-3), Grid((700, 700)), 5.4, {}),
        (1e3 * sky_image(Grid(), noise_jy=0.15e-3), Grid(), 5.4, {"BUNIT": "mJy/beam"}),
        (sky_image(Grid(turned_deg=30), noise_jy=0.15e-3), Grid(turned_deg=30), 5.4, {}),
        (sky_image(Grid(), noise_jy=0.15e-3), Grid(), 5.4, {"BUNIT": "K"}),
    ],
    ids=["firsts grid", "noisier edges", "700 px", "mJy", "turned", "kelvin"],
)  # fmt: skip
def test_an_image_of_ones_own_gives_one_image_or_one_reason_everywhere(
    pixels: np.ndarray, grid: Grid, beam_arcsec: float, cards: dict, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    check_one_path(fits_file(pixels, grid, beam_arcsec, **cards), tmp_path, monkeypatch)
