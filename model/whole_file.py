"""The one way a file is written: whole, and safe on the disk before its name is seen.

It never leaves half a file under the name asked for, whenever the process or the power goes.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

UNFINISHED = ".unfinished"
"""End of the names of files that are being written."""
NAME_BYTES = 200
"""So much of a name is in that of its unfinished file: file systems allow 255 bytes in all."""


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its place under `path` when the block ends without an error.

    Parameters
    ----------
    path : Path
        A file of this name stays until then, and stays where the block fails. Its permissions are
        kept; where it is a link, the file that it points to is replaced, as by a plain open. A
        pipe or a device (/dev/stdout) is written to as it is.

    Yields
    ------
    file : binary file
        Beside `path`, under a name that begins with a dot and ends in `UNFINISHED`.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left behind.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    path = path.resolve()
    unfinished = unfinished_beside(path)
    try:
        with unfinished.open("xb") as file:
            if path.exists():
                shutil.copymode(path, unfinished)
            yield file
        replace_whole(unfinished, path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: bytes | str) -> None:
    """Write bytes, or text as UTF-8, as `whole_file` does."""
    with whole_file(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def replace_whole(finished: Path, path: Path) -> None:
    """Let a file that something else wrote take its place, once all of it is on the disk."""
    sync(finished)
    os.replace(finished, path)
    sync_directory(path.parent)


def unfinished_beside(path: Path) -> Path:
    """Give a name for what will be `path` when it is finished; no other writer has the same."""
    start = os.fsdecode(os.fsencode(path.name)[:NAME_BYTES])
    return path.with_name(f".{start}.{secrets.token_hex(4)}{UNFINISHED}")


def sync_directory(directory: Path) -> None:
    """Make the names in a directory safe on the disk; without effect where that is impossible."""
    with suppress(OSError):  # some network disks refuse
        sync(directory)


def sync(path: Path) -> None:
    """Wait until what is in a file, or the names in a directory, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
