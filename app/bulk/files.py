"""The table of a list's neighbours, and the entries without any, as the bytes of files.

It never writes to a disk.
"""

import csv
import io
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from astropy import units as u
from astropy.table import MaskedColumn, Table
from astropy.table.meta import get_yaml_from_table

from app.bulk.search import Outcome
from app.export import write_table_as

UNMATCHED_COLUMNS = ("row", "entry", "name", "ra_deg", "dec_deg", "reason")


def write_neighbours(table: pa.Table, provenance: Mapping[str, str], fmt: str) -> bytes:
    """The table as a file of one of the formats of `app.export`, with the same comments and units.

    All but VOTable are written column by column, in seconds for a million rows; VOTable, which
    astropy writes, takes half a minute for 100,000.
    """
    if fmt == "csv":
        return _csv(table, provenance)
    if fmt == "parquet":
        return _parquet(table, provenance)
    if fmt == "ecsv":
        return _ecsv(table, provenance)
    return write_table_as(as_astropy(table, provenance), fmt)


def as_astropy(table: pa.Table, provenance: Mapping[str, str]) -> Table:
    """The table with units, descriptions, and the provenance in ``meta``."""
    astropy_table = Table(meta=dict(provenance))
    for field in table.schema:
        astropy_table[field.name] = _column(table[field.name], field)
    return astropy_table


def write_unmatched(outcomes: Sequence[Outcome]) -> bytes:
    """The entries without an answer and their reasons, as CSV in the order of the list."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(UNMATCHED_COLUMNS)
    for outcome in sorted(outcomes, key=lambda each: each.listed.row):
        listed = outcome.listed
        place = ["" if np.isnan(value) else value for value in (listed.ra_deg, listed.dec_deg)]
        writer.writerow([listed.row, listed.text, listed.name, *place, outcome.reason])
    return text.getvalue().encode()


def _csv(table: pa.Table, provenance: Mapping[str, str]) -> bytes:
    lines = [f"{key}: {value}" for key, value in provenance.items()]
    for field in table.schema:
        about = _about(field)
        lines.append(f"column {field.name} [{about['unit'] or 'no unit'}]: {_described(about)}")
    comments = "".join(f"# {' '.join(line.split())}\n" for line in lines)
    return comments.encode() + _rows(table, header=True)


def _ecsv(table: pa.Table, provenance: Mapping[str, str]) -> bytes:
    """The header as astropy writes it, and the rows, with its words for true and false."""
    header = write_table_as(as_astropy(table[:0], provenance), "ecsv")
    for i, field in enumerate(table.schema):
        if pa.types.is_boolean(field.type):
            words = pc.if_else(table[field.name], "True", "False")
            table = table.set_column(i, field.name, words)
        elif pa.types.is_string(field.type):
            table = table.set_column(i, field.name, pc.fill_null(table[field.name], ""))
    return header + _rows(table, header=False)


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


def _column(values: pa.ChunkedArray, field: pa.Field) -> MaskedColumn:
    about = _about(field)
    missing = pc.is_null(values, nan_is_null=True).to_numpy(zero_copy_only=False)
    if pa.types.is_string(field.type):
        words = np.array(pc.fill_null(values, "").to_pylist() or [""], dtype=str)
        data, missing = words[: len(values)], np.zeros(len(values), bool)
    else:
        filling = False if pa.types.is_boolean(field.type) else 0
        data = pc.fill_null(values, filling).to_numpy(zero_copy_only=False)
        if pa.types.is_floating(field.type):
            data = np.where(missing, np.nan, data)
    column = MaskedColumn(data, mask=missing, description=_described(about))
    if about["unit"]:
        column.unit = u.Unit(about["unit"], parse_strict="silent")
    if about["ucd"]:
        column.meta["ucd"] = about["ucd"]
    return column


def _about(field: pa.Field) -> dict[str, str]:
    stored = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    return {"label": field.name, "unit": "", "ucd": "", "description": ""} | stored


def _described(about: Mapping[str, str]) -> str:
    return f"{about['label']}. {about['description']}".strip(" .") + "."
