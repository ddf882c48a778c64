"""The look-up of names over real sockets: every fault, its deadline, its memory; beside astropy."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from astropy.coordinates import SkyCoord
from astropy.coordinates.name_resolve import NameResolveError, sesame_url

from app.errors import (
    BadNameAnswer,
    NameNotFound,
    NameServiceError,
    NameServiceTimeout,
    NameServiceUnavailable,
)
from app.sky.sesame import MOST_REMEMBERED, Sesame, open_sesame
from tests.replay.faults import Fault
from tests.replay.server import ReplayServer
from tests.replay.sesame import SESAME_PATH, add_sesame

SHORT_S = 1.0


@pytest.fixture
def server() -> Iterator[ReplayServer]:
    with ReplayServer() as replay:
        yield replay


@pytest.fixture
def sesame(server: ReplayServer) -> Sesame:
    return Sesame([add_sesame(server)], deadline_s=SHORT_S)


@pytest.mark.parametrize("name", ["3C 31", "Cygnus B", "NGC 3642", "NED only"])
def test_astropy_asks_the_same_and_finds_the_same(
    server: ReplayServer, sesame: Sesame, name: str
) -> None:
    with sesame_url.set([add_sesame(server)]):
        astropys = SkyCoord.from_name(name)
    ours = sesame.resolve(name).position
    assert server.requests == [(SESAME_PATH, {name: ""})] * 2
    assert ours.separation(astropys).arcsec < 1e-9


def test_astropy_takes_a_maintenance_page_for_an_unknown_name_and_we_do_not(
    server: ReplayServer, sesame: Sesame
) -> None:
    server.fault = Fault.HTML
    with (
        sesame_url.set([add_sesame(server)]),
        pytest.raises(NameResolveError, match="Unable to find coordinates"),
    ):
        SkyCoord.from_name("3C 31")
    with pytest.raises(BadNameAnswer):
        sesame.resolve("3C 31")


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (Fault.SILENCE, NameServiceTimeout, "within 1 s"),
        (Fault.DRIP_HEADERS, NameServiceTimeout, "within 1 s"),
        (Fault.DRIP_BODY, NameServiceTimeout, "within 1 s"),
        (Fault.DRIP_UNANNOUNCED, NameServiceTimeout, "within 1 s"),
        (Fault.RESET, NameServiceUnavailable, "cannot be reached"),
        (Fault.RESET_BODY, NameServiceError, "127.0.0.1"),
        (Fault.HTTP_429, NameServiceUnavailable, "429"),
        (Fault.HTTP_500, NameServiceUnavailable, "500"),
        (Fault.HTML, BadNameAnswer, "not of Sesame's form"),
        (Fault.BUSY, BadNameAnswer, "not of Sesame's form"),
        (Fault.EMPTY, BadNameAnswer, "not of Sesame's form"),
        (Fault.SHORT_BODY, BadNameAnswer, "truncated"),
        (Fault.TRUNCATED, BadNameAnswer, "breaks off"),
        (Fault.TRUNCATED_HEADER, BadNameAnswer, "breaks off"),
    ],
)
def test_every_fault_is_a_named_error_in_time_and_is_not_kept(
    server: ReplayServer,
    sesame: Sesame,
    fault: Fault,
    kind: type[NameServiceError],
    said: str,
) -> None:
    server.fault = fault
    with pytest.raises(kind) as caught:
        sesame.resolve("3C 31")
    assert said in str(caught.value)
    assert str(caught.value).endswith("r give coordinates.")
    assert caught.value.parameter == "position"
    server.fault = None
    if fault is not Fault.HTTP_429:  # asks to be left alone for 30 s
        assert sesame.resolve("3C 31").name == "NGC 383"


def test_a_server_that_asks_to_be_left_alone_is(server: ReplayServer, sesame: Sesame) -> None:
    server.fault = Fault.HTTP_429
    for _ in range(3):
        with pytest.raises(NameServiceUnavailable):
            sesame.resolve("3C 31")
    assert server.count(SESAME_PATH) == 1


def test_a_refused_connection_is_a_sentence() -> None:
    with pytest.raises(NameServiceUnavailable, match="cannot be reached"):
        Sesame(["http://127.0.0.1:9/sesame/"], deadline_s=SHORT_S).resolve("3C 31")


def test_where_no_server_answers_all_of_them_are_named() -> None:
    addresses = ["http://127.0.0.1:9/sesame/", "http://localhost:9/sesame/"]
    with pytest.raises(NameServiceUnavailable) as caught:
        Sesame(addresses, deadline_s=SHORT_S).resolve("3C 31")
    said = str(caught.value)
    assert said.startswith("'3C 31' could not be looked up. ")
    first, second = (said.index(f"Sesame server at {host} ") for host in ("127.0.0.1", "localhost"))
    assert first < said.index(" Asked next: ") < second
    assert said.count("Check the network") == 1
    assert said.endswith("Or give coordinates.")


def test_a_dead_server_is_waited_for_a_few_times_only(server: ReplayServer, sesame: Sesame) -> None:
    server.fault = Fault.SILENCE
    for name in "ABCDEFGH":
        with pytest.raises((NameServiceTimeout, NameServiceUnavailable)):
            sesame.resolve(name)
    assert server.count(SESAME_PATH) == 3


@pytest.mark.parametrize("fault", [Fault.SILENCE, Fault.HTML, Fault.HTTP_500])
def test_the_mirror_is_asked_where_the_service_fails(server: ReplayServer, fault: Fault) -> None:
    with ExitStack() as stack:
        mirror = stack.enter_context(ReplayServer())
        sesame = Sesame([add_sesame(server), add_sesame(mirror)], deadline_s=2 * SHORT_S)
        server.fault = fault
        assert sesame.resolve("3C 31").name == "NGC 383"
        assert mirror.count(SESAME_PATH) == 1


def test_the_mirror_is_not_asked_for_an_object_that_is_unknown(server: ReplayServer) -> None:
    with ReplayServer() as mirror:
        sesame = Sesame([add_sesame(server), add_sesame(mirror)], deadline_s=2 * SHORT_S)
        with pytest.raises(NameNotFound):
            sesame.resolve("Xyzzy 7")
        assert mirror.requests == []


def test_a_place_is_asked_for_once(server: ReplayServer, sesame: Sesame) -> None:
    first = sesame.resolve("3C 31")
    assert sesame.resolve("3C 31") is first
    assert server.count(SESAME_PATH) == 1


def test_an_unknown_name_may_be_known_tomorrow(server: ReplayServer, sesame: Sesame) -> None:
    for _ in range(2):
        with pytest.raises(NameNotFound):
            sesame.resolve("Xyzzy 7")
    assert server.count(SESAME_PATH) == 2


def test_many_who_ask_for_one_name_at_once_make_one_request(
    server: ReplayServer, sesame: Sesame
) -> None:
    server.delay_s = 0.3
    with ThreadPoolExecutor(50) as threads:
        places = list(threads.map(sesame.resolve, ["3C 31"] * 50))
    assert len(set(map(id, places))) == 1
    assert server.count(SESAME_PATH) == 1


def test_at_most_three_connections_are_open(server: ReplayServer) -> None:
    sesame = Sesame([add_sesame(server)], deadline_s=20)
    server.delay_s = 0.05
    names = [f"Xyzzy {n}" for n in range(12)]

    def unknown(name: str) -> bool:
        with pytest.raises(NameNotFound, match=f"'{name}'"):
            sesame.resolve(name)
        return True

    with ThreadPoolExecutor(12) as threads:
        assert all(threads.map(unknown, names))
    assert server.most_at_once == 3


def test_memory_is_bounded_and_forgets_the_longest_unused(
    server: ReplayServer,
) -> None:
    assert MOST_REMEMBERED >= 100
    sesame = Sesame([add_sesame(server)], most_remembered=2)
    for name in ("3C 31", "3C 264", "3C 31", "Cygnus B", "3C 31", "3C 264"):
        sesame.resolve(name)
    asked = [name for _, form in server.requests for name in form]
    assert asked == ["3C 31", "3C 264", "Cygnus B", "3C 264"]


@pytest.mark.parametrize(
    "name", ["4C +12.50", "M 87", "a&b=c", "50% off", "x/../y?z#t", "[VV2006c]"]
)
def test_a_name_arrives_as_it_was_typed(server: ReplayServer, sesame: Sesame, name: str) -> None:
    asked: list[str] = []
    handler = server.routes[SESAME_PATH]
    server.routes[SESAME_PATH] = lambda form: (asked.append(next(iter(form))), handler(form))[1]
    with pytest.raises(NameNotFound):
        sesame.resolve(name)
    assert asked == [name]


def test_without_an_address_there_is_no_name_service() -> None:
    assert open_sesame(" ", 10) is None
    assert open_sesame("http://127.0.0.1:9/ http://127.0.0.1:10/", 10) is not None
