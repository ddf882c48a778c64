"""An astropy table as the Arrow columns of a `FileTable`. It never reads a file."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from astropy.coordinates import SkyCoord
from astropy.table import Table

from app.tables.frames import header_frame
from app.tables.table import FileTable, cleaned, make_data, row_numbers, table_field


def of_astropy(
    table: Table,
    ucds: Mapping[str, str] | None = None,
    frames: Mapping[str, str] | None = None,
    frame: str = "",
    notes: list[str] | None = None,
    form: str = "",
) -> FileTable:
    """Take over an astropy table.

    Parameters
    ----------
    table : Table
        A column of SkyCoord becomes two, in ICRS degrees.
    ucds, frames : mapping of str, optional
        By column; else what the columns' metadata says.
    frame : str
        Of all columns; else that of the table's metadata (RADESYS, EQUINOX).
    notes : list of str, optional
    form : str
        What kind of file it is from.
    """
    fields, values, notes = [], [], list(notes or [])
    for name in table.colnames:
        column = table[name]
        if isinstance(column, SkyCoord):
            for axis, kind in (("ra", "pos.eq.ra"), ("dec", "pos.eq.dec")):
                degrees = getattr(column.icrs, axis).deg
                values.append(cleaned(pa.chunked_array([np.atleast_1d(degrees)])))
                kind = f"{kind};meta.main"
                fields.append(table_field(f"{name}.{axis}", pa.float64(), "deg", kind, "", "icrs"))
            continue
        taken = cleaned(array) if (array := _array(column)) is not None else None
        if taken is None:
            notes.append(f"The column '{name}' holds no single values; it was left out.")
            continue
        meta = getattr(column.info, "meta", None) or {}
        values.append(taken)
        fields.append(
            table_field(
                name,
                taken.type,
                str(getattr(column, "unit", None) or ""),
                (ucds or {}).get(name) or str(meta.get("ucd") or ""),
                str(column.info.description or ""),
                (frames or {}).get(name, ""),
            )
        )
    said = {str(key).upper(): value for key, value in table.meta.items()}
    frame = frame or header_frame(said.get("RADESYS", said.get("RADECSYS")), said.get("EQUINOX"))
    return FileTable(
        make_data(fields, values), row_numbers(len(table)), frame=frame, notes=notes, form=form
    )


def _array(column: Any) -> pa.ChunkedArray | None:
    """The values of a column; None where they are no single numbers or texts."""
    values = np.ma.asarray(getattr(column, "value", column))
    mask = np.ma.getmaskarray(values)
    content = values.data
    if content.ndim != 1 or content.dtype.kind not in "biufSUO":
        return None
    if content.dtype.kind == "S":
        content = np.char.decode(content, "utf-8", "replace")
    if content.dtype.kind == "O":
        content = np.array([_plain(value) for value in content], object)
        if any(isinstance(value, np.ndarray | list) for value in content):
            return None
        if not all(isinstance(v, int | float | None) for v in content):
            content = np.array([v if v is None else str(v) for v in content], object)
    native = content.astype(content.dtype.newbyteorder("="), copy=False)
    return pa.chunked_array([pa.array(native, mask=mask, from_pandas=True)])


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return value.item() if isinstance(value, np.generic) else value
