"""Rows of somebody's table as sources of the bundle: by id, else by place; a reason for the rest.

It never takes an id for a source that lies elsewhere than the table says.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from app.bundle.latent_space import LatentSpace
from app.errors import UnreadableList
from app.query.explorer import SAME_SOURCE_ARCSEC
from app.query.list_places import places_without_answer
from app.query.lists import ListEntry
from app.samples.served import rows_here
from app.tables.entries import entries_of
from app.tables.lists import ListOptions, UnreadableCatalogue
from app.tables.position_columns import find_column
from app.tables.source_list import list_of_table
from app.tables.table import FileTable
from app.tables.write import RUN_BY_SPREADSHEETS

ID_COLUMN = "source_id"
_GUARDED = re.compile(f"'(?={RUN_BY_SPREADSHEETS.lstrip('^')})")


@dataclass(frozen=True)
class MatchedRow:
    """What became of a row of the table."""

    number: int
    """In the file, from 1."""
    index: int
    """In the table, from 0; of a row that is none of it -1."""
    row: int | None = None
    """Of the bundle."""
    by: Literal["id", "position", ""] = ""
    reason: str = ""
    """Why it is no source of the bundle, in a sentence; empty if it is."""


@dataclass(frozen=True)
class MatchedTable:
    """A table and what became of its rows, in the order of the file."""

    table: FileTable
    rows: list[MatchedRow]
    notes: list[str] = field(default_factory=list)

    @property
    def matched(self) -> list[MatchedRow]:
        """The rows that are sources of the bundle."""
        return [each for each in self.rows if each.row is not None]

    def words(self, column: str, needed: bool = False) -> list[str]:
        """The cells (N,) of a column as texts; without such a column empty ones, unless needed.

        The apostrophe that keeps spreadsheets from running a cell of our CSV is taken off.
        """
        found = find_column(self.table, column, "column") if needed else self.table.find(column)
        if found is None:
            return [""] * len(self.table.rows)
        texts = found.texts()
        return [_GUARDED.sub("", one, count=1) for one in texts] if self._is_csv else texts

    @property
    def _is_csv(self) -> bool:
        return self.table.form.startswith("CSV")


def match_table(
    space: LatentSpace, table: FileTable, name: str, options: ListOptions
) -> MatchedTable:
    """Find the sources that a table's rows are.

    Parameters
    ----------
    space : LatentSpace
    table : FileTable
    name : str
        Of the file, for sentences.
    options : ListOptions
        id_column is "source_id" unless told; the rest as for any list.

    Raises
    ------
    UnreadableCatalogue
        If it has neither a column of ids nor positions.
    """
    told = ListOptions(**options)
    told["id_column"] = None  # not for ids of our own making
    asked = options.get("id_column")
    ids = find_column(table, asked, "id_column") if asked else table.find(ID_COLUMN)
    try:
        listed = entries_of(list_of_table(table, name, told))
        entries, notes = listed.entries, listed.notes
    except UnreadableCatalogue as exc:
        if ids is None:
            raise UnreadableList(
                f"{str(exc).rstrip('.')}. A column {ID_COLUMN} with ids of this bundle would do "
                "as well."
            ) from exc
        entries, notes = [], []
    by_number = {entry.row: entry for entry in entries}
    texts = [""] * len(table.rows) if ids is None else ids.texts()
    near = {each.row: each for each in places_without_answer(space, entries)}
    found = []
    for index, (number, text) in enumerate(zip(table.rows.tolist(), texts, strict=True)):
        entry, place = by_number.get(number), near.get(number)
        row = space.catalogue.row_of(text.strip()) if text.strip() else None
        if row is not None and _agree(space, row, entry):
            found.append(MatchedRow(number, index, row, "id"))
        elif place is not None and place.kind == "matched":
            found.append(MatchedRow(number, index, place.source_row, "position"))
        else:
            found.append(MatchedRow(number, index, reason=_reason(text.strip(), row, entry)))
    found += _broken(table.broken)
    return MatchedTable(table, sorted(found, key=lambda each: each.number), notes)


def _agree(space: LatentSpace, row: int, entry: ListEntry | None) -> bool:
    """Whether a source lies where the table says, if it says so."""
    if entry is None or not np.isfinite(entry.ra_deg):
        return True
    source_id = str(space.catalogue.row(row)["source_id"])
    return rows_here(space, [(source_id, entry.ra_deg, entry.dec_deg)]) == [row]


def _reason(text: str, row: int | None, entry: ListEntry | None) -> str:
    placed = entry is not None and bool(np.isfinite(entry.ra_deg))
    nowhere = f'No source of this bundle lies within {SAME_SOURCE_ARCSEC:g}" of its position'
    if row is not None:
        return (
            f"The id '{text}' is a source of this bundle, but not at the position in the row. "
            f"{nowhere}."
        )
    if text and placed:
        return f"This bundle holds no source '{text}'. {nowhere}."
    if text:
        return f"This bundle holds no source '{text}', and the row has no position."
    if placed:
        return f"{nowhere}."
    return entry.reason if entry is not None and entry.reason else "It has no id and no position."


def _broken(broken: Mapping[int, str]) -> Sequence[MatchedRow]:
    return [
        MatchedRow(number, -1, reason=f"{why[:1].upper()}{why[1:].rstrip('.')}.")
        for number, why in broken.items()
    ]
