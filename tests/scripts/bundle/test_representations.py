"""Representations that anybody's encoder made become a bundle that serves, without the encoder."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner

from app.bundle.files import current_version
from app.errors import BundleUnreadable
from app.main import create_app
from app.settings import Settings
from app.tables.lists import UnreadableCatalogue
from app.tables.write import read_plain_csv
from scripts.bundle.representations import Representations, read_representations
from scripts.bundle.sources import list_catalogue
from scripts.bundle.stored import bundle_catalogue
from scripts.cli import app
from tests.replay.server import ReplayServer
from tests.replay.uploads import PLACE, Blob, Grid, fits_file, sky_image
from tests.site import serving
from tests.small_builds import no_layout

N, LENGTH = 30, 7
BAD = {
    4: [1.0, 2.0],
    5: [0.0] * LENGTH,
    6: [float("nan")] * LENGTH,
    7: None,
}


@pytest.fixture(scope="module")
def y() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(N, LENGTH)).astype(np.float32)


def write_table(out: Path, y: np.ndarray, **more: list) -> Path:
    """Thirty places with y; four rows of it are bad in a way each."""
    lists = [BAD.get(row, y[row].tolist()) for row in range(N)]
    columns = {"name": [f"n{row}" for row in range(N)], "ra": 10.0 + np.arange(N)}
    columns |= {"dec": np.full(N, 20.0), "y": lists}
    pq.write_table(pa.table(columns | more), out)
    return out


def image() -> bytes:
    """A FITS file with a source in its middle."""
    return fits_file(sky_image(Grid(), [Blob(20.0, 8.0)]), Grid())


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, y: np.ndarray) -> Path:
    """Built by the command, without images."""
    directory = tmp_path_factory.mktemp("made elsewhere")
    table = write_table(directory / "mine.parquet", y)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scripts.bundle.stages.fit_umap", no_layout)
        words = ["build", "--representations", str(table), "--bundle", str(directory / "bundle")]
        result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return directory / "bundle"


@pytest.fixture(scope="module")
def site(
    bundle: Path, survey: ReplayServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    settings = Settings(
        bundle=bundle,
        data_dir=tmp_path_factory.mktemp("data"),
        first_server=survey.first_url,
        cutout_cache_mb=0,
    )
    with (
        serving(create_app(settings)) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield client


def test_rows_without_a_usable_y_are_rejected_with_the_reason(bundle: Path) -> None:
    version = current_version(bundle)
    rejects = {
        r["name"]: r["reason"] for r in read_plain_csv((version / "rejects.csv").read_bytes())
    }
    assert rejects == {
        "n4": "its y has 2 numbers, that of most others 7",
        "n5": "its y is 0 throughout, which has no direction to compare",
        "n6": "its y holds values that are no finite numbers",
        "n7": "its y has 0 numbers, that of most others 7",
    }
    assert np.load(version / "representations.npy").shape == (N - len(BAD), LENGTH)


def test_neighbours_are_those_of_the_cosine_of_the_given_y(
    site: httpx.Client, y: np.ndarray
) -> None:
    unit = y / np.linalg.norm(y, axis=1, keepdims=True)
    scores = unit @ unit[0]
    scores[[0, *BAD]] = -2
    best = np.argsort(-scores)[:3]
    found = site.get("/api/sources/mine-1/neighbours?k=3").json()
    assert [each["name"] for each in found["neighbours"]] == [f"n{row}" for row in best]
    assert [each["similarity"] for each in found["neighbours"]] == pytest.approx(
        scores[best].tolist(), abs=1e-6
    )
    assert found["query"]["image_origin"] == "none"
    assert found["query"]["angular_extent_arcsec"] is None


def test_the_page_and_meta_say_where_the_representations_are_from(site: httpx.Client) -> None:
    meta = site.get("/api/meta").json()
    assert meta["encoder"]["origin"].startswith("representations of mine.parquet, made elsewhere")
    assert "no other image can be compared" in meta["encoder"]["statement"]
    assert "None of the 26 sources here has an image." in meta["image_origin_statement"]
    assert site.get("/").status_code == 200
    assert site.get("/api/map").status_code == 200
    table = site.get("/api/sources/mine-1/neighbours?k=3&format=votable")
    assert table.status_code == 200


def test_a_source_without_an_image_is_served_as_such(site: httpx.Client) -> None:
    picture = site.get("/api/sources/mine-1/cutout.png?size_px=70")
    pixels = np.asarray(Image.open(io.BytesIO(picture.content)))
    assert pixels.shape == (70, 70)
    assert len(np.unique(pixels)) > 1  # it says so in words
    refused = site.get("/api/sources/mine-1/cutout.fits")
    assert refused.status_code == 404
    assert refused.json()["detail"] == "The bundle holds no image of its source 'mine-1'."


def test_a_position_of_a_source_is_answered_and_another_is_refused_in_a_sentence(
    site: httpx.Client, survey: ReplayServer
) -> None:
    asked = survey.count()
    assert site.get("/api/query?ra=10&dec=20&k=2").json()["query"]["name"] == "n0"
    refused = site.get("/api/query?ra=180&dec=30&k=2")
    assert refused.status_code == 422
    assert "no other image can be compared with them" in refused.json()["detail"]
    assert survey.count() == asked  # of what could not be used
    sent = site.post("/api/query/image", files={"file": ("a.fits", image())})
    assert sent.status_code == 422
    assert "no other image can be compared with them" in sent.json()["detail"]


def test_embedding_again_is_refused_with_the_command_that_builds_again(bundle: Path) -> None:
    with pytest.raises(BundleUnreadable, match=r"`rgz-explorer build --representations FILE`"):
        bundle_catalogue(bundle)


def test_images_come_along_where_a_column_names_them(tmp_path: Path, y: np.ndarray) -> None:
    (tmp_path / "a.fits").write_bytes(image())
    places = [PLACE.ra.deg, *np.arange(N - 1)], [PLACE.dec.deg, *np.zeros(N - 1)]
    paths = ["a.fits", "none.fits", *[""] * (N - 2)]
    table = write_table(tmp_path / "mine.parquet", y, path=paths, ra=places[0], dec=places[1])
    listed, found = read_representations(table, {}, tmp_path, "path")
    first, second, third, *_ = list_catalogue(listed, found).read()
    assert (first.image_origin, second.image_origin, third.image_origin) == (
        "observed",
        "none",
        "none",
    )
    assert first.image is not None
    assert second.own["image_remarks"] == "there is no file 'none.fits'"
    assert third.own["image_remarks"] == "its row names no file"
    assert first.reason is second.reason is third.reason is None
    np.testing.assert_array_equal(second.y, y[1])


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"ra": [1.0], "dec": [2.0]}, "a list of numbers in the column 'y'"),
        ({"ra": [1.0], "dec": [2.0], "y": [3.0]}, "holds double"),
        ({"ra": [1.0], "dec": [2.0], "y": [["a"]]}, "holds list<"),
        ({"ra": [1.0], "dec": [2.0], "y": pa.array([None], pa.list_(pa.float32()))}, "No row of"),
    ],
)
def test_a_table_without_representations_is_refused(
    columns: dict, words: str, tmp_path: Path
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    with pytest.raises(UnreadableCatalogue, match=words):
        Representations(tmp_path / "t.parquet")
    with pytest.raises(UnreadableCatalogue, match="There is no file"):
        Representations(tmp_path / "none.parquet")
