"""HTTP routes of figures for papers, of their captions, and of Python for a view.

They decide nothing: they receive, ask and send. Drawing waits in threads of its own.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

import anyio
import anyio.to_thread
from fastapi import APIRouter, Depends, Query, Request, Response

from app.bundle.map_columns import LayoutName, listed_places
from app.bundle.stored_image import stored_image
from app.errors import UnknownColumn, UnknownSource, UnusableStyle
from app.figures.caption import map_caption, sheet_caption, shows_first
from app.figures.citations import bibtex
from app.figures.contact_sheet import Panel, draw_contact_sheet, sheet_panels
from app.figures.figure_file import MEDIA_TYPES, FigureFormat
from app.figures.map_figure import MapView, Marked, draw_map
from app.figures.python_snippet import python_snippet
from app.images.cleaned_image import of_prepared
from app.images.colour_scales import USUAL_COLOURS, Colours
from app.images.own_picture import own_image
from app.query.explorer import Answer, Explorer, SearchOptions
from app.sky.resolve import Understood
from app.web import caching
from app.web.dependencies import ExplorerDep, OptionsDep, ServedDep, asked_position
from app.web.file_names import at_place, disposition, file_name
from app.web.picture_schemas import FigureCaption
from app.web.picture_style import FigureStyleDep
from app.web.pictures import BODY, REFUSED, receive_picture
from app.web.query import PROBLEMS, SurveyName, colour_column, threads_for

ROWS_MAX = 2000
DRAWING = anyio.CapacityLimiter(2)
FIGURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {each: {} for each in MEDIA_TYPES.values()}, "description": "The figure."}
}
PYTHON = {"content": {"text/x-python": {}}, "description": "Python for a notebook."}
Bound = Annotated[float | None, Query(allow_inf_nan=False, description="Of the map's frame.")]

router = APIRouter(prefix="/api/figures", responses=PROBLEMS)


@dataclass(frozen=True)
class FigureQuery:
    """Whose neighbours a figure shows."""

    source_id: str | None
    asked: Understood | None
    survey: str | None

    @property
    def is_given(self) -> bool:
        """Whether any source or position was named."""
        return self.source_id is not None or self.asked is not None


async def _figure_query(
    request: Request,
    state: ServedDep,
    source_id: Annotated[str | None, Query(description="A source of the bundle; or:")] = None,
    position: Annotated[str | None, Query(description="As /api/query takes it; or:")] = None,
    ra: Annotated[float | None, Query(description="ICRS, degrees.")] = None,
    dec: Annotated[float | None, Query(description="ICRS, degrees.")] = None,
    survey: SurveyName = None,
) -> FigureQuery:
    """A source or a position; neither is a query of nothing."""
    by_place = position is not None or ra is not None or dec is not None
    if source_id is not None and by_place:
        raise UnusableStyle("Give source_id or a position, not both.", parameter="source_id")
    asked = await asked_position(request, state, position, ra, dec) if by_place else None
    return FigureQuery(source_id, asked, survey)


async def _needed_query(query: Annotated[FigureQuery, Depends(_figure_query)]) -> FigureQuery:
    if not query.is_given:
        raise UnusableStyle(
            "Say whose neighbours: source_id=, position=, or ra= and dec=.", parameter="source_id"
        )
    return query


async def _map_view(
    state: ServedDep,
    colour: Annotated[str | None, Query(description="A column of /api/meta.")] = None,
    layout: LayoutName = "ours",
    map_colours: Annotated[Colours, Query(description="Colour scale of numbers.")] = USUAL_COLOURS,
    colour_low: Annotated[
        float | None,
        Query(allow_inf_nan=False, description="Value of the first colour; or 2nd percentile."),
    ] = None,
    colour_high: Annotated[
        float | None,
        Query(allow_inf_nan=False, description="Value of the last colour; or 98th percentile."),
    ] = None,
    colour_log: Annotated[bool, Query(description="Colours by the logarithm.")] = False,
    x_min: Bound = None,
    x_max: Bound = None,
    y_min: Bound = None,
    y_max: Bound = None,
) -> MapView:
    if layout == "listed" and listed_places(state.explorer.space.catalogue) is None:
        raise UnknownColumn("The catalogue of this bundle has no map of its own.")
    column = colour_column(state, colour or state.meta.default_column)
    return MapView(
        column, layout, map_colours, colour_low, colour_high, colour_log, x_min, x_max, y_min, y_max
    )


async def _rows(
    state: ServedDep,
    rows: Annotated[
        str,
        Query(
            max_length=8 * ROWS_MAX,
            description=f"Rows of a selection, commas between; at most {ROWS_MAX}.",
        ),
    ] = "",
) -> tuple[int, ...]:
    n = len(state.explorer.space)
    found = []
    for word in filter(None, (word.strip() for word in rows.split(","))):
        if not (word.isascii() and word.isdigit() and len(word) < 10 and int(word) < n):
            raise UnknownSource(
                f"'{word[:20]}' is no row; the rows are 0 to {n - 1}.", parameter="rows"
            )
        found.append(int(word))
    if len(found) > ROWS_MAX:
        raise UnusableStyle(f"At most {ROWS_MAX} rows can be marked.", parameter="rows")
    return tuple(found)


QueryDep = Annotated[FigureQuery, Depends(_needed_query)]
MaybeQueryDep = Annotated[FigureQuery, Depends(_figure_query)]
ViewDep = Annotated[MapView, Depends(_map_view)]
RowsDep = Annotated[tuple[int, ...], Depends(_rows)]


@router.get("/contact-sheet", response_class=Response, responses=FIGURE)
async def contact_sheet(
    explorer: ExplorerDep,
    request: Request,
    query: QueryDep,
    options: OptionsDep,
    style: FigureStyleDep,
    format: FigureFormat = "png",
) -> Response:
    """A query and its neighbours side by side: contours, beam, S, rank, name, angular extent."""
    etag = caching.etag_of("sheet", explorer.space.version, query.source_id, options, style, format)
    if query.source_id and (same := caching.unchanged(request, etag, caching.REVALIDATE)):
        return same
    answer, panels = await _panels(explorer, query, options)

    def draw() -> bytes:
        return draw_contact_sheet(panels, style, format)

    content = await anyio.to_thread.run_sync(draw, limiter=DRAWING)
    headers = caching.headers(etag, caching.REVALIDATE)
    name = file_name(explorer.space, f"neighbours_{_subject_name(answer)}", format)
    return figure_response(content, format, name, headers if query.source_id else None)


@router.post(
    "/contact-sheet", response_class=Response, responses=FIGURE | REFUSED, openapi_extra=BODY
)
async def contact_sheet_of_own_image(
    explorer: ExplorerDep,
    request: Request,
    options: OptionsDep,
    style: FigureStyleDep,
    format: FigureFormat = "png",
) -> Response:
    """The same for an image of one's own. Nothing of it is kept."""
    _, panels = await _own_panels(explorer, request, options)

    def draw() -> bytes:
        return draw_contact_sheet(panels, style, format)

    content = await anyio.to_thread.run_sync(draw, limiter=DRAWING)
    return figure_response(
        content, format, file_name(explorer.space, "neighbours_of_an_image", format), None
    )


