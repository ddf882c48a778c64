"""A query's neighbours as a table to take away, with units and where every number comes from."""

import io
from datetime import UTC, datetime
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy import units as u
from astropy.io.votable import from_table
from astropy.io.votable.tree import Info
from astropy.table import MaskedColumn, Table
from astropy.table.meta import get_yaml_from_table

from app.catalogue import CORE_COLUMNS, ColumnInfo
from app.explorer import SearchOptions
from app.latent_space import LatentSpace
from app.schemas import NeighbourRecord, QueryResult

Format = Literal["json", "csv", "ecsv", "votable", "parquet"]
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "ecsv": "text/x-ecsv; charset=utf-8",
    "votable": "application/x-votable+xml",
    "parquet": "application/vnd.apache.parquet",
}
EXTENSIONS = {"csv": "csv", "ecsv": "ecsv", "votable": "vot", "parquet": "parquet"}

RESULT_COLUMNS = {
    "rank": ColumnInfo("Rank", description="1 is the most similar."),
    "source_id": CORE_COLUMNS["source_id"],
    "name": CORE_COLUMNS["name"],
    "ra_deg": CORE_COLUMNS["ra_deg"],
    "dec_deg": CORE_COLUMNS["dec_deg"],
    "similarity": ColumnInfo(
        "S", description="Cosine similarity of the representations, eq. 3; not a probability."
    ),
    "dissimilarity": ColumnInfo("1 - S"),
    "percentile": ColumnInfo(
        "Percentile", "%", description="Share of the catalogue with a lower S to this query."
    ),
    "angular_extent_arcsec": CORE_COLUMNS["angular_extent_arcsec"],
    "extent_origin": CORE_COLUMNS["extent_origin"],
    "extent_flag": CORE_COLUMNS["extent_flag"],
    "image_origin": CORE_COLUMNS["image_origin"],
    "separation_arcsec": ColumnInfo(
        "Separation", "arcsec", "pos.angDistance", "Great-circle distance from the query."
    ),
    "duplicate_of": ColumnInfo(
        "Near-duplicate of", description="Better-ranked entry at the same sky position."
    ),
}


def result_table(space: LatentSpace, result: QueryResult, options: SearchOptions) -> Table:
    """The neighbours with the catalogue's own columns, units, and provenance in ``meta``."""
    own = [name for name in space.catalogue.table.column_names if name not in CORE_COLUMNS]
    info = RESULT_COLUMNS | {name: space.catalogue.info[name] for name in own}
    table = Table(meta=_provenance(space, result, options))
    for name, about in info.items():
        values = [_value(neighbour, name) for neighbour in result.neighbours]
        table[name] = _column(values, about, _type(space, name))
    return table


def write_table_as(table: Table, fmt: str) -> bytes:
    """The table as the bytes of a file.

    Parameters
    ----------
    fmt : {"csv", "ecsv", "votable", "parquet"}
        CSV carries units and provenance in comment lines that begin with #, VOTable provenance in
        INFO elements, Parquet both in the metadata of fields and file (astropy's among them).
    """
    return _WRITERS[fmt](table)


def bundle_provenance(space: LatentSpace, options: SearchOptions) -> dict[str, str]:
    """What every table of neighbours says of the bundle, the encoder and how it was searched."""
    manifest = space.manifest
    return {
        "encoder": f"{manifest.encoder.name} (sha256 {manifest.encoder.sha256})",
        "catalogue": f"{manifest.source.name}, doi:{manifest.source.doi}, {manifest.n} sources",
        "bundle": space.version,
        "preprocessing": f"{manifest.preprocessing}; input kind {manifest.input_kind}",
        "extent_algorithm": manifest.extent_algorithm,
        "k": str(options.k),
        "near_duplicates": f"within {options.duplicates_arcsec:g} arcsec, "
        + ("hidden" if options.hide_duplicates else "marked"),
        "written_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "method": "Slijepcevic et al. 2024, eq. 3",
        "terms": manifest.source.terms,
    }


def file_name(result: QueryResult, fmt: str) -> str:
    """A file name that tells the query, such as neighbours_206.42212+23.38193.csv."""
    query = result.query
    if query.ra_deg is None or query.dec_deg is None:
        return f"neighbours_of_an_image.{EXTENSIONS[fmt]}"
    return f"neighbours_{query.ra_deg:.5f}{query.dec_deg:+.5f}.{EXTENSIONS[fmt]}"


