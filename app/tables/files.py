"""A table file of any usual format: FITS, VOTable, Parquet, ECSV or text, packed or not.

It goes by what the file holds, never by its name; it opens no archive and never unpickles.
"""

import bz2
import gzip
import io
import lzma
import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.parsers import expat

import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.io.votable import parse as parse_votable
from astropy.io.votable.tree import TableElement, VOTableFile
from astropy.table import Table

from app.errors import ExplorerError, ListTooLong
from app.tables.astropy_table import of_astropy
from app.tables.frames import header_frame, votable_frame
from app.tables.lists import ListOptions, UnreadableCatalogue
from app.tables.position_columns import positions_in
from app.tables.table import (
    OWN_FILE,
    FileTable,
    Limits,
    cleaned,
    make_data,
    row_numbers,
    said_of,
    table_field,
)
from app.tables.text import TextLines, read_text, too_many_rows

FileReader = Callable[[bytes, str, ListOptions, Limits], FileTable | TextLines]
"""Reads what a file of a given name holds, as `read_file` does."""
FORMATS = "CSV, TSV, VOTable, FITS, Parquet, ECSV, IPAC, MRT or text in columns"
PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_CHUNK = 2**20


def read_table_file(path: Path, options: ListOptions | None = None) -> FileTable:
    """Read the table of a file of one's own.

    Raises
    ------
    UnreadableCatalogue
        If there is no such file, it is a directory, empty, or no table.
    """
    return read_table(read_content(path), str(path), options)


def read_table(
    content: bytes,
    name: str,
    options: ListOptions | None = None,
    limits: Limits = OWN_FILE,
    read: FileReader | None = None,
) -> FileTable:
    """Read the table that bytes hold, as `read_file` does; a list of lines is none.

    A server has `read` done in a process of its own.

    Raises
    ------
    UnreadableCatalogue, ListTooLong
    """
    found = (read or read_file)(content, name, options or {}, limits)
    if isinstance(found, TextLines):
        raise UnreadableCatalogue(
            f"'{name}' is no table: no line of it names its columns. Put one above it that does, "
            "such as name,ra,dec."
        )
    return found


def read_content(path: Path) -> bytes:
    """The bytes of a file of one's own.

    Raises
    ------
    UnreadableCatalogue
    """
    if path.is_dir():
        raise UnreadableCatalogue(f"'{path}' is a directory; give a table file ({FORMATS}).")
    try:
        if path.stat().st_size > OWN_FILE.max_bytes:
            raise UnreadableCatalogue(f"'{path}' is larger than {OWN_FILE.max_bytes // 2**30} GB.")
        return path.read_bytes()
    except FileNotFoundError as exc:
        raise UnreadableCatalogue(f"There is no catalogue file '{path}'.") from exc
    except OSError as exc:
        raise UnreadableCatalogue(f"'{path}' cannot be read: {exc.strerror or exc}.") from exc


