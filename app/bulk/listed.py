"""A list of positions or names as people keep them: one entry a line, or a table.

It never asks a name service (`app.bulk.names` does) and drops no entry: what is no position has a
reason.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from app.errors import UnreadableList, UnreadablePosition
from app.positions.bundle_names import BundleNames
from app.positions.resolution import understand_here
from app.positions.understood import Understood

DELIMITERS = ",;\t|"
_NO_TEXT = (b"SIMPLE", b"PAR1", b"<?xml", b"<VOTABLE", b"# %ECSV", b"\x1f\x8b")


@dataclass(frozen=True)
class ListedPosition:
    """One entry of a list."""

    row: int
    """Its number in the list, from 1: the line's, or the table's row."""
    name: str = ""
    """Name or id as the list gives it; may be empty."""
    ra_deg: float = np.nan
    dec_deg: float = np.nan
    text: str = ""
    """The entry as it was written; empty for a table's row."""
    understood: str = ""
    """How the text was read, in a sentence."""
    warnings: tuple[str, ...] = ()
    source_row: int | None = None
    """Row of the bundle, where the text names one of its sources."""
    to_look_up: bool = False
    """Whether the text may be the name of an object, so that its position is yet to be asked."""
    reason: str = ""
    """Why there is no position, in a sentence; empty if there is one."""


@dataclass(frozen=True)
class PositionList:
    """The entries of a list, in its order, and what to know of how it was read."""

    entries: list[ListedPosition]
    notes: list[str] = field(default_factory=list)


TableReader = Callable[[bytes, str], PositionList]
"""Reads a table file of a given name, or raises `UnreadableList`."""


def read_list(
    content: bytes, name: str, names: BundleNames, read_table: TableReader | None
) -> PositionList:
    """Read a list: a table if it has columns and is none of lines, else a position a line.

    Parameters
    ----------
    content : bytes
        A file, or what was pasted.
    name : str
        Of the file, for sentences.
    names : BundleNames
    read_table : callable or None
        None: there is nothing here that reads tables.

    Raises
    ------
    UnreadableList
        If it holds no entry, or is a table that cannot be read.
    """
    text = _as_text(content)
    if text is None or (read_table and _is_table(text, names)):
        if read_table is None:
            raise UnreadableList(f"'{name}' is no text with one position a line.")
        return read_table(content, name)
    entries = read_lines(text, names)
    if not entries:
        raise UnreadableList(
            "The list is empty. Write one position or name a line, such as 180.31 +52.11 or 3C 285."
        )
    return PositionList(entries)


def read_lines(text: str, names: BundleNames) -> list[ListedPosition]:
    """Read one position or name a line; empty lines and those that begin with # are left out."""
    return [_entry(number, line, names) for number, line in _lines(text)]


def of_understood(entry: ListedPosition, found: Understood) -> ListedPosition:
    """The entry with the position that its text was understood as."""
    return ListedPosition(
        row=entry.row,
        name=found.name,
        ra_deg=float(found.position.ra.deg),
        dec_deg=float(found.position.dec.deg),
        text=entry.text,
        understood=found.sentence,
        warnings=found.warnings,
        source_row=found.row,
    )


def _entry(number: int, line: str, names: BundleNames) -> ListedPosition:
    try:
        found = understand_here(line, names=names)
    except UnreadablePosition as exc:
        return ListedPosition(number, text=line, reason=str(exc))
    entry = ListedPosition(number, text=line, to_look_up=found is None)
    return of_understood(entry, found) if found else entry


def _as_text(content: bytes) -> str | None:
    """The text of a list of lines; None for the bytes of another format."""
    if content.lstrip().startswith(_NO_TEXT) or b"\0" in content[:4096]:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _lines(text: str) -> list[tuple[int, str]]:
    numbered = enumerate(text.splitlines(), start=1)
    stripped = ((number, line.strip()) for number, line in numbered)
    return [(number, line) for number, line in stripped if line and not line.startswith("#")]


def _is_table(text: str, names: BundleNames) -> bool:
    """Whether the first line has several fields and, taken whole, is no position or name."""
    first = next((line for _, line in _lines(text)), "")
    if not any(delimiter in first for delimiter in DELIMITERS):
        return False
    try:
        return understand_here(first, names=names) is None
    except UnreadablePosition:
        return True
