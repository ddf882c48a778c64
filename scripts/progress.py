"""One look for every long step: what runs, how far it is, and the time left."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

T = TypeVar("T")
console = Console(stderr=True, highlight=False, soft_wrap=True)


def bar() -> Progress:
    """A progress display with counts, elapsed time and time left."""
    return Progress(
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )


def track(items: Iterable[T], description: str, total: int) -> Iterator[T]:
    """Yield the items and show how many are done."""
    with bar() as progress:
        yield from progress.track(items, total=total, description=description)


@contextmanager
def spinner(description: str) -> Iterator[None]:
    """Show that a step runs whose length is not known."""
    with console.status(description):
        yield
