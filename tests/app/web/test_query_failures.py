"""A survey that fails: every way it can, over real sockets, and what the person reads."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from app.main import create_app
from app.query.explorer import Explorer
from app.settings import Settings
from tests.problem import problem_of
from tests.replay.faults import Fault
from tests.replay.server import ReplayServer
from tests.site import serving

DEADLINE_S = 1.5
CONNECTIONS = 3
LATE_S = 10.0  # a busy machine wakes threads late; what drips would last for hours


def ask(site: httpx.Client, place: SkyCoord, **parameters: Any) -> httpx.Response:
    where = {"ra": place.ra.deg, "dec": place.dec.deg}
    return site.get("/api/query", params=where | parameters)


@pytest.fixture(scope="module")
def rough() -> Iterator[ReplayServer]:
    """A replayed FIRST server of this module's own: silence leaves requests hanging on it."""
    with ReplayServer() as server:
        yield server


@pytest.fixture(scope="module")
def hasty(
    bundle: Path, rough: ReplayServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A server that gives the survey little time and keeps its cutouts."""
    settings = Settings(
        bundle=bundle,
        data_dir=tmp_path_factory.mktemp("hasty"),
        first_server=rough.first_url,
        survey_deadline_s=DEADLINE_S,
        survey_connections=CONNECTIONS,
    )
    with (
        serving(create_app(settings)) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield client


@pytest.fixture(autouse=True)
def no_fault_is_left(rough: ReplayServer) -> Iterator[None]:
    yield
    rough.fault = None


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (Fault.NO_DATA, 404, "10h00m00.0s +30d00m"),
        (Fault.SILENCE, 504, f"{DEADLINE_S:g} s"),
        (Fault.DRIP_BODY, 504, f"{DEADLINE_S:g} s"),
        (Fault.HTML, 502, "Scheduled maintenance"),
        (Fault.EMPTY, 502, "not a FITS image"),
        (Fault.TRUNCATED, 502, "truncated"),
        (Fault.HTTP_429, 502, "429"),
        (Fault.RESET, 502, "cannot be reached"),
        (Fault.UNDERSIZED, 502, "33 x 33 px"),
        (Fault.WRONG_FIELD, 502, '" from 10h00m00.0s +30d00m'),
        (Fault.BLANK, 422, "blank"),
        (Fault.CONSTANT, 422, "0 Jy/beam"),
    ],
)
def test_every_failure_of_the_survey_is_a_sentence_with_the_value(
    hasty: httpx.Client, rough: ReplayServer, fault: Fault, status: int, said: str
) -> None:
    rough.fault = fault
    asked = rough.count()
    place = SkyCoord(150.0, 30 + fault.value * 1e-4, unit="deg")
    started_s = time.monotonic()
    problem = problem_of(ask(hasty, place))
    assert time.monotonic() - started_s < DEADLINE_S + LATE_S
    assert problem["status"] == status
    assert said in problem["detail"]
    no_image = (Fault.NO_DATA, Fault.BLANK, Fault.CONSTANT, Fault.UNDERSIZED)
    assert problem["survey_state"] == ("no image" if fault in no_image else "unreachable")
    assert rough.count() == asked + 1
    if status != 504:  # those take their time
        assert problem_of(ask(hasty, place, format="csv"))["status"] == status
        picture = hasty.get("/api/cutout.png", params={"ra": place.ra.deg, "dec": place.dec.deg})
        assert problem["detail"].startswith(problem_of(picture)["detail"])
    rough.fault = None
    assert ask(hasty, place).status_code == 200  # no failure is kept


def test_many_who_wait_for_a_silent_survey_all_have_the_same_deadline(
    hasty: httpx.Client, rough: ReplayServer
) -> None:
    rough.fault = Fault.SILENCE
    places = [SkyCoord(180.0 + n, 20.0, unit="deg") for n in range(40)]
    started_s = time.monotonic()
    with ThreadPoolExecutor(len(places)) as threads:
        answers = list(threads.map(lambda place: ask(hasty, place), places))
    took_s = time.monotonic() - started_s
    one_after_another_s = len(places) / CONNECTIONS * DEADLINE_S
    assert took_s < one_after_another_s / 2
    assert {problem_of(answer)["status"] for answer in answers} == {504}


def test_a_cutout_is_asked_for_once_and_then_cached(
    hasty: httpx.Client, rough: ReplayServer
) -> None:
    asked = rough.count()
    place = SkyCoord(200.0, 40.0, unit="deg")
    first, second = (ask(hasty, place, k=5).json() for _ in range(2))
    assert hasty.get(first["query"]["image_url"]).status_code == 200
    assert rough.count() == asked + 1
    assert (first["query"].pop("cached"), second["query"].pop("cached")) == (False, True)
    assert first == second


@pytest.mark.parametrize(("apart_arcmin", "shown"), [(0.7, "42.0 arcsec"), (9.34, "9.3 arcmin")])
def test_the_nearest_source_is_offered_where_no_image_can_be_had(
    hasty: httpx.Client,
    rough: ReplayServer,
    explorer: Explorer,
    apart_arcmin: float,
    shown: str,
) -> None:
    sky = SkyCoord(explorer.space.catalogue.ra_deg, explorer.space.catalogue.dec_deg, unit="deg")
    place = explorer.space.position(17).directional_offset_by(40 * u.deg, apart_arcmin * u.arcmin)
    rough.fault = Fault.RESET
    problem = problem_of(ask(hasty, place))
    separation = place.separation(sky)
    nearest = problem["nearest"]
    assert nearest["separation_arcsec"] == pytest.approx(separation.min().arcsec, rel=1e-9)
    row = explorer.row_of(nearest["source_id"])
    assert row == int(separation.argmin())
    assert (nearest["ra_deg"], nearest["dec_deg"]) == (sky[row].ra.deg, sky[row].dec.deg)
    assert nearest["source_id"] in problem["detail"]
    assert problem["detail"].endswith(f", {shown} away.")


def test_a_source_far_away_is_not_offered_but_how_far_it_is_is_said(
    hasty: httpx.Client, rough: ReplayServer, explorer: Explorer
) -> None:
    sky = SkyCoord(explorer.space.catalogue.ra_deg, explorer.space.catalogue.dec_deg, unit="deg")
    outside = SkyCoord(150.0, -60.0, unit="deg")
    beyond = explorer.space.position(17).directional_offset_by(40 * u.deg, 10.2 * u.arcmin)
    rough.fault = Fault.RESET
    for place, unit in ((outside, u.deg), (beyond, u.arcmin)):
        problem = problem_of(ask(hasty, place))
        apart = place.separation(sky).min().to(unit)
        assert "nearest" not in problem
        assert problem["detail"].endswith(
            f"The catalogue's nearest source is {apart.value:.1f} {unit} away."
        )


def test_no_source_is_offered_where_the_position_is_not_what_failed(hasty: httpx.Client) -> None:
    source = {"position": "firstgalaxydata-1"}
    for params in ({"k": 0}, {"where": "redshift:99.."}):
        assert "nearest" not in problem_of(hasty.get("/api/query", params=source | params))
