"""From a position to a cutout: exact pixels, honest geometry, one error for each failure."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from app.errors import (
    STATUS,
    BadSurveyAnswer,
    BlankCutout,
    OutsideFootprint,
    SurveyError,
    SurveyTimeout,
    SurveyUnavailable,
    UndersizedCutout,
    status_of,
)
from app.images.fits import read_fits
from app.surveys.cache import CutoutCache
from app.surveys.cutouts import Cutout, CutoutService, cutout_name
from app.surveys.services import FirstServer
from model.beam import Beam
from model.preprocess import NoEmission, clean
from tests.replay import images as replay_images
from tests.replay.faults import Fault
from tests.replay.images import RealImage, first_answer, real_images
from tests.replay.server import ReplayServer

POSITION = SkyCoord(206.42212, 23.38192, unit="deg")
HALF_PIXEL_DIAGONAL_ARCSEC = 0.9 * 2**0.5
PATIENT_S = 20.0


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplayServer]:
    """A server on loopback, asked directly even where a proxy is set."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ReplayServer(drip_s=0.05) as replay:
        yield replay


def first_cutouts(
    url: str,
    deadline_s: float = 20.0,
    cache_dir: Path | None = None,
    cache_max_bytes: int = 2**30,
) -> CutoutService:
    """FIRST's own server alone, with a cache where there is a directory and room for one."""
    cache = CutoutCache(cache_dir, cache_max_bytes) if cache_dir and cache_max_bytes else None
    return CutoutService(FirstServer(url, deadline_s=deadline_s), cache)


@pytest.fixture
def cutouts(server: ReplayServer, tmp_path: Path) -> CutoutService:
    return first_cutouts(server.first_url, deadline_s=PATIENT_S, cache_dir=tmp_path / "cutouts")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the replay server show its drawn image, as where ../shared is absent."""
    monkeypatch.setattr(replay_images, "real_images", tuple)


def failure(service: CutoutService, position: SkyCoord = POSITION) -> SurveyError:
    """The error of a fetch that must fail."""
    with pytest.raises(SurveyError) as caught:
        service.fetch(position)
    return caught.value


def real(name: str) -> RealImage:
    """A real image by the beginning of its file's name."""
    if not real_images():
        pytest.skip("the real FIRST images (../shared/data/first_fits) are not on this machine")
    return next(image for image in real_images() if image.path.name.startswith(name))


@pytest.mark.parametrize(
    "name", ["100_016", "100_036", "100_335", "110_345", "200_035", "201_202", "310_244"]
)
def test_a_real_cutout_through_the_socket_cleans_to_the_bytes_of_the_file(
    server: ReplayServer, cutouts: CutoutService, name: str
) -> None:
    image = real(name)
    raw = fits.getdata(image.path)
    fetched, again = cutouts.fetch(image.position), cutouts.fetch(image.position)
    assert (fetched.cached, again.cached) == (False, True)
    for cutout in (fetched, again):
        np.testing.assert_array_equal(cutout.image.view(np.uint32), np.float32(raw).view(np.uint32))
        np.testing.assert_array_equal(clean(cutout.image), clean(raw))
    assert server.count() == 1


def test_a_drawn_cutout_has_its_two_lobes_after_cleaning(
    cutouts: CutoutService, drawn: None
) -> None:
    cleaned = clean(cutouts.fetch(POSITION).image)
    assert cleaned[70, 60] == 255  # 15 px before the middle, 5 px below it
    assert cleaned[80, 90] > 150
    assert np.count_nonzero(cleaned) < 0.05 * cleaned.size


def test_a_cutout_tells_where_it_comes_from(cutouts: CutoutService, drawn: None) -> None:
    cutout = cutouts.fetch(POSITION.galactic)
    assert cutout.image.shape == (300, 300)
    assert cutout.image.dtype == np.float32
    assert (cutout.survey, cutout.service) == ("VLA FIRST", "FIRST server")
    assert cutout.position.frame.name == "icrs"
    assert cutout.position.separation(POSITION).arcsec < 1e-6
    assert cutout.beam == Beam(5.4, 5.4, 0.0)
    assert cutout.fetched_utc.utcoffset() is not None
    assert cutout.header["SERVICE"] == "FIRST server"
    assert not cutout.image.flags.writeable


