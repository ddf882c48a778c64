"""Queries that ask a survey, over two real sockets: the server's and a replayed FIRST server's."""

import io
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import httpx
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from PIL import Image

from app.query.explorer import Explorer
from app.web import query as api
from app.web.schemas import QueryResult
from model.preprocess import BlankImage, clean
from tests.problem import problem_of
from tests.replay.faults import Answer, Form
from tests.replay.images import drawn_double, first_answer, real_images
from tests.replay.server import ReplayServer
from tests.replay.surveys import FIRST_PATH


def ask(site: httpx.Client, place: SkyCoord, **parameters: Any) -> httpx.Response:
    where = {"ra": place.ra.deg, "dec": place.dec.deg}
    return site.get("/api/query", params=where | parameters)


def beside(place: SkyCoord, arcsec: float = 8.0) -> SkyCoord:
    """A position that is no longer the bundle source, with the same replayed image."""
    return place.directional_offset_by(0 * u.deg, arcsec * u.arcsec)


@pytest.fixture
def troubled(survey: ReplayServer) -> Iterator[ReplayServer]:
    routes = dict(survey.routes)
    yield survey
    survey.fault, survey.delay_s, survey.routes = None, 0.0, routes


@pytest.mark.parametrize("number", range(0, 66, 6))
def test_build_and_query_clean_a_raw_fits_to_the_same_bytes(
    site: httpx.Client, shared_data: Path, number: int
) -> None:
    real = real_images()[number]
    place = beside(real.position)
    expected = clean(real.pixels())
    answer = site.get(
        "/api/cutout.png",
        params={"ra": place.ra.deg, "dec": place.dec.deg, "colours": "grey"},
    )
    drawn = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert np.array_equal(drawn[::-1], expected)


def test_the_blank_real_fits_is_refused_by_build_and_query_alike(
    site: httpx.Client, shared_data: Path
) -> None:
    (blank,) = (image for image in real_images() if "200_033.655" in image.path.name)
    with pytest.raises(BlankImage):
        clean(blank.pixels())
    problem = problem_of(ask(site, blank.position))
    assert problem["status"] == 422
    assert "blank" in problem["detail"]


def test_a_live_answer_is_complete_and_its_picture_is_the_queried_image(
    site: httpx.Client, survey: ReplayServer, explorer: Explorer
) -> None:
    asked = survey.count()
    place = beside(explorer.space.position(30), 20.0)
    result = QueryResult.model_validate(ask(site, place, k=7).json())
    assert survey.count() == asked + 1
    query = result.query
    assert (query.source_id, query.row, query.name, query.columns) == (None, None, "", {})
    assert (query.service, query.survey) == ("FIRST server", "VLA FIRST")
    assert (query.image_origin, query.extent_origin) == ("observed", "measured")
    assert query.cached is False
    assert query.ra_deg == pytest.approx(place.ra.deg)
    assert any("prepared differently" in warning for warning in query.warnings)
    assert result.map.method == "neighbours"
    assert 0 <= result.novelty_percentile <= 100
    assert len(result.neighbours) == 7
    for neighbour in result.neighbours:
        there = SkyCoord(neighbour.ra_deg, neighbour.dec_deg, unit="deg")
        assert neighbour.separation_arcsec == pytest.approx(place.separation(there).arcsec)
    picture = site.get(f"{query.image_url}&size_px=70&colours=grey")
    drawn = np.asarray(Image.open(io.BytesIO(picture.content)))
    assert np.array_equal(drawn[::-1], explorer.image_at(place).pixels[40:110, 40:110])


@pytest.mark.parametrize("ra_deg", [0.0, 1e-7, 359.9999999, 359.99999999999])
def test_a_query_at_the_end_of_right_ascension_has_a_picture(
    site: httpx.Client, ra_deg: float
) -> None:
    answer = ask(site, SkyCoord(ra_deg, 5.0, unit="deg"), k=1)
    assert answer.status_code == 200, answer.text
    assert site.get(answer.json()["query"]["image_url"]).status_code == 200


def test_a_position_outside_the_footprint_is_named(site: httpx.Client) -> None:
    problem = problem_of(site.get("/api/query", params={"position": "10:00:00 -60:00:00"}))
    assert problem["status"] == 404
    assert "-60d00m00s" in problem["detail"]
    assert problem["parameter"] == "position"


@pytest.mark.parametrize("offset_px", [45, 100])
def test_a_field_that_is_empty_where_the_network_looks_is_refused(
    site: httpx.Client, troubled: ReplayServer, offset_px: int
) -> None:
    pixels = np.random.default_rng(5).normal(0, 1.5e-4, (300, 300)).astype(np.float32)
    pixels[np.abs(pixels) > 4e-4] = 0
    pixels[150, 150 + offset_px] = 0.05

    def answer(form: Form) -> Answer:
        ra_hours, dec_deg = map(float, form["RA"].split())
        return Answer(first_answer(pixels, SkyCoord(ra_hours * 15, dec_deg, unit="deg")))

    troubled.routes[FIRST_PATH] = answer
    problem = problem_of(ask(site, SkyCoord(151.0, 31.0, unit="deg")))
    assert problem["status"] == 422
    assert "no emission" in problem["detail"]
    assert '"' in problem["detail"]


def test_a_slow_survey_holds_up_nobody_else(
    site: httpx.Client,
    troubled: ReplayServer,
    explorer: Explorer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(api, "_survey_threads", anyio.CapacityLimiter(4))
    troubled.delay_s = 120.0
    places = [SkyCoord(160.0 + n / 10, 25.0, unit="deg") for n in range(20)]
    source = explorer.space.position(9)
    with ThreadPoolExecutor(len(places)) as threads:
        waiting = [threads.submit(ask, site, place, k=1) for place in places]
        while troubled.most_at_once < 1:
            time.sleep(0.01)
        time.sleep(0.3)
        for path in ("/healthz", "/readyz", "/api/rows/0", "/api/map", "/api/meta", "/"):
            assert site.get(path).status_code == 200
        assert ask(site, source).json()["query"]["row"] == 9
        picture = {"ra": source.ra.deg, "dec": source.dec.deg}
        assert site.get("/api/cutout.png", params=picture).status_code == 200
        assert not any(future.done() for future in waiting)  # who asked the survey waits still
        troubled.stopping.set()
        troubled.delay_s = 0.0
        statuses = {future.result().status_code for future in waiting}
        troubled.stopping.clear()
    assert statuses == {200}


def test_thirty_queries_at_once_are_all_answered_rightly(
    site: httpx.Client, survey: ReplayServer
) -> None:
    survey.most_at_once = 0
    asked = survey.count()
    places = [SkyCoord(170.0 + n, 15.0 + n, unit="deg") for n in range(30)]
    with ThreadPoolExecutor(30) as threads:
        together = list(threads.map(lambda place: ask(site, place, k=3), places))
    assert [answer.status_code for answer in together] == [200] * 30
    assert survey.count() == asked + 30
    assert survey.most_at_once <= 3
    for place, answer in list(zip(places, together, strict=True))[::6]:
        assert answer.json()["neighbours"] == ask(site, place, k=3).json()["neighbours"]


def test_drawn_image_is_a_source_where_real_ones_are_missing() -> None:
    assert clean(drawn_double()).any()
