"""A list as people send it, table or lines, as entries to search for. It never searches."""

import io
import re
from dataclasses import replace

from app.errors import UnreadableList, UnreadablePosition
from app.query.lists import EntryList, ListEntry, of_understood
from app.sky.coordinates import EXAMPLES, tidy
from app.sky.names import BundleNames
from app.sky.resolve import Understood, from_coordinates, understand_here
from app.tables.files import FileReader, read_file
from app.tables.frames import frame_text, other_frame, other_unit, read_frame
from app.tables.lists import ListOptions, SourceList
from app.tables.positions import typed_frame
from app.tables.source_list import list_of_table
from app.tables.table import OWN_FILE, FileTable, Limits

HELD = (
    "Most lines of this list are neither positions nor names, so that nothing of it was looked up. "
    "Give the names in a list of their own."
)
EMPTY = (
    "The list is empty. Write one position or name a line, such as "
    f"{EXAMPLES.degrees} or {EXAMPLES.name}."
)
_THREE_NUMBERS = re.compile(r"\d{1,3} \d+(?:\.\d*)? [+-]?\d+(?:\.\d*)?", re.ASCII)
_FIVE_NUMBERS = re.compile(r"\d+ \d+ \d+(?:\.\d*)? [+-]?\d+ \d+(?:\.\d*)?", re.ASCII)


def read_list(
    content: bytes,
    name: str,
    names: BundleNames,
    options: ListOptions | None = None,
    limits: Limits = OWN_FILE,
    read: FileReader = read_file,
) -> EntryList:
    """Read a list: a table if its columns have names, else a position or name a line.

    Parameters
    ----------
    content : bytes
        A file, or what was pasted.
    name : str
        Of the file, for sentences.
    names : BundleNames
    options : ListOptions, optional
        The user's word on columns, units and frame.
    limits : Limits
    read : callable
        How the bytes are read; a server has it done in a process of its own.

    Raises
    ------
    UnreadableList
        If it holds no entry, or is a table that cannot be read.
    ListTooLong
    """
    if not content.strip():
        raise UnreadableList(EMPTY)
    told = options or {}
    found = read(content, name, told, limits)
    if isinstance(found, FileTable):
        return entries_of(list_of_table(found, name, told))
    entries = read_lines(found.text, names, told.get("frame"))
    if not entries:
        raise UnreadableList(EMPTY)
    return EntryList(entries, found.notes)


def entries_of(sources: SourceList) -> EntryList:
    """The sources of a list as entries, those without a position with their reasons."""
    places = zip(sources.rows, sources.names, sources.ra_deg, sources.dec_deg, strict=True)
    entries = [
        ListEntry(int(row), name, float(ra_deg), float(dec_deg))
        for row, name, ra_deg, dec_deg in places
    ]
    entries += [
        ListEntry(each.row, each.name, each.ra_deg, each.dec_deg, reason=_sentence(each.reason))
        for each in sources.rejects
    ]
    return EntryList(sorted(entries, key=lambda entry: entry.row), list(sources.notes))


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}."


def read_lines(text: str, names: BundleNames, frame: str | None = None) -> list[ListEntry]:
    """Read one position or name a line; empty lines and those that begin with # are left out.

    Where most lines are neither, the list may be of another kind, and no name is to be looked up.

    Parameters
    ----------
    text : str
    names : BundleNames
    frame : str, optional
        Of coordinates that do not say theirs; else they are ICRS.

    Raises
    ------
    UnreadableList
        If a comment says a frame or unit that the lines do not.
    """
    within = typed_frame(frame_text(read_frame(frame))) if frame else ""
    lines = _lines(text)
    if not within:
        _check_comments(text)
    indexed = _are_indexed([line for _, line in lines])
    entries = [_entry(number, line, names, within, indexed) for number, line in lines]
    if 2 * sum(bool(entry.reason) for entry in entries) <= len(entries):
        return entries
    return [replace(e, to_look_up=False, reason=HELD) if e.to_look_up else e for e in entries]


def _lines(text: str) -> list[tuple[int, str]]:
    numbered = enumerate(io.StringIO(text, newline=None), start=1)
    stripped = ((number, line.strip()) for number, line in numbered)
    return [(number, line) for number, line in stripped if line and not line.startswith("#")]


def _check_comments(text: str) -> None:
    """Refuse a list whose comments say what its numbers are where the numbers do not."""
    for line in io.StringIO(text, newline=None):
        if line.startswith("#") and (said := other_frame(line) or other_unit(line)):
            raise UnreadableList(
                f"A comment of the list says '{said}', its lines do not. Say the frame in every "
                f"line ({EXAMPLES.b1950}), or for the whole list (frame), or name its "
                "columns (#l,b)."
            )
        if line.strip() and not line.startswith("#"):
            return


def _are_indexed(lines: list[str]) -> bool:
    """Whether every line begins with its number."""
    first = [line.split(maxsplit=1)[0] for line in lines]
    return len(first) > 1 and any(
        first == [str(n) for n in range(start, start + len(first))] for start in (0, 1)
    )


def _entry(number: int, line: str, names: BundleNames, frame: str, indexed: bool) -> ListEntry:
    plain = tidy(line)
    if _THREE_NUMBERS.fullmatch(plain) or (indexed and _FIVE_NUMBERS.fullmatch(plain)):
        return ListEntry(
            number,
            text=line,
            reason=f"'{plain}' has two readings: its first number may belong to the coordinates, "
            "or be that of the row. Write the coordinates alone, or a line above them that names "
            "the columns.",
        )
    try:
        found = _understood(line, names, frame)
    except UnreadablePosition as exc:
        return ListEntry(number, text=line, reason=str(exc))
    entry = ListEntry(number, text=line, to_look_up=found is None)
    return of_understood(entry, found) if found else entry


def _understood(line: str, names: BundleNames, frame: str) -> Understood | None:
    framed = from_coordinates(f"{frame} {line}") if frame else None
    return framed or understand_here(line, names=names)
