"""What commands share at the terminal: how far a long step is, and checks before it begins."""

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from app.errors import ExplorerError
from model.whole_file import write_whole

TRAINING_LIBRARIES = ("kornia", "matplotlib", "pytorch_lightning")
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


def check_output(*paths: Path | None) -> None:
    """Refuse a file that could not be written after the work.

    Its directory does not exist or cannot be written into, or it is a directory itself.

    Raises
    ------
    ExplorerError
    """
    for path in paths:
        if path is None:
            continue
        if not path.absolute().parent.is_dir():
            raise ExplorerError(
                f"There is no directory '{path.parent}' to write '{path.name}' into."
            )
        if path.is_dir():
            raise ExplorerError(f"'{path}' is a directory; name a file in it.")
        try:
            with tempfile.TemporaryFile(dir=path.absolute().parent):
                pass
        except OSError as exc:
            raise ExplorerError(
                f"'{path}' cannot be written: nothing can be written into its directory "
                f"({exc.strerror})."
            ) from exc


def check_directory(*paths: Path) -> None:
    """Refuse a directory that could not be made, or written into, after the work.

    Raises
    ------
    ExplorerError
    """
    for path in paths:
        there = next(each for each in (path, *path.absolute().parents) if each.exists())
        if not there.is_dir():
            raise ExplorerError(f"'{there}' is a file; name a directory to write into.")
        try:
            with tempfile.TemporaryFile(dir=there):
                pass
        except OSError as exc:
            raise ExplorerError(
                f"The directory '{path}' cannot be written: nothing can be written into "
                f"'{there}' ({exc.strerror})."
            ) from exc


def check_device(name: str) -> str:
    """Give the name back if torch can compute there.

    Raises
    ------
    ExplorerError
    """
    import torch  # a second to import: only where it is needed

    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError, NotImplementedError) as exc:
        reason = str(exc).splitlines()[0].rstrip(".")
        raise ExplorerError(
            f"'{name}' cannot be computed on here ({reason}). Devices are cpu, cuda, cuda:1, mps."
        ) from exc
    return name


def need_training_libraries(command: str) -> None:
    """Refuse a command whose libraries a server does not install, before it begins.

    Raises
    ------
    ExplorerError
    """
    missing = [name for name in TRAINING_LIBRARIES if find_spec(name) is None]
    if missing:
        raise ExplorerError(
            f"`rgz-explorer {command}` needs the training libraries ({', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing): `make train` in a clone installs "
            "them, `pip install 'rgz-explorer[train]'` elsewhere."
        )


def write_result(result: dict[str, Any], out: Path | None) -> None:
    """Write a result with all that decides it as JSON, if a file for it was named."""
    if out is None:
        console.print("--out FILE keeps the result with its configuration.", markup=False)
        return
    write_whole(out, json.dumps(result, indent=1) + "\n")
    console.print(f"The result is in {out}.", markup=False)
