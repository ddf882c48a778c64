"""From a list over fetched cutouts to a bundle, by the commands as they are typed."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from typer.testing import CliRunner

from app.bundle.files import current_version
from app.bundle.latent_space import LatentSpace, open_latent_space
from model.preprocess import clean
from scripts.bundle.sources import Source
from scripts.cli import app
from scripts.fetch.cutout_dir import FetchError, read_store
from scripts.fetch.images import NOT_FETCHED, FetchedImages
from tests.fetching import rows_of
from tests.replay.faults import Fault
from tests.replay.fetch import FetchReplay
from tests.small_builds import no_layout

ROWS = rows_of(8)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Fetch a list of 11 rows, 8 with images, and build a bundle of it."""
    directory = tmp_path_factory.mktemp("lab")
    with pytest.MonkeyPatch.context() as patch, FetchReplay() as server:
        patch.chdir(directory)
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("RGZ_FIRST_SERVER", server.first_url)
        patch.setattr("scripts.bundle.stages.fit_umap", no_layout)
        server.plan = lambda place, _: Fault.BLANK if place.startswith("8.80000000") else None
        with Path("list.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["name", "ra", "dec"])
            writer.writerows([row.source_id, row.ra_deg, row.dec_deg] for row in ROWS)
            writer.writerows([["south", 10.0, -60.0], ["odd", "abc", 1], ["blank", 132.0, 20.0]])
        fetch = "fetch cutouts list.csv --out cutouts --rate 1000 --field-arcmin 4.5"
        Path("said.txt").write_text(run(fetch))
        run("build --catalogue list.csv --images cutouts --bundle lab")
        yield directory


def run(arguments: str) -> str:
    result = CliRunner().invoke(app, arguments.split())
    if result.exception:
        raise result.exception
    return " ".join(result.output.split())


@pytest.fixture(scope="module")
def space(built: Path) -> LatentSpace:
    return open_latent_space(built / "lab")


def test_the_account_of_the_fetch_adds_up(built: Path) -> None:
    said = (built / "said.txt").read_text()
    assert (
        "11 listed = 0 had already + 8 fetched + 0 shared + 2 failed + 0 not tried + 1 without a "
        "usable position" in said
    )
    assert "Failed: 1 blank, 1 footprint" in said
    assert "kB each" in said
    with (built / "cutouts" / "rejects.csv").open(newline="") as file:
        (reject,) = csv.DictReader(file)
    assert (reject["row"], reject["name"]) == ("10", "odd")


def test_the_bundle_holds_the_fetched_images_as_observations(
    built: Path, space: LatentSpace
) -> None:
    assert len(space) == 8
    assert space.catalogue.table["name"].to_pylist() == [row.source_id for row in ROWS]
    assert set(space.catalogue.table["image_origin"].to_pylist()) == {"observed"}
    assert (space.manifest.input_kind, space.manifest.source.rendering) == ("raw", None)
    store = read_store(built / "cutouts")
    for row, listed in enumerate(ROWS):
        with fits.open(store.path_of(store.name_of(listed.ra_deg, listed.dec_deg))) as hdus:
            np.testing.assert_array_equal(space.image(row), clean(hdus[0].data))
    assert np.isfinite(space.catalogue.numbers("rms_jy_beam")).all()


def test_what_has_no_image_is_rejected_with_the_fetch_s_reason(
    built: Path, space: LatentSpace
) -> None:
    with (current_version(built / "lab") / "rejects.csv").open(newline="") as file:
        reasons = {reject["name"]: reject["reason"] for reject in csv.DictReader(file)}
    assert reasons.keys() == {"south", "odd", "blank"}
    assert "FIRST has no data" in reasons["south"]
    assert "blank" in reasons["blank"]
    assert "abc" in reasons["odd"]
    assert space.manifest.source.n_listed == 11
    assert space.manifest.source.n_rejected == 3


def test_the_version_of_the_images_changes_with_any_of_them(built: Path, tmp_path: Path) -> None:
    cutouts = built / "cutouts"
    before = FetchedImages(cutouts).record.version
    assert FetchedImages(cutouts).record.version == before
    path = sorted(cutouts.rglob("*.fits"))[0]
    content = path.read_bytes()
    try:
        with fits.open(path, mode="update", checksum=True) as hdus:
            hdus[0].data[0, 0] += 1
            hdus[0].add_checksum()
        assert FetchedImages(cutouts).record.version != before
        path.unlink()
        assert FetchedImages(cutouts).record.version != before
    finally:
        path.write_bytes(content)
    assert FetchedImages(cutouts).record.version == before


def test_a_file_that_may_not_be_read_is_a_reject(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cutouts = built / "cutouts"
    before = FetchedImages(cutouts).record.version
    store = read_store(cutouts)
    sources = [Source("id", row.source_id, row.ra_deg, row.dec_deg) for row in ROWS]
    shut = store.path_of(store.name_of(sources[2].ra_deg, sources[2].dec_deg))
    opened = Path.open

    def refuse(path: Path, *how: Any, **more: Any) -> Any:
        if path == shut:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *how, **more)

    monkeypatch.setattr(Path, "open", refuse)
    images = FetchedImages(cutouts)
    assert images.record.version != before
    found = [each.reason for each in images.images_of(sources)]
    assert found[2] == f"its file '{shut.name}' cannot be read (Permission denied)"
    assert [reason for reason in found if reason] == [found[2]]


@pytest.mark.filterwarnings("ignore:Unexpected extra padding")
def test_a_missing_and_a_damaged_file_are_reasons(built: Path) -> None:
    cutouts = built / "cutouts"
    path = sorted(cutouts.rglob("*.fits"))[0]
    content = path.read_bytes()
    listed = next(
        row for row in ROWS if read_store(cutouts).name_of(row.ra_deg, row.dec_deg) == path.stem
    )
    source = Source("id", "name", listed.ra_deg, listed.dec_deg)
    try:
        path.write_bytes(b"\0" * 2880)
        (damaged,) = FetchedImages(cutouts).images_of([source])
        path.unlink()
        (missing,) = FetchedImages(cutouts).images_of([source])
    finally:
        path.write_bytes(content)
    assert damaged.reason is not None
    assert "FITS" in damaged.reason
    assert missing.reason == NOT_FETCHED
    assert missing.image is None


def test_another_directory_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="is no directory of fetched cutouts"):
        FetchedImages(tmp_path)
