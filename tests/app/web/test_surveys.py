"""The surveys over HTTP: their list, their pictures and files of any position, and searches."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from PIL import Image

from app.images.draw import UNOBSERVED_RGB
from app.query.explorer import Explorer
from tests.problem import problem_of
from tests.replay.faults import Fault
from tests.replay.server import ReplayServer
from tests.replay.surveys import FIRST_PATH, HIPS2FITS_PATH, SKYVIEW_PATH

AT = {"ra": 151.3, "dec": 32.7}
PLACE = SkyCoord(AT["ra"], AT["dec"], unit="deg")


@pytest.fixture
def troubled(survey: ReplayServer) -> Iterator[ReplayServer]:
    """The replayed services, whose faults end with the test."""
    yield survey
    survey.fault, survey.delay_s, survey.faults = None, 0.0, {}


def picture(answer: httpx.Response) -> np.ndarray:
    """Pixels of a PNG, (H, W, 3)."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB"))


def search(site: httpx.Client, survey: str, **parameters: Any) -> dict[str, Any]:
    answer = site.get("/api/query", params=AT | {"survey": survey, "k": 3} | parameters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["query"])


def test_the_surveys_are_listed_with_what_they_are_and_where_they_come_from(
    site: httpx.Client,
) -> None:
    listed = site.get("/api/surveys").json()
    names = [survey["name"] for survey in listed]
    assert names == ["first", "nvss", "vlass", "lotss-dr2", "racs-low", "racs-mid"]
    by_name = dict(zip(names, listed, strict=True))
    assert by_name["first"]["service"] == "FIRST server, SkyView server"
    assert by_name["nvss"]["service"] == "hips2fits server, SkyView server"
    assert by_name["lotss-dr2"]["frequency_mhz"] == 144
    assert by_name["lotss-dr2"]["beam_arcsec"] == 6
    assert by_name["vlass"]["beam_arcsec"] is None
    assert all(survey["reference"] and survey["credit"] for survey in listed)


