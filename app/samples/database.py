"""The SQLite file of samples and labels: opened, brought up to date, changed whole or not at all.

It never knows what the tables mean. A change that was acknowledged survives a kill and a loss of
power: the write-ahead log is on the disk before COMMIT returns (synchronous=FULL).
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from app.errors import LabelsNotKept, ServerBusy
from model.whole_file import sync_directory

logger = logging.getLogger(__name__)
WAITS_S = 10.0
"""For another process that writes."""
NOT_KEPT = "Samples, tags and notes cannot be kept on this server"
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "fullfsync=ON",
    "checkpoint_fullfsync=ON",
    "foreign_keys=ON",
)
Migration = Sequence[str]
"""Statements that make a file of one version one of the next."""


class Database:
    """One SQLite file, or the reason why there is none that can be written.

    Parameters
    ----------
    path : Path
        Made where it is not there; a file of an older version is brought up to date.
    migrations : sequence of sequences of str
        The first makes an empty file one of version 1, and so on; `user_version` counts them.
    """

    def __init__(self, path: Path, migrations: Sequence[Migration]) -> None:
        self._lock, self._reading = threading.Lock(), threading.Lock()
        self.problem = ""
        """Why nothing can be kept, as a sentence; empty where it can."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _connect(path.absolute().as_uri() + "?mode=rwc")
            try:
                _set_up(self._connection)
                self._migrate(migrations)
                self._reader = _connect(path.absolute().as_uri() + "?mode=ro")
            except BaseException:
                self._connection.close()
                raise
            sync_directory(path.parent)
        except (OSError, sqlite3.Error, LabelsNotKept, ServerBusy) as exc:
            self.problem = _sentence(exc)
            logger.info("'%s' cannot be written: %s", path, exc)
            self._connection = self._reader = _to_read(path, migrations)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the file, while the ``with`` block lasts; it waits for no change."""
        with self._reading, self._transaction("BEGIN", self._reader):
            yield self._reader

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Change the file: all of it when the block ends, nothing where it fails.

        Raises
        ------
        LabelsNotKept
            If the file cannot be written.
        ServerBusy
            If other processes write for too long.
        """
        if self.problem:
            raise LabelsNotKept(self.problem)
        with self._lock, self._transaction("BEGIN IMMEDIATE", self._connection):
            yield self._connection

    def close(self) -> None:
        """Close the file."""
        with self._lock, self._reading:
            self._reader.close()
            self._connection.close()

    @contextmanager
    def _transaction(self, begin: str, connection: sqlite3.Connection) -> Iterator[None]:
        try:
            connection.execute(begin)
            yield
            connection.execute("COMMIT")
        except sqlite3.OperationalError as exc:
            _roll_back(connection)
            if _is_busy(exc):
                raise ServerBusy(
                    f"Others are writing samples and labels, for more than {WAITS_S:g} s. Nothing "
                    "was changed; try again."
                ) from exc
            raise LabelsNotKept(f"{_sentence(exc)} Nothing was changed.") from exc
        except BaseException:
            _roll_back(connection)
            raise

    def _migrate(self, migrations: Sequence[Migration]) -> None:
        """Bring the file up to date, in one step, whoever else does so at the same time."""
        with self._transaction("BEGIN IMMEDIATE", self._connection):
            version = _version(self._connection)
            if version > len(migrations):
                raise LabelsNotKept(
                    f"{NOT_KEPT}: its file is of version {version}, made by newer software; this "
                    f"one knows version {len(migrations)}."
                )
            for statements in migrations[version:]:
                for statement in statements:
                    self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version={len(migrations)}")


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri, timeout=WAITS_S, isolation_level=None, check_same_thread=False, uri=True
    )
    connection.row_factory = sqlite3.Row
    return connection


def _roll_back(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _to_read(path: Path, migrations: Sequence[Migration]) -> sqlite3.Connection:
    """What can be read of a file that cannot be written: an empty one where that is nothing.

    A log beside the file needs a shared-memory file to be read with it; without a log the file is
    whole, and SQLite can be told that nobody changes it.
    """
    log = path.with_name(f"{path.name}-wal")
    try:
        option = "" if log.exists() and log.stat().st_size else "&immutable=1"
        connection = _connect(f"{path.absolute().as_uri()}?mode=ro{option}")
        if _version(connection) == len(migrations):
            return connection
        connection.close()
    except (OSError, sqlite3.Error) as exc:
        logger.info("'%s' cannot be read either: %s", path, exc)
    connection = _connect("file::memory:")
    for statements in migrations:
        for statement in statements:
            connection.execute(statement)
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _sentence(exc: Exception) -> str:
    """Why nothing can be kept, without the server's paths."""
    if isinstance(exc, OSError):
        why = f"the data directory cannot be written ({exc.strerror or 'no reason is given'})"
        return f"{NOT_KEPT}: {why}."
    if isinstance(exc, sqlite3.Error):
        return f"{NOT_KEPT}: its file of labels cannot be written ({exc})."
    return str(exc)


def _set_up(connection: sqlite3.Connection) -> None:
    """Set the pragmas; where two processes turn to the log at once, SQLite refuses one at once."""
    ends_s = time.monotonic() + WAITS_S
    for pragma in PRAGMAS:
        while True:
            try:
                connection.execute(f"PRAGMA {pragma}").fetchall()
                break
            except sqlite3.OperationalError as exc:
                if not _is_busy(exc) or time.monotonic() > ends_s:
                    raise
                time.sleep(0.05)


def _is_busy(exc: sqlite3.OperationalError) -> bool:
    return exc.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
