"""How a fetch looks and how it is stopped: a bar or a line a minute; Ctrl-C ends it in order.

It never decides what is asked for, and never ends a process.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from scripts.terminal import console

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopping_on_signals(stop: threading.Event, say: Callable[[str], None]) -> Iterator[None]:
    """Set an event at the first signal; a second one interrupts as usual.

    In another than the main thread, where Python allows no handlers, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        say("Stopping: the requests under way are waited for.")

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


LOG_EVERY_S = 60.0


class FetchProgress:
    """A bar on a terminal; elsewhere a line a minute.

    Parameters
    ----------
    total : int
        Images to ask for.
    """

    def __init__(self, total: int) -> None:
        self.done = 0
        self._total = total
        self._failed = 0
        self._began_s = self._logged_s = time.monotonic()
        self._bar = _fetch_bar()
        self._task = self._bar.add_task("Fetching cutouts", total=total, failed=0)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def advance(self, failed: bool) -> None:
        """Count one image that came, or will not come."""
        self.done += 1
        self._failed += failed
        self._bar.update(self._task, advance=1, failed=self._failed)
        if not console.is_terminal and time.monotonic() - self._logged_s >= LOG_EVERY_S:
            self._logged_s = time.monotonic()
            self.say(self.line())

    def line(self) -> str:
        """Write the progress as a sentence, from the mean rate so far."""
        rate_per_s = self.done / max(time.monotonic() - self._began_s, 1e-3)
        left_s = (self._total - self.done) / rate_per_s if rate_per_s else float("inf")
        left = f"{left_s / 3600:.1f} h" if left_s >= 3600 else f"{left_s / 60:.0f} min"
        return (
            f"{self.done:,} of {self._total:,}, {self._failed:,} failed, "
            f"{rate_per_s:.2f} images/s, {left} left"
        )

    def say(self, sentence: str) -> None:
        """Write a line above the bar."""
        self._bar.console.print(sentence, markup=False)


class _Rate(ProgressColumn):
    """Images a second, over the last half minute."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.2f}/s" if task.speed else "-.--/s")


def _fetch_bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f}, {task.fields[failed]:,} failed"),
        _Rate(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )
