"""HTTP routes of samples: named sets of sources. They decide nothing: they ask, change and send."""

from http import HTTPStatus
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Query, Response
from numpy.typing import NDArray

from app.errors import UnusableChange
from app.samples.labels import Labels
from app.samples.records import Changed, Given, Label, LabelledSource
from app.samples.words import how_chosen
from app.web import caching
from app.web.bounded_body import BoundedBodyRoute
from app.web.dependencies import Served, ServedDep
from app.web.label_schemas import (
    ChangeInfo,
    ChangeReport,
    ChosenSources,
    MissingSource,
    NewName,
    NewSample,
    SampleInfo,
    SampleList,
    SampleReport,
)
from app.web.query import PROBLEM
from app.web.schemas import SelectRequest
from app.web.select import chosen_rows

READ: dict[int | str, dict[str, Any]] = {
    status: {"description": HTTPStatus(status).phrase, "content": PROBLEM} for status in (404, 422)
}
WRITTEN: dict[int | str, dict[str, Any]] = READ | {
    status: {"description": words, "content": PROBLEM}
    for status, words in (
        (409, "What others have changed since stands against it"),
        (413, "The body is too long"),
        (503, "Nothing can be kept, or others write"),
    )
}
AuthorQuery = Annotated[str, Query(max_length=1_000, description="Who makes the change.")]
MOST_NUMBER = 2**53
SampleNumber = Annotated[int, Path(ge=1, le=MOST_NUMBER, description="Of the sample, its `id`.")]
router = APIRouter(prefix="/api/samples", tags=["samples"], route_class=BoundedBodyRoute)


@router.get("", response_model=SampleList, responses=READ)
def samples(state: ServedDep, response: Response) -> SampleList:
    """All samples, the last made first."""
    response.headers["Cache-Control"] = caching.LIVE
    found = [SampleInfo(**each.__dict__) for each in state.labels.samples()]
    return SampleList(**said_of(state.labels), samples=found)


@router.post("", response_model=ChangeReport, status_code=201, responses=WRITTEN)
def make_sample(state: ServedDep, given: NewSample) -> ChangeReport:
    """Make a sample of the sources that satisfy all that is given, or an empty one."""
    rows, not_found, how = chosen(state, given, may_be_empty=True)
    made = state.labels.create(given.name, given.author, of_rows(rows), how)
    return report(state.labels, made, not_found)


@router.get("/{sample}", response_model=SampleReport, responses=READ)
def one_sample(state: ServedDep, response: Response, sample: SampleNumber) -> SampleReport:
    """A sample: its rows in the served bundle, and the members that are not in it."""
    response.headers["Cache-Control"] = caching.LIVE
    known, members = state.labels.sample(sample), state.labels.members(sample)
    rows, missing = here_and_missing(members)
    mask = np.zeros(len(state.explorer.space), bool)
    mask[rows] = True
    return SampleReport(
        **said_of(state.labels),
        sample=SampleInfo(**known.__dict__),
        authors=list(dict.fromkeys(each.author for each in members)),
        rows=rows,
        selection=state.selections.keep(mask).id,
        n_missing=len(missing),
        missing=missing,
    )


@router.patch("/{sample}", response_model=ChangeReport, responses=WRITTEN)
def rename_sample(state: ServedDep, sample: SampleNumber, given: NewName) -> ChangeReport:
    """Give a sample another name."""
    return report(state.labels, state.labels.rename(sample, given.name, given.author))


@router.delete("/{sample}", response_model=ChangeReport, responses=WRITTEN)
def delete_sample(state: ServedDep, sample: SampleNumber, author: AuthorQuery) -> ChangeReport:
    """Delete a sample; `POST /api/labels/undo` brings it back."""
    return report(state.labels, state.labels.delete(sample, author))


@router.post("/{sample}/add", response_model=ChangeReport, responses=WRITTEN)
def add_members(state: ServedDep, sample: SampleNumber, given: ChosenSources) -> ChangeReport:
    """Put the sources that satisfy all that is given into a sample."""
    rows, not_found, how = chosen(state, given)
    done = state.labels.add_members(sample, of_rows(rows), given.author, how)
    return report(state.labels, done, not_found)


