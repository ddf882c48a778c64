"""A dead service costs one wait and is asked again in time; what may pass is asked for again."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from app.errors import BadSurveyAnswer, SurveyError, SurveyTimeout, SurveyUnavailable
from app.net.breaker import LONGEST_PAUSE_S, Backoff, Breaker, retry_after_s

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Clock:
    """A time that the test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def breaker(clock: Clock, **options: float) -> Breaker:
    return Breaker("FIRST server", clock=clock, now=clock.now, **options)  # type: ignore[arg-type]


def fail(asked: Breaker, error: SurveyError) -> None:
    """Let one request through that ends so."""
    with pytest.raises(type(error)), asked.watch():
        raise error


DEAD = SurveyUnavailable("no connection")
SLOW = SurveyTimeout("too late")


def test_after_three_failures_in_a_row_it_refuses_at_once_and_says_until_when(clock: Clock) -> None:
    asked = breaker(clock)
    for _ in range(3):
        asked.check()
        fail(asked, DEAD)
        clock.seconds += 5
    with pytest.raises(SurveyUnavailable) as refused:
        asked.check()
    assert str(refused.value) == (
        "The FIRST server is left alone until 12:01:10 UTC: it has failed 3 times in a row since "
        "12:00:00 UTC. Try again after 12:01:10 UTC."
    )
    assert refused.value.retry_after_s == 55
    with pytest.raises(SurveyUnavailable), asked.watch():
        pytest.fail("a request went through")


def test_one_timeout_is_enough_where_it_is_said_so(clock: Clock) -> None:
    asked = breaker(clock, timeouts=1)
    fail(asked, DEAD)
    asked.check()
    fail(asked, SLOW)
    with pytest.raises(SurveyUnavailable, match="2 times in a row"):
        asked.check()


@pytest.mark.parametrize("answer", ["success", "no image", "refused for good"])
def test_any_answer_ends_the_row(clock: Clock, answer: str) -> None:
    asked = breaker(clock)
    fail(asked, DEAD)
    fail(asked, DEAD)
    if answer == "success":
        with asked.watch():
            pass
    elif answer == "no image":
        fail(asked, BadSurveyAnswer("text"))
    else:
        fail(asked, SurveyUnavailable("gone", status=404))
    fail(asked, DEAD)
    fail(asked, DEAD)
    asked.check()
    fail(asked, DEAD)
    with pytest.raises(SurveyUnavailable):
        asked.check()


def test_when_the_pause_is_over_one_request_tries_for_all(clock: Clock) -> None:
    asked = breaker(clock, failures=1)
    fail(asked, DEAD)
    clock.seconds = 60
    with asked.watch(), pytest.raises(SurveyUnavailable):
        asked.check()  # the others still hear at once
    asked.check()
    fail(asked, DEAD)
    clock.seconds = 120
    fail(asked, SLOW)
    with pytest.raises(SurveyUnavailable):
        asked.check()
    clock.seconds = 180
    with asked.watch():
        pass
    asked.check()


def test_a_probe_that_ends_in_no_named_way_does_not_shut_it_for_ever(clock: Clock) -> None:
    asked = breaker(clock, failures=1)
    fail(asked, DEAD)
    clock.seconds = 60
    with pytest.raises(ZeroDivisionError), asked.watch():
        raise ZeroDivisionError
    asked.check()


@pytest.mark.parametrize(("asked_s", "kept_s"), [(5.0, 5.0), (1e6, LONGEST_PAUSE_S)])
def test_retry_after_is_kept_from_the_first_refusal_on(
    clock: Clock, asked_s: float, kept_s: float
) -> None:
    asked = breaker(clock)
    fail(asked, SurveyUnavailable("busy", status=429, retry_after_s=asked_s))
    clock.seconds = kept_s - 0.1
    with pytest.raises(SurveyUnavailable, match="failed once"):
        asked.check()
    clock.seconds = kept_s
    asked.check()


def test_without_a_pause_it_never_refuses(clock: Clock) -> None:
    asked = breaker(clock, pause_s=0.0, timeouts=1)
    for _ in range(5):
        fail(asked, SLOW)
        fail(asked, SurveyUnavailable("busy", status=429, retry_after_s=30))
    asked.check()


def refusal(status: int | None, retry_after_s: float | None = None) -> SurveyUnavailable:
    return SurveyUnavailable("x", status=status, retry_after_s=retry_after_s)


def test_waits_double_and_are_spread_over_half_their_length() -> None:
    backoff = Backoff(retries=4, first_wait_s=0.5, random=Random(1))
    for tries in (1, 2, 3, 4):
        longest_s = 0.5 * 2 ** (tries - 1)
        waits = [backoff.wait_s(tries, refusal(503)) for _ in range(200)]
        assert all(wait is not None and longest_s / 2 <= wait <= longest_s for wait in waits)
        assert len({round(wait or 0, 6) for wait in waits}) > 150
        assert max(w or 0 for w in waits) - min(w or 9 for w in waits) > 0.4 * longest_s


def test_it_comes_back_after_what_the_service_asked_for_and_not_before() -> None:
    backoff = Backoff(random=Random(2))
    waits = [backoff.wait_s(1, refusal(429, 7.0)) for _ in range(100)]
    assert all(wait is not None and 7.25 <= wait <= 7.5 for wait in waits)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_repeated_as_often_as_allowed(status: int) -> None:
    backoff = Backoff(retries=2)
    assert [backoff.wait_s(tries, refusal(status)) is None for tries in (1, 2, 3)] == [
        False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize("status", [None, 301, 400, 403, 404])
def test_what_does_not_pass_by_itself_is_not_repeated(status: int | None) -> None:
    assert Backoff().wait_s(1, refusal(status)) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("Thu, 01 Jan 2026 12:00:30", 30.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert retry_after_s({"Retry-After": text}, NOON) == seconds


def test_without_the_header_nothing_is_known() -> None:
    assert retry_after_s({}) is None
