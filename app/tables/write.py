"""Tables to take away: CSV, ECSV, VOTable and Parquet, the one writer of each.

It never computes a value, and it writes a million rows in seconds: headers are astropy's, rows are
made column by column.
"""

import csv
import io
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from astropy import units as u
from astropy.io.votable import from_table
from astropy.io.votable.tree import CooSys, Info
from astropy.table import MaskedColumn, Table
from astropy.table.meta import get_yaml_from_table

from app.bundle.catalogue import ColumnInfo, column_info
from app.errors import ExplorerError

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
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
"""A spreadsheet takes a cell that begins with one of these for a formula."""


def write_table(table: pa.Table, provenance: Mapping[str, str], fmt: str) -> bytes:
    """Write a table as the bytes of a file.

    Parameters
    ----------
    table : pyarrow.Table
        Fields carry label, unit, ucd and description in their metadata (`make_table`).
    provenance : mapping of str to str
        In the ``meta`` of what astropy reads from ECSV and Parquet, in INFO elements of a VOTable.
        CSV is a header line and rows alone, as every program reads it: it holds neither
        provenance nor units.
    fmt : {"csv", "ecsv", "votable", "parquet"}

    Notes
    -----
    A column y of arrays (fixed-size lists) is an array in ECSV and VOTable and a fixed-size list in
    Parquet; CSV has no arrays, there it is the columns y_0, y_1 and so on.
    Unknown numbers are empty (null in Parquet), unknown words are the empty word. In CSV a word
    that a spreadsheet would take for a formula begins with one apostrophe more (`plain_cell`).
    """
    return _WRITERS[fmt](_words_known(table), provenance)


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
    writer.writerow(header)
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
    """A word that no spreadsheet runs as a formula, by an apostrophe before it where need be."""
    return f"'{word}" if word.startswith(FORMULA_STARTS) else word


def as_astropy(table: pa.Table, provenance: Mapping[str, str]) -> Table:
    """The table as astropy has it, with units, descriptions, and the provenance in ``meta``."""
    found = Table(meta=dict(provenance))
    for field in table.schema:
        found[field.name] = _column(table[field.name], column_info(field))
    return found


def _csv(table: pa.Table, provenance: Mapping[str, str]) -> bytes:
    for name in _array_columns(table):
        arrays = table[name].combine_chunks()
        table = table.drop_columns([name])
        for i in range(arrays.type.list_size):
            table = table.append_column(f"{name}_{i}", pc.list_element(arrays, i))
    for i, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            words = table[field.name]
            starts = [pc.starts_with(words, start) for start in FORMULA_STARTS]
            runs = starts[0]
            for start in starts[1:]:
                runs = pc.or_(runs, start)
            quoted = pc.binary_join_element_wise("'", words, "")
            table = table.set_column(i, field, pc.if_else(runs, quoted, words))
    return _rows(table, header=True)


def _ecsv(table: pa.Table, provenance: Mapping[str, str]) -> bytes:
    """The header as astropy writes it, and the rows, with its words for true and false."""
    text = io.StringIO()
    as_astropy(table[:0], provenance).write(text, format="ascii.ecsv", delimiter=",")
    for i, field in enumerate(table.schema):
        if pa.types.is_boolean(field.type):
            words = pc.if_else(table[field.name], "True", "False")
            table = table.set_column(i, field.name, words)
        elif pa.types.is_fixed_size_list(field.type):
            words = _joined_arrays(table[field.name].combine_chunks(), ",")
            table = table.set_column(
                i, field.name, pc.binary_join_element_wise("[", words, "]", "")
            )
    return text.getvalue().encode() + _rows(table, header=False)


def _array_columns(table: pa.Table) -> list[str]:
    return [field.name for field in table.schema if pa.types.is_fixed_size_list(field.type)]


def _joined_arrays(arrays: pa.FixedSizeListArray, separator: str) -> pa.Array:
    """The numbers of each array in one word."""
    words = arrays.flatten().cast(pa.string())
    size = arrays.type.list_size
    listed = pa.FixedSizeListArray.from_arrays(words, size).cast(pa.list_(pa.string()))
    return pc.binary_join(listed, separator)


def _rows(table: pa.Table, header: bool) -> bytes:
    buffer = io.BytesIO()
    options = pyarrow.csv.WriteOptions(
        include_header=header, quoting_style="needed", quoting_header="none"
    )
    pyarrow.csv.write_csv(table, buffer, options)
    return buffer.getvalue()


def _parquet(table: pa.Table, provenance: Mapping[str, str]) -> bytes:
    about = {"table_meta_yaml": "\n".join(get_yaml_from_table(as_astropy(table[:0], provenance)))}
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
    """The document as astropy writes it for no rows, and the rows between its last tags."""
    empty = as_astropy(table[:0], {})
    for column in empty.columns.values():
        if column.unit == u.percent:  # VOTable has no unit for it
            column.unit, column.description = None, f"{column.description} Per cent."
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a unit of the catalogue's own is passed on as it is
        document = from_table(empty)
    resource = document.resources[0]
    resource.infos.extend(Info(name=key, value=value) for key, value in provenance.items())
    resource.coordinate_systems.append(CooSys(ID="icrs", system="ICRS"))
    for field in resource.tables[0].fields:
        if field.datatype in ("char", "unicodeChar"):
            field.datatype, field.arraysize = "unicodeChar", "*"
        if field.datatype == "bit":
            field.datatype = "boolean"
        if field.ucd and field.ucd.startswith(("pos.eq.ra", "pos.eq.dec")):
            field.ref = "icrs"
    buffer = io.BytesIO()
    document.to_xml(buffer, tabledata_format="tabledata")
    head, end, rest = buffer.getvalue().partition(b"</TABLE>")
    head = head.partition(b"<DATA>")[0]
    return head + b"<DATA><TABLEDATA>\n" + _xml_rows(table) + b"</TABLEDATA></DATA>\n" + end + rest


def _xml_rows(table: pa.Table) -> bytes:
    if not table.num_rows:
        return b""
    cells = []
    for name in table.column_names:
        values = table[name].combine_chunks()
        if pa.types.is_floating(values.type):
            values = pc.if_else(pc.is_nan(values), None, values)
        if pa.types.is_fixed_size_list(values.type):
            values = _joined_arrays(values, " ")
        text = values.cast(pa.string())
        for plain, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = pc.replace_substring(text, plain, escaped)
        # what XML cannot hold at all becomes a blank
        text = pc.replace_substring_regex(text, r"[\x00-\x08\x0b\x0c\x0e-\x1f]", " ")
        cells.append(pc.fill_null(text, ""))
    lines = pc.binary_join_element_wise(*cells, "</TD><TD>")
    rows = pc.binary_join_element_wise("<TR><TD>", lines, "</TD></TR>\n", "")
    return "".join(rows.to_pylist()).encode()


_WRITERS = {"csv": _csv, "ecsv": _ecsv, "votable": _votable, "parquet": _parquet}


def _words_known(table: pa.Table) -> pa.Table:
    """Absent words as empty ones, and one chunk a column."""
    table = table.combine_chunks()
    for i, field in enumerate(table.schema):
        if pa.types.is_string(field.type) and table[field.name].null_count:
            table = table.set_column(i, field, pc.fill_null(table[field.name], ""))
    return table


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
