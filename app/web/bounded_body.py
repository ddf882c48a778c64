"""Routes whose JSON body is refused as soon as it is longer than it can need to be.

It never reads a body itself.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Message

MAX_BODY_BYTES = 4 * 2**20
"""Two million digits and commas of row numbers at half a million sources fit."""


class BoundedBodyRoute(APIRoute):
    """A route that takes at most `MAX_BODY_BYTES`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The usual handler, with a body that is counted as it arrives."""
        handler = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            received = 0

            async def receive() -> Message:
                nonlocal received
                message = await request.receive()
                received += len(message.get("body", b""))
                if received > MAX_BODY_BYTES:
                    raise HTTPException(
                        413, f"the body has more than {MAX_BODY_BYTES // 2**20} MiB"
                    )
                return message

            return await handler(Request(request.scope, receive))

        return bounded
