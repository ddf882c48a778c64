"""What the routes need, typed, from the running application.

All but one of it is at hand: what does not wait takes no worker thread.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Annotated

import anyio
import anyio.to_thread
from fastapi import Depends, Query, Request
from fastapi.dependencies.models import Dependant

from app.bundle.latent_space import LatentSpace
from app.errors import NameServiceError, UnknownParameter, UnreadablePosition
from app.query.conditions import (
    EXTENT_PERCENT_MAX,
    WHERE_FORM,
    WITHIN_FORM,
    Conditions,
    Selection,
    read_cone,
    read_where,
)
from app.query.explorer import Explorer
from app.query.lists import LIST_K
from app.query.ranking import (
    DUPLICATES_ARCSEC,
    DUPLICATES_ARCSEC_MAX,
    FROM_RANK_MAX,
    K_DEFAULT,
    K_MAX,
    SearchOptions,
)
from app.query.selections import Selections
from app.samples.labels import Labels
from app.samples.verdicts import quarantine
from app.sky.coordinates import ACCEPTED, LONGEST
from app.sky.names import BundleNames
from app.sky.resolve import NameService, Understood, from_degrees, understand_here, understand_there
from app.web.meta_schemas import Meta

WHERE_MAX = 100
"""Conditions on columns in one request."""


@dataclass(frozen=True)
class Served:
    """Everything loaded at start."""

    explorer: Explorer
    meta: Meta
    names: BundleNames
    name_service: NameService | None
    selections: Selections
    labels: Labels


async def served(request: Request) -> Served:
    """What this application serves."""
    state: Served = request.app.state.served
    return state


async def explorer(state: Annotated[Served, Depends(served)]) -> Explorer:
    """The query engine."""
    return state.explorer


async def latent_space(state: Annotated[Served, Depends(served)]) -> LatentSpace:
    """The bundle."""
    return state.explorer.space


Neighbours = Annotated[int, Query(ge=1, le=K_MAX, description="Number of neighbours.")]
SameSky = Annotated[
    float,
    Query(
        ge=0, le=DUPLICATES_ARCSEC_MAX, description="Distance on the sky that counts as the same."
    ),
]
OneEach = Annotated[bool, Query(description="Leave near-duplicates out.")]


def quarantined(
    state: Annotated[Served, Depends(served)],
    with_quarantined: Annotated[
        bool, Query(description="Find sources too that people have quarantined as artefacts.")
    ] = False,
) -> Selection | None:
    """Rows that searches leave out. It reads a file, so it takes a worker thread."""
    return None if with_quarantined else quarantine(state.labels)


LeftOut = Annotated[Selection | None, Depends(quarantined)]


async def search_conditions(
    state: Annotated[Served, Depends(served)],
    left_out: LeftOut,
    extent_percent: Annotated[
        float | None,
        Query(
            ge=0,
            le=EXTENT_PERCENT_MAX,
            description="Angular extent at most so many per cent smaller or larger than the "
            "query's.",
        ),
    ] = None,
    min_similarity: Annotated[float | None, Query(ge=-1, le=1, description="S at least.")] = None,
    where: Annotated[
        list[str] | None,
        Query(
            max_length=WHERE_MAX,
            description=f"Values of a column of /api/meta: {WHERE_FORM}. Repeated: the same column "
            "again is another allowed value, another column another condition.",
        ),
    ] = None,
    within: Annotated[
        str | None, Query(max_length=200, description=f"A region of the sky: {WITHIN_FORM}.")
    ] = None,
    selection: Annotated[
        str | None, Query(max_length=64, description="Id of a set of rows, from /api/select.")
    ] = None,
) -> Conditions:
    """What must hold for every neighbour: all of the conditions that are given."""
    return Conditions(
        extent_percent=extent_percent,
        min_similarity=min_similarity,
        columns=read_where(state.explorer.space.catalogue, where or ()),
        cone=None if within is None else read_cone(within),
        selection=None if selection is None else state.selections.get(selection),
        quarantine=left_out,
    )


async def only_known_parameters(request: Request) -> None:
    """Refuse a misspelt condition rather than answer as if it had not been asked for."""
    known = _parameters(request.scope["route"].dependant)
    for name in request.query_params:
        if name not in known:
            close = get_close_matches(name, known, 1)
            listed = f"There are {', '.join(sorted(known))}."
            hint = f"Perhaps {close[0]} is meant." if close else listed
            raise UnknownParameter(
                f"'{name[:60]}' is no parameter of this request. {hint}", parameter=name[:60]
            )


def _parameters(dependant: Dependant) -> set[str]:
    """The names of a route's parameters in its address, those of what it depends on included."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_parameters(each) for each in dependant.dependencies))