def read_file(
    content: bytes, name: str, options: ListOptions | None = None, limits: Limits = OWN_FILE
) -> FileTable | TextLines:
    """Read what the bytes of a file hold: a table, or a list of lines.

    Parameters
    ----------
    content : bytes
        Packed by gzip, bzip2 or xz, or not.
    name : str
        Of the file, for sentences.
    options : ListOptions, optional
        Where the user names columns, a header is known by them.
    limits : Limits
        Held before anything large is made.

    Raises
    ------
    UnreadableCatalogue
        If it is no table and no text.
    ListTooLong
        If it is more than the limits allow.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old headers and units; what matters is checked
            found = _read(_unpacked(content, limits), options or {}, limits)
    except ListTooLong:
        raise
    except ExplorerError as exc:
        raise UnreadableCatalogue(f"'{name}' cannot be read as a table. {exc}") from exc
    except MemoryError:
        raise
    except Exception as exc:  # every parser has failures of its own
        said = " ".join(str(exc).split())[:200]
        raise UnreadableCatalogue(
            f"'{name}' cannot be read as a table ({FORMATS}): {said.rstrip('.') or type(exc)}."
        ) from exc
    if isinstance(found, FileTable) and not len(found.rows) and not found.broken:
        raise UnreadableCatalogue(f"The table in '{name}' has no rows.")
    return found


def _unpacked(content: bytes, limits: Limits) -> bytes:
    opener = next((PACKED[start] for start in PACKED if content.startswith(start)), None)
    if opener:
        _check_members(content, limits)
        content = _unpack(opener(io.BytesIO(content)), limits)  # type: ignore[operator]
    if len(content) > limits.max_bytes:
        raise _too_large(limits)
    if not content.strip():
        raise UnreadableCatalogue("It is empty.")
    return content


def _check_members(content: bytes, limits: Limits) -> None:
    """Refuse a gzip file of very many members, each of which takes its time."""
    most = limits.max_bytes // 1_000
    if content.count(b"\x1f\x8b\x08") > most:
        raise ListTooLong(f"The gzip file has more than {most:,} members.")


def _unpack(file: Any, limits: Limits) -> bytes:
    parts, size = [], 0
    try:
        while part := file.read(_CHUNK):
            size += len(part)
            if size > limits.max_bytes:
                raise _too_large(limits)
            parts.append(part)
    except (OSError, EOFError, lzma.LZMAError) as exc:
        raise UnreadableCatalogue(f"It is packed, and damaged: {exc}.") from exc
    return b"".join(parts)


def _too_large(limits: Limits) -> ListTooLong:
    return ListTooLong(
        f"The list is larger than {limits.max_bytes / 1e6:g} MB unpacked. Divide it, or use "
        "`rgz-explorer search`."
    )


def _read(content: bytes, options: ListOptions, limits: Limits) -> FileTable | TextLines:
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if content.startswith(b"SIMPLE"):
        return _read_fits(content, limits)
    if content.startswith(b"PAR1"):
        return _read_parquet(content, limits)
    if any(content.startswith(packed) for packed in PACKED):
        raise UnreadableCatalogue("It is packed more than once.")
    if content.startswith(b"PK\x03\x04") or content[257:262] == b"ustar":
        raise UnreadableCatalogue(
            "It is an archive, or an Excel workbook. Unpack it and give the table in it, or save "
            "the sheet as CSV."
        )
    if start.startswith(b"<") or start.startswith((b"\xff\xfe<\0", b"\xfe\xff\0<")):
        return _read_votable(content, limits)
    if start.startswith(b"# %ECSV"):
        return _read_ecsv(content, limits)
    return read_text(content, options, limits)


def _check(n_rows: int, n_columns: int, limits: Limits) -> None:
    if n_rows > limits.max_rows:
        raise too_many_rows(n_rows, limits)
    if n_columns > limits.max_columns:
        raise ListTooLong(f"The table has {n_columns:,} columns; {limits.max_columns:,} are read.")


def _read_fits(content: bytes, limits: Limits) -> FileTable:
    with fits.open(io.BytesIO(content)) as hdus:
        tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)]
        if not tables:
            raise UnreadableCatalogue("The FITS file holds no table.")
        schemas = [_fits_schema(hdu.header) for hdu in tables]
        place = _which(
            [(each, hdu.header["NAXIS2"]) for each, hdu in zip(schemas, tables, strict=True)]
        )
        hdu, header = tables[place], tables[place].header
        _check(int(header["NAXIS2"]), int(header["TFIELDS"]), limits)
        if int(header["NAXIS1"]) * int(header["NAXIS2"]) > len(content):
            raise UnreadableCatalogue("The FITS file is truncated.")
        table = Table.read(hdu)
        names = [f"'{each.name or number}'" for number, each in enumerate(tables, start=1)]
    ucds = {each.name: said_of(each)["ucd"] for each in schemas[place]}
    frame = header_frame(header.get("RADESYS", header.get("RADECSYS")), header.get("EQUINOX"))
    return of_astropy(table, ucds, {}, frame, _several(names, place), "FITS")


def _fits_schema(header: fits.Header) -> pa.Schema:
    """Names and UCDs of a FITS table, of its header."""
    return pa.schema(
        table_field(
            str(header.get(f"TTYPE{i}", f"col{i}")).strip(),
            pa.string(),
            ucd=str(header.get(f"TUCD{i}", "")),
        )
        for i in range(1, min(int(header["TFIELDS"]), 999) + 1)
    )


def _which(tables: Sequence[tuple[pa.Schema, int]]) -> int:
    """Of several tables the longest of those with positions, or else the first."""
    lengths = [(n_rows if _has_positions(schema) else -1) for schema, n_rows in tables]
    return max(range(len(tables)), key=lambda place: (lengths[place], -place))


def _has_positions(schema: pa.Schema) -> bool:
    try:
        return positions_in(schema) is not None
    except UnreadableCatalogue:
        return True


def _several(names: Sequence[str], place: int) -> list[str]:
    if len(names) < 2:
        return []
    return [
        f"The file holds {len(names)} tables ({', '.join(names[:5])}); {names[place]} was read: "
        "the longest with positions."
    ]


def _read_ecsv(content: bytes, limits: Limits) -> FileTable:
    _check(content.count(b"\n") - 2 * content.count(b"\n#"), 0, limits)
    return of_astropy(
        Table.read(content.decode("utf-8-sig").splitlines(), format="ascii.ecsv"), form="ECSV"
    )


_NROWS = re.compile(rb"<(?:\w+:)?TABLE\b[^>]*?\bnrows\s*=\s*[\"']\s*(\d+)")


def _read_votable(content: bytes, limits: Limits) -> FileTable:
    if b"\0" in content[:200]:
        text = content.decode("utf-16" if content[:1] in (b"\xff", b"\xfe") else "utf-16-le")
        content = re.sub(r"^\ufeff?\s*<\?xml.*?\?>", "", text).encode()
    if b"VOTABLE" not in content:
        raise UnreadableCatalogue("It is XML or HTML, but no VOTable.")
    _check_votable(content)
    _check(max(map(int, _NROWS.findall(content)), default=0), content.count(b"FIELD "), limits)
    document = parse_votable(io.BytesIO(content), verify="ignore", invalid="mask")
    tables = [table for table in document.iter_tables() if len(table.fields)]
    if not tables:
        raise UnreadableCatalogue("The VOTable holds no table.")
    schemas = [_votable_schema(document, table) for table in tables]
    place = _which([(each, len(t.array)) for each, t in zip(schemas, tables, strict=True)])
    _check(len(tables[place].array), len(tables[place].fields), limits)
    table = tables[place].to_table(use_names_over_ids=True)
    said = {name: said_of(each) for name, each in zip(table.colnames, schemas[place], strict=True)}
    names = [f"'{each.name or each.ID or number}'" for number, each in enumerate(tables, start=1)]
    return of_astropy(
        table,
        {name: each["ucd"] for name, each in said.items()},
        {name: each["frame"] for name, each in said.items()},
        _only_frame(document),
        notes=_several(names, place),
        form="VOTable",
    )


def _check_votable(content: bytes) -> None:
    """Refuse a document that would grow, or that would have other files or places read."""

    def element(tag: str, attributes: dict[str, str]) -> None:
        packed = "gzip" in attributes.get("encoding", "")
        if tag.rpartition(":")[2] == "STREAM" and ("href" in attributes or packed):
            raise UnreadableCatalogue(
                "Its data are packed, or a link to another place, which is not followed. Write it "
                "as TABLEDATA or BINARY2."
            )

    if b"<!ENTITY" in content:
        raise UnreadableCatalogue("It defines XML entities, which no VOTable needs.")
    if b"STREAM" in content and (b"href" in content or b"gzip" in content):
        parser = expat.ParserCreate()
        parser.StartElementHandler = element
        parser.Parse(content, True)


def _votable_schema(document: VOTableFile, table: TableElement) -> pa.Schema:
    """Names, units, UCDs and frames of a VOTable's fields; a frame belongs to its columns."""
    systems = {system.ID: votable_frame(system) for system in document.iter_coosys()}
    return pa.schema(
        table_field(
            each.name or each.ID,
            pa.string(),
            str(each.unit or ""),
            each.ucd or "",
            frame=systems.get(each.ref, ""),
        )
        for each in table.fields
    )


