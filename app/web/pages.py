"""The page, its static files and the installed package's Plotly. It holds no text of the page."""

import gzip
import importlib.metadata
import importlib.resources
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.types import Scope

from app.web import caching
from app.web.dependencies import ServedDep
from app.web.schemas import Health

IMPORTED = re.compile(r'^import .* from "(.+)";$', re.MULTILINE)
PLOTLY_VERSION = importlib.metadata.version("plotly")

router = APIRouter(include_in_schema=False)
health = APIRouter(tags=["health"])


def page_files(name: str) -> Path:
    """The folder static/ or templates/: at the top of a clone, beside this file in a wheel."""
    installed = Path(__file__).parent / name
    return installed if installed.is_dir() else Path(__file__).parents[2] / name


templates = Jinja2Templates(page_files("templates"))


class RevalidatedFiles(StaticFiles):
    """Static files that browsers keep but ask about."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with Cache-Control."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = caching.REVALIDATE
        return response


def mount_static(app: FastAPI) -> None:
    """Serve static/ at /static."""
    app.mount("/static", RevalidatedFiles(directory=page_files("static")), name="static")


@router.get("/")
def page(request: Request, state: ServedDep) -> Response:
    """The explorer."""
    context = {
        "meta": state.meta.model_dump(),
        "plotly_url": f"/plotly.min.js?v={PLOTLY_VERSION}",
        "map_url": None if {"colour", "map"} & set(request.query_params) else _map_url(state),
        "modules": _modules(),
    }
    return _page(request, "index.html", context)


@router.get("/bulk")
def list_page(request: Request) -> Response:
    """Where the search for a list was; it is in the page now, and old links still lead to it."""
    asked = request.url.query or "list"
    return RedirectResponse(f"/?{asked}", status_code=308)


@router.get("/docs")
def api_page(request: Request) -> Response:
    """The HTTP interface in words, from its OpenAPI description; needs no other host."""
    return _page(request, "api.html", {"api": request.app.openapi()})


@router.get("/plotly.min.js")
def plotly(request: Request) -> Response:
    """Plotly's JavaScript, from the installed Python package."""
    etag = caching.etag_of("plotly", PLOTLY_VERSION)
    if same := caching.unchanged(request, etag, caching.FOREVER):
        return same
    headers = caching.headers(etag, caching.FOREVER) | {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(_plotly_gzip(), media_type="text/javascript", headers=headers)
    return Response(_plotly_file().read_bytes(), media_type="text/javascript", headers=headers)


@health.get("/healthz")
async def healthz() -> Health:
    """The process is alive."""
    return Health(status="ok")


@health.get("/readyz")
async def readyz(state: ServedDep) -> Health:
    """The bundle is loaded; the server does not listen before."""
    return Health(status="ok" if state.meta.n else "empty")


def _page(request: Request, template: str, context: dict[str, Any]) -> Response:
    context["static_url"] = lambda path: f"/static/{path}"
    response = templates.TemplateResponse(request, template, context)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _map_url(state: ServedDep) -> str:
    """What the page asks for first: the map as it is where the link says nothing of it."""
    return f"/api/map?{urlencode({'colour': state.meta.default_column})}"


@cache
def _modules() -> list[str]:
    """The page's modules, to be asked for at once and not one import after the other.

    First those that paint the points, then all others.
    """
    static = page_files("static").resolve()
    found = [static / "js" / "early.js"]
    for module in found:
        named = IMPORTED.findall(module.read_text())
        found += [
            path
            for path in (module.parent.joinpath(n).resolve() for n in named)
            if path not in found
        ]
    others = sorted(set(static.glob("js/*/*.js")) - set(found))
    return [module.relative_to(static).as_posix() for module in found[1:] + others]


def _plotly_file() -> Path:
    return Path(str(importlib.resources.files("plotly"))) / "package_data" / "plotly.min.js"


@cache
def _plotly_gzip() -> bytes:
    return gzip.compress(_plotly_file().read_bytes(), 6)
