"""A circuit breaker: a service that keeps failing is left alone for a while.

It never asks the service itself, and never makes anyone wait: who asks meanwhile hears at once
since when it fails and when it will be asked again.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from random import Random

from app.errors import SurveyError, SurveyTimeout, SurveyUnavailable


@dataclass(frozen=True)
class Backoff:
    """When and how often a refused request is worth repeating.

    Parameters
    ----------
    retries : int
        Further requests after the first.
    first_wait_s : float
        Longest wait before the first of them; it doubles for each further one.
    random : Random
        Spreads the waits, so that many who were refused together do not come back together.
    """

    retries: int = 2
    first_wait_s: float = 0.5
    random: Random = field(default_factory=Random)

    def wait_s(self, tries: int, refusal: SurveyUnavailable) -> float | None:
        """Give the wait before the next request, or None if there should be none.

        Parameters
        ----------
        tries : int
            Requests made so far.
        refusal : SurveyUnavailable
            How the last one ended. Only 429 and 5xx are repeated; where the service said
            (Retry-After) when it may be asked again, never sooner than that.
        """
        if tries > self.retries or not passes_by_itself(refusal.status):
            return None
        longest_s = self.first_wait_s * 2 ** (tries - 1)
        return (refusal.retry_after_s or 0.0) + self.random.uniform(longest_s / 2, longest_s)


def passes_by_itself(status: int | None) -> bool:
    """Whether an HTTP status says that the same request may succeed later."""
    return status is not None and (
        status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Read Retry-After (seconds, or an HTTP date); None where it is absent or unreadable.

    Notes
    -----
    RFC 9110, Sec. 10.2.3.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        due = parsedate_to_datetime(text)
    except ValueError:
        return None
    due = due if due.tzinfo else due.replace(tzinfo=UTC)
    return max((due - (now or datetime.now(UTC))).total_seconds(), 0.0)


LONGEST_PAUSE_S = 3600.0
"""No Retry-After keeps us away for longer."""


def utc_now() -> datetime:
    """The time of day, for sentences."""
    return datetime.now(UTC)


class FailuresInARow:
    """Failures of a service with no answer between them, and when the first of them was."""

    def __init__(self) -> None:
        self.answered()

    def answered(self) -> None:
        """Take note of an answer of whatever kind: all is well."""
        self.count = 0
        self.since_s: float | None = None

    def failed(self, now_s: float) -> None:
        """Take note of a failure at a moment."""
        self.count += 1
        self.since_s = now_s if self.since_s is None else self.since_s


class Breaker:
    """Counts a service's failures in a row and shuts it off after a few.

    When the pause is over one request is let through: its success opens the way for all, its
    failure starts another pause. An answer of whatever kind counts as success; a failure is a
    time-out, a broken connection, HTTP 429 or 5xx.

    Parameters
    ----------
    service : str
        As sentences call it: "FIRST server".
    failures : int
        In a row, until it is left alone.
    timeouts : int, optional
        The same of time-outs, which cost someone the whole deadline each; by default `failures`.
    pause_s : float
        For how long; where the service itself named a time (Retry-After), that. 0: never.
    clock : callable
        Seconds that never go backwards.
    now : callable
        The time of day, for the sentence.
    """

    def __init__(
        self,
        service: str,
        *,
        failures: int = 3,
        timeouts: int | None = None,
        pause_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.service = service
        self.failures = failures
        self.timeouts = timeouts or failures
        self.pause_s = pause_s
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._failed = FailuresInARow()
        self._ends: float | None = None
        self._probing = False

    def check(self) -> None:
        """Raise `SurveyUnavailable` while the service is left alone."""
        with self._lock:
            if self._shut():
                raise self._refusal()

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Let a request through, and learn from how it ends.

        Raises
        ------
        SurveyUnavailable
            While the service is left alone.
        """
        probe = self._admit()
        try:
            yield
        except SurveyError as exc:
            self._learn(exc)
            raise
        else:
            self._learn(None)
        finally:
            if probe:
                with self._lock:
                    self._probing = False

    def _admit(self) -> bool:
        with self._lock:
            if self._shut():
                raise self._refusal()
            self._probing = probe = self._ends is not None
            return probe

    def _shut(self) -> bool:
        return self._ends is not None and (self._clock() < self._ends or self._probing)

    def _learn(self, error: SurveyError | None) -> None:
        with self._lock:
            if error is None or not _is_trouble(error):
                self._failed.answered()
                self._ends = None
                return
            self._failed.failed(self._clock())
            asked_s = error.retry_after_s if isinstance(error, SurveyUnavailable) else None
            allowed = self.timeouts if isinstance(error, SurveyTimeout) else self.failures
            if self.pause_s > 0 and (asked_s or self._failed.count >= allowed):
                self._ends = self._clock() + min(asked_s or self.pause_s, LONGEST_PAUSE_S)

    def _refusal(self) -> SurveyUnavailable:
        left_s = max((self._ends or 0.0) - self._clock(), 0.0)
        until = self._now() + timedelta(seconds=left_s)
        failed = self._failed
        times = "once" if failed.count == 1 else f"{failed.count} times in a row"
        ago_s = self._clock() - (failed.since_s or 0.0)
        since = self._now() - timedelta(seconds=ago_s)
        return SurveyUnavailable(
            f"The {self.service} is left alone until {until:%H:%M:%S} UTC: it has failed {times} "
            f"since {since:%H:%M:%S} UTC.",
            advice=f"Try again after {until:%H:%M:%S} UTC.",
            retry_after_s=left_s,
        )


def _is_trouble(error: SurveyError) -> bool:
    if isinstance(error, SurveyUnavailable):
        return error.status is None or passes_by_itself(error.status)
    return isinstance(error, SurveyTimeout)
