"""HTTP route of the search with several examples. It decides nothing: it asks and sends."""

from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Request, Response

from app.errors import ExplorerError, UnusableExamples
from app.query.examples import FORMULA, Example, ExamplesAnswer, example_names, search_examples
from app.query.explorer import Explorer, Subject
from app.query.ranking import SearchOptions
from app.sky.resolve import Understood
from app.web import caching
from app.web.answers import describe_examples
from app.web.bounded_body import BoundedBodyRoute
from app.web.dependencies import OptionsDep, Served, ServedDep, understand_text
from app.web.query import FILES, PROBLEM, PROBLEMS, Format, in_survey_thread, send_table
from app.web.schemas import ExampleRequest, ExamplesRequest, ExamplesResult

router = APIRouter(prefix="/api", route_class=BoundedBodyRoute)

POSITIONS_MAX = 10
"""Of examples, in one search: each may have to be asked of a survey."""
_TOO_LONG: dict[int | str, dict[str, Any]] = {
    413: {"description": "The body is too long", "content": PROBLEM}
}


@router.post(
    "/query/examples", response_model=ExamplesResult, responses=FILES | PROBLEMS | _TOO_LONG
)
async def query_examples(
    state: ServedDep,
    options: OptionsDep,
    request: Request,
    response: Response,
    given: ExamplesRequest,
    format: Format = "json",
) -> ExamplesResult | Response:
    """The sources most like the wanted examples and least like the unwanted ones.

    The score is the weighted mean of S to the wanted examples minus the weighted mean of S to the
    unwanted ones. The examples themselves are not found.
    """
    found, understood = await answer_examples(state, request, options, given)

    def sent() -> ExamplesResult | Response:
        space = state.explorer.space
        if format == "json":
            return describe_examples(space, found, understood)
        stem = f"neighbours_of_{len(found.examples)}_examples"
        said = examples_provenance(state.explorer, found)
        return send_table(space, found, options, format, said, stem)

    result = await anyio.to_thread.run_sync(sent)
    target = result if isinstance(result, Response) else response
    target.headers["Cache-Control"] = caching.LIVE
    return result


async def answer_examples(
    state: Served, request: Request, options: SearchOptions, given: ExamplesRequest
) -> tuple[ExamplesAnswer, dict[int, Understood]]:
    """Search with examples as they are sent; and how the positions among them were understood."""
    _check_positions(given)
    understood: dict[int, Understood] = {}
    examples: list[Example] = []
    for place, (name, one) in enumerate(_named(given)):
        try:
            subject, how = await _subject(state, request, one)
        except ExplorerError as exc:
            exc.parameter = name
            raise
        examples.append(Example(subject, one.weight))
        if how:
            understood[place] = how
    request.state.understood = ""
    n, space = len(given.wanted), state.explorer.space
    found = await in_survey_thread(
        lambda: search_examples(space, examples[:n], examples[n:], options)
    )
    return found, understood


def examples_provenance(explorer: Explorer, answer: ExamplesAnswer) -> dict[str, str]:
    """What a table says of the examples it was found with."""

    def told(examples: tuple[Example, ...]) -> str:
        names = example_names(explorer.space, examples)
        weighted = zip(names, examples, strict=True)
        return ", ".join(f"{name} (weight {one.weight:g})" for name, one in weighted) or "none"

    return {
        "wanted_examples": told(answer.wanted),
        "unwanted_examples": told(answer.unwanted),
        "score": FORMULA,
    }


def _named(given: ExamplesRequest) -> list[tuple[str, ExampleRequest]]:
    """The examples with what a problem calls each: wanted[0], unwanted[2]."""
    lists = {"wanted": given.wanted, "unwanted": given.unwanted}
    return [(f"{kind}[{i}]", one) for kind, each in lists.items() for i, one in enumerate(each)]


def _check_positions(given: ExamplesRequest) -> None:
    positions = [name for name, one in _named(given) if one.position is not None]
    if len(positions) > POSITIONS_MAX:
        raise UnusableExamples(
            f"There are {len(positions)} positions or names among the examples; {POSITIONS_MAX} "
            "are taken in one search. Give sources of this catalogue by source_id.",
            parameter=positions[POSITIONS_MAX],
        )


async def _subject(
    state: Served, request: Request, one: ExampleRequest
) -> tuple[Subject, Understood | None]:
    """What an example is, and how its position was understood."""
    explorer = state.explorer
    if (one.source_id is None) == (one.position is None):
        raise UnusableExamples("An example is either a source_id or a position.")
    if one.source_id is not None:
        return explorer.bundle_subject(explorer.row_of(one.source_id)), None
    request.state.understood = ""
    found = await understand_text(one.position or "", state)
    request.state.understood = found.sentence
    subject = await in_survey_thread(
        lambda: explorer.subject_at(found.position, one.survey, found.row)
    )
    return subject, found
