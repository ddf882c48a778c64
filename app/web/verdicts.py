"""HTTP routes of the queue of rare and wrong sources, and of the verdicts on them.

They decide nothing: they ask, change and send.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from app.samples.verdicts import RESERVED, Verdict, flags_of, judge, queue, verdicts
from app.web import caching
from app.web.answers import describe_source
from app.web.bounded_body import BoundedBodyRoute
from app.web.dependencies import ServedDep
from app.web.label_schemas import ChangeReport, ChosenSources, Kept
from app.web.samples import READ, WRITTEN, chosen, report, said_of
from app.web.schemas import Source

MOST_QUEUED = 100
router = APIRouter(prefix="/api", tags=["labels"], route_class=BoundedBodyRoute)


class QueuedSource(Source):
    """A source of the queue."""

    artefact_flags: str | None
    """none, or what is wrong in words; null: the bundle was built before flags were computed."""
    verdict: Verdict | None
    author: str | None
    """Who gave it."""
    at_utc: str | None


class Queue(Kept):
    """Sources to be judged, the most novel first."""

    total: int
    """With a verdict, or without one: what is asked for."""
    n_flagged: int | None
    """Sources of the bundle with artefact flags; null: none were computed."""
    n_quarantined: int
    first: int
    sources: list[QueuedSource]


class NewVerdict(ChosenSources):
    """A verdict, and on which sources."""

    verdict: Verdict = Field(description="quarantine: not found by searches unless asked for.")


@router.get("/verdicts", response_model=Queue, responses=READ)
def rare_and_wrong(
    state: ServedDep,
    response: Response,
    order: Annotated[
        Literal["novelty", "flagged"],
        Query(description="flagged: those with artefact flags first, the most novel of them first"),
    ] = "novelty",
    judged: Annotated[bool, Query(description="Those with a verdict, not those without.")] = False,
    first: Annotated[int, Query(ge=1, le=10**9)] = 1,
    most: Annotated[int, Query(ge=1, le=MOST_QUEUED)] = 20,
) -> Queue:
    """Sources in the order in which they should be looked at, with flags and verdicts."""
    response.headers["Cache-Control"] = caching.LIVE
    space, held, flags = (
        state.explorer.space,
        verdicts(state.labels),
        flags_of(state.explorer.space),
    )
    rows = queue(state.labels, flagged_first=order == "flagged", judged=judged)
    words = {tag: verdict for verdict, tag in RESERVED.items()}

    def queued(row: int) -> QueuedSource:
        label = held.get(row)
        return QueuedSource(
            **describe_source(space, row).model_dump(),
            artefact_flags=flags[row],
            verdict=None if label is None else words[label.word],
            author=None if label is None else label.author,
            at_utc=None if label is None else label.at_utc,
        )

    return Queue(
        **said_of(state.labels),
        total=len(rows),
        n_flagged=None if flags[0] is None else sum(each != "none" for each in flags),
        n_quarantined=sum(each.word == RESERVED["quarantine"] for each in held.values()),
        first=first,
        sources=[queued(row) for row in rows[first - 1 :][:most]],
    )


@router.post("/verdicts", response_model=ChangeReport, responses=WRITTEN)
def give_verdict(state: ServedDep, given: NewVerdict) -> ChangeReport:
    """Keep, discard or quarantine sources, in place of the author's earlier verdict."""
    rows, not_found, _ = chosen(state, given)
    return report(state.labels, judge(state.labels, rows, given.verdict, given.author), not_found)
