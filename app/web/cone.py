"""GET /api/cone: IVOA Simple Cone Search 1.03. Every answer is a VOTable, errors too.

It never answers with another status than 200: clients of the standard read the document.
"""

import logging
import uuid
from typing import Any

from fastapi import APIRouter, Request, Response

from app.query.cone import (
    DEFAULT_VERBOSITY,
    MAX_RADIUS_DEG,
    MAX_RECORDS,
    UnusableCone,
    read_cone,
    search_cone,
)
from app.tables.cone_votable import MEDIA_TYPE, write_cone, write_cone_error
from app.web import caching
from app.web.dependencies import SpaceDep
from app.web.file_names import at_place, disposition, file_name

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/api", tags=["cone search"])

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/xml": {}},
        "description": 'VOTable 1.1; an error is INFO name="Error" in it.',
    }
}


def _parameter(name: str, about: str, required: bool, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": about,
        "schema": schema,
    }


PARAMETERS = [
    _parameter("RA", "ICRS, degrees.", True, type="number", minimum=0, maximum=360),
    _parameter("DEC", "ICRS, degrees.", True, type="number", minimum=-90, maximum=90),
    _parameter(
        "SR",
        "Radius, degrees; 0 gives the columns alone.",
        True,
        type="number",
        minimum=0,
        maximum=MAX_RADIUS_DEG,
    ),
    _parameter(
        "VERB",
        "1: fewest columns; 3: all.",
        False,
        type="integer",
        minimum=1,
        maximum=3,
        default=DEFAULT_VERBOSITY,
    ),
    _parameter(
        "MAXREC",
        "Most rows, the nearest ones; INFO QUERY_STATUS says OVERFLOW if there were more.",
        False,
        type="integer",
        minimum=0,
        maximum=MAX_RECORDS,
        default=MAX_RECORDS,
    ),
]


@router.get(
    "/cone",
    response_class=Response,
    responses=ANSWERS,
    openapi_extra={"parameters": PARAMETERS},
)
def cone_search(space: SpaceDep, request: Request) -> Response:
    """IVOA Simple Cone Search 1.03 over the catalogue; names of parameters in any case."""
    try:
        query = read_cone(request.query_params.multi_items())
        etag = caching.etag_of("cone", space.version, query)
        if same := caching.unchanged(request, etag, caching.REVALIDATE):
            return same
        content = write_cone(space, query, search_cone(space, query))
        name = file_name(space, f"cone_{at_place(query.ra_deg, query.dec_deg)}", "vot")
        headers = caching.headers(etag, caching.REVALIDATE) | disposition(name, "inline")
    except UnusableCone as exc:
        content, headers = write_cone_error(str(exc)), {"Cache-Control": caching.LIVE}
    except Exception as exc:  # the standard has no other way to say it
        content, headers = write_cone_error(_failure(exc)), {"Cache-Control": caching.LIVE}
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


def _failure(error: Exception) -> str:
    reference = uuid.uuid4().hex[:8]
    logger.error("Failure %s in a cone search", reference, exc_info=error)
    return f"The server failed on this request (reference {reference}); its log says why."
