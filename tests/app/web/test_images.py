"""The query by image over a real socket: what it answers, for files of every kind."""

import base64
import gzip
import io
from typing import Any

import httpx
import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import Table
from numpy.typing import NDArray
from PIL import Image

from app.query.explorer import Explorer
from app.web.schemas import QueryResult
from model.preprocess import clean
from tests.problem import problem_of
from tests.replay.uploads import DOUBLE, PLACE, Grid, fits_file, picture, sky_image, written

NOISE_JY = 0.15e-3


def ask(
    site: httpx.Client, content: bytes, name: str = "image.fits", **parts: Any
) -> httpx.Response:
    query = {key: parts.pop(key) for key in ("k", "format", "hide_duplicates") if key in parts}
    return site.post("/api/query/image", params=query, files={"file": (name, content)}, data=parts)


def answered(response: httpx.Response) -> QueryResult:
    assert response.status_code == 200, response.text
    return QueryResult.model_validate(response.json())


def used(result: QueryResult) -> NDArray[np.uint8]:
    """The image in the answer, row 0 south; its palette's indices are the pixels."""
    head, _, text = result.query.image_url.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))[::-1]


@pytest.fixture(scope="module")
def double() -> NDArray[np.float32]:
    return sky_image(Grid(), noise_jy=NOISE_JY)


def test_a_fits_on_firsts_grid_is_cleaned_as_it_is_and_answered_in_full(
    site: httpx.Client, double: NDArray[np.float32]
) -> None:
    response = ask(site, fits_file(double, Grid(), 5.4, SURVEY="FIRST"), k=7)
    result = answered(response)
    query = result.query
    np.testing.assert_array_equal(used(result), clean(double))
    assert (query.ra_deg, query.dec_deg) == pytest.approx((200.0, 30.0), abs=1e-6)
    assert (query.source_id, query.row, query.cached) == (None, None, False)
    assert (query.service, query.survey, query.image_origin) == ("upload", "FIRST", "uploaded")
    assert query.angular_extent_arcsec is not None
    assert query.angular_extent_arcsec > 40
    assert [neighbour.rank for neighbour in result.neighbours] == list(range(1, 8))
    assert result.neighbours[0].separation_arcsec is not None
    assert response.headers["cache-control"] == "no-store"
    (only,) = query.warnings  # nothing was done to the image
    assert only.startswith("This image and the bundle's were prepared differently")


def test_every_form_of_one_image_gives_one_answer(
    site: httpx.Client, double: NDArray[np.float32]
) -> None:
    plain = fits_file(double, Grid(), 5.4, SURVEY="FIRST")
    header = fits.getheader(io.BytesIO(plain))
    one = [fits.PrimaryHDU(), fits.ImageHDU(double, header)]
    packed = [
        fits.PrimaryHDU(),
        fits.CompImageHDU(double, header, compression_type="GZIP_2", quantize_level=0),
    ]
    cards = {"CTYPE3": "FREQ", "CRVAL3": 1.4e9, "SURVEY": "FIRST"}
    milli = header.copy()
    milli["BUNIT"] = "mJy/beam"
    forms = {
        "gzip": gzip.compress(plain),
        "two gzip members": gzip.compress(plain[:5000]) + gzip.compress(plain[5000:]),
        "3-D": fits_file(double[None], Grid(), 5.4, **cards),
        "4-D": fits_file(double[None, None], Grid(), 5.4, **cards),
        "float64": fits_file(double.astype(np.float64), Grid(), 5.4, SURVEY="FIRST"),
        "extension": written(fits.HDUList(one)),
        "fz": written(fits.HDUList(packed)),
        "named .png": plain,
    }
    wanted = answered(ask(site, plain))
    for name, content in forms.items():
        result = answered(ask(site, content, "a.png" if "png" in name else "a"))
        np.testing.assert_array_equal(used(result), used(wanted), err_msg=name)
        found = [(n.source_id, n.similarity) for n in result.neighbours]
        assert found == [(n.source_id, n.similarity) for n in wanted.neighbours], name
    scaled = answered(ask(site, written(fits.HDUList([fits.PrimaryHDU(double * 1000, milli)]))))
    assert np.abs(used(scaled).astype(int) - used(wanted)).max() <= 1


