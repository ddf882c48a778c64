"""What the routes need, typed, from the running application.

All of it is at hand: nothing here waits, so nothing here takes a worker thread.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from app.explorer import Explorer, SearchOptions
from app.latent_space import LatentSpace
from app.meta import DUPLICATES_ARCSEC, K_DEFAULT, K_MAX
from app.positions.bundle_names import BundleNames
from app.positions.understood import NameService
from app.schemas import Meta


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
        float, Query(ge=0, le=3600, description="Distance on the sky that counts as the same.")
    ] = DUPLICATES_ARCSEC,
    hide_duplicates: Annotated[bool, Query(description="Leave near-duplicates out.")] = False,
) -> SearchOptions:
    """How to search; k is at most the number of other sources."""
    return SearchOptions(min(k, len(state.explorer.space) - 1), duplicates_arcsec, hide_duplicates)


ServedDep = Annotated[Served, Depends(served)]
ExplorerDep = Annotated[Explorer, Depends(explorer)]
SpaceDep = Annotated[LatentSpace, Depends(latent_space)]
OptionsDep = Annotated[SearchOptions, Depends(search_options)]
