"""Tables to take away: CSV, ECSV, VOTable and Parquet, the one writer of each.

It never computes a value, and it writes a million rows in seconds: headers are astropy's, rows are
made column by column.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from astropy import units as u
from astropy.table import MaskedColumn, Table
from astropy.table.meta import get_yaml_from_table

from app.bundle.catalogue import ColumnInfo, column_info
from app.errors import ExplorerError
from app.tables.cells import joined_arrays, plain_table, worded_dates
from app.tables.votable import About, votable_header, write_votable

TableFormat = Literal["csv", "ecsv", "votable", "parquet"]
MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "ecsv": "text/x-ecsv; charset=utf-8",
    "votable": "application/x-votable+xml",
    "parquet": "application/vnd.apache.parquet",
}
LABELS: Mapping[str, str] = {
    "csv": "CSV",
    "ecsv": "ECSV",
    "votable": "VOTable",
    "parquet": "Parquet",
}
"""As people know the formats."""
EXTENSIONS: Mapping[str, str] = {
    "csv": "csv",
    "ecsv": "ecsv",
    "votable": "vot",
    "parquet": "parquet",
}
SUFFIXES = {f".{suffix}": fmt for fmt, suffix in EXTENSIONS.items()} | {".xml": "votable"}
"""What the end of a file's name says of its format."""
RUN_BY_SPREADSHEETS = r"^[=+\-@\t\r\n']"
"""A spreadsheet takes a cell that begins so for a formula, or (') drops the beginning."""
PLAIN_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def write_table(table: pa.Table, provenance: Mapping[str, str], fmt: str) -> bytes:
    """Write a table as the bytes of a file.

    Parameters
    ----------
    table : pyarrow.Table
        Fields carry label, unit, ucd and description in their metadata (`make_table`).
    provenance : mapping of str to str
        In the ``meta`` of what astropy reads from ECSV and Parquet; in INFO elements of a VOTable,
        and in the description of its table, which astropy has in ``meta["description"]``. CSV is
        a header line and rows alone, as every program reads it: it holds neither provenance nor
        units.
    fmt : {"csv", "ecsv", "votable", "parquet"}

    Notes
    -----
    A column y of arrays (fixed-size lists) is an array in ECSV and VOTable and a fixed-size list in
    Parquet; CSV has no arrays, there it is the columns y_0, y_1 and so on. Dates are words of ISO
    8601 but in Parquet.
    Unknown numbers are empty (null in Parquet), unknown words are the empty word. In CSV a word
    that a spreadsheet would take for a formula begins with one apostrophe more (`plain_cell`); the
    other formats hold every word as it is.
    """
    return _WRITERS[fmt](plain_table(table), provenance)


def format_of(path: Path) -> str:
    """Which format the end of a file's name asks for.

    Raises
    ------
    ExplorerError
        If it asks for none.
    """
    fmt = SUFFIXES.get(path.suffix.lower())
    if fmt is None:
        raise ExplorerError(
            f"'{path.name}' does not say its format; let it end in {', '.join(SUFFIXES)}."
        )
    return fmt


def write_plain_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write rows of plain values, such as rejects and their reasons, as CSV; NaN is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([plain_cell(name) for name in header])
    for row in rows:
        writer.writerow(
            "" if value != value else plain_cell(value) if isinstance(value, str) else value
            for value in row
        )
    return text.getvalue().encode()