async def search_options(
    state: Annotated[Served, Depends(served)],
    _: Annotated[None, Depends(only_known_parameters)],
    conditions: Annotated[Conditions, Depends(search_conditions)],
    k: Neighbours = K_DEFAULT,
    from_rank: Annotated[
        int,
        Query(ge=1, le=FROM_RANK_MAX, description="The first rank given, so that k more follow."),
    ] = 1,
    duplicates_arcsec: SameSky = DUPLICATES_ARCSEC,
    hide_duplicates: OneEach = False,
) -> SearchOptions:
    """How to search; k is at most the number of sources."""
    most = len(state.explorer.space)
    return SearchOptions(min(k, most), duplicates_arcsec, hide_duplicates, from_rank, conditions)


async def list_options(
    state: Annotated[Served, Depends(served)],
    left_out: LeftOut,
    k: Neighbours = LIST_K,
    duplicates_arcsec: SameSky = DUPLICATES_ARCSEC,
    hide_duplicates: OneEach = False,
) -> SearchOptions:
    """How to search for each entry of a list; k is at most the number of other sources."""
    most = min(k, len(state.explorer.space) - 1)
    conditions = Conditions(quarantine=left_out)
    return SearchOptions(most, duplicates_arcsec, hide_duplicates, conditions=conditions)


ServedDep = Annotated[Served, Depends(served)]
ExplorerDep = Annotated[Explorer, Depends(explorer)]
SpaceDep = Annotated[LatentSpace, Depends(latent_space)]
OptionsDep = Annotated[SearchOptions, Depends(search_options)]
ListOptionsDep = Annotated[SearchOptions, Depends(list_options)]


NAME_THREADS = 128
_name_threads = anyio.CapacityLimiter(NAME_THREADS)


async def asked_position(
    request: Request,
    state: ServedDep,
    position: Annotated[
        str | None,
        Query(
            description="Coordinates, an id or name of this bundle, or the name of an object. "
            f"{ACCEPTED} A blank where a sign belongs is +."
        ),
    ] = None,
    ra: Annotated[float | None, Query(description="ICRS, degrees.")] = None,
    dec: Annotated[float | None, Query(description="ICRS, degrees.")] = None,
) -> Understood:
    """Understand a request's position; an error that follows says how, and what is nearest."""
    _check_one_given(position, ra, dec)
    if position is not None:
        found = await understand_text(position, state)
        request.state.understood, request.state.place = found.sentence, found.position
        return found
    assert ra is not None
    assert dec is not None
    found = from_degrees(ra, dec)
    request.state.place = found.position
    return found


async def understand_text(text: str, state: Served) -> Understood:
    """Understand a typed position or name, where it holds up nothing else."""
    try:
        found = await anyio.to_thread.run_sync(partial(understand_here, text, names=state.names))
        if found is not None:
            return found
        there = partial(understand_there, text, state.name_service)
        return await anyio.to_thread.run_sync(there, limiter=_name_threads)
    except (UnreadablePosition, NameServiceError) as exc:
        close = partial(state.names.close_to, text[:LONGEST])
        exc.close_names = await anyio.to_thread.run_sync(close)
        raise


def _check_one_given(text: str | None, ra: float | None, dec: float | None) -> None:
    numbers = ra is not None and dec is not None
    if text is not None and ra is None and dec is None:
        return
    if text is None and numbers:
        return
    if text is None and (ra is not None or dec is not None):
        missing, given = ("dec", "ra") if dec is None else ("ra", "dec")
        raise UnreadablePosition(
            f"The value of '{missing}' is missing: {given}= needs {missing}= beside it, both ICRS "
            "in degrees. Or give position=TEXT.",
            parameter=missing,
        )
    both = "Give one of them, not both: " if text is not None else "Give "
    raise UnreadablePosition(
        f"{both}position=TEXT, or ra= and dec= in degrees. {ACCEPTED}", parameter="position"
    )


AskedPosition = Annotated[Understood, Depends(asked_position)]
