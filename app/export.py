"""A query's neighbours as a table to take away, with units and where every number comes from."""

import io
from datetime import UTC, datetime
from typing import Literal

from astropy import units as u
from astropy.table import MaskedColumn, Table

from app.catalogue import CORE_COLUMNS, ColumnInfo
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


def result_table(space: LatentSpace, result: QueryResult) -> Table:
    """The neighbours with the catalogue's own columns, units, and provenance in ``meta``."""
    own = [name for name in space.catalogue.table.column_names if name not in CORE_COLUMNS]
    info = RESULT_COLUMNS | {name: space.catalogue.info[name] for name in own}
    table = Table(meta=_provenance(space, result))
    for name, about in info.items():
        values = [_value(neighbour, name) for neighbour in result.neighbours]
        table[name] = _column(values, about)
    return table


def write_table_as(table: Table, fmt: str) -> bytes:
    """The table as the bytes of a file.

    Parameters
    ----------
    fmt : {"csv", "ecsv", "votable", "parquet"}
        CSV carries units and provenance in comment lines that begin with #.
    """
    if fmt == "csv":
        return _csv(table).encode()
    if fmt == "ecsv":
        text = io.StringIO()
        table.write(text, format="ascii.ecsv", delimiter=",")
        return text.getvalue().encode()
    buffer = io.BytesIO()
    table.write(buffer, format=fmt)
    return buffer.getvalue()


def file_name(result: QueryResult, fmt: str) -> str:
    """A file name that tells the query, such as neighbours_206.42212+23.38193.csv."""
    query = result.query
    return f"neighbours_{query.ra_deg:.5f}{query.dec_deg:+.5f}.{EXTENSIONS[fmt]}"


def _csv(table: Table) -> str:
    lines = [f"# {key}: {value}" for key, value in table.meta.items()]
    for name in table.colnames:
        unit, about = table[name].unit, table[name].description
        lines.append(f"# column {name} [{unit or 'no unit'}]: {about}".rstrip(": "))
    body = io.StringIO()
    table.write(body, format="ascii.csv")
    return "\n".join(lines) + "\n" + body.getvalue()


def _provenance(space: LatentSpace, result: QueryResult) -> dict[str, str]:
    query, manifest = result.query, space.manifest
    return {
        "query": query.source_id or query.position,
        "query_ra_deg": f"{query.ra_deg:.6f}",
        "query_dec_deg": f"{query.dec_deg:.6f}",
        "query_image": f"{query.image_origin}, {query.survey}, from the {query.service}",
        "encoder": f"{manifest.encoder.name} (sha256 {manifest.encoder.sha256})",
        "catalogue": f"{manifest.source.name}, doi:{manifest.source.doi}, {manifest.n} sources",
        "bundle": space.version,
        "written_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "method": "Slijepcevic et al. 2024, eq. 3",
        "terms": manifest.source.terms,
    }


def _value(neighbour: NeighbourRecord, name: str) -> object:
    return getattr(neighbour, name) if name in RESULT_COLUMNS else neighbour.columns[name]


def _column(values: list, about: ColumnInfo) -> MaskedColumn:
    mask = [value is None for value in values]
    known = next((value for value in values if value is not None), "")
    filler = "" if isinstance(known, str) else type(known)(0)
    filled = [filler if value is None else value for value in values]
    column = MaskedColumn(filled, mask=mask, description=about.label + _more(about))
    if about.unit:
        column.unit = u.Unit(about.unit)
    if about.ucd:
        column.meta["ucd"] = about.ucd
    return column


def _more(about: ColumnInfo) -> str:
    return f". {about.description}" if about.description else ""
