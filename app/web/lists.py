"""HTTP routes of the search for whole lists: send one, see how it stands, take the table away.

It decides nothing: it receives, asks and sends.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import PurePath
from typing import Annotated, Any, Literal, get_args

import anyio.to_thread
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from pydantic import BaseModel

from app.bundle.latent_space import LatentSpace
from app.errors import UnknownSearch
from app.jobs.list_searches import ListSearch, ListSearches, State
from app.query.list_places import NEAR_ARCSEC, EntryPlace, PlaceKind, places_without_answer
from app.query.lists import EntryResult, ListEntry, ListSearchOptions
from app.sky.coordinates import format_position
from app.tables.neighbours import bundle_provenance, write_unmatched
from app.tables.preview import ListPreview
from app.tables.write import EXTENSIONS, MEDIA_TYPES, TableFormat, write_table
from app.web import caching
from app.web.answers import describe_answer
from app.web.dependencies import ListOptionsDep, ServedDep, SpaceDep
from app.web.file_names import as_part, disposition, file_name
from app.web.list_upload import BODY, ColumnsDep, ListUploads
from app.web.query import PROBLEM

NEIGHBOURS_SHOWN = 6
UNMATCHED_SHOWN = 200


class ReportedNeighbour(BaseModel):
    """One of the first neighbours of an entry."""

    rank: int
    source_id: str
    name: str
    dissimilarity: float
    similarity: float
    angular_extent_arcsec: float | None
    image_origin: str
    cutout_url: str


class ReportedAnswer(BaseModel):
    """An entry that was answered, with its first neighbours."""

    row: int
    entry: str
    name: str
    ra_deg: float
    dec_deg: float
    position: str
    understood: str
    answered_by: str
    source_id: str | None
    image_origin: str
    image_url: str
    novelty_percentile: float
    warnings: list[str]
    neighbours: list[ReportedNeighbour]


class Unmatched(BaseModel):
    """An entry without an answer."""

    row: int
    entry: str
    name: str
    position: str
    reason: str


class JobReport(BaseModel):
    """How a search for a list stands."""

    id: str
    name: str
    state: State
    ended: bool
    problem: str
    """Why it failed, in a sentence; empty if it did not."""
    k: int
    n_listed: int
    n_done: int
    n_bundle: int
    """Answered from the bundle."""
    n_service: int
    """Answered by the survey."""
    n_unmatched: int
    n_rows: int | None
    """Rows of the table of neighbours; null until it is made."""
    notes: list[str]
    answers: list[ReportedAnswer]
    """The first that were answered, when it has ended."""
    unmatched: list[Unmatched]
    """The first without an answer."""


class PlacedEntry(BaseModel):
    """Where an entry stands on the bundle's own map."""

    row: int
    entry: str
    kind: PlaceKind
    """matched: a source within 5 arcsec of it; imaged: none, and its own image was fetched and
    placed among its neighbours; near: neither, and a source within 60 arcsec; absent: none of
    these."""
    source_row: int | None
    separation_arcsec: float | None
    x: float | None
    y: float | None
    neighbour_rows: list[int]
    """Those whose median place is that of an image."""


class PlacedList(BaseModel):
    """A list on the map."""

    id: str
    name: str
    ended: bool
    near_arcsec: float
    counts: dict[PlaceKind, int]
    entries: list[PlacedEntry]
    """Of all kinds, in the order of the list."""


class PreviewColumn(BaseModel):
    """A column of a table that was sent."""

    name: str
    unit: str
    ucd: str
    description: str
    kind: Literal["number", "text"]


class Understanding(BaseModel):
    """Which columns were taken for what; a name is empty where there is no such column."""

    ra_column: str
    dec_column: str
    position_column: str
    split_columns: list[str]
    """Where a position lies in up to seven: RAh, RAm, RAs, DE-, DEd, DEm, DEs."""
    name_column: str
    ra_unit: str
    """In words: "degrees", "hours", "sexagesimal, in hours", "degrees, as no unit is given"."""
    dec_unit: str
    frame: str
    """As the parameter `frame` takes it: "icrs", "fk4 B1950", "galactic"."""
    how: str
    """as told | by name | by UCD | as published | from the names, as exact as those are"""