def test_the_centre_is_that_of_the_middle_pixel_and_not_the_parent_fields(
    cutouts: CutoutService, drawn: None
) -> None:
    cutout = cutouts.fetch(POSITION)
    parent = SkyCoord(cutout.header["CRVAL1"], cutout.header["CRVAL2"], unit="deg")
    assert parent.separation(POSITION).arcmin > 3
    assert cutout.center.separation(POSITION).arcsec < HALF_PIXEL_DIAGONAL_ARCSEC
    row, column = np.unravel_index(np.nanargmax(cutout.image), cutout.image.shape)
    lobe = WCS(cutout.header, fix=False).pixel_to_world(column, row).icrs
    east_arcsec, north_arcsec = (each.arcsec for each in cutout.center.spherical_offsets_to(lobe))
    assert (east_arcsec, north_arcsec) == pytest.approx((15 * 1.8, -5 * 1.8), abs=0.2)


def test_a_survey_cuts_at_whole_pixels_so_the_offset_is_at_most_half_a_diagonal(
    server: ReplayServer, cutouts: CutoutService, drawn: None
) -> None:
    random = np.random.default_rng(5)
    ra_deg, dec_deg = random.uniform(120, 240, 20), random.uniform(-4, 60, 20)
    offsets = [
        cutouts.fetch(SkyCoord(ra, dec, unit="deg")).offset_arcsec
        for ra, dec in zip(ra_deg, dec_deg, strict=True)
    ]
    assert max(offsets) <= HALF_PIXEL_DIAGONAL_ARCSEC + 0.01
    assert max(offsets) > 0.9  # they do differ: nothing is recentred
    assert server.count() == 20


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault.NO_DATA, OutsideFootprint, "FIRST has no data at 13h45m41.3s +23d22m55s"),
        (Fault.RESET, SurveyUnavailable, "no connection, or it broke"),
        (Fault.HTTP_500, SurveyUnavailable, "HTTP status 500"),
        (Fault.HTML, BadSurveyAnswer, "not a FITS image"),
        (Fault.BUSY, BadSurveyAnswer, "server is busy"),
        (Fault.SHORT_BODY, BadSurveyAnswer, "truncated"),
        (Fault.TRUNCATED, BadSurveyAnswer, "truncated: its 181,440 bytes do not hold the 300 x"),
        (Fault.TRUNCATED_HEADER, BadSurveyAnswer, "no FITS file with a complete header"),
        (Fault.NO_WCS, BadSurveyAnswer, "no celestial coordinates"),
        (Fault.JANSKY_PER_PIXEL, BadSurveyAnswer, "in 'JY/PIXEL', not in Jy/beam"),
        (Fault.WRONG_SCALE, BadSurveyAnswer, 'pixels of 3.6" x 3.6", not the 1.8"'),
        (Fault.WRONG_FIELD, BadSurveyAnswer, 'from 13h45m41.3s +23d22m55s, more than the 30"'),
        (Fault.UNDERSIZED, UndersizedCutout, "only 33 x 33 px; at least 150 x 150 px"),
        (Fault.BLANK, BlankCutout, "none of its pixels was observed"),
        (Fault.CONSTANT, BlankCutout, "all its pixels are 0 Jy/beam"),
    ],
)
def test_each_failure_is_one_sentence_and_is_not_remembered(
    server: ReplayServer, cutouts: CutoutService, fault: Fault, kind: type[SurveyError], words: str
) -> None:
    server.fault = fault
    error = failure(cutouts)
    assert type(error) is kind
    assert words in str(error)
    asked = server.count()
    assert asked == (3 if fault is Fault.HTTP_500 else 1)

    server.fault = None
    assert not cutouts.fetch(POSITION).cached
    assert server.count() == asked + 1


@pytest.mark.parametrize("fault", [Fault.SILENCE, Fault.DRIP_HEADERS, Fault.DRIP_BODY])
def test_a_slow_answer_is_a_timeout_and_is_not_remembered(
    server: ReplayServer, cutouts: CutoutService, tmp_path: Path, fault: Fault
) -> None:
    server.fault = fault
    hasty = first_cutouts(server.first_url, deadline_s=0.4, cache_dir=tmp_path / "cutouts")
    error = failure(hasty)
    assert type(error) is SurveyTimeout
    assert "within 0.4 s" in str(error)
    server.fault = None
    assert not cutouts.fetch(POSITION).cached


def test_every_error_of_a_survey_or_an_image_has_a_status_of_its_own() -> None:
    assert [status_of(kind("x"))[0] for kind in SurveyError.__subclasses__()] == [
        404, 504, 502, 502, 502, 422,
    ]  # fmt: skip
    assert all(kind in STATUS for kind in SurveyError.__subclasses__())
    assert status_of(NoEmission("x"))[0] == 422
    assert status_of(RuntimeError("x"))[0] == 500


def test_a_wholly_blank_real_image_is_blank_and_a_partly_blank_one_passes(
    cutouts: CutoutService,
) -> None:
    error = failure(cutouts, real("200_033.655+000.710").position)
    assert type(error) is BlankCutout
    partly = cutouts.fetch(real("100_036.061+000.563").position)
    assert partly.blank_fraction == pytest.approx(0.49073, abs=1e-5)


