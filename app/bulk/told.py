"""How a search for a list stands, in the shape that is sent. It holds no logic of the search."""

from dataclasses import replace

from pydantic import BaseModel

from app.bulk.jobs import Job
from app.bulk.search import Outcome
from app.describe import describe_answer
from app.latent_space import LatentSpace
from app.position import format_position

NEIGHBOURS_SHOWN = 6
UNMATCHED_SHOWN = 200


class ShownNeighbour(BaseModel):
    """One of the first neighbours of an entry."""

    rank: int
    source_id: str
    name: str
    dissimilarity: float
    similarity: float
    angular_extent_arcsec: float | None
    image_origin: str
    cutout_url: str


class ShownAnswer(BaseModel):
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
    neighbours: list[ShownNeighbour]


class Unmatched(BaseModel):
    """An entry without an answer."""

    row: int
    entry: str
    name: str
    position: str
    reason: str


class BulkStatus(BaseModel):
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
    answers: list[ShownAnswer]
    """The first that were answered, when it has ended."""
    unmatched: list[Unmatched]
    """The first without an answer."""


def tell(space: LatentSpace, job: Job) -> BulkStatus:
    """Say how a search stands."""
    return BulkStatus(
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


def _in_order(outcomes: list[Outcome]) -> list[Outcome]:
    return sorted(outcomes, key=lambda each: each.listed.row)


def _answer(space: LatentSpace, outcome: Outcome) -> ShownAnswer:
    listed, answer = outcome.listed, outcome.answer
    assert answer is not None
    result = describe_answer(
        space, replace(answer, neighbours=answer.neighbours[:NEIGHBOURS_SHOWN])
    )
    query = result.query
    return ShownAnswer(
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
            ShownNeighbour.model_validate(each, from_attributes=True) for each in result.neighbours
        ],
    )


def _unmatched(outcome: Outcome) -> Unmatched:
    listed = outcome.listed
    placed = listed.ra_deg == listed.ra_deg
    return Unmatched(
        row=listed.row,
        entry=listed.text,
        name=listed.name,
        position=format_position(listed.ra_deg, listed.dec_deg) if placed else "",
        reason=outcome.reason,
    )
