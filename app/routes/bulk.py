"""HTTP routes of the search for whole lists: send one, see how it stands, take the table away.

It decides nothing: it receives, asks and sends.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import PurePath
from typing import Annotated, Any, Literal

import anyio.to_thread
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response

from app import caching
from app.api import PROBLEM
from app.bulk.files import write_neighbours, write_unmatched
from app.bulk.jobs import BulkJobs, Job, Limits
from app.bulk.listed import TableReader, read_list
from app.bulk.search import BulkOptions
from app.bulk.told import BulkStatus, tell
from app.dependencies import OptionsDep, ServedDep, SpaceDep
from app.errors import ListTooLong, UnknownSearch
from app.export import EXTENSIONS, MEDIA_TYPES, bundle_provenance

router = APIRouter(prefix="/api/bulk", tags=["many positions"])

TableFormat = Literal["csv", "ecsv", "votable", "parquet"]
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
_LIMITS = Limits()
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


def serve_lists(app: FastAPI, jobs: BulkJobs, read_table: TableReader | None) -> None:
    """Put in place what the routes need."""
    app.state.bulk_jobs, app.state.read_table = jobs, read_table


@asynccontextmanager
async def closing_lists(app: FastAPI) -> AsyncIterator[None]:
    """Stop the searches when the server ends, which would wait for them."""
    yield
    app.state.bulk_jobs.close()


async def _jobs(request: Request) -> BulkJobs:
    found: BulkJobs = request.app.state.bulk_jobs
    return found


JobsDep = Annotated[BulkJobs, Depends(_jobs)]


@router.post(
    "",
    response_model=BulkStatus,
    status_code=202,
    responses={status: _PROBLEMS[status] for status in (413, 422, 503)},
    openapi_extra={"requestBody": BODY},
)
async def search_many(
    state: ServedDep,
    jobs: JobsDep,
    options: OptionsDep,
    request: Request,
    response: Response,
    name: Annotated[str, Query(max_length=200, description="Of the file.")] = PASTED,
    ask_survey: Annotated[
        bool, Query(description="Ask FIRST for positions that the bundle does not hold.")
    ] = True,
    look_up_names: Annotated[
        bool, Query(description="Look up names of objects at a name service.")
    ] = True,
) -> BulkStatus:
    """Begin the search for a list, sent as the body; the answer's id asks how it stands."""
    content = await _received(request, jobs.limits.max_bytes)
    read_table: TableReader | None = request.app.state.read_table
    shown = PurePath(name).name or PASTED
    bulk = BulkOptions(
        search=options,
        survey_max=jobs.limits.survey_max if ask_survey else 0,
        connections=1,
    )

    def begin() -> Job:
        found = read_list(content, shown, state.names, read_table)
        return jobs.begin(found, shown, bulk, look_up_names)

    job = await anyio.to_thread.run_sync(begin)
    response.headers["Location"] = f"/api/bulk/{job.id}"
    return tell(state.explorer.space, job)


@router.get("/{job_id}", response_model=BulkStatus, responses=_KNOWN)
def search_stands(space: SpaceDep, jobs: JobsDep, response: Response, job_id: str) -> BulkStatus:
    """How a search stands; the first answers when it has ended."""
    response.headers["Cache-Control"] = caching.LIVE
    return tell(space, jobs.get(job_id))


@router.delete("/{job_id}", response_model=BulkStatus, responses=_KNOWN)
def stop_search(space: SpaceDep, jobs: JobsDep, job_id: str) -> BulkStatus:
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
    content = write_neighbours(job.table, said, format)
    return _file(content, MEDIA_TYPES[format], f"neighbours_of_{_stem(job)}.{EXTENSIONS[format]}")


@router.get("/{job_id}/unmatched.csv", response_class=Response, responses=_CSV | _KNOWN)
def unmatched_file(jobs: JobsDep, job_id: str) -> Response:
    """The entries without an answer, and why."""
    job = jobs.get(job_id)
    return _file(write_unmatched(job.unmatched), MEDIA_TYPES["csv"], f"unmatched_{_stem(job)}.csv")


def list_provenance(job: Job) -> dict[str, str]:
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


def _stem(job: Job) -> str:
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