@pytest.mark.parametrize("name", ["first", "nvss", "vlass", "lotss-dr2", "racs-low", "racs-mid"])
def test_each_survey_s_picture_shows_the_same_sky_and_says_whose_it_is(
    site: httpx.Client, name: str
) -> None:
    answer = site.get(f"/api/surveys/{name}/cutout.png", params=AT)
    pixels = picture(answer)
    assert pixels.shape == ((270, 270, 3) if name == "vlass" else (150, 150, 3))
    assert answer.headers["x-service"] == (
        "FIRST server" if name == "first" else "hips2fits server"
    )
    assert answer.headers["x-blank-fraction"] == "0.00000"
    assert answer.headers["x-stretch"].startswith("asinh from ")
    middle = pixels[len(pixels) // 4 : -len(pixels) // 4, len(pixels) // 4 : -len(pixels) // 4]
    assert middle.max() > 200
    assert np.median(pixels) < 128


def test_north_is_up_in_a_survey_s_picture_as_in_first_s(site: httpx.Client) -> None:
    first = picture(site.get("/api/surveys/first/cutout.png", params=AT))
    nvss = picture(site.get("/api/surveys/racs-mid/cutout.png", params=AT))
    same = np.corrcoef(first[..., 0].ravel(), nvss[..., 0].ravel())[0, 1]
    turned = np.corrcoef(first[::-1, ::-1, 0].ravel(), nvss[..., 0].ravel())[0, 1]
    assert same > turned


def test_what_was_not_observed_is_blue_in_the_picture_and_counted_in_the_header(
    site: httpx.Client, troubled: ReplayServer
) -> None:
    troubled.faults[HIPS2FITS_PATH] = Fault.PARTLY_BLANK
    answer = site.get("/api/surveys/nvss/cutout.png", params=AT | {"size_arcsec": 540})
    pixels = picture(answer)
    assert answer.headers["x-blank-fraction"] == "0.15000"
    blue = (pixels == UNOBSERVED_RGB).all(axis=-1)
    assert blue[:, :45].all()
    assert not blue[:, 45:].any()


def test_a_survey_s_file_has_its_pixels_its_place_and_its_origin(site: httpx.Client) -> None:
    answer = site.get("/api/surveys/nvss/cutout.fits", params=AT)
    assert answer.headers["content-disposition"] == (
        'attachment; filename="nvss_151.30000+32.70000.fits"'
    )
    with fits.open(io.BytesIO(answer.content), checksum=True) as hdus:
        header, pixels = hdus[0].header, hdus[0].data
        assert hdus[0].verify_checksum() == hdus[0].verify_datasum() == 1
    assert pixels.shape == (300, 300)
    assert (header["SURVEY"], header["SERVICE"]) == ("NVSS", "hips2fits server")
    assert header["BUNIT"] == "Jy/beam"
    assert "does not state it" in header.comments["BUNIT"]
    assert header["RESAMPLD"] is True
    assert WCS(header).pixel_to_world(150, 150).separation(PLACE).arcsec < 0.1


@pytest.mark.parametrize(
    ("name", "fault", "status", "said"),
    [
        ("nvss", Fault.HTTP_429, 502, "hips2fits server answered with HTTP status 429"),
        ("vlass", Fault.RESET, 502, "hips2fits server cannot be reached"),
        ("vlass", Fault.HTML, 502, "Scheduled maintenance"),
        ("vlass", Fault.TRUNCATED, 502, "truncated"),
        ("vlass", Fault.BLANK, 422, "VLASS from the hips2fits server is blank"),
        ("first", Fault.NO_DATA, 404, "FIRST has no data at"),
    ],
)
def test_one_survey_s_failure_is_a_sentence_and_no_other_s(
    site: httpx.Client, troubled: ReplayServer, name: str, fault: Fault, status: int, said: str
) -> None:
    path = FIRST_PATH if name == "first" else HIPS2FITS_PATH
    troubled.faults = {path: fault, SKYVIEW_PATH: Fault.RESET}
    for ending in ("png", "fits"):
        problem = problem_of(site.get(f"/api/surveys/{name}/cutout.{ending}", params=AT))
        assert problem["status"] == status
        assert said in problem["detail"]
    other = "nvss" if name == "first" else "first"
    assert site.get(f"/api/surveys/{other}/cutout.png", params=AT).status_code == 200


def test_unknown_surveys_and_impossible_places_are_named(site: httpx.Client) -> None:
    problem = problem_of(site.get("/api/surveys/wenss/cutout.png", params=AT))
    assert problem["status"] == 404
    assert "there are first, nvss" in problem["detail"]
    assert problem_of(site.get("/api/query", params=AT | {"survey": "x"}))["parameter"] == "survey"
    south = problem_of(site.get("/api/surveys/nvss/cutout.png", params={"ra": 1, "dec": -91}))
    assert (south["status"], south["parameter"]) == (422, "dec")
    assert (
        site.get("/api/surveys/nvss/cutout.png", params=AT | {"size_arcsec": 999}).status_code
        == 422
    )


def test_a_search_with_another_survey_s_image_says_what_the_encoder_was_trained_on(
    site: httpx.Client, survey: ReplayServer
) -> None:
    query = search(site, "racs-low")
    assert (query["survey"], query["service"]) == ("RACS-low", "hips2fits server")
    said = " ".join(query["warnings"])
    assert "The encoder was trained on FIRST (1400 MHz" in said
    assert "is coarser than FIRST's" in said
    assert site.get(query["image_url"]).status_code == 200
    assert "survey=racs-low" in query["image_url"]


def test_a_finer_survey_is_searched_with_at_first_s_resolution_and_that_is_said(
    site: httpx.Client,
) -> None:
    query = search(site, "vlass")
    said = " ".join(query["warnings"])
    assert "convolved from a beam of 2.5" in said
    assert "coarser" not in said
    drawn = picture(site.get(query["image_url"]))
    assert drawn.shape[:2] == (150, 150)


def test_at_a_bundle_source_another_survey_is_fetched_and_first_is_not(
    site: httpx.Client, survey: ReplayServer, explorer: Explorer
) -> None:
    place = explorer.space.position(12)
    at = {"ra": place.ra.deg, "dec": place.dec.deg}
    asked = len(survey.requests)
    assert search(site, "nvss", **at)["survey"] == "NVSS"
    assert [path for path, _ in survey.requests[asked:]] == [HIPS2FITS_PATH]
    assert search(site, "first", **at)["row"] == 12
    assert len(survey.requests) == asked + 1


def test_the_share_that_was_not_observed_is_in_the_answer_and_in_words(
    site: httpx.Client, troubled: ReplayServer
) -> None:
    troubled.fault = Fault.PARTLY_BLANK
    query = search(site, "first", ra=153.7, dec=33.1)
    assert query["blank_fraction"] == pytest.approx(0.15, abs=1e-3)
    assert any(text.startswith("15.0 % of the field was not obs") for text in query["warnings"])


def test_an_answer_from_the_fallback_says_so(site: httpx.Client, troubled: ReplayServer) -> None:
    troubled.faults[FIRST_PATH] = Fault.BUSY
    query = search(site, "first", ra=154.7, dec=33.1)
    assert (query["service"], query["survey"]) == ("SkyView server", "VLA FIRST")
    assert any("SkyView server, which resampled it" in text for text in query["warnings"])


def test_fifty_users_on_one_slow_position_make_one_request_and_hold_up_no_page(
    site: httpx.Client, troubled: ReplayServer, explorer: Explorer
) -> None:
    asked = troubled.count()
    troubled.delay_s = 60.0
    at = {"ra": 171.7, "dec": 23.3, "k": 2}
    source = explorer.space.catalogue.row(7)["source_id"]
    with ThreadPoolExecutor(50) as threads:
        users = [threads.submit(site.get, "/api/query", params=at) for _ in range(50)]
        while troubled.count() == asked:
            assert not any(user.done() for user in users)
        for path in ("/", "/healthz", "/api/meta", f"/api/sources/{source}/neighbours", "/api/map"):
            assert site.get(path).status_code == 200
        assert not any(user.done() for user in users)
        troubled.stopping.set()  # ends the delay
        answers = [user.result() for user in users]
        troubled.stopping.clear()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text.replace('"cached":true', '"cached":false') for answer in answers}) == 1
    assert troubled.count() == asked + 1


@pytest.mark.parametrize("name", ["first", "vlass"])
def test_an_unreachable_survey_is_not_one_without_an_image(
    site: httpx.Client, troubled: ReplayServer, name: str
) -> None:
    url = f"/api/surveys/{name}/cutout.png"
    assert site.get(url, params=AT).headers["x-survey-state"] == "has image"
    for fault, state in (
        (Fault.RESET, "unreachable"),
        (Fault.HTML, "unreachable"),
        (Fault.BLANK, "no image"),
    ):
        troubled.fault = fault
        problem = problem_of(site.get(url, params=AT | {"ra": 160 + fault.value}))
        assert problem["survey_state"] == state
    unknown = site.get("/api/surveys/wenss/cutout.png", params=AT)
    assert "survey_state" not in problem_of(unknown)