class PreviewRow(BaseModel):
    """A row of the file, and how it is understood."""

    row: int
    cells: list[str]
    """One a column, as the file has them; of a list of lines the line alone."""
    name: str
    ra_deg: float | None
    """ICRS; null where there is no position (yet)."""
    dec_deg: float | None
    position: str
    understood: str
    """How a line was read, in a sentence; empty for a table's row."""
    to_look_up: bool
    """Whether a name service would be asked for it."""
    reason: str
    """Why there is no position, in a sentence; empty if there is one."""


class PreviewReport(BaseModel):
    """How a list would be understood."""

    name: str
    kind: Literal["table", "lines"]
    form: str
    """CSV, VOTable, FITS ..."""
    n_listed: int
    n_usable: int
    n_to_look_up: int
    n_rejected: int
    columns: list[PreviewColumn]
    """Of a table, in the order of the file; empty for lines."""
    understood: Understanding | None
    """Null for lines, and where no columns of positions were recognised."""
    problem: str
    """Why it cannot be searched as it is, with what to say of its columns; empty if it can."""
    notes: list[str]
    rows: list[PreviewRow]
    """The first."""
    rejects: list[PreviewRow]
    """The first rows without a position; without cells."""


def tell_preview(name: str, found: ListPreview) -> PreviewReport:
    """Say how a list is understood."""
    return PreviewReport(
        name=name,
        kind=found.kind,
        form=found.form,
        n_listed=found.n_listed,
        n_usable=found.n_usable,
        n_to_look_up=found.n_to_look_up,
        n_rejected=found.n_rejected,
        columns=[PreviewColumn(**each.__dict__) for each in found.columns],
        understood=Understanding(**found.understood.__dict__) if found.understood else None,
        problem=found.problem,
        notes=found.notes,
        rows=[_preview_row(each.entry or ListEntry(each.row), each.cells) for each in found.rows],
        rejects=[_preview_row(entry, ()) for entry in found.rejects],
    )


def _preview_row(entry: ListEntry, cells: Sequence[str]) -> PreviewRow:
    placed = entry.ra_deg == entry.ra_deg
    return PreviewRow(
        row=entry.row,
        cells=list(cells),
        name=entry.name,
        ra_deg=entry.ra_deg if placed else None,
        dec_deg=entry.dec_deg if placed else None,
        position=format_position(entry.ra_deg, entry.dec_deg) if placed else "",
        understood=entry.understood,
        to_look_up=entry.to_look_up,
        reason=entry.reason,
    )


def tell(space: LatentSpace, job: ListSearch) -> JobReport:
    """Say how a search stands."""
    return JobReport(
        id=job.id,
        name=job.name,
        state=job.state,
        ended=job.ended,
        problem=job.problem,
        k=job.options.search.k,
        n_listed=job.n_listed,
        n_done=job.n_done,
        n_bundle=job.by_bundle,
        n_service=job.by_service,
        n_unmatched=len(job.unmatched),
        n_rows=None if job.table is None else job.table.num_rows,
        notes=job.notes,
        answers=[_answer(space, each) for each in _in_order(job.answered)] if job.ended else [],
        unmatched=[_unmatched(each) for each in _in_order(job.unmatched)[:UNMATCHED_SHOWN]],
    )


def _in_order(outcomes: list[EntryResult]) -> list[EntryResult]:
    return sorted(outcomes, key=lambda each: each.listed.row)


def _answer(space: LatentSpace, outcome: EntryResult) -> ReportedAnswer:
    listed, answer = outcome.listed, outcome.answer
    assert answer is not None
    result = describe_answer(
        space, replace(answer, neighbours=answer.neighbours[:NEIGHBOURS_SHOWN])
    )
    query = result.query
    return ReportedAnswer(
        row=listed.row,
        entry=listed.text,
        name=listed.name or query.name,
        ra_deg=listed.ra_deg,
        dec_deg=listed.dec_deg,
        position=format_position(listed.ra_deg, listed.dec_deg),
        understood=listed.understood,
        answered_by=outcome.matched_by,
        source_id=query.source_id,
        image_origin=query.image_origin,
        image_url=query.image_url,
        novelty_percentile=result.novelty_percentile,
        warnings=[*listed.warnings, *query.warnings],
        neighbours=[
            ReportedNeighbour.model_validate(each, from_attributes=True)
            for each in result.neighbours
        ],
    )


