"""Open a table file of any usual format: FITS, VOTable, Parquet, ECSV, or delimited text.

It goes by what the file holds, never by its name, and it never unpickles.
"""

import csv
import io
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.io.votable import parse as parse_votable
from astropy.io.votable.tree import TableElement, VOTableFile
from astropy.table import Table

from app.tables.bounds import unpacked
from app.tables.lists import UnreadableCatalogue

MISSING_WORDS = {"", "nan", "null", "none", "n/a", "na", "--", "-", "masked"}


@dataclass(frozen=True, eq=False)
class RawColumn:
    """One column: Python values, None where the file has none."""

    name: str
    values: list[Any]
    unit: str = ""
    ucd: str = ""
    description: str = ""

    @property
    def is_text(self) -> bool:
        """Whether any value is a text."""
        return any(isinstance(value, str) for value in self.values)


@dataclass(frozen=True, eq=False)
class RawTable:
    """The columns of a table, and the rows of the file that are no rows of it."""

    columns: list[RawColumn]
    rows: list[int]
    """Number in the file of each row, from 1."""
    broken: dict[int, str] = field(default_factory=dict)
    """Rows that do not fit the header, by number, with the reason."""
    frame: str | None = None
    """icrs, fk5, fk4 or galactic where the file says it."""
    notes: list[str] = field(default_factory=list)

    def find(self, name: str) -> RawColumn | None:
        """The column of that name, exactly, or else but for case and blanks."""
        for column in self.columns:
            if column.name == name:
                return column
        plain = plain_name(name)
        return next((c for c in self.columns if plain_name(c.name) == plain), None)


def plain_name(name: str) -> str:
    """A column's name for comparisons: lower case, without '#', brackets or blanks."""
    bare = name.strip().lower().lstrip("#").strip()
    return re.sub(r"[\s()\[\]\"]+", "_", bare).rstrip("_") or name


def plain_values(values: Any) -> list[Any]:
    """Python values of an array-like, one-dimensional; masked, NaN and empty become None."""
    masked = np.ma.asarray(values)
    mask = np.ma.getmaskarray(masked)
    content = masked.data.tolist()
    return [None if m else plain_value(v) for v, m in zip(content, mask, strict=True)]


