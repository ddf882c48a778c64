"""Errors as application/problem+json: a sentence for the person, a status for the program."""

import logging
import uuid
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.bundle.latent_space import LatentSpace
from app.errors import ExplorerError, SurveyError, UnknownEncoder, status_of, survey_state
from app.web.schemas import NearestSource, Problem
from model.preprocess import ImageError

logger = logging.getLogger(__name__)

WHAT_IS_NEEDED = {
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "a whole number is needed"),
    **dict.fromkeys(("float_parsing", "float_type"), "a number is needed"),
    "int_parsing_size": "it has too many digits",
    "finite_number": "a finite number is needed",
    "bool_parsing": "true or false is needed",
    "greater_than_equal": "{ge} or more is needed",
    "less_than_equal": "{le} or less is needed",
    "greater_than": "more than {gt} is needed",
    "less_than": "less than {lt} is needed",
    "literal_error": "it must be {expected}",
    "enum": "it must be {expected}",
    "string_type": "a text is needed",
    "string_too_long": "it has more than {max_length} characters",
    "list_type": "a list is needed",
    "too_short": "{min_length} or more are needed, and it has {actual_length}",
    "too_long": "{max_length} or fewer are needed, and it has more",
}
"""By pydantic's kinds of error; of another kind its own words are said."""
NO_USABLE_IMAGE = (SurveyError, UnknownEncoder, ImageError)
"""What stands between a position and its neighbours: a source near by is offered."""
OFFERED_WITHIN_ARCSEC = 600.0
"""A source farther away is not what was looked for; how far it is tells what the bundle covers."""
SAID_WHERE_KNOWN = ("survey_state", "nearest", "close_names")
"""Members of a problem that others do not have."""
LONGEST_QUOTE = 100
"""Characters of what was sent that a problem repeats."""


def answer_with_problems(app: FastAPI) -> None:
    """Make every error of the application a problem."""
    app.add_exception_handler(ExplorerError, _known)
    app.add_exception_handler(ImageError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _known(request: Request, error: Exception) -> JSONResponse:
    status, title = status_of(error)
    parameter = getattr(error, "parameter", None)
    understood = getattr(request.state, "understood", "")
    close_names = list(getattr(error, "close_names", ()))
    nearest = _nearest(request) if isinstance(error, NO_USABLE_IMAGE) else None
    detail = str(error)
    if understood:
        detail += f" The position was understood as {understood}."
    if close_names:
        detail += f" Spelt much like it in this catalogue: {', '.join(close_names)}."
    offered = nearest and nearest.separation_arcsec <= OFFERED_WITHIN_ARCSEC
    if nearest:
        detail += f" {_offer(nearest) if offered else _how_far(nearest)}"
    return _problem(
        Problem(
            title=title,
            status=status,
            detail=detail,
            parameter=parameter,
            survey_state=survey_state(error),
            nearest=nearest if offered else None,
            close_names=close_names or None,
        )
    )


def _nearest(request: Request) -> NearestSource | None:
    """The source nearest to the position that a request asked about, if it was understood."""
    place = getattr(request.state, "place", None)
    if place is None:
        return None
    space: LatentSpace = request.app.state.served.explorer.space
    separations = space.separations_arcsec(place)
    row = int(separations.argmin())
    source = space.catalogue.row(row)
    return NearestSource(
        source_id=str(source["source_id"]),
        name=str(source["name"] or ""),
        ra_deg=float(space.catalogue.ra_deg[row]),
        dec_deg=float(space.catalogue.dec_deg[row]),
        separation_arcsec=float(separations[row]),
    )


def _offer(nearest: NearestSource) -> str:
    named = f" ({nearest.name})" if nearest.name else ""
    apart = _apart(nearest.separation_arcsec)
    return f"The nearest source of this catalogue is {nearest.source_id}{named}, {apart} away."


def _how_far(nearest: NearestSource) -> str:
    return f"The catalogue's nearest source is {_apart(nearest.separation_arcsec)} away."


def _apart(arcsec: float) -> str:
    unit, size = ("deg", 3600) if arcsec >= 3600 else ("arcmin", 60) if arcsec >= 60 else ("", 1)
    return f"{arcsec / size:.1f} {unit or 'arcsec'}"


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    kind, name = first["type"], _parameter(first["loc"])
    given = first.get("input")
    if kind == "missing":
        detail = f"The value of '{name}' is missing."
    elif kind == "extra_forbidden":
        detail = f"Nothing here is called '{_short(name)}'. Check the spelling."
    elif kind == "json_invalid":
        name = "body"
        detail = f"The body is no JSON: {_lower(first['ctx']['error'])} at {first['loc'][-1]}."
    else:
        told = given is not None and not isinstance(given, dict | list)
        value = f" '{_short(given)}'" if told else ""
        detail = f"The value{value} of '{name}' cannot be used: {_why(first)}."
    return _problem(Problem(title="Unusable parameter", status=422, detail=detail, parameter=name))


def _parameter(place: tuple[str | int, ...]) -> str:
    """What was wrong, as the sender calls it: k, where, wanted[0].weight."""
    source, *path = place
    if source != "body":
        return str(path[0] if path else source)
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}"
    return name.lstrip(".") or "body"


def _why(error: dict[str, Any]) -> str:
    """What a value should be, in words."""
    words = WHAT_IS_NEEDED.get(error["type"])
    return words.format(**error.get("ctx", {})) if words else _lower(error["msg"])


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    path = _short(request.url.path)
    detail = {
        404: f"There is nothing at '{path}'; the API is described at /docs.",
        405: f"'{path}' does not answer {request.method}; the API is described at /docs.",
    }.get(error.status_code, f"The request for '{path}' failed: {error.detail}.")
    return _problem(
        Problem(title=str(error.detail), status=error.status_code, detail=detail),
        dict(error.headers or {}),
    )


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    reference = uuid.uuid4().hex[:8]
    logger.error("Failure %s at %s", reference, request.url.path, exc_info=error)
    return _problem(
        Problem(
            title="A fault of ours",
            status=500,
            detail=f"The server failed on this request (reference {reference}); its log says why. "
            "The rest of it goes on working.",
        )
    )


def _problem(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(
        {key: value for key, value in problem.model_dump().items() if _is_said(key, value)},
        problem.status,
        headers,
        media_type="application/problem+json",
    )


def _is_said(key: str, value: object) -> bool:
    return value is not None or key not in SAID_WHERE_KNOWN


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}..."


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
