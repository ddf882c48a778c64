"""Errors as application/problem+json: a sentence for the person, a status for the program."""

import logging
import uuid

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.errors import ExplorerError, status_of
from app.web.schemas import Problem
from model.preprocess import ImageError

logger = logging.getLogger(__name__)

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
    detail = f"{error} The position was understood as {understood}." if understood else str(error)
    return _problem(Problem(title=title, status=status, detail=detail, parameter=parameter))


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = str(first["loc"][-1])
    given = first.get("input")
    value = "" if given is None else f" '{_short(given)}'"
    detail = f"The value{value} of '{name}' cannot be used: {_lower(first['msg'])}."
    return _problem(Problem(title="Unusable parameter", status=422, detail=detail, parameter=name))


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
        problem.model_dump(),
        problem.status,
        headers,
        media_type="application/problem+json",
    )


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}..."


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
