"""The position of an HTTP request, over real sockets: resolved, said back, and never a bare 500."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.main import create_app
from app.query.explorer import Explorer
from app.query.ranking import SearchOptions
from app.settings import Settings
from app.web import dependencies as asked_position
from app.web.schemas import QueryResult, QuerySubject
from tests.problem import problem_of
from tests.replay.faults import Fault
from tests.replay.server import ReplayServer
from tests.replay.sesame import SESAME_PATH, add_sesame
from tests.site import serving

PATIENCE_S = 1.0


def ask(site: httpx.Client, text: str, **options: object) -> httpx.Response:
    return site.get("/api/query", params={"position": text, "k": 2, **options})


def subject_of(answer: httpx.Response) -> QuerySubject:
    assert answer.status_code == 200, answer.text
    return QueryResult.model_validate(answer.json()).query


@pytest.fixture(scope="module")
def upset() -> Iterator[ReplayServer]:
    """FIRST and Sesame on one server, whose fault is both services' fault."""
    with ReplayServer() as server:
        yield server


@pytest.fixture(scope="module")
def hasty(explorer: Explorer, upset: ReplayServer, tmp_path_factory: pytest.TempPathFactory):
    """An application that gives Sesame little time."""
    options = Settings(
        bundle=explorer.space.bundle,
        data_dir=tmp_path_factory.mktemp("data"),
        first_server=upset.first_url,
        sesame_url=add_sesame(upset),
        sesame_deadline_s=PATIENCE_S,
        survey_pause_s=0,
    )
    with (
        serving(create_app(options)) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("text", "ra_deg", "dec_deg", "understood"),
    [
        (
            "12h34m56.7s +01d23m45s",
            188.73625,
            1.395833333,
            "12h34m56.7s +01d23m45s (ICRS), read as RA in hours, minutes and seconds, Dec in "
            "degrees, arcmin and arcsec",
        ),
        (
            "188.73625 1.395833333",
            188.73625,
            1.395833333,
            "12h34m56.7s +01d23m45s (ICRS), read as RA and Dec in decimal degrees",
        ),
        (
            "RGZ J123456.7 012345",
            188.73625,
            1.395833333,
            "12h34m56.7s +01d23m45s (ICRS), from the name RGZ J123456.7+012345, whose truncated "
            'coordinates are good to 1.5" in RA and 1" in Dec',
        ),
        (
            "3C 264",
            176.27087,
            19.60632,
            "11h45m05.0s +19d36m23s (ICRS), where Sesame (Simbad) has 3C 264",
        ),
    ],
)
def test_any_way_of_writing_is_answered_and_said_back(
    site: httpx.Client, text: str, ra_deg: float, dec_deg: float, understood: str
) -> None:
    query = subject_of(ask(site, text))
    assert (query.ra_deg, query.dec_deg) == pytest.approx((ra_deg, dec_deg), abs=1e-8)
    assert query.understood == understood
    assert query.name == ("3C 264" if text == "3C 264" else "")


@pytest.mark.parametrize("fmt", ["ecsv", "votable"])
def test_a_file_says_how_its_position_was_understood(site: httpx.Client, fmt: str) -> None:
    answer = ask(site, "3C 264", format=fmt)
    assert answer.status_code == 200
    assert "11h45m05.0s +19d36m23s (ICRS), where Sesame (Simbad) has 3C 264" in answer.text


def test_numbers_are_said_back_too(site: httpx.Client) -> None:
    answer = site.get("/api/query", params={"ra": 188.73625, "dec": -1.5, "k": 1})
    assert subject_of(answer).understood == (
        "12h34m56.7s -01d30m00s (ICRS), given as RA and Dec in decimal degrees"
    )


def test_a_source_of_the_bundle_is_found_by_id_and_by_name(
    site: httpx.Client, explorer: Explorer
) -> None:
    for row in (0, 33, 200):
        known = explorer.space.catalogue.row(row)
        for text in filter(None, (known["source_id"], known["name"])):
            query = subject_of(ask(site, str(text).upper()))
            assert query.source_id == known["source_id"] or query.warnings
            assert "of this bundle" in query.understood
            assert query.service == "bundle"


