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

from app.bundle.catalogue import CORE_COLUMNS, ColumnInfo
from app.bundle.files import SourceRecord, file_digest
from app.tables.files import RawColumn, RawTable, plain_name, read_table_file
from app.tables.lists import ListOptions, Reject, SourceList, UnreadableCatalogue
from app.tables.positions import (
    PositionColumns,
    RowPositions,
    find_column,
    find_names,
    find_position_columns,
    read_positions,
)
from app.tables.published import TableFacts, published_table

_ARCSEC = {"arcsec": 1.0, '"': 1.0, "arcmin": 60.0, "'": 60.0, "deg": 3600.0, "mas": 1e-3}


def read_table_list(spec: str, options: ListOptions) -> SourceList:
    """Read any table file; a published one is recognised by its columns.

    Parameters
    ----------
    spec : str
        Path of the file.
    options : ListOptions
        The user's word on its columns, units and frame.

    Raises
    ------
    UnreadableCatalogue
    """
    path = Path(spec)
    return list_of_table(read_table_file(path), path, options, file_digest(path))


def list_of_table(table: RawTable, path: Path, options: ListOptions, digest: str) -> SourceList:
    """Make a list of a table that was read.

    Parameters
    ----------
    table : RawTable
    path : Path
        The file it is from, for sentences.
    options : ListOptions
        They overrule what is known of a published table.
    digest : str
        SHA-256 of the file, which with the options is its version.

    Raises
    ------
    UnreadableCatalogue
        If positions, a named column or a usable row is missing.
    """
    known = published_table(table)
    presets = known.presets if known else _presets_of(path)
    dropped = known.dropped(table) if known else {}
    chosen = _merged(presets.options, options)
    columns = find_position_columns(table, chosen)
    if known and not any(options.values()):
        columns = replace(columns, how="as published")
    positions = read_positions(columns, table.frame, chosen)
    names = find_names(table, chosen)
    reasons = {**dropped, **positions.reasons}
    kept = [i for i in range(len(table.rows)) if i not in reasons]
    ids, id_notes = _source_ids(table, chosen, presets.prefix)
    extents, extent_column = _extents(table, chosen, presets.extent_unit)
    own = _own_columns(table, [*_exact(columns, table), names, extent_column], presets)
    rejects = _rejects(table, positions, names, ids, reasons, presets.prefix)
    if not kept:
        raise UnreadableCatalogue(_nothing_usable(path, rejects))
    listed = len(kept) + len(rejects)
    index = np.array(kept, np.int64)
    return SourceList(
        record=presets.record.model_copy(
            update={
                "version": presets.record.version or _version(digest, chosen),
                "n_listed": listed,
                "n_rejected": len(rejects),
            }
        ),
        source_ids=[ids[i] for i in kept],
        names=[_text(names.values[i]) if names else "" for i in kept],
        ra_deg=positions.ra_deg[index],
        dec_deg=positions.dec_deg[index],
        rows=np.array([table.rows[i] for i in kept], np.int64),
        extents_arcsec=extents[index] if extents is not None else None,
        own={key: [column.values[i] for i in kept] for key, (column, _) in own.items()},
        own_columns={key: info for key, (_, info) in own.items()},
        rejects=rejects,
        notes=[
            *([f"Recognised by its columns: {presets.record.name}."] if known else []),
            *table.notes,
            *positions.notes,
            *_said(names, extent_column, kept),
            *id_notes,
        ],
    )


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


def _version(file_sha256: str, options: ListOptions) -> str:
    """A digest of the file and of how it is read: with either, the list could change."""
    how = "".join(f"{key}={value};" for key, value in sorted(options.items()))
    digest = hashlib.sha256(f"{file_sha256};{how}".encode()).hexdigest()
    return f"sha256 {digest[:16]}"


def _source_ids(table: RawTable, options: ListOptions, prefix: str) -> tuple[list[str], list[str]]:
    """Unique ids: of the id column where one is named, of the row's number else."""
    given = options.get("id_column")
    if not given:
        return [f"{prefix}-{row}" for row in table.rows], []
    column = find_column(table, given, "--id-column")
    parts = [slug(_text(value)) for value in column.values]
    repeated = {part for part, count in Counter(parts).items() if count > 1}
    ids = [
        f"{prefix}-{part}" if part and part not in repeated else f"{prefix}-{part or 'row'}-{row}"
        for part, row in zip(parts, table.rows, strict=True)
    ]
    if len(set(ids)) != len(ids):
        return [f"{prefix}-{row}" for row in table.rows], [
            f"The values of {column.name} give no unique ids; row numbers do."
        ]
    odd = sum(part in repeated or not part for part in parts)
    notes = [f"{odd:,} ids that repeat or are empty in {column.name} carry the row's number."]
    return ids, notes if odd else []


