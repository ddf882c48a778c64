"""The time of a fetch: when the next request may start. It never decides what is asked."""

import threading
import time


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


class Pace:
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
