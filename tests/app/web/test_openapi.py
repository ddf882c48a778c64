"""The OpenAPI document: every route, what it sends, and its errors as problems."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api_types import MAKER, TYPES, api_types

SURVEYS = {"404", "422", "502", "504"}
CHANGES = {"404", "409", "413", "422", "503"}
REFUSALS = {
    **{f"POST /api/samples{path}": CHANGES for path in ("", "/{sample}/add", "/{sample}/remove")},
    **{f"{method} /api/samples/{{sample}}": CHANGES for method in ("PATCH", "DELETE")},
    **{f"POST /api/labels/{what}": CHANGES for what in ("tag", "untag", "undo")},
    "PUT /api/sources/{source_id}/note": CHANGES,
    "POST /api/verdicts": CHANGES,
    **{f"POST /api/{what}/import": CHANGES | {"408"} for what in ("samples", "labels")},
    "/api/query": SURVEYS,
    "/api/cutout.png": SURVEYS,
    "GET /api/picture": SURVEYS,
    "POST /api/picture": {"404", "408", "413", "415", "422"},
    **{
        f"POST /api/figures/{what}": SURVEYS | {"408", "413", "415"}
        for what in ("contact-sheet", "caption")
    },
    "/api/query/examples": SURVEYS | {"413"},
    "/api/select": {"404", "413", "422"},
    "/api/query/image": {"400", "408", "413", "415", "422", "503", "507"},
    "/api/sources/{source_id}/cutout.fits": {"404", "422"},
    **{f"/api/sources/{{source_id}}/{what}": {"404", "422", "503"} for what in ("why", "why.png")},
    "/api/bulk": {"408", "413", "422", "503"},
    "/api/bulk/preview": {"408", "413", "422", "503"},
    "/api/cone": set(),  # its errors are VOTables
}
"""Statuses of the problems of a path (or of one method of it) that has not those of all of /api."""


def operations(site: httpx.Client) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in site.get("/openapi.json").json()["paths"].items():
        for operation in methods.values():
            yield path, operation


def test_openapi_documents_every_route_with_what_it_sends(site: httpx.Client) -> None:
    documented = dict(operations(site))
    contract = {"/api/meta", "/api/map", "/api/map/columns/{name}", "/api/rows/{row}"}
    contract |= {"/api/sources/{source_id}", "/api/query", "/healthz", "/readyz"}
    contract |= {"/api/query/image"}
    contract |= {f"/api/sources/{{source_id}}/{what}" for what in ("cutout.png", "neighbours")}
    assert contract <= documented.keys()
    for path, operation in documented.items():
        (answer,) = (r for status, r in operation["responses"].items() if status[0] == "2")
        content = answer["content"]
        assert operation["summary"]
        assert operation["description"]
        for media_type, about in content.items():
            if media_type == "application/json":
                schema = about["schema"]
                assert (schema["items"] if schema.get("type") == "array" else schema)["$ref"], path


def test_openapi_documents_problems_as_problems(site: httpx.Client) -> None:
    for path, operation in operations(site):
        refused = {s: r for s, r in operation["responses"].items() if s[0] in "45"}
        usual = {"404", "422"} if path.startswith("/api") else set()
        if path.startswith(("/api/surveys", "/api/figures")):
            usual = SURVEYS
        method = operation["operationId"].rpartition("_")[2].upper()
        expected = REFUSALS.get(f"{method} {path}", REFUSALS.get(path, usual))
        assert set(refused) == expected
        for response in refused.values():
            assert list(response["content"]) == ["application/problem+json"], path
            schema = response["content"]["application/problem+json"]["schema"]
            assert {"title", "status", "detail"} <= set(schema["required"])


def test_openapi_holds_together(site: httpx.Client) -> None:
    document = site.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    ids = [operation["operationId"] for _, operation in operations(site)]
    assert len(ids) == len(set(ids))
    schemas = document["components"]["schemas"]
    references = set(_references(document))
    assert references
    assert {ref.removeprefix("#/components/schemas/") for ref in references} == set(schemas)
    for path, operation in operations(site):
        in_path = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path))
        assert all(response["description"] for response in operation["responses"].values())


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def test_the_page_s_types_are_those_of_the_api() -> None:
    if not MAKER.exists():
        pytest.skip("`make check` installs what makes the types")
    assert TYPES.read_text() == api_types(), "make apitypes writes them anew"