def test_the_cache_answers_without_a_request_also_for_another_service_object(
    server: ReplayServer, cutouts: CutoutService, tmp_path: Path, drawn: None
) -> None:
    fetched = cutouts.fetch(POSITION)
    restarted = first_cutouts("http://127.0.0.1:1/", cache_dir=tmp_path / "cutouts")
    cached = restarted.fetch(SkyCoord(POSITION.ra, POSITION.dec))
    assert cached.cached
    assert cached.fetched_utc == fetched.fetched_utc
    assert (cached.survey, cached.service) == ("VLA FIRST", "FIRST server")
    assert cached.center.separation(fetched.center).arcsec < 1e-6
    assert cached.beam == fetched.beam
    assert server.count() == 1


@pytest.mark.parametrize("damage", ["cut off", "another field", "no origin"])
def test_a_cached_file_that_is_not_this_cutout_is_fetched_anew(
    server: ReplayServer, cutouts: CutoutService, tmp_path: Path, drawn: None, damage: str
) -> None:
    cutouts.fetch(POSITION)
    (path,) = (tmp_path / "cutouts").glob("*.fits")
    if damage == "cut off":
        path.write_bytes(path.read_bytes()[:-5000])
    else:
        dec_deg = POSITION.dec.deg + (0.1 if damage == "another field" else 0)
        elsewhere = SkyCoord(POSITION.ra.deg, dec_deg, unit="deg")
        image = read_fits(first_answer(replay_images.drawn_double(), elsewhere))
        if damage == "another field":
            image.header.update({"SERVICE": "FIRST server", "FETCHED": "2026-01-01T00:00:00+00:00"})
        CutoutCache(path.parent, 10**8).put(path.stem, image)
    again = cutouts.fetch(POSITION)
    assert not again.cached
    assert again.offset_arcsec < HALF_PIXEL_DIAGONAL_ARCSEC
    assert server.count() == 2
    assert cutouts.fetch(POSITION).cached


def test_a_cache_that_cannot_be_written_fails_no_query(
    server: ReplayServer, tmp_path: Path, drawn: None, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    service = first_cutouts(server.first_url, cache_dir=tmp_path / "file" / "cutouts")
    assert service.fetch(POSITION).image.shape == (300, 300)
    assert "cannot be written" in caplog.text


def test_no_cache_directory_or_no_room_means_no_cache(server: ReplayServer, tmp_path: Path) -> None:
    for service in (
        first_cutouts(server.first_url),
        first_cutouts(server.first_url, cache_dir=tmp_path, cache_max_bytes=0),
    ):
        service.fetch(POSITION)
        assert not service.fetch(POSITION).cached
    assert server.count() == 4
    assert list(tmp_path.iterdir()) == []


def together(service: CutoutService, users: int) -> list[Cutout | SurveyError]:
    """Ask for one position from many threads at the same moment."""
    start = threading.Barrier(users)

    def ask(_: int) -> Cutout | SurveyError:
        start.wait()
        try:
            return service.fetch(POSITION)
        except SurveyError as exc:
            return exc

    with ThreadPoolExecutor(users) as threads:
        return list(threads.map(ask, range(users)))


def test_fifty_users_of_one_position_make_one_request(
    server: ReplayServer, cutouts: CutoutService, drawn: None
) -> None:
    server.delay_s = 0.2
    answers = together(cutouts, 50)
    assert all(isinstance(answer, Cutout) for answer in answers)
    assert server.count() == 1


def test_those_who_wait_for_one_failure_share_it_and_the_next_asks_again(
    server: ReplayServer, drawn: None
) -> None:
    server.delay_s, server.fault = 0.3, Fault.RESET
    service = first_cutouts(server.first_url, deadline_s=PATIENT_S)
    answers = together(service, 10)
    assert {type(answer) for answer in answers} == {SurveyUnavailable}
    assert server.count() == 1
    server.fault = None
    assert isinstance(service.fetch(POSITION), Cutout)


def test_cutouts_are_named_by_rounded_position_and_field() -> None:
    def name(ra_deg: float, dec_deg: float) -> str:
        return cutout_name("VLA FIRST", SkyCoord(ra_deg, dec_deg, unit="deg"), 9.0)

    assert name(16.2356, 0.0731209) == "VLA_FIRST_016.23560+00.07312_9"
    assert name(359.999999, -0.0000001) == name(0.0, 0.0) == "VLA_FIRST_000.00000+00.00000_9"
    assert name(16.2356, 0.0731209) != name(16.2356, 0.07314)