def _only_frame(document: VOTableFile) -> str:
    """The frame of what refers to none; where there are several, words that name no frame."""
    frames = list(dict.fromkeys(votable_frame(system) for system in document.iter_coosys()))
    return " or ".join(frames)


_VOTABLE_IN_PARQUET = b"IVOA.VOTable-Parquet.content"


def _read_parquet(content: bytes, limits: Limits) -> FileTable:
    file = pq.ParquetFile(pa.BufferReader(content))
    _check(file.metadata.num_rows, file.metadata.num_columns, limits)
    said = file.schema_arrow.metadata or {}
    if b"table_meta_yaml" in said:
        return of_astropy(Table.read(io.BytesIO(content), format="parquet"), form="Parquet")
    about: dict[str, dict[str, str]] = {}
    frame = ""
    if _VOTABLE_IN_PARQUET in said:
        document = parse_votable(io.BytesIO(said[_VOTABLE_IN_PARQUET]), verify="ignore")
        frame = _only_frame(document)
        for table in document.iter_tables():
            about |= {each.name: said_of(each) for each in _votable_schema(document, table)}
    data = file.read(use_threads=False)
    fields, values, notes = [], [], []
    for each in data.schema:
        if each.name.startswith("__index_level_"):
            continue
        taken = cleaned(data[each.name])
        if taken is None:
            notes.append(f"The column '{each.name}' holds no single values; it was left out.")
            continue
        own = {key: text for key, text in said_of(each).items() if text}
        values.append(taken)
        fields.append(table_field(each.name, taken.type, **(about.get(each.name, {}) | own)))
    return FileTable(
        make_data(fields, values),
        row_numbers(data.num_rows),
        frame=frame,
        notes=notes,
        form="Parquet",
    )
