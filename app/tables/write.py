"""A query's neighbours as a table to take away, with units and where every number comes from."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from astropy import units as u
from astropy.io.votable import from_table
from astropy.io.votable.tree import Info
from astropy.table import MaskedColumn, Table
from astropy.table.meta import get_yaml_from_table
from numpy.typing import NDArray

from app.bundle.catalogue import CORE_COLUMNS, ColumnInfo, make_table
from app.bundle.latent_space import LatentSpace
from app.query.explorer import Answer, Neighbour, SearchOptions
from app.query.lists import EntryResult
from app.web.schemas import NeighbourRecord, QueryResult

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


QUERY_COLUMNS = {
    "query_row": ColumnInfo("List row", description="Line or row of the list, from 1."),
    "query_text": ColumnInfo("Entry", description="As written, where the list is of lines."),
    "query_name": ColumnInfo("List name", "", "meta.id", "As the list or a name service gives it."),
    "query_ra_deg": ColumnInfo("Listed right ascension", "deg", "pos.eq.ra", "ICRS."),
    "query_dec_deg": ColumnInfo("Listed declination", "deg", "pos.eq.dec", "ICRS."),
    "answered_by": ColumnInfo("Answered by", description="bundle | service: the image's origin."),
    "query_source_id": ColumnInfo(
        "Source at the position", description="Of the bundle; empty where the survey was asked."
    ),
    "query_separation_arcsec": ColumnInfo(
        "Separation of that source", "arcsec", "pos.angDistance", "From the listed position."
    ),
    "query_survey": ColumnInfo("Survey of the image", "", "meta.dataset"),
    "query_image_origin": ColumnInfo("Origin of the image", description="observed | model"),
    "query_extent_arcsec": ColumnInfo("Angular extent of the query", "arcsec", "phys.angSize"),
    "novelty_percentile": ColumnInfo(
        "Novelty", "%", description="Share of the catalogue that is more like its neighbours."
    ),
    "query_notes": ColumnInfo("Notes", description="What to beware of in this answer."),
}
_TEXTS = {"query_text", "query_name", "answered_by", "query_source_id", "query_survey"}
_TEXTS |= {"query_image_origin", "query_notes", "duplicate_of"}


class NeighbourTable:
    """Takes in outcomes in any order; the table is in the list's.

    Parameters
    ----------
    space : LatentSpace
    """

    def __init__(self, space: LatentSpace) -> None:
        self._space = space
        self._answers: list[tuple[int, dict[str, object], _Found]] = []

    def add(self, outcome: EntryResult) -> None:
        """Take in an outcome; one without an answer gives no row."""
        if outcome.answer is None:
            return
        found = _Found(outcome.answer.neighbours)
        self._answers.append((outcome.listed.row, self._query(outcome, outcome.answer), found))

    def table(self) -> pa.Table:
        """The table, with label, unit, UCD and description in the metadata of each field."""
        answers = sorted(self._answers, key=lambda answer: answer[0])
        queries, found = [query for _, query, _ in answers], [found for *_, found in answers]
        each = pa.array(np.repeat(np.arange(len(found)), [len(one.rows) for one in found]))
        columns: dict[str, object] = {
            name: _array([query[name] for query in queries], name in _TEXTS).take(each)
            for name in QUERY_COLUMNS
        }
        rows = _joined((one.rows for one in found), np.int64)
        columns |= self._of_neighbours(found, rows)
        catalogue = self._space.catalogue
        own = [name for name in catalogue.table.column_names if name not in CORE_COLUMNS]
        info = QUERY_COLUMNS | RESULT_COLUMNS
        for name in own:
            shown = name if name not in info else f"catalogue_{name}"
            columns[shown] = catalogue.table[name].take(pa.array(rows)).combine_chunks()
            info[shown] = catalogue.info[name]
        return make_table(columns, info)

    def _of_neighbours(
        self, found: Sequence["_Found"], rows: NDArray[np.int64]
    ) -> dict[str, object]:
        similarity = _joined((one.similarity for one in found), np.float64)
        given = {
            "rank": _joined((one.rank for one in found), np.int64),
            "similarity": similarity,
            "dissimilarity": 1 - similarity,
            "percentile": _joined((one.percentile for one in found), np.float64),
            "separation_arcsec": _joined((one.separation_arcsec for one in found), np.float64),
            "duplicate_of": pa.array([d for one in found for d in one.duplicate_of], pa.string()),
        }
        taken = self._space.catalogue.table.take(pa.array(rows))
        return {
            name: given[name] if name in given else _known(taken[name]) for name in RESULT_COLUMNS
        }

    def _query(self, outcome: EntryResult, answer: Answer) -> dict[str, object]:
        listed, subject = outcome.listed, answer.subject
        ids = self._space.catalogue.table["source_id"]
        return {
            "query_row": listed.row,
            "query_text": listed.text,
            "query_name": listed.name,
            "query_ra_deg": listed.ra_deg,
            "query_dec_deg": listed.dec_deg,
            "answered_by": outcome.matched_by,
            "query_source_id": "" if subject.row is None else ids[subject.row].as_py(),
            "query_separation_arcsec": subject.separation_arcsec,
            "query_survey": subject.survey,
            "query_image_origin": subject.image_origin,
            "query_extent_arcsec": subject.angular_extent_arcsec,
            "novelty_percentile": answer.novelty_percentile,
            "query_notes": " ".join([*listed.warnings, *subject.warnings]),
        }


class _Found:
    """The neighbours of one entry, column by column."""

    def __init__(self, neighbours: Sequence[Neighbour]) -> None:
        matches = [neighbour.match for neighbour in neighbours]
        self.rank = np.array([neighbour.rank for neighbour in neighbours], np.int32)
        self.rows = np.array([match.row for match in matches], np.int32)
        self.similarity = np.array([match.similarity for match in matches])
        self.percentile = np.array([match.percentile for match in matches])
        self.separation_arcsec = np.array([each.separation_arcsec for each in neighbours])
        self.duplicate_of = [neighbour.duplicate_of for neighbour in neighbours]


def _joined(parts: Iterable[NDArray], dtype: type) -> NDArray:
    listed = list(parts)
    return np.concatenate(listed).astype(dtype) if listed else np.zeros(0, dtype)


def _array(values: list[object], texts: bool) -> pa.Array:
    if texts:
        return pa.array(values, pa.string())
    if all(isinstance(value, int) for value in values):
        return pa.array(values, pa.int64())
    return pa.array(values, pa.float64(), from_pandas=True)


def _known(column: pa.ChunkedArray) -> pa.Array:
    """One array; absent words are empty, as in the other exports."""
    whole = column.combine_chunks()
    return pc.fill_null(whole, "") if pa.types.is_string(whole.type) else whole


UNMATCHED_COLUMNS = ("row", "entry", "name", "ra_deg", "dec_deg", "reason")


def write_neighbours(table: pa.Table, provenance: Mapping[str, str], fmt: str) -> bytes:
    """The table as a file of one of the formats below, with the same comments and units.

    All but VOTable are written column by column, in seconds for a million rows; VOTable, which
    astropy writes, takes half a minute for 100,000.
    """
    if fmt == "csv":
        return _list_csv(table, provenance)
    if fmt == "parquet":
        return _list_parquet(table, provenance)
    if fmt == "ecsv":
        return _list_ecsv(table, provenance)
    return write_table_as(as_astropy(table, provenance), fmt)


def as_astropy(table: pa.Table, provenance: Mapping[str, str]) -> Table:
    """The table with units, descriptions, and the provenance in ``meta``."""
    astropy_table = Table(meta=dict(provenance))
    for field in table.schema:
        astropy_table[field.name] = _list_column(table[field.name], field)
    return astropy_table


def write_unmatched(outcomes: Sequence[EntryResult]) -> bytes:
    """The entries without an answer and their reasons, as CSV in the order of the list."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(UNMATCHED_COLUMNS)
    for outcome in sorted(outcomes, key=lambda each: each.listed.row):
        listed = outcome.listed
        place = ["" if np.isnan(value) else value for value in (listed.ra_deg, listed.dec_deg)]
        writer.writerow([listed.row, listed.text, listed.name, *place, outcome.reason])
    return text.getvalue().encode()


def _list_csv(table: pa.Table, provenance: Mapping[str, str]) -> bytes:
    lines = [f"{key}: {value}" for key, value in provenance.items()]
    for field in table.schema:
        about = _about(field)
        lines.append(f"column {field.name} [{about['unit'] or 'no unit'}]: {_described(about)}")
    comments = "".join(f"# {' '.join(line.split())}\n" for line in lines)
    return comments.encode() + _rows(table, header=True)


def _list_ecsv(table: pa.Table, provenance: Mapping[str, str]) -> bytes:
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


def _list_parquet(table: pa.Table, provenance: Mapping[str, str]) -> bytes:
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


def _list_column(values: pa.ChunkedArray, field: pa.Field) -> MaskedColumn:
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