def _csv(table: Table) -> bytes:
    lines = [f"{key}: {value}" for key, value in table.meta.items()]
    for name in table.colnames:
        unit, about = table[name].unit, table[name].description
        lines.append(f"column {name} [{unit or 'no unit'}]: {about}")
    comments = "".join(f"# {' '.join(line.split())}\n" for line in lines)
    body = io.StringIO()
    table.write(body, format="ascii.csv")
    return (comments + body.getvalue()).encode()


def _ecsv(table: Table) -> bytes:
    text = io.StringIO()
    table.write(text, format="ascii.ecsv", delimiter=",")
    return text.getvalue().encode()


def _votable(table: Table) -> bytes:
    units_known = table.copy()
    for column in units_known.columns.values():
        if column.unit == u.percent:  # VOTable 1.4 has no unit for it
            column.unit, column.description = None, f"{column.description} Per cent."
    document = from_table(units_known)
    infos = (Info(name=key, value=value) for key, value in table.meta.items())
    document.resources[0].infos.extend(infos)
    buffer = io.BytesIO()
    document.to_xml(buffer)
    return buffer.getvalue()


def _parquet(table: Table) -> bytes:
    """Write unknown numbers as null and unknown words as empty, as in the other formats."""
    about = {"table_meta_yaml": "\n".join(get_yaml_from_table(table))}  # where astropy looks
    fields, arrays = [], []
    for name, column in table.columns.items():
        words = column.dtype.kind == "U"
        if words:
            about[f"table::len::{name}"] = str(column.dtype.itemsize // 4)
        array = (
            pa.array(column.filled("")) if words else pa.array(column.data.data, mask=column.mask)
        )
        arrays.append(array)
        fields.append(pa.field(name, array.type, metadata=_field_metadata(column)))
    buffer = io.BytesIO()
    schema = pa.schema(fields, metadata={**table.meta, **about})
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), buffer, compression="zstd")
    return buffer.getvalue()


_WRITERS = {"csv": _csv, "ecsv": _ecsv, "votable": _votable, "parquet": _parquet}


def _field_metadata(column: MaskedColumn) -> dict[str, str]:
    unit = "" if column.unit is None else str(column.unit)
    return {"unit": unit, "ucd": column.meta.get("ucd", ""), "description": column.description}


def _provenance(space: LatentSpace, result: QueryResult, options: SearchOptions) -> dict[str, str]:
    query = result.query
    placed = {"query_ra_deg": query.ra_deg, "query_dec_deg": query.dec_deg}
    return {
        "query": query.source_id or query.position or query.name or "an image without a position",
        **({"query_understood": query.understood} if query.understood else {}),
        **{name: f"{value:.6f}" for name, value in placed.items() if value is not None},
        "query_image": f"{query.image_origin}, {query.survey}, from the {query.service}",
        **bundle_provenance(space, options),
    }


def _value(neighbour: NeighbourRecord, name: str) -> object:
    return getattr(neighbour, name) if name in RESULT_COLUMNS else neighbour.columns[name]


def _type(space: LatentSpace, name: str) -> type:
    """float, int, bool or str: of the column, whatever this query's values are."""
    if name in RESULT_COLUMNS:
        annotation = NeighbourRecord.model_fields[name].annotation
        kind: type = (get_args(annotation) or (annotation,))[0]
        return kind
    stored = space.catalogue.table.schema.field(name).type
    if pa.types.is_floating(stored):
        return float
    if pa.types.is_integer(stored):
        return int
    return bool if pa.types.is_boolean(stored) else str


def _column(values: list, about: ColumnInfo, kind: type) -> MaskedColumn:
    mask = [value is None for value in values]
    missing = np.nan if kind is float else kind()
    filled = [missing if value is None else kind(value) for value in values]
    column = MaskedColumn(
        np.array(filled, dtype=kind), mask=mask, description=about.label + _more(about)
    )
    if about.unit:
        column.unit = u.Unit(about.unit, parse_strict="silent")
    if about.ucd:
        column.meta["ucd"] = about.ucd
    return column


def _more(about: ColumnInfo) -> str:
    return f". {about.description}" if about.description else ""