@pytest.mark.parametrize(
    ("grid", "beam_arcsec"),
    [
        (Grid((700, 700), 1.0, "SIN", turned_deg=50), 2.5),
        (Grid((1200, 1200), 0.6, frame="galactic"), 3.0),
    ],
)
def test_a_finer_image_finds_what_firsts_own_image_finds(
    site: httpx.Client, grid: Grid, beam_arcsec: float
) -> None:
    own = answered(ask(site, fits_file(sky_image(Grid()), Grid(), 5.4), k=5))
    fine = sky_image(grid, beam_arcsec=beam_arcsec)
    result = answered(ask(site, fits_file(fine, grid, beam_arcsec, SURVEY="VLASS"), k=5))
    assert np.abs(used(result).astype(int) - used(own)).max() <= 4
    shared = {n.source_id for n in own.neighbours} & {n.source_id for n in result.neighbours}
    assert own.neighbours[0].source_id in shared
    assert len(shared) >= 4
    said = " ".join(result.query.warnings)
    assert "resampled" in said
    assert "ratio of the beam areas" in said
    assert "an image of 'VLASS'" in said


def test_the_stored_picture_of_a_source_finds_the_source(
    site: httpx.Client, explorer: Explorer
) -> None:
    source_id = str(explorer.space.catalogue.row(17)["source_id"])
    content = site.get(f"/api/sources/{source_id}/cutout.png?colours=grey").content
    result = answered(ask(site, content, "a.png"))
    assert result.neighbours[0].source_id == source_id
    assert result.neighbours[0].similarity == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(used(result), explorer.space.image(17))


def test_a_picture_says_what_is_unknown_and_its_scale_is_used(site: httpx.Client) -> None:
    grid = Grid((700, 700), 0.9)
    image = sky_image(grid)
    grey = (255 * image / image.max()).astype(np.uint8)
    assumed = answered(ask(site, picture(grey), "a.png"))
    said = " ".join(assumed.query.warnings)
    assert "no measured noise to clip and its stretch is unknown" in said
    assert 'assumed to be 1.8" wide' in said
    assert "prepared differently" not in said  # as if it had been cleaned
    given = answered(ask(site, picture(grey), "a.png", pixel_scale_arcsec=0.9))
    assert 'are 0.9" wide, as given' in " ".join(given.query.warnings)
    extents = [r.query.angular_extent_arcsec or 0 for r in (assumed, given)]
    assert extents[0] / extents[1] == pytest.approx(2, rel=0.25)
    assert (given.query.ra_deg, given.query.position) == (None, "")
    assert {n.separation_arcsec for n in given.neighbours} == {None}
    jpeg = answered(ask(site, picture(grey, "JPEG", quality=95), "a", pixel_scale_arcsec="0.9"))
    assert "JPEG packs with loss" in " ".join(jpeg.query.warnings)
    assert np.abs(used(jpeg).astype(int) - used(given)).max() < 25


def test_a_fits_without_coordinates_takes_its_scale_from_the_sender(site: httpx.Client) -> None:
    grid = Grid((700, 700), 0.9)
    content = fits_file(sky_image(grid, noise_jy=NOISE_JY), None, 5.4)
    result = answered(ask(site, content, pixel_scale_arcsec=0.9, ra=200, dec=30))
    said = " ".join(result.query.warnings)
    assert "gives no celestial coordinates (CTYPE1, CTYPE2)" in said
    assert 'are 0.9" wide, as given' in said
    assert (result.query.ra_deg, result.query.dec_deg) == (200, 30)
    placed = answered(ask(site, fits_file(sky_image(grid, noise_jy=NOISE_JY), grid, 5.4)))
    assert np.abs(used(result).astype(int) - used(placed)).mean() < 0.1  # half a pixel at most
    again = answered(ask(site, fits_file(sky_image(grid), grid, 5.4), pixel_scale_arcsec=5))
    assert "pixel scale given was not used" in " ".join(again.query.warnings)


