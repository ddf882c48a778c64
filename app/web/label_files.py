"""HTTP routes of samples and labels as files: taken away, and read back. They decide nothing."""

from functools import partial
from pathlib import PurePath
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Query, Request, Response

from app.errors import UnusableChange
from app.samples.matching import MatchedTable, match_table
from app.samples.records import Changed, Given
from app.samples.tables import label_provenance, label_table, sample_provenance, sample_table
from app.tables.neighbours import bundle_provenance
from app.tables.write import EXTENSIONS, MEDIA_TYPES, TableFormat, write_table
from app.web import caching
from app.web.dependencies import Served, ServedDep
from app.web.file_names import as_part, disposition, file_name
from app.web.label_schemas import ImportReport, UnmatchedRow
from app.web.list_upload import BODY, ColumnsDep
from app.web.lists import ListName, UploadsDep
from app.web.query import FILES, PROBLEM
from app.web.samples import READ, WRITTEN, AuthorQuery, SampleNumber, report

SENT: dict[int | str, dict[str, Any]] = WRITTEN | {
    408: {"description": "It did not arrive in time", "content": PROBLEM}
}
IdColumn = Annotated[
    str | None, Query(max_length=200, description="With ids of the bundle; source_id unless told.")
]
ColumnName = Annotated[str, Query(max_length=200)]
router = APIRouter(prefix="/api")


@router.get(
    "/samples/{sample}/table", tags=["samples"], response_class=Response, responses=FILES | READ
)
def sample_file(state: ServedDep, sample: SampleNumber, format: TableFormat = "csv") -> Response:
    """The members of a sample with author, time and bundle, and the catalogue's columns."""
    space, known, members = (
        state.explorer.space,
        state.labels.sample(sample),
        state.labels.members(sample),
    )
    said = bundle_provenance(space) | sample_provenance(known, members)
    content = write_table(sample_table(space, members), said, format)
    return _file(state, content, f"sample_{as_part(known.name)}", format)


@router.get("/labels/table", tags=["labels"], response_class=Response, responses=FILES | READ)
def labels_file(state: ServedDep, format: TableFormat = "csv") -> Response:
    """All tags and notes, a row each, with author, time and bundle, and the catalogue's columns."""
    space, tags, notes = state.explorer.space, state.labels.tags(), state.labels.notes()
    said = bundle_provenance(space) | label_provenance(tags, notes)
    return _file(
        state, write_table(label_table(space, tags, notes), said, format), "labels", format
    )


@router.post(
    "/samples/import",
    tags=["samples"],
    response_model=ImportReport,
    responses=SENT,
    openapi_extra={"requestBody": BODY},
)
async def import_sample(
    state: ServedDep,
    uploads: UploadsDep,
    columns: ColumnsDep,
    request: Request,
    author: AuthorQuery,
    sample_name: Annotated[str, Query(max_length=1_000, description="Of the sample that is made.")],
    name: ListName = "sample",
    id_column: IdColumn = None,
) -> ImportReport:
    """Make a sample of a table, sent as the body: its rows by id, else by position within 5".

    Columns author, at_utc and bundle, as our own files have them, are kept; else the members are
    the author's, of now.
    """
    content, shown = await uploads.receive(request), PurePath(name).name or "sample"
    table = await uploads.table(content, shown, columns)
    matched = await anyio.to_thread.run_sync(
        partial(
            match_table, state.explorer.space, table, shown, {**columns, "id_column": id_column}
        )
    )
    given = _given(matched, [""] * len(table.rows))
    made = partial(state.labels.create, sample_name, author, given, f"the file '{shown}'")
    return _tell(state, await anyio.to_thread.run_sync(made), matched)


@router.post(
    "/labels/import",
    tags=["labels"],
    response_model=ImportReport,
    responses=SENT,
    openapi_extra={"requestBody": BODY},
)
async def import_labels(
    state: ServedDep,
    uploads: UploadsDep,
    columns: ColumnsDep,
    request: Request,
    author: AuthorQuery,
    tag_column: ColumnName = "tag",
    note_column: ColumnName = "note",
    name: ListName = "labels",
    id_column: IdColumn = None,
) -> ImportReport:
    """Take the tags and notes of a table, sent as the body: its rows by id, else by position.

    A row with neither is left as it is. Columns author, at_utc and bundle, as our own files have
    them, are kept; else the labels are the author's, of now.
    """
    content, shown = await uploads.receive(request), PurePath(name).name or "labels"
    table = await uploads.table(content, shown, columns)
    if table.find(tag_column) is None and table.find(note_column) is None:
        listed = ", ".join(f"'{each}'" for each in table.data.column_names[:30])
        raise UnusableChange(
            f"'{shown}' has neither a column '{tag_column}' nor '{note_column}'; its columns are "
            f"{listed}. Say which one it is: tag_column or note_column.",
            parameter="tag_column",
        )
    matched = await anyio.to_thread.run_sync(
        partial(
            match_table, state.explorer.space, table, shown, {**columns, "id_column": id_column}
        )
    )
    tags = _given(matched, matched.words(tag_column))
    notes = _given(matched, matched.words(note_column))
    take = partial(state.labels.take, tags, notes, author, f"the file '{shown}'")
    return _tell(state, await anyio.to_thread.run_sync(take), matched)


def _given(matched: MatchedTable, words: list[str]) -> list[Given]:
    """What the rows of a table give, with their own author, time and bundle where they say them."""
    said = [matched.words(column) for column in ("author", "at_utc", "bundle")]
    return [
        Given(each.row, words[each.index], *(texts[each.index] for texts in said))
        for each in matched.matched
        if each.row is not None
    ]


def _tell(state: Served, done: Changed, matched: MatchedTable) -> ImportReport:
    unmatched = [each for each in matched.rows if each.row is None]
    ways = [each.by for each in matched.matched]
    return ImportReport(
        **report(state.labels, done).model_dump(),
        n_listed=len(matched.rows),
        n_by_id=ways.count("id"),
        n_by_position=ways.count("position"),
        n_unmatched=len(unmatched),
        unmatched=[UnmatchedRow(row=each.number, reason=each.reason) for each in unmatched],
        notes=matched.notes,
    )


def _file(state: Served, content: bytes, stem: str, format: TableFormat) -> Response:
    name = file_name(state.explorer.space, stem, EXTENSIONS[format])
    headers = disposition(name) | {"Cache-Control": caching.LIVE}
    return Response(content, media_type=MEDIA_TYPES[format], headers=headers)