def _extents(
    table: RawTable, options: ListOptions, known_unit: str
) -> tuple[np.ndarray | None, RawColumn | None]:
    """Angular extents (arcsec) of all rows, where a column is said to give them."""
    given = options.get("extent_column")
    if not given:
        return None, None
    column = find_column(table, given, "--extent-column")
    unit = (column.unit or known_unit).strip().lower()
    if unit not in _ARCSEC:
        raise UnreadableCatalogue(
            f"The column '{column.name}' has "
            + (f"the unit '{column.unit}'" if unit else "no unit")
            + "; an angular extent needs arcsec, arcmin or deg (Parquet, ECSV, VOTable and FITS "
            "can carry units)."
        )
    values = [v if isinstance(v, int | float) else np.nan for v in column.values]
    extents = np.array(values, np.float64) * _ARCSEC[unit]
    return np.where(extents > 0, extents, np.nan), column


def _own_columns(
    table: RawTable, elsewhere: list[RawColumn | None], presets: TableFacts
) -> dict[str, tuple[RawColumn, ColumnInfo]]:
    """The list's own columns under safe names; those kept elsewhere are left out."""
    about = {plain_name(name): info for name, info in presets.about.items()}
    own: dict[str, tuple[RawColumn, ColumnInfo]] = {}
    for column in table.columns:
        if any(column is other for other in elsewhere) or _is_empty(column):
            continue
        key = safe_name(column.name)
        while key in CORE_COLUMNS or key in own:
            key = f"list_{key}"
        known = about.get(plain_name(column.name)) or ColumnInfo(column.name)
        info = ColumnInfo(
            known.label,
            column.unit or known.unit,
            column.ucd or known.ucd,
            column.description or known.description,
        )
        own[key] = (_of_one_type(column), info)
    return own


def _exact(columns: PositionColumns, table: RawTable) -> list[RawColumn]:
    """The position columns that the core columns keep as they are: ICRS numbers in degrees."""
    if (columns.frame or table.frame or "icrs") != "icrs":
        return []
    pair = [column for column in (columns.ra, columns.dec) if column]
    return [c for c in pair if c.unit.strip().lower() in ("", "deg") and not c.is_text]


def _is_empty(column: RawColumn) -> bool:
    return all(value is None for value in column.values)


def _of_one_type(column: RawColumn) -> RawColumn:
    """Numbers stay numbers; a column with any text is texts."""
    if not column.is_text:
        return column
    values = [None if value is None else _text(value) for value in column.values]
    return RawColumn(column.name, values, column.unit, column.ucd, column.description)


def _rejects(
    table: RawTable,
    positions: RowPositions,
    names: RawColumn | None,
    ids: list[str],
    reasons: Mapping[int, str],
    prefix: str,
) -> list[Reject]:
    found = [
        Reject(
            table.rows[i],
            ids[i],
            _text(names.values[i]) if names else "",
            reason,
            float(positions.ra_deg[i]),
            float(positions.dec_deg[i]),
        )
        for i, reason in reasons.items()
    ]
    found += [Reject(row, f"{prefix}-row-{row}", "", why) for row, why in table.broken.items()]
    return sorted(found, key=lambda reject: reject.row)


def _said(names: RawColumn | None, extents: RawColumn | None, kept: list[int]) -> list[str]:
    said = [f"Names: {names.name}." if names else "Names: none."]
    if names:
        known = [names.values[i] for i in kept if names.values[i] is not None]
        if repeats := len(known) - len(set(known)):
            said.append(f"{repeats:,} rows repeat the name of an earlier one; all are kept.")
    return said + ([f"Angular extents: {extents.name}."] if extents else [])


def _nothing_usable(path: Path, rejects: list[Reject]) -> str:
    first = rejects[0]
    return (
        f"None of the {len(rejects):,} rows of '{path}' can be used; row {first.row}: "
        f"{first.reason}."
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)