@router.post("/caption", response_model=FigureCaption, responses=REFUSED, openapi_extra=BODY)
async def caption_of_own_image(
    explorer: ExplorerDep,
    request: Request,
    response: Response,
    options: OptionsDep,
    style: FigureStyleDep,
) -> FigureCaption:
    """The caption of the contact sheet of an image of one's own. Nothing of it is kept."""
    answer, panels = await _own_panels(explorer, request, options)
    response.headers["Cache-Control"] = caching.LIVE
    space = explorer.space
    words = sheet_caption(space, answer, panels, style)
    return FigureCaption(caption=words, bibtex=bibtex(space.manifest.source, shows_first(space)))


@router.get("/map", response_class=Response, responses=FIGURE)
async def map_figure(
    explorer: ExplorerDep,
    request: Request,
    query: MaybeQueryDep,
    options: OptionsDep,
    view: ViewDep,
    rows: RowsDep,
    format: FigureFormat = "png",
) -> Response:
    """The map with its colour bar; a query, its neighbours and a selection stand out."""
    space = explorer.space
    etag = caching.etag_of(
        "map figure", space.version, query.source_id, options, view, rows, format
    )
    lasting = query.asked is None
    if lasting and (same := caching.unchanged(request, etag, caching.REVALIDATE)):
        return same
    answer = await _answer(explorer, query, options) if query.is_given else None
    marked = _marked(answer, rows, view)

    def draw() -> bytes:
        return draw_map(space, view, marked, format)

    content = await anyio.to_thread.run_sync(draw, limiter=DRAWING)
    headers = caching.headers(etag, caching.REVALIDATE) if lasting else None
    return figure_response(
        content, format, file_name(space, f"map_by_{view.column}", format), headers
    )


