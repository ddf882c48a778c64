"""The sources of a table as entries of a list to search for. It never searches."""

import tempfile
from pathlib import Path

from app.errors import UnreadableList
from app.query.lists import EntryList, ListEntry
from app.tables.lists import ListOptions, SourceList, UnreadableCatalogue
from app.tables.read import read_table_list


def read_table(content: bytes, name: str, options: ListOptions | None = None) -> EntryList:
    """Read the bytes of a table file.

    Parameters
    ----------
    content : bytes
    name : str
        Of the file, for sentences.
    options : ListOptions, optional
        The user's word on its columns.

    Raises
    ------
    UnreadableList
    """
    with tempfile.TemporaryDirectory(prefix="list-") as directory:
        path = Path(directory) / (Path(name).name or "list")
        path.write_bytes(content)
        try:
            return of_sources(read_table_list(str(path), options or {}))
        except UnreadableCatalogue as exc:
            raise UnreadableList(str(exc).replace(str(path), name)) from exc


def of_sources(sources: SourceList) -> EntryList:
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
