"""All surveys through real sockets: who is asked next, and what a result says of its origin."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from app.errors import (
    BlankCutout,
    OutsideFootprint,
    SurveyError,
    SurveyTimeout,
    SurveyUnavailable,
    UnknownSurvey,
)
from app.images.first_grid import to_first
from app.surveys.access import AccessConfig, SurveyAccess, open_surveys
from app.surveys.cutouts import Cutout
from app.surveys.surveys import SURVEYS, Survey
from model.preprocess import clean
from tests.replay.faults import Fault
from tests.replay.images import real_images
from tests.replay.server import ReplayServer
from tests.replay.surveys import FIRST_PATH, HIPS2FITS_PATH, SKYVIEW_PATH

POSITION = SkyCoord(206.42212, 23.38192, unit="deg")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplayServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ReplayServer(drip_s=0.05) as replay:
        yield replay


def opened(server: ReplayServer, **options: object) -> SurveyAccess:
    return open_surveys(
        AccessConfig(
            first_url=server.first_url,
            skyview_url=server.skyview_url,
            hips2fits_url=server.hips2fits_url,
            **options,  # type: ignore[arg-type]
        )
    )


def failure(
    access: SurveyAccess, position: SkyCoord = POSITION, survey: str = "first"
) -> Exception:
    with pytest.raises(SurveyError) as caught:
        access.fetch(position, survey)
    return caught.value


def test_first_s_own_server_is_asked_and_nobody_else(server: ReplayServer) -> None:
    cutout = opened(server).fetch(POSITION)
    assert (cutout.survey, cutout.service, cutout.resampled) == ("VLA FIRST", "FIRST server", False)
    assert [path for path, _ in server.requests] == [FIRST_PATH]


@pytest.mark.parametrize(
    "fault", [Fault.SILENCE, Fault.RESET, Fault.HTTP_500, Fault.HTML, Fault.TRUNCATED]
)
def test_where_first_s_server_fails_skyview_answers_and_the_result_says_so(
    server: ReplayServer, fault: Fault
) -> None:
    server.faults[FIRST_PATH] = fault
    cutout = opened(server, deadline_s=0.9).fetch(POSITION)
    assert (cutout.survey, cutout.service, cutout.resampled) == (
        "VLA FIRST",
        "SkyView server",
        True,
    )
    assert cutout.header["SERVICE"] == "SkyView server"
    assert server.count(SKYVIEW_PATH) == 1


@pytest.mark.parametrize("fault", [Fault.NO_DATA, Fault.BLANK, Fault.UNDERSIZED])
def test_what_the_survey_has_not_skyview_is_not_asked_for(
    server: ReplayServer, fault: Fault
) -> None:
    server.faults[FIRST_PATH] = fault
    failure(opened(server))
    assert server.count(SKYVIEW_PATH) == 0


def test_a_dead_first_server_costs_one_wait_and_the_next_go_to_skyview_at_once(
    server: ReplayServer,
) -> None:
    server.faults[FIRST_PATH] = Fault.SILENCE
    access = opened(server, deadline_s=0.5)
    for step in range(6):
        place = SkyCoord(150.0 + step, 30.0, unit="deg")
        assert access.fetch(place).service == "SkyView server"
    assert server.count(FIRST_PATH) == 1
    assert server.count(SKYVIEW_PATH) == 6


def test_where_all_fail_the_first_failure_is_told_with_what_the_others_did(
    server: ReplayServer,
) -> None:
    server.faults = {FIRST_PATH: Fault.SILENCE, SKYVIEW_PATH: Fault.RESET}
    error = failure(opened(server, deadline_s=0.5))
    assert type(error) is SurveyTimeout
    assert str(error) == (
        "The FIRST server did not answer completely within 0.5 s. Asked next: The SkyView server "
        "cannot be reached: there was no connection, or it broke. Check the network, or try again "
        "in a few minutes."
    )


@pytest.mark.parametrize(
    ("of_first", "of_skyview", "advice"),
    [
        (Fault.RESET, Fault.RESET, "Check the network, or try again in a few minutes."),
        (Fault.RESET, Fault.HTTP_500, "Try again in a few minutes."),
        (Fault.HTTP_500, Fault.BLANK, "The survey may not reach the position: try one further"),
        (Fault.HTML, Fault.NO_DATA, "Try again in a few minutes."),
    ],
)
def test_where_all_fail_each_says_why_and_what_to_try_is_said_once_in_the_end(
    server: ReplayServer, of_first: Fault, of_skyview: Fault, advice: str
) -> None:
    server.faults = {FIRST_PATH: of_first, SKYVIEW_PATH: of_skyview}
    said = str(failure(opened(server)))
    first_reason, rest = said.split(" Asked next: ")
    assert first_reason.startswith("The FIRST server")
    assert "SkyView server" in rest
    assert advice in rest
    assert len(re.findall(r"\btry\b", said, re.IGNORECASE)) == 1


def test_a_fallback_s_image_is_cached_but_never_stands_in_for_the_first_server_s(
    server: ReplayServer, tmp_path: Path
) -> None:
    access = opened(server, cache_dir=tmp_path, pause_s=0.0)
    server.faults[FIRST_PATH] = Fault.RESET
    assert not access.fetch(POSITION).cached
    again = access.fetch(POSITION)
    assert (again.service, again.cached, again.resampled) == ("SkyView server", True, True)
    assert server.count(SKYVIEW_PATH) == 1
    server.faults.clear()
    recovered = access.fetch(POSITION)
    assert (recovered.service, recovered.cached) == ("FIRST server", False)
    assert access.fetch(POSITION).cached
    assert {path.name for path in tmp_path.iterdir()} == {
        "VLA_FIRST_206.42212+23.38192_9.fits",
        "VLA_FIRST_206.42212+23.38192_9_SkyView.fits",
    }


def test_skyview_s_image_of_first_cleans_to_nearly_the_same(server: ReplayServer) -> None:
    if not real_images():
        pytest.skip("the real FIRST images (../shared/data/first_fits) are not on this machine")
    access = opened(server, pause_s=0.0)
    image = next(each for each in real_images() if np.isfinite(each.pixels()).all())
    own = clean(access.fetch(image.position).image)
    server.faults[FIRST_PATH] = Fault.RESET
    other = clean(access.fetch(image.position).image)
    assert np.corrcoef(own.ravel(), other.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("survey", SURVEYS[1:], ids=lambda survey: survey.name)
def test_each_other_survey_is_had_in_its_own_name(server: ReplayServer, survey: Survey) -> None:
    cutout = opened(server).fetch(POSITION, survey.name)
    assert isinstance(cutout, Cutout)
    assert (cutout.survey, cutout.service) == (survey.survey, "hips2fits server")
    assert cutout.offset_arcsec < 1.3
    side_px = round(540 / survey.pixel_scale_arcsec)
    assert cutout.image.shape == (side_px, side_px)
    ((path, form),) = server.requests
    assert (path, form["hips"]) == (HIPS2FITS_PATH, survey.hips)


def test_nvss_is_had_from_skyview_where_hips2fits_fails(server: ReplayServer) -> None:
    server.faults[HIPS2FITS_PATH] = Fault.HTTP_429
    cutout = opened(server).fetch(POSITION, "nvss")
    assert (cutout.survey, cutout.service) == ("NVSS", "SkyView server")
    assert server.requests[-1][1]["Survey"] == "NVSS"


def test_surveys_share_the_service_s_breaker_but_not_another_s(server: ReplayServer) -> None:
    server.faults[HIPS2FITS_PATH] = Fault.SILENCE
    access = opened(server, deadline_s=0.5)
    assert type(failure(access, survey="vlass")) is SurveyTimeout
    for survey in ("lotss-dr2", "racs-low", "racs-mid"):
        error = failure(access, survey=survey)
        assert type(error) is SurveyUnavailable
        assert "The hips2fits server is left alone until" in str(error)
    assert server.count(HIPS2FITS_PATH) == 1
    assert access.fetch(POSITION).service == "FIRST server"


def test_at_most_three_requests_are_with_a_service_for_all_surveys_together(
    server: ReplayServer,
) -> None:
    access, server.delay_s = opened(server), 0.1
    names = [survey.name for survey in SURVEYS if survey.hips] * 2
    with ThreadPoolExecutor(10) as threads:
        places = [SkyCoord(200.0 + n, 30.0, unit="deg") for n in range(10)]
        list(threads.map(access.fetch, places, names))
    assert server.count(HIPS2FITS_PATH) == 10
    assert server.most_at_once == 3


def test_off_a_survey_s_sky_the_survey_is_named(server: ReplayServer) -> None:
    error = failure(opened(server), SkyCoord(180.0, 0.0, unit="deg"), "lotss-dr2")
    assert isinstance(error, BlankCutout)
    assert "The cutout of LoTSS DR2 from the hips2fits server is blank" in str(error)
    error = failure(opened(server), SkyCoord(180.0, -60.0, unit="deg"))
    assert isinstance(error, OutsideFootprint)


def test_a_survey_that_there_is_not_is_named_with_those_that_there_are(
    server: ReplayServer,
) -> None:
    with pytest.raises(UnknownSurvey, match="no survey 'wenss'; there are first, nvss, vlass"):
        opened(server).fetch(POSITION, "wenss")


def test_a_finer_survey_is_brought_to_first_s_pixels_and_beam_and_a_coarser_keeps_its_values(
    server: ReplayServer,
) -> None:
    access = opened(server)
    vlass = access.fetch(POSITION, "vlass")
    field = to_first(vlass.sky_image(), vlass.position)
    assert vlass.image.shape == (540, 540)
    assert field.pixels.shape == (300, 300)
    assert any("convolved from a beam of 2.5" in remark for remark in field.remarks)
    brightest = np.unravel_index(np.nanargmax(vlass.image), vlass.image.shape)
    moved = np.unravel_index(np.nanargmax(field.pixels), field.pixels.shape)
    offset_arcsec = (np.array(brightest) - 270.0) - (np.array(moved) - 149.5) * 1.8
    assert np.abs(offset_arcsec).max() < 3
    nvss = access.fetch(POSITION, "nvss")
    field = to_first(nvss.sky_image(), nvss.position)
    np.testing.assert_array_equal(field.pixels, nvss.image)
    assert any("is coarser than FIRST's" in remark for remark in field.remarks)