def _unmatched(outcome: EntryResult) -> Unmatched:
    listed = outcome.listed
    placed = listed.ra_deg == listed.ra_deg
    return Unmatched(
        row=listed.row,
        entry=listed.text,
        name=listed.name,
        position=format_position(listed.ra_deg, listed.dec_deg) if placed else "",
        reason=outcome.reason,
    )


router = APIRouter(prefix="/api/bulk", tags=["many positions"])

PASTED = "pasted list"
_SAID = {
    404: "No such search",
    408: "It did not arrive in time",
    413: "Too many bytes, entries or rows",
    422: "It cannot be read",
    503: "Too many lists are searched already",
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": words, "content": PROBLEM} for status, words in _SAID.items()
}
_KNOWN: dict[int | str, dict[str, Any]] = {status: _PROBLEMS[status] for status in (404, 422)}
_SENT: dict[int | str, dict[str, Any]] = {s: _PROBLEMS[s] for s in (408, 413, 422, 503)}
_TABLES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}}
}
_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {MEDIA_TYPES["csv"]: {}}}}


def serve_lists(app: FastAPI, jobs: ListSearches) -> None:
    """Put in place what the routes need."""
    app.state.bulk_jobs, app.state.list_uploads = jobs, ListUploads(jobs.limits)


@asynccontextmanager
async def closing_lists(app: FastAPI) -> AsyncIterator[None]:
    """Be ready for lists from the start; stop the searches when the server ends."""
    app.state.list_uploads.start()
    yield
    app.state.bulk_jobs.close()
    app.state.list_uploads.close()


async def _jobs(request: Request) -> ListSearches:
    found: ListSearches = request.app.state.bulk_jobs
    return found


async def _uploads(request: Request) -> ListUploads:
    found: ListUploads = request.app.state.list_uploads
    return found


JobsDep = Annotated[ListSearches, Depends(_jobs)]
UploadsDep = Annotated[ListUploads, Depends(_uploads)]
ListName = Annotated[str, Query(max_length=200, description="Of the file.")]


@router.post(
    "",
    response_model=JobReport,
    status_code=202,
    responses=_SENT,
    openapi_extra={"requestBody": BODY},
)
async def search_many(
    state: ServedDep,
    jobs: JobsDep,
    uploads: UploadsDep,
    options: ListOptionsDep,
    columns: ColumnsDep,
    request: Request,
    response: Response,
    name: ListName = PASTED,
    ask_survey: Annotated[
        bool, Query(description="Ask FIRST for positions that the bundle does not hold.")
    ] = True,
    look_up_names: Annotated[
        bool, Query(description="Look up names of objects at a name service.")
    ] = True,
) -> JobReport:
    """Begin the search for a list, sent as the body; the answer's id asks how it stands."""
    content = await uploads.receive(request)
    shown = PurePath(name).name or PASTED
    bulk = ListSearchOptions(
        search=options,
        survey_max=jobs.limits.survey_max if ask_survey else 0,
        connections=1,
    )

    found = await uploads.read(content, shown, state.names, columns)
    job = await anyio.to_thread.run_sync(jobs.begin, found, shown, bulk, look_up_names)
    response.headers["Location"] = f"/api/bulk/{job.id}"
    return tell(state.explorer.space, job)


