"""A list of positions or names as people keep them, one entry a line or a table, from its bytes.

It never asks a name service and drops no entry: what is no position has a reason.
"""

import hashlib
from pathlib import Path

from app.errors import ListTooLong, UnreadableList, UnreadablePosition
from app.query.lists import EntryList, ListEntry, of_understood
from app.sky.names import BundleNames
from app.sky.resolve import understand_here
from app.tables.bounds import TableBounds, TableTooLarge, check_bounds, unpacked
from app.tables.files import read_table_bytes
from app.tables.lists import ListOptions, SourceList, UnreadableCatalogue
from app.tables.read import list_of_table

DELIMITERS = ",;\t|"
_NO_TEXT = (b"SIMPLE", b"PAR1", b"<?xml", b"<VOTABLE", b"# %ECSV")


def read_list(
    content: bytes,
    name: str,
    names: BundleNames,
    options: ListOptions | None = None,
    bounds: TableBounds | None = None,
) -> EntryList:
    """Read a list: a table if it has columns and is none of lines, else a position a line.

    Parameters
    ----------
    content : bytes
        A file, or what was pasted; a gzip file is unpacked.
    name : str
        Of the file, for sentences.
    names : BundleNames
        Of the sources that a line may name.
    options : ListOptions, optional
        The user's word on the columns; with any, it is a table.
    bounds : TableBounds, optional
        None: the list is from this machine, and as large as its memory allows.

    Raises
    ------
    UnreadableList
        If it holds no entry, or is a table that cannot be read.
    ListTooLong
        If it exceeds the bounds.
    """
    try:
        content = unpacked(content, bounds)
        if bounds:
            check_bounds(content, bounds)
        text = _as_text(content)
        if text is None or any((options or {}).values()) or _is_table(text, names):
            return _entries_of_table(content, name, options or {})
    except TableTooLarge as exc:
        raise ListTooLong(
            f"'{name}' is not read. {exc} `rgz-explorer search` reads lists of any size."
        ) from exc
    except UnreadableCatalogue as exc:
        raise UnreadableList(str(exc)) from exc
    entries = read_lines(text, names)
    if not entries:
        raise UnreadableList(
            "The list is empty. Write one position or name a line, such as 180.31 +52.11 or 3C 285."
        )
    return EntryList(entries)


def read_lines(text: str, names: BundleNames) -> list[ListEntry]:
    """Read one position or name a line; empty lines and those that begin with # are left out."""
    return [_entry(number, line, names) for number, line in _lines(text)]


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


def _entries_of_table(content: bytes, name: str, options: ListOptions) -> EntryList:
    path = Path(name)
    digest = hashlib.sha256(content).hexdigest()
    return entries_of(list_of_table(read_table_bytes(content, path), path, options, digest))


def _entry(number: int, line: str, names: BundleNames) -> ListEntry:
    try:
        found = understand_here(line, names=names)
    except UnreadablePosition as exc:
        return ListEntry(number, text=line, reason=str(exc))
    entry = ListEntry(number, text=line, to_look_up=found is None)
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


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}."
