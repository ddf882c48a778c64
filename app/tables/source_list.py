"""A table file as a list of sources: positions, names, ids and its own columns.

It never invents a name, and no row leaves without a reason.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.bundle.catalogue import CORE_COLUMNS, ColumnInfo, info_field
from app.bundle.files import SourceRecord
from app.tables.frames import degrees_in
from app.tables.lists import ListOptions, Reject, SourceList, UnreadableCatalogue
from app.tables.position_columns import (
    PositionColumns,
    find_column,
    find_names,
    find_position_columns,
)
from app.tables.positions import RowPositions, read_positions
from app.tables.published import TableFacts, published_table
from app.tables.table import Column, FileTable, plain_name


def list_of_table(
    table: FileTable, name: str, options: ListOptions, digest: str = ""
) -> SourceList:
    """Make a list of a table that was read; a published one is recognised by its columns.

    Parameters
    ----------
    table : FileTable
    name : str
        Path or name of the file it is from.
    options : ListOptions
        They overrule what is known of a published table.
    digest : str
        Of the file.

    Raises
    ------
    UnreadableCatalogue
        If positions, a named column or a usable row is missing.
    """
    known = published_table(table)
    presets = known.presets if known else _presets_of(Path(name))
    dropped = known.dropped(table) if known else {}
    chosen = _merged(presets.options, options)
    columns = find_position_columns(table, chosen)
    if known and not any(options.values()):
        columns = replace(columns, how="as published")
    positions = read_positions(table, columns, chosen)
    names = find_names(table, chosen)
    reasons = {**dropped, **positions.reasons}
    ids, id_notes = _source_ids(table, chosen, presets.prefix)
    extents, extent_column = _extents(table, chosen, presets.extent_unit)
    rejects = _rejects(table, positions, names, ids, reasons, presets.prefix)
    good = np.ones(len(table.rows), bool)
    good[list(reasons)] = False
    index = np.flatnonzero(good)
    if not len(index):
        raise UnreadableCatalogue(_nothing_usable(name, rejects))
    texts = names.texts() if names else [""] * len(good)
    kept_names = [texts[i] for i in index]
    elsewhere = [*_exact(columns, positions, table), names, extent_column]
    return SourceList(
        record=presets.record.model_copy(
            update={
                "version": presets.record.version or _version(digest, chosen),
                "n_listed": len(index) + len(rejects),
                "n_rejected": len(rejects),
            }
        ),
        source_ids=[ids[i] for i in index],
        names=kept_names,
        ra_deg=positions.ra_deg[index],
        dec_deg=positions.dec_deg[index],
        rows=table.rows[index],
        extents_arcsec=extents[index] if extents is not None else None,
        own=_own_columns(table, elsewhere, presets).take(pa.array(index)),
        rejects=rejects,
        notes=[
            *([f"Recognised by its columns: {presets.record.name}."] if known else []),
            *table.notes,
            *positions.notes,
            *_said(names, kept_names, extent_column),
            *id_notes,
        ],
    )


def list_without_positions(
    table: FileTable, name: str, options: ListOptions, digest: str = ""
) -> SourceList:
    """Make a list of a table that has no positions: they come with the images, and are NaN here.

    Parameters and errors as of `list_of_table`.
    """
    presets = _presets_of(Path(name))
    names = find_names(table, options)
    ids, id_notes = _source_ids(table, options, presets.prefix)
    extents, extent_column = _extents(table, options, presets.extent_unit)
    broken = [
        Reject(row, f"{presets.prefix}-row-{row}", "", why) for row, why in table.broken.items()
    ]
    texts = names.texts() if names else [""] * len(ids)
    nowhere = np.full(len(ids), np.nan)
    return SourceList(
        record=presets.record.model_copy(
            update={
                "version": _version(digest, options),
                "n_listed": len(ids) + len(broken),
                "n_rejected": len(broken),
            }
        ),
        source_ids=ids,
        names=texts,
        ra_deg=nowhere,
        dec_deg=nowhere,
        rows=table.rows,
        extents_arcsec=extents,
        own=_own_columns(table, [names, extent_column], presets),
        rejects=broken,
        notes=[
            *table.notes,
            "The table has no positions; those of the files' headers are taken.",
            *_said(names, texts, extent_column),
            *id_notes,
        ],
    )


def options_of(table: FileTable, told: ListOptions) -> ListOptions:
    """The user's word on the columns, and beneath it what is known of a published table."""
    known = published_table(table)
    return _merged(known.presets.options, told) if known else told


def safe_name(name: str) -> str:
    """A column's name fit for a URL, an attribute and a FITS or VOTable field."""
    return re.sub(r"[^A-Za-z0-9_.+-]+", "_", name.strip().lstrip("#")).strip("_") or "column"