def read_plain_csv(content: bytes) -> list[dict[str, str]]:
    """Rows that `write_plain_csv` wrote, by the names of its header, every word as it was."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))
    return [{name: word.removeprefix("'") for name, word in row.items()} for row in rows]


def plain_cell(word: str) -> str:
    """A word that no spreadsheet runs as a formula, by an apostrophe before it where need be.

    It is needed where a word begins with = + - @, a tab or a line end and is no plain decimal
    number: +12.5 and -3 stay as they are. A word that begins with an apostrophe gets one too, so
    that whoever takes one apostrophe off each word that begins with one has them as they were.
    """
    runs = re.match(RUN_BY_SPREADSHEETS, word) and not re.fullmatch(PLAIN_NUMBER, word, re.ASCII)
    return f"'{word}" if runs else word


def as_astropy(table: pa.Table, provenance: Mapping[str, str]) -> Table:
    """The table as astropy has it, with units, descriptions, and the provenance in ``meta``."""
    found = Table(meta=dict(provenance))
    for field in table.schema:
        found[field.name] = _column(table[field.name], column_info(field))
    return found


def _csv(table: pa.Table, provenance: Mapping[str, str]) -> bytes:
    table = worded_dates(table)
    for name in _array_columns(table):
        arrays = table[name].combine_chunks()
        table = table.drop_columns([name])
        for i in range(arrays.type.list_size):
            table = table.append_column(f"{name}_{i}", pc.list_element(arrays, i))
    for i, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            table = table.set_column(i, field, _plain_cells(table[field.name]))
    return write_plain_csv(table.column_names, []) + _rows(table)


def _plain_cells(words: pa.ChunkedArray) -> pa.ChunkedArray:
    """`plain_cell` of every word."""
    runs = pc.match_substring_regex(words, RUN_BY_SPREADSHEETS)
    runs = pc.and_not(runs, pc.match_substring_regex(words, PLAIN_NUMBER))
    return pc.if_else(runs, pc.binary_join_element_wise("'", words, ""), words)


def _ecsv(table: pa.Table, provenance: Mapping[str, str]) -> bytes:
    """The header as astropy writes it, and the rows, with its words for true and false."""
    table = worded_dates(table)
    text = io.StringIO()
    as_astropy(table[:0], provenance).write(text, format="ascii.ecsv", delimiter=",")
    for i, field in enumerate(table.schema):
        if pa.types.is_boolean(field.type):
            words = pc.if_else(table[field.name], "True", "False")
            table = table.set_column(i, field.name, words)
        elif pa.types.is_fixed_size_list(field.type):
            words = _in_json(joined_arrays(table[field.name].combine_chunks(), ","))
            table = table.set_column(
                i, field.name, pc.binary_join_element_wise("[", words, "]", "")
            )
    return text.getvalue().encode() + _rows(table)


def _in_json(numbers: pa.Array) -> pa.Array:
    """Infinities and NaN in arrays as Python's JSON spells them, which ECSV's readers take."""
    return pc.replace_substring(pc.replace_substring(numbers, "nan", "NaN"), "inf", "Infinity")


def _array_columns(table: pa.Table) -> list[str]:
    return [field.name for field in table.schema if pa.types.is_fixed_size_list(field.type)]


def _rows(table: pa.Table) -> bytes:
    """Rows as CSV; what is empty and alone in its row is quoted, for readers skip blank lines."""
    if table.num_columns == 1:
        words = pc.fill_null(table.column(0).cast(pa.string()), "")
        table = pa.table({table.column_names[0]: words})
    buffer = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
    pyarrow.csv.write_csv(table, buffer, options)
    return buffer.getvalue()


def _parquet(table: pa.Table, provenance: Mapping[str, str]) -> bytes:
    """Units and provenance where astropy looks, where VOParquet has them, and as plain keys."""
    about = {
        "table_meta_yaml": "\n".join(get_yaml_from_table(as_astropy(table[:0], provenance))),
        "IVOA.VOTable-Parquet.version": "1.0",
        "IVOA.VOTable-Parquet.content": votable_header(table, _about(provenance)).decode(),
    }
    for field in table.schema:
        if pa.types.is_string(field.type):
            longest = pc.max(pc.utf8_length(table[field.name])).as_py() or 1
            about[f"table::len::{field.name}"] = str(longest)
    buffer = io.BytesIO()
    pq.write_table(
        table.replace_schema_metadata({**provenance, **about}), buffer, compression="zstd"
    )
    return buffer.getvalue()


def _votable(table: pa.Table, provenance: Mapping[str, str]) -> bytes:
    return write_votable(table, _about(provenance))


def _about(provenance: Mapping[str, str]) -> About:
    lines = [f"{name}: {' '.join(value.split())}" for name, value in provenance.items()]
    return About(infos=provenance, table_description="\n".join(lines))


_WRITERS = {"csv": _csv, "ecsv": _ecsv, "votable": _votable, "parquet": _parquet}


def _column(values: pa.ChunkedArray, about: ColumnInfo) -> MaskedColumn:
    missing = pc.is_null(values, nan_is_null=True).to_numpy(zero_copy_only=False)
    if pa.types.is_fixed_size_list(values.type):
        data = values.combine_chunks().flatten().to_numpy(zero_copy_only=False)
        data = data.reshape(-1, values.type.list_size)
        missing = np.zeros(data.shape, bool)
    elif pa.types.is_string(values.type):
        words = np.array(pc.fill_null(values, "").to_pylist() or [""], dtype=str)
        data, missing = words[: len(values)], np.zeros(len(values), bool)
    else:
        filling = False if pa.types.is_boolean(values.type) else 0
        data = pc.fill_null(values, filling).to_numpy(zero_copy_only=False)
        if pa.types.is_floating(values.type):
            data = np.where(missing, np.nan, data)
    description = f"{about.label}. {about.description}".strip(" .") + "."
    column = MaskedColumn(data, mask=missing, description=description)
    if about.unit:
        column.unit = u.Unit(about.unit, parse_strict="silent")
    if about.ucd:
        column.meta["ucd"] = about.ucd
    return column
