"""HTTP routes of the figure, its caption and Python for a search with several examples.

They decide nothing: they ask and send.
"""

import anyio
import anyio.to_thread
from fastapi import APIRouter, Request, Response

from app.bundle.stored_image import stored_image
from app.figures.caption import examples_caption, shows_first
from app.figures.citations import bibtex
from app.figures.contact_sheet import Panel, draw_contact_sheet, examples_panels
from app.figures.figure_file import FigureFormat
from app.figures.python_snippet import python_snippet
from app.images.cleaned_image import CleanedImage
from app.query.examples import Example, ExamplesAnswer
from app.query.explorer import Explorer
from app.query.ranking import SearchOptions
from app.web import caching
from app.web.bounded_body import BoundedBodyRoute
from app.web.dependencies import OptionsDep, Served, ServedDep
from app.web.examples import answer_examples
from app.web.figures import DRAWING, FIGURE, PYTHON, figure_response
from app.web.file_names import file_name
from app.web.picture_schemas import FigureCaption
from app.web.picture_style import FigureStyleDep
from app.web.query import PROBLEMS, in_survey_thread
from app.web.schemas import ExamplesRequest

router = APIRouter(prefix="/api/figures/examples", responses=PROBLEMS, route_class=BoundedBodyRoute)


@router.post("/contact-sheet", response_class=Response, responses=FIGURE)
async def contact_sheet(
    state: ServedDep,
    request: Request,
    options: OptionsDep,
    style: FigureStyleDep,
    given: ExamplesRequest,
    format: FigureFormat = "png",
) -> Response:
    """The examples and what was found with them, side by side."""
    _, panels = await _panels(state, request, options, given)
    content = await anyio.to_thread.run_sync(
        lambda: draw_contact_sheet(panels, style, format), limiter=DRAWING
    )
    name = file_name(state.explorer.space, "neighbours_of_examples", format)
    return figure_response(content, format, name, None)


@router.post("/caption", response_model=FigureCaption)
async def caption(
    state: ServedDep,
    request: Request,
    response: Response,
    options: OptionsDep,
    style: FigureStyleDep,
    given: ExamplesRequest,
) -> FigureCaption:
    """The caption of that figure, and BibTeX."""
    answer, panels = await _panels(state, request, options, given)
    response.headers["Cache-Control"] = caching.LIVE
    space = state.explorer.space
    words = examples_caption(space, answer, panels, style)
    return FigureCaption(caption=words, bibtex=bibtex(space.manifest.source, shows_first(space)))


@router.post("/python", response_class=Response, responses={200: PYTHON})
async def python_for_view(
    state: ServedDep, request: Request, options: OptionsDep, given: ExamplesRequest
) -> Response:
    """Python that gets the same neighbours from this server, with the same numbers."""
    space = state.explorer.space
    params = {"k": str(options.k)} | dict(request.query_params)
    code = python_snippet(
        f"{request.base_url}api/query/examples",
        params,
        space.manifest.source.name,
        space.manifest.encoder.sha256,
        space.version,
        given.model_dump(exclude_none=True),
    )
    return Response(
        code, media_type="text/x-python; charset=utf-8", headers={"Cache-Control": caching.LIVE}
    )


async def _panels(
    state: Served, request: Request, options: SearchOptions, given: ExamplesRequest
) -> tuple[ExamplesAnswer, list[Panel]]:
    answer, _ = await answer_examples(state, request, options, given)
    explorer = state.explorer
    panels = await in_survey_thread(
        lambda: examples_panels(
            explorer.space, answer, [_image(explorer, each) for each in answer.examples]
        )
    )
    return answer, panels


def _image(explorer: Explorer, example: Example) -> CleanedImage:
    subject = example.subject
    if subject.row is not None:
        return stored_image(explorer.space, subject.row)
    assert subject.position is not None
    return explorer.image_at(subject.position, subject.survey_asked)
