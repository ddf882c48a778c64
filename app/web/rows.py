"""HTTP route of chosen rows: their sources, or one table of them.

It decides nothing: it asks and sends.
"""

from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.bundle.latent_space import LatentSpace
from app.errors import UnknownSource, UnusableCondition
from app.tables.neighbours import bundle_provenance
from app.tables.write import EXTENSIONS, MEDIA_TYPES, TableFormat, write_table
from app.web.answers import describe_source
from app.web.dependencies import SpaceDep
from app.web.file_names import as_part, disposition, file_name
from app.web.query import FILES, PROBLEMS
from app.web.schemas import Source

MOST_SOURCES = 500
router = APIRouter(prefix="/api", responses={s: PROBLEMS[s] for s in (404, 422)})


class RowsAsked(BaseModel):
    """Which sources, by their rows of the map."""

    rows: Annotated[list[int], Field(max_length=2_000_000)]
    name: Annotated[str, Field(max_length=200)] = ""
    """Of the selection, for the table and its file's name."""


class SourceIds(BaseModel):
    """The ids of some sources."""

    source_ids: list[str]


@router.post("/rows", response_model=list[Source], responses=FILES)
def sources_of_rows(
    space: SpaceDep, asked: RowsAsked, format: Literal["json", TableFormat] = "json"
) -> list[Source] | Response:
    """The sources of some rows: at most 500 as JSON, any number as a table of the catalogue."""
    rows = np.array(asked.rows, np.int64)
    _check(rows, space, MOST_SOURCES if format == "json" else len(space))
    if format == "json":
        return [describe_source(space, int(row)) for row in rows]
    table = space.catalogue.table.take(pa.array(rows)).combine_chunks()
    named = f"{asked.name}: " if asked.name else ""
    told = {"selection": f"{named}{len(rows)} of {len(space)} sources"}
    provenance = told | bundle_provenance(space)
    stem = f"selection_{as_part(asked.name)}" if asked.name else f"sources_{len(rows)}"
    return Response(
        write_table(table, provenance, format),
        media_type=MEDIA_TYPES[format],
        headers=disposition(file_name(space, stem, EXTENSIONS[format])),
    )


@router.post("/rows/ids")
def ids_of_rows(space: SpaceDep, asked: RowsAsked) -> SourceIds:
    """The ids of some rows, in their order: what stays true of a source in another bundle."""
    rows = np.array(asked.rows, np.int64)
    _check(rows, space, len(space))
    return SourceIds(source_ids=space.catalogue.table["source_id"].take(pa.array(rows)).to_pylist())


def _check(rows: np.ndarray, space: LatentSpace, most: int) -> None:
    wrong = rows[(rows < 0) | (rows >= len(space))]
    if len(wrong):
        raise UnknownSource(
            f"There is no row {wrong[0]}; the rows are 0 to {len(space) - 1}.", parameter="rows"
        )
    if len(rows) > most:
        raise UnusableCondition(
            f"At most {most:,} sources are given at once; {len(rows):,} rows were asked for.",
            parameter="rows",
        )
