"""A small build in a process of its own, for the tests that kill it."""

import os
import signal
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO, Any

import pyarrow.parquet as pq

import app.bundle.files
import scripts.bundle.build
from tests.forked import FORKED
from tests.small_builds import no_layout, small_config

MOMENTS = ("half a table", "not linked", "linked")


def build_in_a_process(bundle: Path, n: int, moment: str | None = None) -> BaseProcess:
    """Start a build of n sources; at a moment it sends itself the signal that nobody catches."""
    process = FORKED.Process(target=_build_as_process, args=(bundle, n, moment))
    process.start()
    return process


def _build_as_process(bundle: Path, n: int, moment: str | None) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    if moment:
        die_at(moment)
    scripts.bundle.build.build(small_config(bundle, n))


def die() -> None:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(moment: str) -> None:
    """Arrange for the death of this process."""
    scripts.bundle.stages.fit_umap = no_layout  # type: ignore[assignment]
    if moment == "half a table":
        pq.write_table = _dying_with_half_a_file(pq.write_table)
    elif moment == "not linked":
        app.bundle.files.link = _dying_instead
    elif moment == "linked":
        app.bundle.files._prune = _dying_instead


def _dying_instead(*_: object, **__: object) -> Any:
    die()


def _dying_with_half_a_file(write_table: Callable[..., None]) -> Callable[..., None]:
    """Write the first table; die in the middle of the second, which has the novelty."""

    def write(table: Any, file: IO[bytes], **options: Any) -> None:
        write_table(table, file, **options)
        if "novelty" in table.column_names:
            file.truncate(file.tell() // 2)
            file.flush()
            die()

    return write