@router.post("/{sample}/remove", response_model=ChangeReport, responses=WRITTEN)
def remove_members(state: ServedDep, sample: SampleNumber, given: ChosenSources) -> ChangeReport:
    """Take sources out of a sample; by `source_ids` also those that the bundle does not hold."""
    ids, how = chosen_ids(state, given)
    return report(state.labels, state.labels.remove_members(sample, ids, given.author, how))


def chosen(
    state: Served, given: ChosenSources, *, may_be_empty: bool = False
) -> tuple[list[int], list[str], str]:
    """The rows that a request is about, the ids that the bundle does not hold, and the words."""
    conditions, asked = _conditions(given), given.source_ids
    if conditions is None and asked is None:
        if may_be_empty:
            return [], [], ""
        raise UnusableChange(
            "Nothing says which sources. Give source_ids, rows, selection, where, within or "
            "polygon.",
            parameter="source_ids",
        )
    mask: NDArray[np.bool_] = np.ones(len(state.explorer.space), bool)
    words: list[str] = []
    if conditions is not None:
        mask, words = chosen_rows(state, conditions)
    how = how_chosen(given.how) or "; ".join(words)
    if asked is None:
        return np.flatnonzero(mask).tolist(), [], how
    known = {each: state.explorer.space.catalogue.row_of(each) for each in asked}
    rows = [row for row in known.values() if row is not None and mask[row]]
    return rows, [each for each, row in known.items() if row is None], how


def chosen_ids(state: Served, given: ChosenSources) -> tuple[list[str], str]:
    """The ids that a request is about, in the bundle or not, and how they were chosen."""
    if given.source_ids is not None and _conditions(given) is None:
        return given.source_ids, how_chosen(given.how)
    rows, _, how = chosen(state, given)
    ids = state.explorer.space.catalogue.table["source_id"]
    return [ids[row].as_py() for row in rows], how


def _conditions(given: ChosenSources) -> SelectRequest | None:
    """What a request gives beside ids; None where that is nothing."""
    fields = {name: getattr(given, name) for name in SelectRequest.model_fields}
    told = any(fields[name] is not None for name in ("within", "polygon", "rows", "selection"))
    return SelectRequest(**fields) if told or given.where else None


def of_rows(rows: list[int], word: str = "") -> list[Given]:
    """Members or tags for some rows, by the author of the request, now."""
    return [Given(row, word) for row in rows]


def here_and_missing(labels: list[Label]) -> tuple[list[int], list[MissingSource]]:
    """The rows that labels are of, ascending, and the sources that the bundle does not hold."""
    rows = {each.source.row for each in labels if each.source.row is not None}
    missing = {each.source: each.bundle for each in labels if each.source.row is None}
    return sorted(rows), [_missing(source, bundle) for source, bundle in missing.items()]


def _missing(source: LabelledSource, bundle: str) -> MissingSource:
    return MissingSource(
        source_id=source.source_id,
        name=source.name,
        ra_deg=source.ra_deg,
        dec_deg=source.dec_deg,
        bundle=bundle,
    )


def said_of(labels: Labels) -> dict[str, Any]:
    """Whether changes can be kept, as every reading says."""
    return {"kept": not labels.problem, "problem": labels.problem}


def report(labels: Labels, done: Changed, not_found: list[str] | None = None) -> ChangeReport:
    """Say what a request changed."""
    return ChangeReport(
        change=ChangeInfo(**done.change.__dict__) if done.change else None,
        n_changed=done.n_changed,
        sample=_sample_now(labels, done.sample),
        not_found=not_found or [],
    )


def _sample_now(labels: Labels, sample: int | None) -> SampleInfo | None:
    found = next((each for each in labels.samples() if each.id == sample), None)
    return SampleInfo(**found.__dict__) if found else None
