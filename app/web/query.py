"""The HTTP API of the bundle and the query. It decides nothing: it asks and sends.

Every route is a plain function, which FastAPI runs in a worker thread; only what waits for a survey
has threads of its own, so that a slow survey never holds up the rest.
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar

import anyio
import anyio.to_thread
from astropy.coordinates import SkyCoord
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from app.bundle.latent_space import LatentSpace
from app.bundle.map_columns import LayoutName, listed_places, pack_column, pack_map
from app.errors import UnknownColumn, UnknownSource
from app.query.examples import ExamplesAnswer
from app.query.explorer import Answer, Explorer
from app.query.ranking import Ranks, SearchOptions
from app.sky.resolve import Understood
from app.tables.neighbours import bundle_provenance, neighbour_table
from app.tables.write import EXTENSIONS, MEDIA_TYPES, TableFormat, write_table
from app.web import caching
from app.web.answers import describe_answer, describe_source
from app.web.dependencies import AskedPosition, ExplorerDep, OptionsDep, Served, ServedDep, SpaceDep
from app.web.file_names import at_place, disposition, file_name
from app.web.meta_schemas import Meta
from app.web.schemas import Problem, QueryResult, QuerySubject, Source


def whole_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a model, with what it refers to in place."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    text = json.dumps(schema)
    for name, meant in definitions.items():
        text = text.replace(json.dumps({"$ref": f"#/$defs/{name}"}), json.dumps(meant))
    return dict(json.loads(text))


PROBLEM = {"application/problem+json": {"schema": whole_schema(Problem)}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": HTTPStatus(status).phrase, "content": PROBLEM}
    for status in (404, 422, 502, 504)
}
FRAMING = (
    "Little-endian: uint32 length of the header; JSON header, padded so that the data begin at a "
    "multiple of 8; one uint16 array a column, in row order. x, y: min + code / 65535 * (max - "
    "min). Numbers: min + code / 65534 * (max - min), exact to half a 65534th of the range; "
    "categories: index; 65535: unknown."
)
BINARY = {"content": {"application/octet-stream": {}}, "description": FRAMING}
FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}}
}
Format = Literal["json", TableFormat]
SURVEY_THREADS = 256
T = TypeVar("T")

router = APIRouter(prefix="/api", responses={s: PROBLEMS[s] for s in (404, 422)})
_survey_threads = anyio.CapacityLimiter(SURVEY_THREADS)

SurveyName = Annotated[
    str | None,
    Query(description="A survey of /api/surveys; by default the bundle's image, or FIRST's."),
]


@router.get("/meta", response_model=Meta)
def meta(state: ServedDep, request: Request, response: Response) -> Meta | Response:
    """What is served: sources, columns, encoder, catalogue, provenance."""
    etag = caching.etag_of("meta", state.meta.model_dump_json())
    if same := caching.unchanged(request, etag, caching.REVALIDATE):
        return same
    response.headers.update(caching.headers(etag, caching.REVALIDATE))
    return state.meta


@router.get("/map", response_class=Response, responses={200: BINARY})
def map_columns(
    state: ServedDep,
    request: Request,
    colour: Annotated[
        str | None, Query(description="A column of /api/meta; the default is there.")
    ] = None,
    layout: Annotated[
        LayoutName,
        Query(description="The bundle's map, or the catalogue's own (layouts of /api/meta)."),
    ] = "ours",
) -> Response:
    """The map: x, y and one colour column, quantised, binary, in row order."""
    name = colour_column(state, colour or state.meta.default_column)
    if layout == "listed" and len(state.meta.layouts) == 1:
        raise UnknownColumn("The catalogue of this bundle has no map of its own.")
    return _binary(request, state, f"map {layout}", name)


@router.get("/map/columns/{name}", response_class=Response, responses={200: BINARY})
def map_column(state: ServedDep, request: Request, name: str) -> Response:
    """One colour column, quantised, binary, in row order."""
    return _binary(request, state, "column", colour_column(state, name))


@router.get("/rows/{row}", response_model=Source)
def source_of_row(
    space: SpaceDep, request: Request, response: Response, row: int
) -> Source | Response:
    """The source in a row of the map."""
    if not 0 <= row < len(space):
        raise UnknownSource(
            f"There is no row {row}; the rows are 0 to {len(space) - 1}.", parameter="row"
        )
    return _source(space, request, response, row)


@router.get("/sources/{source_id}", response_model=Source)
def source(
    explorer: ExplorerDep, request: Request, response: Response, source_id: str
) -> Source | Response:
    """A source by its id."""
    return _source(explorer.space, request, response, explorer.row_of(source_id))


@router.get("/sources/{source_id}/neighbours", response_model=QueryResult, responses=FILES)
def source_neighbours(
    explorer: ExplorerDep,
    options: OptionsDep,
    request: Request,
    response: Response,
    source_id: str,
    format: Format = "json",
) -> QueryResult | Response:
    """The sources most similar to one of the bundle, which is not among them."""
    row = explorer.row_of(source_id)
    etag = caching.etag_of(explorer.space.version, row, options, format)
    if same := caching.unchanged(request, etag, caching.REVALIDATE):
        return same
    sent = send_answer(explorer.space, explorer.neighbours_of(source_id, options), options, format)
    target = sent if isinstance(sent, Response) else response
    target.headers.update(caching.headers(etag, caching.REVALIDATE))
    return sent


@router.get("/query", response_model=QueryResult, responses=FILES | PROBLEMS)
async def query(
    explorer: ExplorerDep,
    options: OptionsDep,
    asked: AskedPosition,
    response: Response,
    survey: SurveyName = None,
    format: Format = "json",
) -> QueryResult | Response:
    """The sources most similar to what lies at a sky position."""

    def answer() -> QueryResult | Response:
        found = explorer.query(asked.position, options, survey, row=asked.row)
        return send_answer(explorer.space, found, options, format, asked)

    threads = await threads_for(explorer, asked.position, survey)
    sent = await anyio.to_thread.run_sync(answer, limiter=threads)
    target = sent if isinstance(sent, Response) else response
    target.headers["Cache-Control"] = caching.LIVE
    return sent


def _source(
    space: LatentSpace, request: Request, response: Response, row: int
) -> Source | Response:
    etag = caching.etag_of("source", space.version, row)
    if same := caching.unchanged(request, etag, caching.REVALIDATE):
        return same
    response.headers.update(caching.headers(etag, caching.REVALIDATE))
    return describe_source(space, row)


def _binary(request: Request, state: Served, what: str, name: str) -> Response:
    space = state.explorer.space
    etag = caching.etag_of(what, space.version, name)
    if same := caching.unchanged(request, etag, caching.REVALIDATE):
        return same
    if what == "column":
        packed = pack_column(space, name)
    else:
        places = listed_places(space.catalogue) if what == "map listed" else None
        packed = pack_map(space, name, places)
    return Response(
        packed,
        media_type="application/octet-stream",
        headers=caching.headers(etag, caching.REVALIDATE),
    )


def colour_column(state: Served, name: str) -> str:
    """The name of a column to colour by, or UnknownColumn."""
    known = [column.name for column in state.meta.columns]
    catalogue = state.explorer.space.catalogue
    empty = name in catalogue.info and catalogue.is_number(name)  # one of which nothing is known
    if name not in known and not empty:
        raise UnknownColumn(
            f"There is no column '{name}' to colour by; there are {', '.join(known)}.",
            parameter="colour",
        )
    return name


async def in_survey_thread(work: Callable[[], T]) -> T:
    """Run what waits for a survey where it holds up nothing else."""
    return await anyio.to_thread.run_sync(work, limiter=_survey_threads)


async def threads_for(
    explorer: Explorer, place: SkyCoord, survey: str | None
) -> anyio.CapacityLimiter | None:
    """The survey's threads, unless the bundle answers."""
    held = await anyio.to_thread.run_sync(explorer.holds, place, survey)
    return None if held else _survey_threads