def test_the_source_that_was_named_goes_before_another_at_its_place(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explorer.space, "within", lambda *_: [(3, 0.0), (5, 0.2), (7, 0.2)])
    position, options = explorer.space.position(3), SearchOptions(k=1)
    for named, others in ((5, [3, 7]), (3, [5, 7]), (None, [5, 7])):
        subject = explorer.query(position, options, row=named).subject
        assert subject.row == (3 if named is None else named)
        assert [row for row, _ in subject.also_nearby] == others
        assert subject.separation_arcsec == (0.0 if named is None else None)


def test_both_ways_at_once_are_refused(site: httpx.Client) -> None:
    answer = site.get("/api/query", params={"position": "1 2", "ra": 1, "dec": 2})
    assert "not both" in problem_of(answer)["detail"]


def test_what_fails_after_the_position_was_understood_says_how_it_was(site: httpx.Client) -> None:
    problem = problem_of(ask(site, "10 00 00 -60 00 00"))
    assert problem["status"] == 404
    assert "understood as 10h00m00.0s -60d00m00s (ICRS), read as RA in hours" in problem["detail"]


def test_an_unknown_name_is_404_and_shows_the_accepted_forms(site: httpx.Client) -> None:
    problem = problem_of(ask(site, "Xyzzy 7"))
    assert (problem["status"], problem["parameter"]) == (404, "position")
    assert "'Xyzzy 7'" in problem["detail"]
    assert "131.194 +11.915" in problem["detail"]


def test_a_misspelt_name_is_offered_the_closest_of_the_catalogue(site: httpx.Client) -> None:
    problem = problem_of(ask(site, "firstgalaxidata-17"))
    assert problem["close_names"][0] == "firstgalaxydata-17"
    assert "Spelt much like it in this catalogue: firstgalaxydata-17, " in problem["detail"]
    assert "close_names" not in problem_of(ask(site, "Xyzzy 7"))


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.SILENCE, 504),
        (Fault.DRIP_BODY, 504),
        (Fault.RESET, 502),
        (Fault.HTTP_429, 502),
        (Fault.HTML, 502),
        (Fault.TRUNCATED, 502),
    ],
)
def test_a_name_service_that_fails_is_a_sentence(
    hasty: httpx.Client, upset: ReplayServer, fault: Fault, status: int
) -> None:
    upset.fault = fault
    try:
        problem = problem_of(ask(hasty, f"3C {fault.value}"))
        assert subject_of(ask(hasty, f"firstgalaxydata-{fault.value}")).service == "bundle"
    finally:
        upset.fault = None
    assert (problem["status"], problem["parameter"]) == (status, "position")
    assert "Sesame server" in problem["detail"]


def test_a_silent_name_service_holds_up_nobody_else(
    hasty: httpx.Client, upset: ReplayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked_position, "_name_threads", anyio.CapacityLimiter(2))
    answering = upset.routes[SESAME_PATH]
    free = False

    def held(form: dict[str, str]):
        while not free and not upset.stopping.is_set():
            time.sleep(0.01)
        return answering(form)

    upset.routes[SESAME_PATH] = held
    asked = upset.count(SESAME_PATH)
    with ThreadPoolExecutor(60) as threads:
        waiting = [threads.submit(ask, hasty, f"Xyzzy {n}") for n in range(60)]
        while upset.count(SESAME_PATH) == asked and not all(one.done() for one in waiting):
            time.sleep(0.01)
        answers = [ask(hasty, "firstgalaxydata-3"), hasty.get("/api/meta"), hasty.get("/healthz")]
        unanswered = [future for future in waiting if not future.done()]
        free = True
        statuses = {future.result().status_code for future in waiting}
    upset.routes[SESAME_PATH] = answering
    assert [answer.status_code for answer in answers] == [200] * 3
    assert unanswered
    assert statuses <= {404, 502, 504}


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=120),
        st.text("0123456789 +-.:hdms°'\"JBRGZ", max_size=30),
        st.text(st.characters(max_codepoint=0x7F), max_size=12),
    )
)
def test_no_text_ends_in_a_fault_of_ours(site: httpx.Client, text: str) -> None:
    answer = ask(site, text)
    if answer.status_code == 200:
        assert subject_of(answer).understood
    else:
        assert problem_of(answer)["status"] in {404, 422}


@pytest.mark.parametrize(
    "raw", ["%00", "%ff%fe", "%", "%C3%28", "+", "%2B", "a" * 5000, "%0d%0aX: y"]
)
def test_broken_encodings_are_sentences(site: httpx.Client, raw: str) -> None:
    assert problem_of(site.get(f"/api/query?position={raw}"))["status"] in {404, 422}