def plain_value(value: Any) -> Any:
    """One cell: bytes and texts stripped, truth values in words, what is missing None."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = value.strip().strip("\0")
        return None if text.lower() in MISSING_WORDS else text
    if isinstance(value, float) and value != value:
        return None
    return value


DELIMITERS = (",", "\t", ";", "|")
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_LEADING_ZERO = re.compile(r"[+-]?0\d")


class NotText(ValueError):
    """Bytes that are no table of text; the message completes "The file ... "."""


def read_text_table(content: bytes) -> RawTable:
    """Read a delimited table.

    Raises
    ------
    NotText
        If it is binary, is empty, or has no header with two columns or more.
    """
    text, notes = _decoded(content)
    lines = [(i, line) for i, line in enumerate(re.split(r"\r\n|\n|\r", text)) if line.strip()]
    if not lines:
        raise NotText("is empty")
    start, delimiter = _header_line([line for _, line in lines])
    header = _split(
        lines[start][1].lstrip("# \t") if delimiter != "\t" else lines[start][1].lstrip("# "),
        delimiter,
    )
    names = _unique_names(header)
    body = [line for _, line in lines[start + 1 :] if not _is_comment(line, delimiter, len(names))]
    kept, rows, broken = _rows(body, delimiter, len(names))
    columns = [RawColumn(name, _typed([row[i] for row in kept])) for i, name in enumerate(names)]
    return RawTable(columns, rows, broken, notes=notes)


def _decoded(content: bytes) -> tuple[str, list[str]]:
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotText("is no text")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), []
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return content.decode("latin-1"), ["It is not UTF-8; it was read as Latin-1."]


def _header_line(lines: list[str]) -> tuple[int, str]:
    """Index of the header, the first line that is no comment, and the delimiter.

    A line that begins with '#' is the header if the next line has as many fields.
    """
    for i, line in enumerate(lines):
        delimiter = max(DELIMITERS, key=lambda d: len(_split(line, d)))
        fields = len(_split(line, delimiter))
        commented = line.lstrip().startswith("#")
        follows = len(_split(lines[i + 1], delimiter)) if i + 1 < len(lines) else 0
        after_comment = i + 1 < len(lines) and lines[i + 1].lstrip().startswith("#")
        if commented and (fields < 2 or follows != fields or after_comment):
            continue
        return i, delimiter
    raise NotText("has comments only")


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter, skipinitialspace=delimiter != "\t"), [])


def _is_comment(line: str, delimiter: str, width: int) -> bool:
    return line.startswith("#") and len(_split(line, delimiter)) != width


def _unique_names(header: list[str]) -> list[str]:
    names: list[str] = []
    for number, cell in enumerate(header, start=1):
        name = cell.strip().strip('"') or f"column_{number}"
        names.append(name if name not in names else f"{name}_{number}")
    return names


def _rows(
    lines: list[str], delimiter: str, width: int
) -> tuple[list[list[str]], list[int], dict[int, str]]:
    kept: list[list[str]] = []
    rows: list[int] = []
    broken: dict[int, str] = {}
    for number, values in enumerate(_records(lines, delimiter), start=1):
        if len(values) == width:
            kept.append(values)
            rows.append(number)
        else:
            broken[number] = f"the row has {len(values)} values, the header {width}"
    return kept, rows, broken


def _records(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(10_000_000)
    content = io.StringIO("\n".join(lines))
    yield from csv.reader(content, delimiter=delimiter, skipinitialspace=delimiter != "\t")


def _typed(texts: list[str]) -> list[Any]:
    """Whole numbers or numbers if all values are, texts otherwise; missing ones None."""
    values = [plain_value(text) for text in texts]
    known = [value for value in values if value is not None]
    if any(_LEADING_ZERO.fullmatch(value[:2]) and "." not in value[:3] for value in known):
        return values  # 00123 is a name
    if known and all(_WHOLE.fullmatch(value) for value in known):
        return _converted(values, int)
    try:
        return _converted(values, float)
    except ValueError:
        return values


def _converted(values: list[Any], kind: Callable[[str], Any]) -> list[Any]:
    return [None if value is None else plain_value(kind(value)) for value in values]


FORMATS = "CSV, TSV, VOTable, FITS, Parquet or ECSV"
MAX_BYTES = 8 * 2**30
_FRAMES = {"fk4": "fk4", "b1950": "fk4", "fk5": "fk5", "icrs": "icrs", "gal": "galactic"}


def read_table_file(path: Path) -> RawTable:
    """Read the (first) table of a file.

    Raises
    ------
    UnreadableCatalogue
        If there is no such file, it is a directory, empty, too large, or no table.
    """
    return read_table_bytes(_content(path), path)


def read_table_bytes(content: bytes, path: Path) -> RawTable:
    """Read the (first) table of what a file holds.

    Raises
    ------
    UnreadableCatalogue
        If it is no table; `path` is for the sentence.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old headers and units; what matters is checked
            table = _read(content)
    except UnreadableCatalogue:
        raise
    except Exception as exc:  # every parser has failures of its own
        said = " ".join(str(exc).split())[:200]
        raise UnreadableCatalogue(
            f"'{path}' cannot be read as a table ({FORMATS}): {said.rstrip('.') or type(exc)}."
        ) from exc
    if not table.rows and not table.broken:
        raise UnreadableCatalogue(f"The table in '{path}' has no rows.")
    return table


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise UnreadableCatalogue(f"'{path}' is a directory; give a table file ({FORMATS}).")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableCatalogue(f"'{path}' is larger than {MAX_BYTES // 2**30} GB.")
        content = unpacked(path.read_bytes(), None)
    except FileNotFoundError as exc:
        raise UnreadableCatalogue(f"There is no catalogue file '{path}'.") from exc
    except (OSError, EOFError) as exc:
        raise UnreadableCatalogue(f"'{path}' cannot be read: {exc}.") from exc
    if not content.strip():
        raise UnreadableCatalogue(f"The file '{path}' is empty.")
    return content


def _read(content: bytes) -> RawTable:
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if content.startswith(b"SIMPLE"):
        return _read_fits(content)
    if content.startswith(b"PAR1"):
        return _read_parquet(content)
    if start.startswith((b"<?xml", b"<VOTABLE")):
        return _read_votable(content)
    if start.startswith(b"# %ECSV"):
        return _read_ecsv(content)
    return read_text_table(content)


