"""HTTP routes of tags, notes, their history and undo. They decide nothing."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.bundle.map_columns import pack_added
from app.samples.labels import HISTORY_MOST
from app.samples.records import Given, Label
from app.samples.tables import TAG_COLUMN, tags_of_rows
from app.web import caching
from app.web.bounded_body import BoundedBodyRoute
from app.web.dependencies import ServedDep
from app.web.label_schemas import (
    Authored,
    ChangeInfo,
    ChangeReport,
    ChosenTag,
    History,
    LabelInfo,
    NewNote,
    SourceLabels,
    TagList,
    TagReport,
)
from app.web.query import BINARY
from app.web.samples import (
    MOST_NUMBER,
    READ,
    WRITTEN,
    chosen,
    chosen_ids,
    here_and_missing,
    of_rows,
    said_of,
)
from app.web.samples import report as report_of

router = APIRouter(prefix="/api", tags=["labels"], route_class=BoundedBodyRoute)


@router.get("/labels", response_model=TagList, responses=READ)
def tags(state: ServedDep, response: Response) -> TagList:
    """All tags with their sources, the most frequent first."""
    response.headers["Cache-Control"] = caching.LIVE
    by_word: dict[str, list[Label]] = {}
    for each in state.labels.tags():
        by_word.setdefault(each.word, []).append(each)
    found = [_tag(word, labels) for word, labels in by_word.items()]
    return TagList(
        **said_of(state.labels),
        tags=sorted(found, key=lambda each: (-each.count, each.tag)),
        n_notes=len(state.labels.notes()),
    )


def _tag(word: str, labels: list[Label]) -> TagReport:
    rows, missing = here_and_missing(labels)
    return TagReport(
        tag=word,
        count=len(rows) + len(missing),
        authors=list(dict.fromkeys(each.author for each in labels)),
        rows=rows,
        missing=missing,
    )


@router.get("/labels/column", response_class=Response, responses=READ | {200: BINARY})
def tag_column(state: ServedDep) -> Response:
    """The tags as a column of the map, binary as those of /api/map/columns."""
    space = state.explorer.space
    name = "tag" if "tag" not in space.catalogue.info else "tag_here"
    words = tags_of_rows(state.labels.tags(), len(space))
    packed = pack_added(space, name, TAG_COLUMN, words)
    headers = {"Cache-Control": caching.LIVE}
    return Response(packed, media_type="application/octet-stream", headers=headers)


@router.post("/labels/tag", response_model=ChangeReport, responses=WRITTEN)
def put_tag(state: ServedDep, given: ChosenTag) -> ChangeReport:
    """Put a tag on the sources that satisfy all that is given."""
    rows, not_found, how = chosen(state, given)
    done = state.labels.tag(of_rows(rows, given.tag), given.author, how)
    return report_of(state.labels, done, not_found)


@router.post("/labels/untag", response_model=ChangeReport, responses=WRITTEN)
def remove_tag(state: ServedDep, given: ChosenTag) -> ChangeReport:
    """Take an author's tag off sources; the same tag by another author stays."""
    ids, how = chosen_ids(state, given)
    return report_of(state.labels, state.labels.untag(ids, given.tag, given.author, how))


@router.get("/labels/history", response_model=History, responses=READ)
def history(
    state: ServedDep,
    response: Response,
    author: Annotated[str | None, Query(max_length=1_000)] = None,
    source_id: Annotated[str | None, Query(max_length=1_000)] = None,
    sample: Annotated[int | None, Query(ge=1, le=MOST_NUMBER)] = None,
    before: Annotated[
        int | None,
        Query(ge=1, le=MOST_NUMBER, description="Changes with a smaller number: the next page."),
    ] = None,
    most: Annotated[int, Query(ge=1, le=HISTORY_MOST)] = 100,
) -> History:
    """Changes, the last first: all, an author's, those of a source, or those of a sample."""
    response.headers["Cache-Control"] = caching.LIVE
    found = state.labels.history(author, source_id, sample, before, most)
    return History(**said_of(state.labels), changes=[ChangeInfo(**each.__dict__) for each in found])


@router.post("/labels/undo", response_model=ChangeReport, responses=WRITTEN)
def undo(state: ServedDep, given: Authored) -> ChangeReport:
    """Undo the author's last change that is not undone yet; asked again, the one before it."""
    return report_of(state.labels, state.labels.undo(given.author))


@router.get("/sources/{source_id}/labels", response_model=SourceLabels, responses=READ)
def labels_of_source(state: ServedDep, response: Response, source_id: str) -> SourceLabels:
    """The tags and notes on a source, with author and time; of one that the bundle had, too."""
    response.headers["Cache-Control"] = caching.LIVE
    row = state.explorer.space.catalogue.row_of(source_id)
    kept = state.labels
    tags, notes, members = (
        [each for each in found if each.source.row == row]
        for found in (kept.tags(source_id), kept.notes(source_id), kept.samples_of(source_id))
    )
    if row is None and not (tags or notes or members):
        state.explorer.row_of(source_id)  # refused in a sentence
    return SourceLabels(
        **said_of(state.labels),
        source_id=source_id,
        row=row,
        tags=[_label(each) for each in tags],
        notes=[_label(each) for each in notes],
        samples=[int(each.word) for each in members],
    )


def _label(label: Label) -> LabelInfo:
    return LabelInfo(word=label.word, author=label.author, at_utc=label.at_utc, bundle=label.bundle)


@router.put("/sources/{source_id}/note", response_model=ChangeReport, responses=WRITTEN)
def write_note(state: ServedDep, source_id: str, given: NewNote) -> ChangeReport:
    """Write the author's note on a source, in place of an earlier one; empty takes it away."""
    if not given.text.strip():
        return report_of(state.labels, state.labels.remove_note(source_id, given.author))
    row = state.explorer.row_of(source_id)
    return report_of(state.labels, state.labels.note([Given(row, given.text)], given.author))
