"""Whether and when a refused request is repeated."""

from datetime import UTC, datetime
from random import Random

import pytest

from app.errors import SurveyUnavailable
from app.net.breaker import Backoff, retry_after_s

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


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
    assert retry_after_s({"Retry-After": text}, NOW) == seconds


def test_without_the_header_nothing_is_known() -> None:
    assert retry_after_s({}) is None