@router.get("/caption", response_model=FigureCaption)
async def caption(
    explorer: ExplorerDep,
    response: Response,
    query: MaybeQueryDep,
    options: OptionsDep,
    style: FigureStyleDep,
    view: ViewDep,
    rows: RowsDep,
    figure: Annotated[
        Literal["contact-sheet", "map"], Query(description="Of which figure; its parameters too.")
    ] = "contact-sheet",
) -> FigureCaption:
    """The caption of a figure and BibTeX, from the bundle's manifest."""
    space = explorer.space
    response.headers["Cache-Control"] = caching.LIVE
    if figure == "contact-sheet":
        answer, panels = await _panels(explorer, await _needed_query(query), options)
        words = sheet_caption(space, answer, panels, style)
    else:
        found = await _answer(explorer, query, options) if query.is_given else None
        words = map_caption(space, view, _marked(found, rows, view), found)
    return FigureCaption(caption=words, bibtex=bibtex(space.manifest.source, shows_first(space)))


@router.get("/python", response_class=Response, responses={200: PYTHON})
async def python_for_view(
    explorer: ExplorerDep, request: Request, query: QueryDep, options: OptionsDep
) -> Response:
    """Python that gets the same neighbours from this server, with the same numbers."""
    space = explorer.space
    given = dict(request.query_params)
    if query.source_id is not None:
        explorer.row_of(query.source_id)
        path = f"api/sources/{quote(query.source_id, safe='')}/neighbours"
        given = {k: v for k, v in given.items() if k not in ("source_id", "survey")}
    else:
        path = "api/query"
    code = python_snippet(
        f"{request.base_url}{path}",
        {"k": str(options.k)} | {name: v for name, v in given.items() if name != "format"},
        space.manifest.source.name,
        space.manifest.encoder.sha256,
        space.version,
    )
    return Response(
        code, media_type="text/x-python; charset=utf-8", headers={"Cache-Control": caching.LIVE}
    )


async def _answer(explorer: Explorer, query: FigureQuery, options: SearchOptions) -> Answer:
    source_id, asked = query.source_id, query.asked
    if source_id is not None:
        return await anyio.to_thread.run_sync(lambda: explorer.neighbours_of(source_id, options))
    assert asked is not None
    return await anyio.to_thread.run_sync(
        lambda: explorer.query(asked.position, options, query.survey, row=asked.row),
        limiter=await threads_for(explorer, asked.position, query.survey),
    )


async def _panels(
    explorer: Explorer, query: FigureQuery, options: SearchOptions
) -> tuple[Answer, list[Panel]]:
    answer = await _answer(explorer, query, options)
    subject, space = answer.subject, explorer.space

    def panels() -> list[Panel]:
        if subject.row is not None:
            return sheet_panels(space, answer, stored_image(space, subject.row))
        assert subject.position is not None
        return sheet_panels(space, answer, explorer.image_at(subject.position, query.survey))

    if subject.row is not None:
        return answer, await anyio.to_thread.run_sync(panels)
    assert subject.position is not None
    threads = await threads_for(explorer, subject.position, query.survey)
    return answer, await anyio.to_thread.run_sync(panels, limiter=threads)


async def _own_panels(
    explorer: Explorer, request: Request, options: SearchOptions
) -> tuple[Answer, list[Panel]]:
    content = await receive_picture(request)

    def panels() -> tuple[Answer, list[Panel]]:
        image = own_image(content)
        answer = explorer.query_image(image, options)
        return answer, sheet_panels(explorer.space, answer, of_prepared(image))

    return await anyio.to_thread.run_sync(panels)


def _marked(answer: Answer | None, rows: tuple[int, ...], view: MapView) -> Marked:
    """What stands out; a query without a row has no place on the catalogue's own map."""
    if answer is None:
        return Marked(rows=rows)
    neighbours = tuple(neighbour.match.row for neighbour in answer.neighbours)
    row = answer.subject.row
    place = row if row is not None else answer.xy if view.layout == "ours" else None
    return Marked(place, neighbours, rows)


def _subject_name(answer: Answer) -> str:
    place = answer.subject.position
    assert place is not None
    return at_place(place.ra.deg, place.dec.deg)


def figure_response(
    content: bytes, fmt: FigureFormat, name: str, headers: dict[str, str] | None
) -> Response:
    """A figure, kept where headers of caching are given."""
    kept = headers or {"Cache-Control": caching.LIVE}
    return Response(
        content,
        media_type=MEDIA_TYPES[fmt],
        headers=kept | disposition(name, "inline"),
    )
