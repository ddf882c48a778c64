"""How a list is understood, shown before it is searched: columns, first rows, what is refused.

It never refuses a table for want of positions: that is what the preview is to show.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice, repeat
from typing import Literal

import numpy as np

from app.errors import UnreadableList
from app.query.lists import ListEntry
from app.sky.names import BundleNames
from app.tables.entries import entries_of, read_lines
from app.tables.files import FileReader, read_file
from app.tables.lists import ListOptions, UnreadableCatalogue
from app.tables.position_columns import find_names, find_position_columns
from app.tables.positions import read_positions
from app.tables.source_list import list_of_table, options_of
from app.tables.table import OWN_FILE, FileTable, Limits

FIRST_ROWS = 10
LONGEST_CELL = 200
"""Characters that are shown."""


@dataclass(frozen=True)
class PreviewColumn:
    """A column of the table."""

    name: str
    unit: str
    ucd: str
    description: str
    kind: Literal["number", "text"]


@dataclass(frozen=True)
class Understanding:
    """Which columns were taken for what."""

    ra_column: str
    dec_column: str
    position_column: str
    split_columns: tuple[str, ...]
    """RAh, RAm, RAs, DE-, DEd, DEm, DEs; the first three of these names are then empty."""
    name_column: str
    ra_unit: str
    dec_unit: str
    frame: str
    """As the option `frame` takes it: "icrs", "fk4 B1950", "galactic"."""
    how: str
    """As told, by name, by UCD, from the names ..."""


@dataclass(frozen=True)
class PreviewRow:
    """A row of the file and the entry that it is."""

    cells: tuple[str, ...]
    """As the file has them, one a column; of a list of lines, the line."""
    entry: ListEntry | None
    """None where no column of positions is known."""
    row: int


@dataclass(frozen=True)
class ListPreview:
    """What is understood of a list."""

    kind: Literal["table", "lines"]
    form: str
    n_listed: int
    n_usable: int
    n_to_look_up: int
    """Lines that a name service would be asked for."""
    columns: list[PreviewColumn] = field(default_factory=list)
    understood: Understanding | None = None
    problem: str = ""
    """Why the list cannot be searched as it is; empty if it can."""
    notes: list[str] = field(default_factory=list)
    rows: list[PreviewRow] = field(default_factory=list)
    """The first."""
    rejects: list[ListEntry] = field(default_factory=list)
    """The first rows without a position, with their reasons."""

    @property
    def n_rejected(self) -> int:
        """Rows that have no position and are no name."""
        return self.n_listed - self.n_usable - self.n_to_look_up


def preview_list(
    content: bytes,
    name: str,
    names: BundleNames,
    options: ListOptions | None = None,
    limits: Limits = OWN_FILE,
    read: FileReader = read_file,
) -> ListPreview:
    """Say how a list is understood.

    Parameters
    ----------
    content, name, names, options, limits, read
        As `app.tables.entries.read_list` takes them.

    Raises
    ------
    UnreadableList
        If it is neither a table nor lines.
    ListTooLong
    """
    told = options or {}
    found = read(content, name, told, limits)
    if isinstance(found, FileTable):
        return _of_table(found, name, told)
    try:
        entries, problem = read_lines(found.text, names, told.get("frame")), ""
    except UnreadableList as exc:
        entries, problem = [], str(exc)
    return ListPreview(
        "lines",
        "a list of lines",
        len(entries),
        _usable(entries),
        sum(entry.to_look_up for entry in entries),
        problem=problem,
        notes=found.notes,
        rows=[
            PreviewRow((entry.text[:LONGEST_CELL],), entry, entry.row)
            for entry in entries[:FIRST_ROWS]
        ],
        rejects=_rejects(entries),
    )


def _of_table(table: FileTable, name: str, told: ListOptions) -> ListPreview:
    columns = [
        PreviewColumn(c.name, c.unit, c.ucd, c.description, "text" if c.is_text else "number")
        for c in table.columns
    ]
    entries: list[ListEntry] = []
    understood, problem, notes = None, "", table.notes
    try:
        understood = _understanding(table, told)
        listed = entries_of(list_of_table(table, name, told))
        entries, notes = listed.entries, listed.notes
    except UnreadableCatalogue as exc:
        problem = str(exc)
    return ListPreview(
        "table",
        table.form,
        len(table.rows) + len(table.broken),
        _usable(entries),
        0,
        columns,
        understood,
        problem,
        notes,
        _first_rows(table, entries),
        _rejects(entries),
    )


def _understanding(table: FileTable, told: ListOptions) -> Understanding:
    options = options_of(table, told)
    columns = find_position_columns(table, options)
    positions = read_positions(table, columns, options)
    names = find_names(table, options)
    split = columns.split.names if columns.split else ()
    return Understanding(
        columns.ra,
        columns.dec,
        columns.combined,
        split,
        names.name if names else "",
        *positions.units,
        frame=positions.frame,
        how=columns.how,
    )


def _first_rows(table: FileTable, entries: Sequence[ListEntry]) -> list[PreviewRow]:
    by_row = {entry.row: entry for entry in entries}
    rows = table.data.slice(0, FIRST_ROWS).to_pylist()
    return [
        PreviewRow(
            tuple("" if value is None else str(value)[:LONGEST_CELL] for value in cells.values()),
            by_row.get(int(row)),
            int(row),
        )
        for row, cells in zip(table.rows[:FIRST_ROWS], rows or repeat({}), strict=False)
    ]


def _usable(entries: Sequence[ListEntry]) -> int:
    return sum(bool(np.isfinite(entry.ra_deg) and not entry.reason) for entry in entries)


def _rejects(entries: Sequence[ListEntry]) -> list[ListEntry]:
    return list(islice((entry for entry in entries if entry.reason), FIRST_ROWS))
