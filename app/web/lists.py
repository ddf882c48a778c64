"""HTTP routes of the search for whole lists: send one, see how it stands, take the table away.

It decides nothing: it receives, asks and sends.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import PurePath
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from pydantic import BaseModel

from app.bundle.latent_space import LatentSpace
from app.errors import ListTooLong, UnknownSearch
from app.jobs.list_searches import ListLimits, ListSearch, ListSearches
from app.query.lists import EntryList, EntryResult, ListSearchOptions
from app.sky.coordinates import format_position
from app.tables.bounds import TableBounds
from app.tables.entries import read_list
from app.tables.lists import ListOptions
from app.tables.neighbours import bundle_provenance, write_unmatched
from app.tables.write import EXTENSIONS, MEDIA_TYPES, TableFormat, write_table
from app.web import caching
from app.web.answers import describe_answer
from app.web.dependencies import OptionsDep, ServedDep, SpaceDep
from app.web.query import PROBLEM
from app.web.worker_pool import WorkerPool

_Name = Annotated[str | None, Query(max_length=200, description="Of a column of the table.")]
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
    state: str
    """waiting | looking up names | searching | done | stopped | failed"""
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
    413: "Too many bytes, entries or rows",
    422: "It cannot be read",
    503: "Too many lists are searched already",
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": words, "content": PROBLEM} for status, words in _SAID.items()
}
_KNOWN: dict[int | str, dict[str, Any]] = {status: _PROBLEMS[status] for status in (404, 422)}
_TABLES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}}
}
_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {MEDIA_TYPES["csv"]: {}}}}
_LIMITS = ListLimits()
BODY = {
    "required": True,
    "content": {
        "application/octet-stream": {
            "schema": {
                "type": "string",
                "format": "binary",
                "description": "One position or name a line, or a table (CSV, TSV, VOTable, FITS, "
                f"Parquet, ECSV); at most {_LIMITS.max_bytes / 1e6:g} MB, "
                f"{_LIMITS.max_entries:,} entries and {_LIMITS.max_rows:,} neighbours in all.",
            }
        }
    },
}


def serve_lists(app: FastAPI, jobs: ListSearches) -> None:
    """Put in place what the routes need."""
    app.state.bulk_jobs, app.state.list_readers = jobs, WorkerPool("list")


@asynccontextmanager
async def closing_lists(app: FastAPI) -> AsyncIterator[None]:
    """Stop the searches when the server ends, which would wait for them."""
    yield
    app.state.bulk_jobs.close()


async def _jobs(request: Request) -> ListSearches:
    found: ListSearches = request.app.state.bulk_jobs
    return found


async def _columns(
    ra_column: _Name = None,
    dec_column: _Name = None,
    position_column: _Name = None,
    name_column: _Name = None,
    ra_unit: Annotated[str | None, Query(description="deg, hourangle or rad.")] = None,
    dec_unit: Annotated[str | None, Query(description="deg or rad.")] = None,
    frame: Annotated[str | None, Query(description="icrs, fk5, fk4 or galactic.")] = None,
) -> ListOptions:
    """What the sender says of a table's columns; what is not said is decided by rule."""
    return ListOptions(
        ra_column=ra_column,
        dec_column=dec_column,
        position_column=position_column,
        name_column=name_column,
        ra_unit=ra_unit,
        dec_unit=dec_unit,
        frame=frame,
    )


def _bounds(limits: ListLimits) -> TableBounds:
    return TableBounds(bytes_unpacked=4 * limits.max_bytes, rows=limits.max_entries)


ColumnsDep = Annotated[ListOptions, Depends(_columns)]
JobsDep = Annotated[ListSearches, Depends(_jobs)]


@router.post(
    "",
    response_model=JobReport,
    status_code=202,
    responses={status: _PROBLEMS[status] for status in (413, 422, 503)},
    openapi_extra={"requestBody": BODY},
)
async def search_many(
    state: ServedDep,
    jobs: JobsDep,
    options: OptionsDep,
    columns: ColumnsDep,
    request: Request,
    response: Response,
    name: Annotated[str, Query(max_length=200, description="Of the file.")] = PASTED,
    ask_survey: Annotated[
        bool, Query(description="Ask FIRST for positions that the bundle does not hold.")
    ] = True,
    look_up_names: Annotated[
        bool, Query(description="Look up names of objects at a name service.")
    ] = True,
) -> JobReport:
    """Begin the search for a list, sent as the body; the answer's id asks how it stands."""
    content = await _received(request, jobs.limits.max_bytes)
    shown = PurePath(name).name or PASTED
    bulk = ListSearchOptions(
        search=options,
        survey_max=jobs.limits.survey_max if ask_survey else 0,
        connections=1,
    )

    def read() -> EntryList:
        return read_list(content, shown, state.names, columns, _bounds(jobs.limits))

    readers: WorkerPool = request.app.state.list_readers
    found = await readers.run(read)
    job = await anyio.to_thread.run_sync(jobs.begin, found, shown, bulk, look_up_names)
    response.headers["Location"] = f"/api/bulk/{job.id}"
    return tell(state.explorer.space, job)


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
    return _file(content, MEDIA_TYPES[format], f"neighbours_of_{_stem(job)}.{EXTENSIONS[format]}")


@router.get("/{job_id}/unmatched.csv", response_class=Response, responses=_CSV | _KNOWN)
def unmatched_file(jobs: JobsDep, job_id: str) -> Response:
    """The entries without an answer, and why."""
    job = jobs.get(job_id)
    return _file(write_unmatched(job.unmatched), MEDIA_TYPES["csv"], f"unmatched_{_stem(job)}.csv")


def list_provenance(job: ListSearch) -> dict[str, str]:
    """What the table says of its list."""
    return {
        "list": job.name,
        "entries": f"{job.n_listed} = {job.by_bundle} answered from the bundle + {job.by_service} "
        f"by the survey + {len(job.unmatched)} unmatched"
        + (f" + {left} not tried" if (left := job.n_listed - job.n_done) else ""),
    }


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": caching.LIVE,
    }
    return Response(content, media_type=media_type, headers=headers)


def _stem(job: ListSearch) -> str:
    stem = PurePath(job.name).name.partition(".")[0]
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in stem)


async def _received(request: Request, most: int) -> bytes:
    """The body, of which no more than the limit is kept."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= most:
            parts.append(part)
        elif size > 4 * most:
            break
    if size > most:
        raise ListTooLong(
            f"The list is larger than {most / 1e6:g} MB. Divide it, or use `rgz-explorer search`."
        )
    return b"".join(parts)
