"""A service client over a real socket: repeats, Retry-After, the breaker, the deadline of all."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
import requests

from app.errors import BadSurveyAnswer, SurveyError, SurveyTimeout, SurveyUnavailable
from app.net.breaker import Backoff, Breaker
from app.net.client import Deadline, ServiceClient, fits_only, get
from tests.replay.faults import Answer, Fault
from tests.replay.server import ReplayServer

PATH = "/file"
CONTENT = b"SIMPLE" + bytes(5000)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplayServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ReplayServer(drip_s=0.05) as replay:
        replay.routes[PATH] = lambda form: Answer(CONTENT)
        yield replay


class Waits:
    """Stands in for sleep: notes the waits, and takes no time."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


def client(waits: Callable[[float], None] = time.sleep, **options: object) -> ServiceClient:
    quick = {"deadline_s": 20.0, "backoff": Backoff(random=Random(3)), **options}
    return ServiceClient("test server", sleep=waits, **quick)  # type: ignore[arg-type]


def asking(server: ReplayServer) -> Callable[[Deadline], requests.Response]:
    return lambda deadline: get(server.url + PATH, {"n": "1"}, deadline)


def failure(asked: ServiceClient, server: ReplayServer) -> SurveyError:
    with pytest.raises(SurveyError) as caught:
        asked.download(asking(server))
    return caught.value


def test_what_is_refused_is_asked_for_again_with_growing_waits(
    server: ReplayServer, waits: Waits
) -> None:
    server.coming = [Fault.HTTP_500, Fault.HTTP_500]
    assert client(waits).download(asking(server)) == CONTENT
    assert server.count(PATH) == 3
    first_s, second_s = waits.seconds
    assert 0.25 <= first_s <= 0.5 <= second_s <= 1.0


def test_after_the_third_refusal_it_gives_up_and_says_how_often_it_asked(
    server: ReplayServer, waits: Waits
) -> None:
    server.fault = Fault.HTTP_500
    error = failure(client(waits), server)
    assert type(error) is SurveyUnavailable
    assert "HTTP status 500 Internal Server Error (3 times). Try again in a few" in str(error)
    assert error.status == 500
    assert server.count(PATH) == 3


def test_retry_after_is_honoured_where_the_deadline_allows_it(
    server: ReplayServer, waits: Waits
) -> None:
    server.coming = [Fault.HTTP_429_SOON]
    assert client(waits).download(asking(server)) == CONTENT
    (wait_s,) = waits.seconds
    assert 1.25 <= wait_s <= 1.5


def test_a_retry_after_beyond_the_deadline_is_not_waited_for_but_told_and_kept(
    server: ReplayServer, waits: Waits
) -> None:
    server.coming = [Fault.HTTP_429]
    asked = client(waits)
    error = failure(asked, server)
    assert type(error) is SurveyUnavailable
    assert "429 Too Many Requests and asks to be left alone for 30 s" in str(error)
    assert error.retry_after_s == 30
    assert waits.seconds == []
    assert "left alone until" in str(failure(asked, server))
    assert server.count(PATH) == 1


@pytest.mark.parametrize("fault", [Fault.SILENCE, Fault.DRIP_HEADERS, Fault.DRIP_BODY])
def test_a_dead_service_costs_one_wait_and_not_one_each(server: ReplayServer, fault: Fault) -> None:
    server.fault = fault
    asked = client(deadline_s=0.4, breaker=Breaker("test server", timeouts=1))
    assert type(failure(asked, server)) is SurveyTimeout
    for _ in range(5):
        error = failure(asked, server)
        assert type(error) is SurveyUnavailable
        assert "left alone until" in str(error)
    assert server.count(PATH) == 1


def test_those_who_wait_in_line_for_a_dead_service_do_not_begin_a_wait_of_their_own(
    server: ReplayServer,
) -> None:
    server.fault = Fault.SILENCE
    asked = client(deadline_s=0.5, breaker=Breaker("test server", timeouts=1), max_connections=2)
    with ThreadPoolExecutor(12) as threads:
        errors = list(threads.map(lambda _: failure(asked, server), range(12)))
    assert {type(error) for error in errors} <= {SurveyTimeout, SurveyUnavailable}
    assert server.count(PATH) == 2


def test_repeats_end_with_the_deadline_of_all(server: ReplayServer) -> None:
    server.fault, server.delay_s = Fault.HTTP_500, 0.3
    asked = client(deadline_s=0.8, backoff=Backoff(retries=100, first_wait_s=0.2))
    started_s = time.monotonic()
    error = failure(asked, server)
    assert type(error) in (SurveyUnavailable, SurveyTimeout)
    assert time.monotonic() - started_s < 15  # a hundred repeats would take 50 s
    assert 1 <= server.count(PATH) <= 2


def test_at_most_so_many_connections_are_open_at_once(server: ReplayServer) -> None:
    server.delay_s = 0.1
    asked = client(max_connections=2)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: asked.download(asking(server)), range(8)))
    assert server.count(PATH) == 8
    assert server.most_at_once == 2


def test_who_asks_is_said_and_nothing_is_kept_between_requests(
    server: ReplayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    send = requests.Session.send

    def watched(self: requests.Session, request: requests.PreparedRequest, **options: object):  # type: ignore[no-untyped-def]
        seen.append(request.headers["User-Agent"])
        return send(self, request, **options)

    monkeypatch.setattr(requests.Session, "send", watched)
    asked = client()
    asked.download(asking(server))
    asked.download(asking(server))
    assert all(agent.startswith("rgz-explorer/") for agent in seen)
    assert server.count(PATH) == len(seen) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<html><p>Error:</p> no <b>such</b> survey.</html>", 'it says "Error: no such survey".'),
        (b'{"title": "Bad request"}', '"{"title": "Bad request"}"'),
        (b"\x89PNG\r\n\x1a\n", '"PNG"'),
        (b"\x00\xff", "has no text in it"),
        (b"word " * 100, "…"),
    ],
)
def test_an_answer_that_is_no_fits_is_quoted(content: bytes, says: str) -> None:
    with pytest.raises(BadSurveyAnswer) as caught:
        fits_only(content, "test server")
    assert says in str(caught.value)
    assert len(str(caught.value)) < 300