def test_a_position_said_of_a_picture_serves_separations_and_near_duplicates(
    site: httpx.Client, explorer: Explorer
) -> None:
    source_id = str(explorer.space.catalogue.row(17)["source_id"])
    place = explorer.space.position(17)
    content = site.get(f"/api/sources/{source_id}/cutout.png?colours=grey").content
    where = {"ra": place.ra.deg, "dec": place.dec.deg}
    result = answered(ask(site, content, "a.png", **where))
    assert result.query.ra_deg == place.ra.deg
    assert result.neighbours[0].separation_arcsec == pytest.approx(0, abs=0.01)
    assert result.neighbours[0].duplicate_of == "query"
    hidden = answered(ask(site, content, "a.png", hide_duplicates=True, **where))
    assert source_id not in {n.source_id for n in hidden.neighbours}


def test_a_position_in_a_fits_is_where_it_is_looked_at(site: httpx.Client) -> None:
    grid = Grid((900, 900))
    image = sky_image(grid, noise_jy=NOISE_JY)
    content = fits_file(image, grid, 5.4)
    blob = PLACE.spherical_offsets_by(20 * u.arcsec, 6 * u.arcsec)  # the brighter peak of the two
    result = answered(ask(site, content, ra=blob.ra.deg, dec=blob.dec.deg))
    assert result.query.ra_deg == blob.ra.deg
    brightest = np.unravel_index(used(result).argmax(), (150, 150))
    np.testing.assert_allclose(brightest, (74.5, 74.5), atol=1.5)
    problem = problem_of(ask(site, content, ra=10, dec=10))
    assert (problem["status"], problem["parameter"]) == (422, "ra")
    assert "does not lie in the image" in problem["detail"]


@pytest.mark.parametrize("fmt", ["csv", "ecsv", "votable", "parquet"])
def test_the_neighbours_of_an_image_can_be_taken_away(
    site: httpx.Client, double: NDArray[np.float32], fmt: str
) -> None:
    grey = (255 * np.clip(double / double.max(), 0, 1)).astype(np.uint8)
    response = ask(site, picture(grey), "a.png", k=4, format=fmt)
    assert response.status_code == 200
    assert 'filename="neighbours_of_an_image_' in response.headers["content-disposition"]
    kind = {"csv": "ascii.csv", "ecsv": "ascii.ecsv"}.get(fmt, fmt)
    options = {"comment": "#"} if fmt == "csv" else {}
    table = Table.read(io.BytesIO(response.content), format=kind, **options)
    assert len(table) == 4
    if fmt == "ecsv":
        assert table.meta["query"] == "an image without a position"
        assert "query_ra_deg" not in table.meta


def test_a_small_image_is_padded_and_that_is_said(site: httpx.Client) -> None:
    grid = Grid((90, 90))
    content = fits_file(sky_image(grid, noise_jy=NOISE_JY), grid, 5.4)
    said = " ".join(answered(ask(site, content)).query.warnings)
    assert "covers 36 % of the 4.5' square" in said
    assert "noise was measured on the 9 % of the 9' field" in said


def test_nan_where_nothing_was_observed_is_reported(site: httpx.Client) -> None:
    image = sky_image(Grid(), noise_jy=NOISE_JY)
    image[:30] = np.nan
    said = " ".join(answered(ask(site, fits_file(image, Grid(), 5.4))).query.warnings)
    assert "10.0 % of the field was not observed" in said


def test_an_image_without_noise_is_used_and_that_is_said(site: httpx.Client) -> None:
    image = np.zeros((300, 300), np.float32)
    image[145:156, 145:156] = 0.01
    said = " ".join(answered(ask(site, fits_file(image, Grid(), 5.4))).query.warnings)
    assert "No noise could be measured" in said


def test_more_neighbours_than_there_are_is_all_of_them(site: httpx.Client) -> None:
    image = sky_image(Grid(), DOUBLE, noise_jy=NOISE_JY)
    content = fits_file(image, Grid(), 5.4)
    result = answered(ask(site, content, k=500))
    assert (len(result.neighbours), result.population, result.more) == (240, 240, False)
    assert problem_of(ask(site, content, k=1001))["parameter"] == "k"