def slug(text: str) -> str:
    """A text fit for a URL: letters, digits and . _ + -, anything else a hyphen."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", text.strip().lstrip("#")).strip("-.")


def _presets_of(path: Path) -> TableFacts:
    record = SourceRecord(
        name=path.name,
        description=f"the list '{path.name}'",
        version="",
        doi="",
        url="",
        citation="",
        terms="",
        n_listed=0,
        n_rejected=0,
    )
    stem = slug(path.name.partition(".")[0]).lower()
    return TableFacts(stem or "list", record)


def _merged(known: ListOptions, told: ListOptions) -> ListOptions:
    merged: dict[str, Any] = {**known}
    given = {key: value for key, value in told.items() if value}
    if {"ra_column", "dec_column"} & given.keys():
        merged.pop("position_column", None)
    if "position_column" in given:
        merged.pop("ra_column", None)
        merged.pop("dec_column", None)
    return ListOptions(**{**merged, **given})  # type: ignore[typeddict-item]


def _version(digest: str, options: ListOptions) -> str:
    """A digest of the file and of how it is read: with either, the list could change."""
    how = "".join(f"{key}={value};" for key, value in sorted(options.items()))
    return f"sha256 {hashlib.sha256(f'{digest};{how}'.encode()).hexdigest()[:16]}"


def _source_ids(table: FileTable, options: ListOptions, prefix: str) -> tuple[list[str], list[str]]:
    """Unique ids: of the id column where one is named, of the row's number else."""
    by_row = [f"{prefix}-{row}" for row in table.rows.tolist()]
    given = options.get("id_column")
    if not given:
        return by_row, []
    column = find_column(table, given, "id_column")
    parts = [slug(text) for text in column.texts()]
    repeated = {part for part, count in Counter(parts).items() if count > 1}
    ids = [
        f"{prefix}-{part}" if part and part not in repeated else f"{prefix}-{part or 'row'}-{row}"
        for part, row in zip(parts, table.rows.tolist(), strict=True)
    ]
    if len(set(ids)) != len(ids):
        return by_row, [f"The values of {column.name} give no unique ids; row numbers do."]
    odd = sum(part in repeated or not part for part in parts)
    notes = [f"{odd:,} ids that repeat or are empty in {column.name} carry the row's number."]
    return ids, notes if odd else []


def _extents(
    table: FileTable, options: ListOptions, known_unit: str
) -> tuple[NDArray[np.float64] | None, Column | None]:
    """Angular extents (arcsec) of all rows, where a column is said to give them."""
    given = options.get("extent_column")
    if not given:
        return None, None
    column = find_column(table, given, "extent_column")
    unit = column.unit or known_unit
    scale = degrees_in(unit) if unit else None
    if scale is None:
        raise UnreadableCatalogue(
            f"The column '{column.name}' has "
            + (f"the unit '{unit}'" if unit else "no unit")
            + "; an angular extent needs arcsec, arcmin or deg (Parquet, ECSV, VOTable and FITS "
            "can carry units)."
        )
    nothing = np.full(len(table.rows), np.nan)
    extents = (nothing if column.is_text else column.numbers()) * (scale * 3600)
    return np.where(extents > 0, extents, np.nan), column


def _own_columns(table: FileTable, elsewhere: list[Column | None], presets: TableFacts) -> pa.Table:
    """The list's own columns under safe names; those kept elsewhere are left out."""
    about = {plain_name(name): info for name, info in presets.about.items()}
    gone = {column.name for column in elsewhere if column}
    own: dict[str, pa.ChunkedArray] = {}
    fields: list[pa.Field] = []
    for column in table.columns:
        if column.name in gone or column.values.null_count == len(column.values):
            continue
        key = safe_name(column.name)
        while key in CORE_COLUMNS or key in own:
            key = f"list_{key}"
        known = about.get(plain_name(column.name)) or ColumnInfo(column.name)
        own[key] = column.values
        info = ColumnInfo(
            known.label,
            column.unit or known.unit,
            column.ucd or known.ucd,
            column.description or known.description,
        )
        fields.append(info_field(key, column.values.type, info))
    return pa.Table.from_arrays(list(own.values()), schema=pa.schema(fields))


def _exact(columns: PositionColumns, positions: RowPositions, table: FileTable) -> list[Column]:
    """The position columns that the core columns keep as they are: ICRS numbers in degrees."""
    if positions.frame != "icrs" or not columns.ra:
        return []
    pair = (table.column(columns.ra), table.column(columns.dec))
    return [c for c in pair if degrees_in(c.unit or "deg") == 1.0 and not c.is_text]


def _rejects(
    table: FileTable,
    positions: RowPositions,
    names: Column | None,
    ids: list[str],
    reasons: Mapping[int, str],
    prefix: str,
) -> list[Reject]:
    found = [
        Reject(
            int(table.rows[i]),
            ids[i],
            _text(names.values[i].as_py()) if names else "",
            reason,
            float(positions.ra_deg[i]),
            float(positions.dec_deg[i]),
        )
        for i, reason in reasons.items()
    ]
    found += [Reject(row, f"{prefix}-row-{row}", "", why) for row, why in table.broken.items()]
    return sorted(found, key=lambda reject: reject.row)


def _said(names: Column | None, kept: list[str], extents: Column | None) -> list[str]:
    said = [f"Names: {names.name}." if names else "Names: none."]
    known = [name for name in kept if name]
    if repeats := len(known) - len(set(known)):
        said.append(f"{repeats:,} rows repeat the name of an earlier one; all are kept.")
    return said + ([f"Angular extents: {extents.name}."] if extents else [])


def _nothing_usable(name: str, rejects: list[Reject]) -> str:
    first = rejects[0]
    return (
        f"None of the {len(rejects):,} rows of '{name}' can be used; row {first.row}: "
        f"{first.reason}."
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)
