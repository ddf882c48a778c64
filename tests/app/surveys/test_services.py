"""SkyView and hips2fits over a real socket: their forms, their images, and every way to fail."""

import json
from collections.abc import Callable, Iterator

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from astroquery.hips2fits import hips2fitsClass

from app.errors import (
    BadSurveyAnswer,
    BlankCutout,
    OutsideFootprint,
    SurveyError,
    SurveyTimeout,
    SurveyUnavailable,
    UndersizedCutout,
)
from app.images.fits import read_fits
from app.images.sky_image import tangent_header
from app.net.breaker import Backoff
from app.net.client import ServiceClient
from app.surveys.cutouts import CutoutService, SurveyServer
from app.surveys.services import (
    HIPS2FITS_SERVICE,
    SKYVIEW_SERVICE,
    Hips2FitsServer,
    SkyViewServer,
)
from tests.replay.faults import Fault
from tests.replay.server import ReplayServer
from tests.replay.surveys import HIPS2FITS_PATH, SKYVIEW_PATH

POSITION = SkyCoord(206.42212, 23.38192, unit="deg")
SOUTH = SkyCoord(206.42212, -75.0, unit="deg")
Make = Callable[[str, float], SurveyServer]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplayServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ReplayServer(drip_s=0.05) as replay:
        yield replay


@pytest.fixture(params=["SkyView", "hips2fits"])
def make(request: pytest.FixtureRequest, server: ReplayServer) -> Make:
    """Make one survey's server of a survey name and a deadline."""

    def skyview(survey: str, deadline_s: float) -> SurveyServer:
        client = _client(SKYVIEW_SERVICE, deadline_s)
        name = {"FIRST": "VLA FIRST (1.4 GHz)"}.get(survey, survey)
        return SkyViewServer(client, server.skyview_url, survey, name, 1.8)

    def hips2fits(survey: str, deadline_s: float) -> SurveyServer:
        client = _client(HIPS2FITS_SERVICE, deadline_s)
        hips = {"NVSS": "CDS/P/NVSS"}.get(survey, survey)
        return Hips2FitsServer(client, server.hips2fits_url, survey, hips, 1.8)

    return skyview if request.param == "SkyView" else hips2fits


def _client(service: str, deadline_s: float) -> ServiceClient:
    return ServiceClient(service, deadline_s=deadline_s, backoff=Backoff(retries=0))


def failure(asked: SurveyServer, position: SkyCoord = POSITION) -> SurveyError:
    with pytest.raises(SurveyError) as caught:
        CutoutService(asked).fetch(position)
    return caught.value


def test_an_image_is_had_of_the_survey_with_its_place_and_its_service(make: Make) -> None:
    cutout = CutoutService(make("NVSS", 20.0)).fetch(POSITION)
    assert cutout.image.shape == (300, 300)
    assert cutout.survey == "NVSS"
    assert cutout.service in (SKYVIEW_SERVICE, HIPS2FITS_SERVICE)
    assert cutout.resampled
    assert cutout.offset_arcsec < 1.3
    assert cutout.blank_fraction == 0


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault.RESET, SurveyUnavailable, "no connection, or it broke"),
        (Fault.HTTP_429, SurveyUnavailable, "429 Too Many Requests"),
        (Fault.HTTP_500, SurveyUnavailable, "HTTP status 500"),
        (Fault.HTML, BadSurveyAnswer, 'it says "Scheduled maintenance"'),
        (Fault.BUSY, BadSurveyAnswer, "server is busy"),
        (Fault.EMPTY, BadSurveyAnswer, "has no text in it"),
        (Fault.SHORT_BODY, BadSurveyAnswer, "truncated"),
        (Fault.RESET_BODY, BadSurveyAnswer, "truncated"),
        (Fault.TRUNCATED, BadSurveyAnswer, "truncated"),
        (Fault.TRUNCATED_HEADER, BadSurveyAnswer, "no FITS file with a complete header"),
        (Fault.NO_WCS, BadSurveyAnswer, "no celestial coordinates"),
        (Fault.WRONG_FIELD, BadSurveyAnswer, "sent another field: its centre lies 30"),
        (Fault.WRONG_SCALE, BadSurveyAnswer, 'pixels of 3.6" x 3.6", not the 1.8"'),
        (Fault.UNDERSIZED, UndersizedCutout, "only 33 x 33 px"),
        (Fault.BLANK, BlankCutout, "none of its pixels was observed"),
        (Fault.CONSTANT, BlankCutout, "all its pixels are 0 Jy/beam"),
    ],
)
def test_each_fault_is_its_own_error(
    server: ReplayServer, make: Make, fault: Fault, kind: type[SurveyError], words: str
) -> None:
    server.fault = fault
    error = failure(make("NVSS", 20.0))
    assert type(error) is kind
    assert words in str(error)
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", [Fault.SILENCE, Fault.DRIP_HEADERS, Fault.DRIP_UNANNOUNCED])
def test_no_drip_outlasts_the_deadline(server: ReplayServer, make: Make, fault: Fault) -> None:
    server.fault = fault
    error = failure(make("NVSS", 0.4))
    assert type(error) is SurveyTimeout
    assert "within 0.4 s" in str(error)


