"""The one table of a list's neighbours: a row for every neighbour of every answered entry.

It holds numbers column by column, so that 100,000 answers fit in memory, and it never searches.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from app.bulk.search import Outcome
from app.catalogue import CORE_COLUMNS, ColumnInfo, make_table
from app.explorer import Answer, Neighbour
from app.export import RESULT_COLUMNS
from app.latent_space import LatentSpace

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

    def add(self, outcome: Outcome) -> None:
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

    def _query(self, outcome: Outcome, answer: Answer) -> dict[str, object]:
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
