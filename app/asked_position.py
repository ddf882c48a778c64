"""The position that a request asks about, however it is written: read, looked up, and said back.

It never fetches an image, and never lets the look-up of a name hold up anything else.
"""

from functools import partial
from typing import Annotated

import anyio
import anyio.to_thread
from fastapi import Depends, Query, Request

from app.dependencies import ServedDep
from app.errors import UnreadablePosition
from app.position import ACCEPTED
from app.positions.reading import from_degrees
from app.positions.resolution import understand_here, understand_there
from app.positions.understood import Understood

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