def test_what_was_observed_in_part_is_had_and_its_share_told(
    server: ReplayServer, make: Make
) -> None:
    server.fault = Fault.PARTLY_BLANK
    assert CutoutService(make("NVSS", 20.0)).fetch(POSITION).blank_fraction == pytest.approx(0.15)


def test_off_the_survey_s_sky_that_is_said(server: ReplayServer, make: Make) -> None:
    error = failure(make("NVSS", 20.0), SOUTH)
    assert isinstance(error, OutsideFootprint | BlankCutout)
    assert error.parameter == "position"
    assert "NVSS" in str(error)


def test_skyview_s_form_has_the_position_in_degrees_and_the_size_of_the_whole_image(
    server: ReplayServer,
) -> None:
    asked = SkyViewServer(
        _client(SKYVIEW_SERVICE, 20.0), server.skyview_url, "VLA FIRST", "VLA FIRST (1.4 GHz)", 1.8
    )
    asked.download(POSITION.galactic, 9.0)
    path, form = server.requests[0]
    assert path == SKYVIEW_PATH
    ra_deg, dec_deg = map(float, form.pop("Position").split(","))
    assert (ra_deg, dec_deg) == pytest.approx((206.42212, 23.38192), abs=1e-6)
    assert form == {
        "Survey": "VLA FIRST (1.4 GHz)",
        "Coordinates": "ICRS",
        "Projection": "Tan",
        "Sampler": "Lanczos3",
        "Pixels": "300,300",
        "Size": "0.1500000",
        "Return": "FITS",
    }


def test_hips2fits_is_asked_for_the_grid_that_astroquery_would_ask_for(
    server: ReplayServer,
) -> None:
    wanted = tangent_header(POSITION, 300, 1.8)
    ours = Hips2FitsServer(
        _client(HIPS2FITS_SERVICE, 20.0), server.hips2fits_url, "NVSS", "CDS/P/NVSS", 1.8
    ).download(POSITION, 9.0)
    theirs = hips2fitsClass()
    theirs.server, theirs.timeout = server.hips2fits_url, 20
    wcs = WCS(wanted)
    wcs.pixel_shape = (300, 300)
    hdus = theirs.query_with_wcs("CDS/P/NVSS", wcs)
    np.testing.assert_array_equal(read_fits(ours).pixels, hdus[0].data)
    (path, form), (_, other) = server.requests
    assert path == HIPS2FITS_PATH
    assert form["hips"] == other["hips"]
    assert form["format"] == other["format"] == "fits"
    mine, its = json.loads(form["wcs"]), json.loads(other["wcs"])
    for keyword in ("NAXIS1", "NAXIS2", "CTYPE1", "CTYPE2", "CRPIX1", "CRPIX2", "CRVAL1", "CDELT2"):
        assert mine[keyword] == pytest.approx(its[keyword]), keyword


def test_the_asked_grid_has_the_position_on_the_middle_pixel_north_up_east_left() -> None:
    wcs = WCS(tangent_header(POSITION, 300, 1.8))
    assert wcs.pixel_to_world(150, 150).separation(POSITION).arcsec < 1e-6
    north, east = wcs.pixel_to_world(150, 151), wcs.pixel_to_world(149, 150)
    assert POSITION.position_angle(north).wrap_at(180 * u.deg).deg == pytest.approx(0, abs=1e-6)
    assert POSITION.position_angle(east).deg == pytest.approx(90, abs=1e-3)
    assert POSITION.separation(north).arcsec == pytest.approx(1.8)


def test_an_unknown_hips_is_refused_in_the_service_s_words(server: ReplayServer) -> None:
    asked = Hips2FitsServer(
        _client(HIPS2FITS_SERVICE, 20.0), server.hips2fits_url, "NONE", "CDS/P/NONE", 1.8
    )
    error = failure(asked)
    assert isinstance(error, SurveyUnavailable)
    assert error.status == 400