def _read_fits(content: bytes) -> RawTable:
    with fits.open(io.BytesIO(content)) as hdus:
        tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)]
        if not tables:
            raise ValueError("the FITS file holds no table")
        header, notes = tables[0].header, []
        if len(tables) > 1:
            notes.append(f"The file holds {len(tables)} tables; the first one was read.")
        table = Table.read(tables[0])
        ucds = {
            str(header.get(f"TTYPE{i}", "")).strip(): str(header.get(f"TUCD{i}", "")).strip()
            for i in range(1, int(header["TFIELDS"]) + 1)
        }
    frame = _frame(str(header.get("RADESYS", header.get("RADECSYS", ""))), header.get("EQUINOX"))
    return _from_astropy(table, ucds, frame, notes)


def _read_ecsv(content: bytes) -> RawTable:
    table = Table.read(content.decode("utf-8-sig"), format="ascii.ecsv")
    ucds = {
        name: str(table[name].info.meta.get("ucd", "")) if table[name].info.meta else ""
        for name in table.colnames
    }
    return _from_astropy(table, ucds, None, [])


def _read_votable(content: bytes) -> RawTable:
    document = parse_votable(io.BytesIO(content), verify="ignore", invalid="mask")
    tables = [table for table in document.iter_tables() if len(table.fields)]
    if not tables:
        raise ValueError("the VOTable holds no table")
    several = f"The file holds {len(tables)} tables; the first one was read."
    table = tables[0]
    ucds = {field.name: field.ucd or "" for field in table.fields}
    return _from_astropy(
        table.to_table(use_names_over_ids=True),
        ucds,
        _votable_frame(document, table),
        [several] if len(tables) > 1 else [],
    )


def _votable_frame(document: VOTableFile, table: TableElement) -> str | None:
    """The frame that the position fields refer to, or the only one of the document."""
    systems = {system.ID: system for system in document.iter_coosys()}
    referred = [
        systems[field.ref]
        for field in table.fields
        if field.ref in systems and str(field.ucd or "").lower().startswith("pos")
    ]
    chosen = referred or (list(systems.values()) if len(systems) == 1 else [])
    return _frame(chosen[0].system, chosen[0].equinox) if chosen else None


def _read_parquet(content: bytes) -> RawTable:
    table = pq.read_table(pa.BufferReader(content))
    columns, notes = [], []
    for entry in table.schema:
        if pa.types.is_nested(entry.type):
            notes.append(f"The column '{entry.name}' holds no single values; it was left out.")
        elif not entry.name.startswith("__index_level_"):
            about = {k.decode(): v.decode() for k, v in (entry.metadata or {}).items()}
            values = [plain_value(_scalar(v)) for v in table[entry.name].to_pylist()]
            columns.append(
                RawColumn(
                    entry.name,
                    values,
                    about.get("unit", ""),
                    about.get("ucd", ""),
                    about.get("description", ""),
                )
            )
    return RawTable(columns, _numbers(table.num_rows), notes=notes)


def _from_astropy(
    table: Table, ucds: dict[str, str], frame: str | None, notes: list[str]
) -> RawTable:
    columns = []
    for name in table.colnames:
        column = table[name]
        values = np.ma.asarray(getattr(column, "value", column))
        if values.ndim != 1 or values.dtype.kind not in "biufSUO":
            notes.append(f"The column '{name}' holds no single values; it was left out.")
            continue
        columns.append(
            RawColumn(
                name,
                plain_values(values),
                str(getattr(column, "unit", None) or ""),
                ucds.get(name, ""),
                str(column.info.description or ""),
            )
        )
    return RawTable(columns, _numbers(len(table)), frame=frame, notes=notes)


def _frame(system: str | None, equinox: Any) -> str | None:
    """icrs, fk5, fk4 or galactic of what a file calls its system; None where it does not say."""
    said = str(system or "").lower().replace("eq_", "")
    found = next((frame for word, frame in _FRAMES.items() if word in said), None)
    year = str(equinox or "").lower().lstrip("jb")
    if found is None and year:
        found = {"1950": "fk4", "2000": "fk5"}.get(year.partition(".")[0])
    return found


def _scalar(value: Any) -> Any:
    """Dates and decimals as text, so that every cell is a number or a text."""
    return value if isinstance(value, int | float | str | bytes | None) else str(value)


def _numbers(n: int) -> list[int]:
    return list(range(1, n + 1))
