"""The one way a file is written: whole, and safe on the disk before its name is seen.

It never leaves half a file under the name asked for, whenever the process or the power goes.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

UNFINISHED = ".unfinished"
"""End of the names of files that are being written."""


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its place under `path` when the block ends without an error.

    Parameters
    ----------
    path : Path
        A file of this name stays until then, and stays where the block fails.

    Yields
    ------
    file : binary file
        Beside `path`, under a name that begins with a dot and ends in `UNFINISHED`.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left behind.
    """
    descriptor, name = tempfile.mkstemp(UNFINISHED, f".{path.name}.", path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o666 & ~_umask())
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def write_whole(path: Path, content: bytes | str) -> None:
    """Write bytes, or text as UTF-8, as `whole_file` does."""
    with whole_file(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def replace_whole(finished: Path, path: Path) -> None:
    """Let a file that something else wrote take its place, once all of it is on the disk."""
    with finished.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(finished, path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory safe on the disk; without effect where that is impossible."""
    with suppress(OSError):  # some network disks refuse
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _umask() -> int:
    """What a plain open would take off the permissions; Linux tells it without setting it."""
    with suppress(OSError, StopIteration, ValueError):
        with open("/proc/self/status") as status:
            line = next(line for line in status if line.startswith("Umask"))
        return int(line.split()[1], 8)
    return 0o022
