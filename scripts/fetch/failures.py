"""The failures of a fetch: their classes, and the table that keeps them between runs.

It never decides whether a failure is tried again.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from enum import StrEnum
from pathlib import Path

from app.errors import (
    BlankCutout,
    OutsideFootprint,
    SurveyError,
    SurveyTimeout,
    SurveyUnavailable,
    UndersizedCutout,
)
from model.whole_file import UNFINISHED, write_whole
from scripts.fetch.cutout_dir import FetchError

TABLE = "failures.csv"


class FailureClass(StrEnum):
    """Why there is no image, as the table and `--retry` name it."""

    FOOTPRINT = "footprint"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    BAD_ANSWER = "bad-answer"
    UNDERSIZED = "undersized"
    BLANK = "blank"


_CLASSES: dict[type, FailureClass] = {
    OutsideFootprint: FailureClass.FOOTPRINT,
    SurveyTimeout: FailureClass.TIMEOUT,
    SurveyUnavailable: FailureClass.UNAVAILABLE,
    UndersizedCutout: FailureClass.UNDERSIZED,
    BlankCutout: FailureClass.BLANK,
}


def class_of(error: SurveyError) -> FailureClass:
    """Give the class of a failure; what has no class of its own is a bad answer."""
    for kind in type(error).__mro__:
        if kind in _CLASSES:
            return _CLASSES[kind]
    return FailureClass.BAD_ANSWER


@dataclass(frozen=True)
class Failure:
    """One row of the table: a listed source that has no image."""

    source_id: str
    ra_deg: float
    dec_deg: float
    kind: FailureClass
    reason: str
    service: str
    when_utc: str
    tries: int
    """How often the service was asked, earlier runs included."""


COLUMNS = ["source_id", "ra_deg", "dec_deg", "class", "reason", "service", "when_utc", "tries"]


class FailureTable:
    """A CSV file that a run only ever adds whole lines to.

    A last line that a kill tore is dropped when the table is opened; its source then counts as
    not tried.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / TABLE

    def read(self) -> list[Failure]:
        """Read every whole line, the oldest first."""
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        whole, _, _ = text.rpartition("\n")
        return [
            failure
            for row in csv.DictReader(io.StringIO(whole))
            if (failure := _failure(row)) is not None
        ]

    def mend(self) -> None:
        """Undo what a kill left: a torn last line, half a table beside this one, no head."""
        with self._renamed_errors(), self.path.open("ab+") as file:
            for left in self.path.parent.glob(f".{TABLE}.*{UNFINISHED}"):
                left.unlink()
            file.seek(0)
            whole_bytes = file.read().rfind(b"\n") + 1
            file.truncate(whole_bytes)
            if not whole_bytes:
                file.write(_lines([COLUMNS]))

    def append(self, failures: Iterable[Failure]) -> None:
        """Add lines, in one piece.

        Raises
        ------
        FetchError
            If the disk does not take them; so do `mend` and `rewrite`.
        """
        with self._renamed_errors(), self.path.open("ab") as file:
            file.write(_lines(map(astuple, failures)))

    def rewrite(self, failures: Iterable[Failure]) -> None:
        """Replace the whole table in one step."""
        with self._renamed_errors():
            write_whole(self.path, _lines([COLUMNS, *map(astuple, failures)]))

    @contextmanager
    def _renamed_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise FetchError(f"'{self.path}' cannot be written ({exc.strerror}).") from exc


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in rows:
        writer.writerow(" ".join(str(value).split()) for value in row)  # one row is one line
    return buffer.getvalue().encode("utf-8")


def _failure(row: dict[str, str]) -> Failure | None:
    """Read a row; None for one that a disk has damaged."""
    try:
        texts = [row[column] for column in COLUMNS]
        return Failure(
            source_id=texts[0],
            ra_deg=float(texts[1]),
            dec_deg=float(texts[2]),
            kind=FailureClass(texts[3]),
            reason=texts[4],
            service=texts[5],
            when_utc=texts[6],
            tries=int(texts[7]),
        )
    except (KeyError, ValueError, TypeError):
        return None