@router.post(
    "/preview", response_model=PreviewReport, responses=_SENT, openapi_extra={"requestBody": BODY}
)
async def preview_many(
    state: ServedDep,
    uploads: UploadsDep,
    columns: ColumnsDep,
    request: Request,
    response: Response,
    name: ListName = PASTED,
) -> PreviewReport:
    """Say how a list, sent as the body, would be understood: nothing is searched or looked up."""
    content = await uploads.receive(request)
    shown = PurePath(name).name or PASTED
    found = await uploads.preview(content, shown, state.names, columns)
    response.headers["Cache-Control"] = caching.LIVE
    return tell_preview(shown, found)


@router.get("/{job_id}", response_model=JobReport, responses=_KNOWN)
def search_stands(space: SpaceDep, jobs: JobsDep, response: Response, job_id: str) -> JobReport:
    """How a search stands; the first answers when it has ended."""
    response.headers["Cache-Control"] = caching.LIVE
    return tell(space, jobs.get(job_id))


@router.delete("/{job_id}", response_model=JobReport, responses=_KNOWN)
def stop_search(space: SpaceDep, jobs: JobsDep, job_id: str) -> JobReport:
    """Stop a search; what it has found so far stays."""
    return tell(space, jobs.stop(job_id))


@router.get("/{job_id}/neighbours", response_class=Response, responses=_TABLES | _KNOWN)
def neighbours_file(
    space: SpaceDep, jobs: JobsDep, job_id: str, format: TableFormat = "csv"
) -> Response:
    """The one table of all neighbours."""
    job = jobs.get(job_id)
    if job.table is None:
        raise UnknownSearch(
            f"The search '{job_id}' has no table: it is {job.state}, {job.n_done:,} of "
            f"{job.n_listed:,} entries done."
        )
    said = bundle_provenance(space, job.options.search) | list_provenance(job)
    content = write_table(job.table, said, format)
    name = file_name(space, f"neighbours_of_{_stem(job)}", EXTENSIONS[format])
    return _file(content, MEDIA_TYPES[format], name)


@router.get("/{job_id}/places", response_model=PlacedList, responses=_KNOWN)
def list_on_map(space: SpaceDep, jobs: JobsDep, response: Response, job_id: str) -> PlacedList:
    """Where the entries stand on the map: on a source, by their own image, or near a source."""
    job = jobs.get(job_id)
    response.headers["Cache-Control"] = caching.LIVE
    unanswered = places_without_answer(space, [each.listed for each in job.unmatched])
    places = sorted([*job.places, *unanswered], key=lambda each: each.row)
    kinds = Counter(each.kind for each in places)
    return PlacedList(
        id=job.id,
        name=job.name,
        ended=job.ended,
        near_arcsec=NEAR_ARCSEC,
        counts={kind: kinds[kind] for kind in get_args(PlaceKind)},
        entries=[_placed(each) for each in places],
    )


def _placed(place: EntryPlace) -> PlacedEntry:
    x, y = place.xy or (None, None)
    return PlacedEntry(
        row=place.row,
        entry=place.text,
        kind=place.kind,
        source_row=place.source_row,
        separation_arcsec=place.separation_arcsec,
        x=x,
        y=y,
        neighbour_rows=list(place.neighbour_rows),
    )


@router.get("/{job_id}/unmatched.csv", response_class=Response, responses=_CSV | _KNOWN)
def unmatched_file(space: SpaceDep, jobs: JobsDep, job_id: str) -> Response:
    """The entries without an answer, and why."""
    job = jobs.get(job_id)
    name = file_name(space, f"unmatched_{_stem(job)}", EXTENSIONS["csv"])
    return _file(write_unmatched(job.unmatched), MEDIA_TYPES["csv"], name)


def list_provenance(job: ListSearch) -> dict[str, str]:
    """What the table says of its list."""
    return {
        "list": job.name,
        "entries": f"{job.n_listed} = {job.by_bundle} answered from the bundle + {job.by_service} "
        f"by the survey + {len(job.unmatched)} unmatched"
        + (f" + {left} not tried" if (left := job.n_listed - job.n_done) else ""),
    }


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = disposition(name) | {"Cache-Control": caching.LIVE}
    return Response(content, media_type=media_type, headers=headers)


def _stem(job: ListSearch) -> str:
    return as_part(PurePath(job.name).name.partition(".")[0])
