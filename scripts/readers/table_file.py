"""Open a table file of any usual format: FITS, VOTable, Parquet, ECSV, or delimited text.

It goes by what the file holds, never by its name, and it never unpickles.
"""

import gzip
import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.io.votable import parse as parse_votable
from astropy.io.votable.tree import TableElement, VOTableFile
from astropy.table import Table

from scripts.readers.raw_table import RawColumn, RawTable, plain_value, plain_values
from scripts.readers.source_list import UnreadableCatalogue
from scripts.readers.text_table import read_text_table

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
        content = path.read_bytes()
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
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
    for field in table.schema:
        if pa.types.is_nested(field.type):
            notes.append(f"The column '{field.name}' holds no single values; it was left out.")
        elif not field.name.startswith("__index_level_"):
            about = {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
            values = [plain_value(_scalar(v)) for v in table[field.name].to_pylist()]
            columns.append(
                RawColumn(
                    field.name,
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