def send_answer(
    space: LatentSpace,
    answer: Answer,
    options: SearchOptions,
    fmt: Format,
    asked: Understood | None = None,
) -> QueryResult | Response:
    """An answer as JSON, or as a file in another format."""
    result = describe_answer(space, answer, asked)
    if fmt == "json":
        return result
    said = query_provenance(result.query)
    return send_table(space, answer, options, fmt, said, file_stem(result.query))


def send_table(
    space: LatentSpace,
    answer: Answer | ExamplesAnswer,
    options: SearchOptions,
    fmt: TableFormat,
    said: dict[str, str],
    stem: str,
) -> Response:
    """The neighbours of an answer as a file that says what was asked and where they are from."""
    provenance = said | bundle_provenance(space, options) | condition_provenance(answer.ranks)
    return Response(
        write_table(neighbour_table(space, answer), provenance, fmt),
        media_type=MEDIA_TYPES[fmt],
        headers=disposition(file_name(space, stem, EXTENSIONS[fmt])),
    )


def query_provenance(query: QuerySubject) -> dict[str, str]:
    """What a table of neighbours says of its query."""
    placed = {"query_ra_deg": query.ra_deg, "query_dec_deg": query.dec_deg}
    return {
        "query": query.source_id or query.position or query.name or "an image without a position",
        **({"query_understood": query.understood} if query.understood else {}),
        **{name: f"{value:.8f}" for name, value in placed.items() if value is not None},
        "query_image": f"{query.image_origin}, {query.survey}, from the {query.service}",
    }


def condition_provenance(ranks: Ranks) -> dict[str, str]:
    """What a table of neighbours says of who could be in it."""
    told = "; ".join(ranks.conditions) or "none"
    return {"conditions": told, "population": f"{ranks.population} sources satisfy them"}


def file_stem(query: QuerySubject) -> str:
    """What a file's name says of the query, such as neighbours_206.42212+23.38193."""
    if query.ra_deg is None or query.dec_deg is None:
        return "neighbours_of_an_image"
    return f"neighbours_{at_place(query.ra_deg, query.dec_deg)}"
