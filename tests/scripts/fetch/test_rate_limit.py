"""How politely a fetch asks, as the server sees it, and how it bears a service in trouble."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import SurveyUnavailable
from scripts.fetch.failures import FailureClass
from scripts.fetch.rate_limit import FIRST_PAUSE_S, LONGEST_PAUSE_S, RetryPolicy
from tests.fetching import EagerClock, config_of, fetch_from, rows_of
from tests.replay.faults import Fault
from tests.replay.fetch import FetchReplay


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FetchReplay]:
    """A FIRST server on loopback, asked directly even where a proxy is set."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FetchReplay() as replay:
        yield replay


@pytest.mark.parametrize("connections", [1, 3])
def test_the_server_never_sees_more_requests_at_once_than_configured(
    server: FetchReplay, tmp_path: Path, connections: int
) -> None:
    server.delay_s = 0.1
    config = config_of(tmp_path, connections=connections)
    assert fetch_from(server.first_url, rows_of(9), config).counts.fetched == 9
    assert server.most_at_once == connections


def test_the_server_never_sees_requests_faster_than_configured(
    server: FetchReplay, tmp_path: Path
) -> None:
    """Whatever delays a request on its way, only those under way can arrive bunched.

    The server makes its answers beforehand: were it slow itself, it would see no hurry.
    """
    fetch_from(server.first_url, rows_of(14), config_of(tmp_path / "before"))
    server.arrivals_s.clear()
    rate_per_s, connections = 16.0, 3
    config = config_of(tmp_path / "limited", rate_per_s=rate_per_s, connections=connections)
    fetch_from(server.first_url, rows_of(14), config)
    came_s = sorted(server.arrivals_s)
    assert len(came_s) == 14
    for first in range(len(came_s)):
        for last in range(first + connections + 1, len(came_s)):
            at_least_s = (last - first - connections) / rate_per_s
            assert came_s[last] - came_s[first] >= at_least_s - 1e-3


def test_too_many_requests_pauses_all_as_long_as_the_service_asks(
    server: FetchReplay, tmp_path: Path
) -> None:
    clock, rows = EagerClock(), rows_of(12)
    server.plan = lambda _, nth: Fault.HTTP_429 if server.count() == 4 else None
    counts = fetch_from(server.first_url, rows, config_of(tmp_path, connections=1), clock).counts
    assert (counts.fetched, counts.failed) == (12, {})
    assert server.count() == 13
    assert max(clock.waits_s) == pytest.approx(30, abs=0.1)  # Retry-After of the replay server


def test_a_dead_service_is_asked_ever_less_and_given_up_with_nothing_counted_as_failed(
    server: FetchReplay, tmp_path: Path
) -> None:
    clock, rows = EagerClock(), rows_of(30)
    server.plan = lambda _, __: Fault.RESET if server.count() > 10 else None
    config = config_of(tmp_path, give_up_s=600.0)
    outcome = fetch_from(server.first_url, rows, config, clock)
    assert outcome.stopped is not None
    assert "After 10 min without an answer" in outcome.stopped
    assert 7 <= outcome.counts.fetched <= 10
    assert outcome.counts.failed == {}
    assert outcome.counts.not_tried == 30 - outcome.counts.fetched
    assert server.count() < 30
    pauses_s = [wait for wait in clock.waits_s if wait > 1]
    assert pauses_s == sorted(pauses_s)
    server.plan = None
    assert fetch_from(server.first_url, rows, config_of(tmp_path)).counts.listed == 30
    assert len(list(tmp_path.rglob("*.fits"))) == 30


def test_a_service_that_comes_back_costs_no_image(server: FetchReplay, tmp_path: Path) -> None:
    clock, rows = EagerClock(), rows_of(20)
    server.plan = lambda _, __: Fault.HTTP_500 if 5 <= server.count() <= 13 else None
    counts = fetch_from(server.first_url, rows, config_of(tmp_path), clock).counts
    assert (counts.fetched, counts.failed) == (20, {})


def test_a_slow_server_is_a_timeout_and_a_class_of_its_own(
    server: FetchReplay, tmp_path: Path
) -> None:
    rows = rows_of(4)
    server.plan = lambda place, _: Fault.SILENCE if place.startswith("8.66666667") else None
    config = config_of(tmp_path, tries=1)
    counts = fetch_from(server.first_url, rows, config, EagerClock(), deadline_s=1.0).counts
    assert (counts.fetched, counts.failed) == (3, {FailureClass.TIMEOUT: 1})


def test_troubles_with_an_answer_between_them_are_not_one(
    server: FetchReplay, tmp_path: Path
) -> None:
    clock, rows = EagerClock(), rows_of(30)
    server.plan = lambda _, nth: Fault.RESET if nth == 1 and server.count() % 3 else None
    config = config_of(tmp_path, connections=1)
    counts = fetch_from(server.first_url, rows, config, clock).counts
    assert (counts.fetched, counts.failed) == (30, {})
    assert server.count() > 40
    assert max(clock.waits_s) < 1


def test_an_answer_ends_the_row_the_pause_and_the_trouble() -> None:
    dead, policy = SurveyUnavailable("no connection"), RetryPolicy(in_a_row=3, give_up_s=60.0)
    for now_s in (0.0, 10_000.0):
        assert [policy.failed(dead, now_s) for _ in range(2)] == [False, False]
        policy.answered()
        assert [policy.failed(dead, now_s) for _ in range(3)] == [False, False, True]
        assert policy.in_trouble
        assert policy.delay_s(now_s) == FIRST_PAUSE_S
        assert not policy.exhausted
        policy.answered()
        assert not policy.in_trouble
        assert policy.delay_s(now_s) == 0


def test_pauses_double_up_to_the_longest_and_end_when_there_was_trouble_for_too_long() -> None:
    dead, policy = SurveyUnavailable("no connection"), RetryPolicy(in_a_row=1, give_up_s=2000.0)
    now_s, pauses_s = 0.0, []
    while not policy.exhausted:
        assert policy.failed(dead, now_s)
        assert not policy.failed(dead, now_s)  # what fails within a pause does not double it
        pauses_s.append(policy.delay_s(now_s))
        now_s += pauses_s[-1]
    assert pauses_s[:7] == [5, 10, 20, 40, 80, 160, LONGEST_PAUSE_S]
    assert sum(pauses_s[:-1]) <= 2000 < sum(pauses_s)
