"""HTTP route of selections: a filter, a region of sky or map, or rows become a set with an id.

It never searches: the id is a condition that every query takes.
"""

from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Query, Response
from numpy.typing import NDArray

from app.bundle.latent_space import LatentSpace
from app.bundle.map_columns import LayoutName, listed_places
from app.errors import UnknownColumn, UnusableCondition
from app.query.conditions import Conditions, read_cone, read_where, rows_that_fit
from app.web import caching
from app.web.bounded_body import BoundedBodyRoute
from app.web.dependencies import Served, ServedDep
from app.web.query import PROBLEM, PROBLEMS
from app.web.schemas import Selected, SelectRequest

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    **{status: PROBLEMS[status] for status in (404, 422)},
    413: {"description": "The body is too long", "content": PROBLEM},
}
ROWS = {
    "content": {"application/octet-stream": {}},
    "description": "Binary: row numbers, ascending, as little-endian uint32; the headers "
    "X-Selection and X-Count say the id and how many.",
}

router = APIRouter(prefix="/api", route_class=BoundedBodyRoute)


@router.post("/select", response_model=Selected, responses={200: ROWS, **_PROBLEMS})
def select(
    state: ServedDep,
    response: Response,
    given: SelectRequest,
    format: Annotated[
        Literal["json", "binary"], Query(description="binary: the rows alone.")
    ] = "json",
) -> Selected | Response:
    """The rows that satisfy all that is given, and the id of that set for `selection=`."""
    mask, words = chosen_rows(state, given)
    chosen = state.selections.keep(mask)
    rows = np.flatnonzero(mask)
    headers = {"Cache-Control": caching.LIVE, "X-Selection": chosen.id, "X-Count": str(len(rows))}
    if format == "binary":
        content = rows.astype("<u4").tobytes()
        return Response(content, media_type="application/octet-stream", headers=headers)
    response.headers.update(headers)
    return Selected(
        selection=chosen.id,
        count=len(rows),
        n=len(mask),
        conditions=words,
        version=state.explorer.space.version,
        rows=rows.tolist(),
        missing=_missing(state.explorer.space, given.source_ids or []),
    )


def chosen_rows(state: Served, given: SelectRequest) -> tuple[NDArray[np.bool_], list[str]]:
    """The rows that satisfy all that is given, one truth value a row, and the conditions in words.

    Raises
    ------
    UnknownColumn, UnusableCondition, UnknownSelection
    """
    space = state.explorer.space
    conditions = Conditions(
        columns=read_where(space.catalogue, given.where),
        cone=None if given.within is None else read_cone(given.within),
        selection=None if given.selection is None else state.selections.get(given.selection),
    )
    applied = rows_that_fit(conditions, space)
    masks, words = [], list(applied.words)
    if applied.mask is not None:
        masks.append(applied.mask)
    if given.polygon is not None:
        masks.append(_inside(space, given.polygon, given.layout))
        words.append(f"inside a polygon of {len(given.polygon)} vertices on the map")
    if given.rows is not None:
        masks.append(_of_rows(space, given.rows))
        words.append(f"one of {len(set(given.rows)):,} rows")
    if given.source_ids is not None:
        known = (space.catalogue.row_of(source_id) for source_id in given.source_ids)
        masks.append(_of_rows(space, [row for row in known if row is not None]))
        words.append(f"one of {len(set(given.source_ids)):,} ids")
    if not masks:
        raise UnusableCondition(
            "Nothing was given to select by. Give where, within, polygon, rows, source_ids or "
            "selection."
        )
    return np.logical_and.reduce(masks), words


def _inside(
    space: LatentSpace, polygon: list[tuple[float, float]], layout: LayoutName
) -> NDArray[np.bool_]:
    from matplotlib.path import Path  # half a second that a server need not wait for

    places = space.xy if layout == "ours" else listed_places(space.catalogue)
    if places is None:
        raise UnknownColumn(
            "The catalogue of this bundle has no map of its own.", parameter="layout"
        )
    outline = np.array([*polygon, polygon[0]], np.float64)
    inside: NDArray[np.bool_] = Path(outline, closed=True).contains_points(places)
    return inside


def _missing(space: LatentSpace, source_ids: list[str]) -> list[str]:
    """The ids that this bundle has no source of."""
    return [each for each in dict.fromkeys(source_ids) if space.catalogue.row_of(each) is None]


def _of_rows(space: LatentSpace, rows: list[int]) -> NDArray[np.bool_]:
    wrong = next((row for row in rows if not 0 <= row < len(space)), None)
    if wrong is not None:
        raise UnusableCondition(
            f"There is no row {str(wrong)[:40]}; the rows are 0 to {len(space) - 1}.",
            parameter="rows",
        )
    mask = np.zeros(len(space), bool)
    mask[rows] = True
    return mask
