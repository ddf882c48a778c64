"""When the next request of a fetch may start: by its rate, and by how the service does.

It never asks, and never decides what is asked for.
"""

import threading
import time
from http import HTTPStatus

from app.errors import SurveyError, SurveyUnavailable
from app.net.breaker import FailuresInARow


class Clock:
    """The machine's time, and a wait that a stop signal ends."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    def now_s(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Wait that long, or until `stop` is set."""
        self.stop.wait(seconds)


class RateLimit:
    """Starts that lie at least 1 / rate apart; time that was not used is not made up for.

    Parameters
    ----------
    rate_per_s : float
        Requests a second, at most.
    """

    def __init__(self, rate_per_s: float) -> None:
        self._interval_s = 1 / rate_per_s
        self._next_s = -float("inf")

    def delay_s(self, now_s: float) -> float:
        """Seconds until a request may start."""
        return max(self._next_s - now_s, 0.0)

    def started(self, now_s: float) -> None:
        """Take note of a request that starts now."""
        self._next_s = now_s + self._interval_s


FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0
REFUSALS = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


def refuses_all(error: SurveyError) -> bool:
    """Whether an error is the service's word on all requests: too many (429), or down (503)."""
    return isinstance(error, SurveyUnavailable) and error.status in REFUSALS


class RetryPolicy:
    """Counts failures in a row; a pause doubles until the service answers again.

    Parameters
    ----------
    in_a_row : int
        Failures with no answer between them that mean trouble.
    give_up_s : float
        Longest trouble to sit out.
    """

    def __init__(self, in_a_row: int, give_up_s: float) -> None:
        self.give_up_s = give_up_s
        self._limit = in_a_row
        self._failed = FailuresInARow()
        self.answered()

    def answered(self) -> None:
        """Take note of an answer, be it an image or a definite no: all is well."""
        self._failed.answered()
        self._pause_s = 0.0
        self._until_s = -float("inf")

    @property
    def in_trouble(self) -> bool:
        """Whether there was a pause and no answer since; then one request at a time is enough."""
        return self._pause_s > 0

    def failed(self, error: SurveyError, now_s: float) -> bool:
        """Take note of a failure, and say whether a pause begins with it."""
        self._failed.failed(now_s)
        if refuses_all(error) or self.in_trouble or self._failed.count >= self._limit:
            return self.pause(now_s, _asked_wait_s(error))
        return False

    def pause(self, now_s: float, at_least_s: float = 0.0) -> bool:
        """Pause, twice as long as the last time; what fails within a pause does not double it."""
        begins = now_s >= self._until_s
        if begins:
            self._failed.since_s = self._failed.since_s or now_s
            self._pause_s = min(max(2 * self._pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
            self._until_s = now_s + self._pause_s
        self._until_s = max(self._until_s, now_s + at_least_s)
        return begins

    def delay_s(self, now_s: float) -> float:
        """Seconds until a request may start."""
        return max(self._until_s - now_s, 0.0)

    @property
    def exhausted(self) -> bool:
        """Whether the pause would last until after `give_up_s` of trouble."""
        since_s = self._failed.since_s
        return since_s is not None and self._until_s - since_s > self.give_up_s


def _asked_wait_s(error: SurveyError) -> float:
    """Seconds that the service asked to wait (Retry-After)."""
    asked_s = error.retry_after_s if isinstance(error, SurveyUnavailable) else None
    return asked_s or 0.0
