"""Neighbours as one table, of a query or of a whole list, and where every number comes from.

It holds numbers column by column, so that 100,000 answers fit in memory, and it never searches.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from astropy.coordinates import angular_separation
from numpy.typing import NDArray

from app.bundle.catalogue import CORE_COLUMNS, ColumnInfo, make_table
from app.bundle.latent_space import LatentSpace
from app.query.examples import ExamplesAnswer
from app.query.explorer import Answer
from app.query.lists import EntryResult
from app.query.ranking import Neighbour, SearchOptions
from app.tables.write import write_plain_csv

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
        "Separation",
        "arcsec",
        "pos.angDistance",
        "Great circle from query_ra_deg, query_dec_deg to ra_deg, dec_deg of this row.",
    ),
    "duplicate_of": ColumnInfo(
        "Near-duplicate of", description="Better-ranked entry at the same sky position."
    ),
}
QUERY_POSITION = {
    "query_ra_deg": ColumnInfo("Right ascension of the query", "deg", "pos.eq.ra", "ICRS."),
    "query_dec_deg": ColumnInfo("Declination of the query", "deg", "pos.eq.dec", "ICRS."),
}


EXAMPLE_COLUMNS = {
    "score": ColumnInfo(
        "Score", description="Weighted mean S to the wanted minus that to the unwanted examples."
    ),
    "similar_to": ColumnInfo("Similar to", description="The wanted example with the largest S."),
}
QUERY_COLUMNS = {
    "query_row": ColumnInfo("List row", description="Line or row of the list, from 1."),
    "query_text": ColumnInfo("Entry", description="As written, where the list is of lines."),
    "query_name": ColumnInfo("List name", "", "meta.id", "As the list or a name service gives it."),
    **QUERY_POSITION,
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
_TEXTS |= {"query_image_origin", "query_notes"}
UNMATCHED_COLUMNS = ("row", "entry", "name", "ra_deg", "dec_deg", "reason")


def neighbour_table(space: LatentSpace, answer: Answer | ExamplesAnswer) -> pa.Table:
    """The neighbours of one query, with the catalogue's own columns behind ours.

    Each field has label, unit, UCD and description in its metadata. Separations are those between
    the two positions that stand in the row; null where the query has no position.
    """
    found = _Found(answer.neighbours)
    position = answer.subject.position if isinstance(answer, Answer) else None
    place = (np.nan, np.nan) if position is None else (position.icrs.ra.deg, position.icrs.dec.deg)
    query = {
        name: np.full(len(found.rows), degrees)
        for name, degrees in zip(QUERY_POSITION, place, strict=True)
    }
    columns = _of_neighbours(space, [found], query) | query
    info = RESULT_COLUMNS | QUERY_POSITION
    if any(neighbour.score is not None for neighbour in answer.neighbours):
        columns["score"] = [neighbour.score for neighbour in answer.neighbours]
        columns["similar_to"] = [neighbour.similar_to for neighbour in answer.neighbours]
        info |= EXAMPLE_COLUMNS
    _add_own_columns(space, found.rows, columns, info)
    return make_table(columns, info)


class NeighbourTable:
    """The neighbours of a list's entries: takes in results in any order, gives the list's.

    Parameters
    ----------
    space : LatentSpace
    """

    def __init__(self, space: LatentSpace) -> None:
        self._space = space
        self._answers: list[tuple[int, dict[str, object], _Found]] = []

    def add(self, outcome: EntryResult) -> None:
        """Take in a result; one without an answer gives no row."""
        if outcome.answer is None:
            return
        found = _Found(outcome.answer.neighbours)
        self._answers.append((outcome.listed.row, self._query(outcome, outcome.answer), found))

    def table(self) -> pa.Table:
        """One row for every neighbour of every answered entry, fields as of `neighbour_table`.

        Separations are those between the two positions that stand in the row.
        """
        answers = sorted(self._answers, key=lambda answer: answer[0])
        queries, found = [query for _, query, _ in answers], [found for *_, found in answers]
        each = pa.array(np.repeat(np.arange(len(found)), [len(one.rows) for one in found]))
        columns: dict[str, object] = {
            name: _array([query[name] for query in queries], name in _TEXTS).take(each)
            for name in QUERY_COLUMNS
        }
        info = QUERY_COLUMNS | RESULT_COLUMNS
        columns |= _of_neighbours(self._space, found, columns)
        rows = _joined((one.rows for one in found), np.int64)
        _add_own_columns(self._space, rows, columns, info)
        return make_table(columns, info)

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


def bundle_provenance(space: LatentSpace, options: SearchOptions | None = None) -> dict[str, str]:
    """What every table says of the bundle and the encoder, and one of neighbours of the search."""
    manifest = space.manifest
    return {
        "encoder": f"{manifest.encoder.name} (sha256 {manifest.encoder.sha256})",
        "catalogue": f"{manifest.source.name}, doi:{manifest.source.doi}, {manifest.n} sources",
        "bundle": space.version,
        "preprocessing": f"{manifest.preprocessing}; input kind {manifest.input_kind}",
        "extent_algorithm": manifest.extent_algorithm,
        **({} if options is None else _search_provenance(options)),
        "written_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "method": "Slijepcevic et al. 2024, eq. 3",
        "terms": manifest.source.terms,
    }


def _search_provenance(options: SearchOptions) -> dict[str, str]:
    hidden = options.conditions.quarantine
    return {
        "k": str(options.k),
        **({"from_rank": str(options.from_rank)} if options.from_rank > 1 else {}),
        "quarantined": f"{hidden.count} sources left out" if hidden else "none left out",
        "near_duplicates": f"within {options.duplicates_arcsec:g} arcsec, "
        + ("hidden" if options.hide_duplicates else "marked"),
    }


def write_unmatched(outcomes: Sequence[EntryResult]) -> bytes:
    """The entries without an answer and their reasons, as CSV in the order of the list."""
    return write_plain_csv(
        UNMATCHED_COLUMNS,
        (
            (listed.row, listed.text, listed.name, listed.ra_deg, listed.dec_deg, each.reason)
            for each in sorted(outcomes, key=lambda each: each.listed.row)
            for listed in (each.listed,)
        ),
    )


class _Found:
    """The neighbours of one entry, column by column."""

    def __init__(self, neighbours: Sequence[Neighbour]) -> None:
        matches = [neighbour.match for neighbour in neighbours]
        self.rank = np.array([neighbour.rank for neighbour in neighbours], np.int32)
        self.rows = np.array([match.row for match in matches], np.int32)
        self.similarity = np.array([match.similarity for match in matches])
        self.percentile = np.array([match.percentile for match in matches])
        self.duplicate_of = [neighbour.duplicate_of for neighbour in neighbours]


def _of_neighbours(
    space: LatentSpace, found: Sequence[_Found], query: Mapping[str, object]
) -> dict[str, object]:
    """`RESULT_COLUMNS`, as seen from the positions of the query, one a row."""
    rows = _joined((one.rows for one in found), np.int64)
    similarity = _joined((one.similarity for one in found), np.float64)
    taken = space.catalogue.table.take(pa.array(rows))
    given = {
        "rank": _joined((one.rank for one in found), np.int64),
        "similarity": similarity,
        "dissimilarity": 1 - similarity,
        "percentile": _joined((one.percentile for one in found), np.float64),
        "separation_arcsec": _separations_arcsec(query, taken),
        "duplicate_of": pa.array([d for one in found for d in one.duplicate_of], pa.string()),
    }
    return {name: given[name] if name in given else _known(taken[name]) for name in RESULT_COLUMNS}


def _separations_arcsec(query: Mapping[str, object], found: pa.Table) -> NDArray[np.float64]:
    """Great circles (M,) between the two positions of each row."""
    here = [np.asarray(query[name], np.float64) for name in QUERY_POSITION]
    there = [found[name].to_numpy() for name in ("ra_deg", "dec_deg")]
    separation = angular_separation(*(np.radians(degrees) for degrees in (*here, *there)))
    return np.degrees(separation) * 3600


def _add_own_columns(
    space: LatentSpace,
    rows: NDArray[np.integer],
    columns: dict[str, object],
    info: dict[str, ColumnInfo],
) -> None:
    """The catalogue's own columns, under another name where it would hide one of ours."""
    catalogue = space.catalogue
    for name in catalogue.table.column_names:
        if name not in CORE_COLUMNS:
            shown = name if name not in info else f"catalogue_{name}"
            columns[shown] = catalogue.table[name].take(pa.array(rows)).combine_chunks()
            info[shown] = _secondary(catalogue.info[name])


def _secondary(info: ColumnInfo) -> ColumnInfo:
    """The column's meaning; the main id and position of a row are ours alone."""
    words = [word for word in info.ucd.split(";") if word.strip().lower() != "meta.main"]
    return replace(info, ucd=";".join(words))


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
