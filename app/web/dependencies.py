"""What the routes need, typed, from the running application.

All of it is at hand: nothing here waits, so nothing here takes a worker thread.
"""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import anyio
import anyio.to_thread
from fastapi import Depends, Query, Request

from app.bundle.latent_space import LatentSpace
from app.errors import UnreadablePosition
from app.query.explorer import (
    DUPLICATES_ARCSEC,
    DUPLICATES_ARCSEC_MAX,
    K_DEFAULT,
    K_MAX,
    Explorer,
    SearchOptions,
)
from app.sky.coordinates import ACCEPTED
from app.sky.names import BundleNames
from app.sky.resolve import NameService, Understood, from_degrees, understand_here, understand_there
from app.web.schemas import Meta


@dataclass(frozen=True)
class Served:
    """Everything loaded at start."""

    explorer: Explorer
    meta: Meta
    names: BundleNames
    name_service: NameService | None


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


async def search_options(
    state: Annotated[Served, Depends(served)],
    k: Annotated[int, Query(ge=1, le=K_MAX, description="Number of neighbours.")] = K_DEFAULT,
    duplicates_arcsec: Annotated[
        float,
        Query(
            ge=0,
            le=DUPLICATES_ARCSEC_MAX,
            description="Distance on the sky that counts as the same.",
        ),
    ] = DUPLICATES_ARCSEC,
    hide_duplicates: Annotated[bool, Query(description="Leave near-duplicates out.")] = False,
) -> SearchOptions:
    """How to search; k is at most the number of other sources."""
    return SearchOptions(min(k, len(state.explorer.space) - 1), duplicates_arcsec, hide_duplicates)


ServedDep = Annotated[Served, Depends(served)]
ExplorerDep = Annotated[Explorer, Depends(explorer)]
SpaceDep = Annotated[LatentSpace, Depends(latent_space)]
OptionsDep = Annotated[SearchOptions, Depends(search_options)]


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
    """Understand a request's position; an error that follows says how it was understood."""
    _check_one_given(position, ra, dec)
    if position is not None:
        found = await _understand(position, state)
        request.state.understood = found.sentence
        return found
    assert ra is not None
    assert dec is not None
    return from_degrees(ra, dec)


async def _understand(text: str, state: ServedDep) -> Understood:
    found = await anyio.to_thread.run_sync(partial(understand_here, text, names=state.names))
    if found is not None:
        return found
    there = partial(understand_there, text, state.name_service)
    return await anyio.to_thread.run_sync(there, limiter=_name_threads)


def _check_one_given(text: str | None, ra: float | None, dec: float | None) -> None:
    numbers = ra is not None and dec is not None
    if text is not None and ra is None and dec is None:
        return
    if text is None and numbers:
        return
    both = "Give one of them, not both: " if text is not None else "Give "
    raise UnreadablePosition(
        f"{both}position=TEXT, or ra= and dec= in degrees. {ACCEPTED}", parameter="position"
    )


AskedPosition = Annotated[Understood, Depends(asked_position)]
