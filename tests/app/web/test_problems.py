"""Errors over HTTP: whatever is asked, the answer is a sentence and no stack trace."""

import http.client
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from app import errors
from app.errors import STATUS, BuildError, BundleError, ExplorerError, status_of
from model import preprocess
from model.preprocess import ImageError
from tests.problem import checked, problem_of

SOURCE = "/api/sources/firstgalaxydata-1"
ODD = [
    "", " ", "-1", "0", "-0.0", "1e999", "nan", "NaN", "inf", "-inf", "9" * 5000, "☃", "é", "\x00",
    "\n", "'", '"', "..", "../../etc/passwd", "<b>", "true", "0x10", "None", "[]", "1,2",
    "a" * 9000, "\N{MINUS SIGN}1", "%", "%zz", "&", ";--", "1" + " " * 5000 + "x",
]  # fmt: skip
IN_QUERY = [
    ("/api/map", "colour"),
    (f"{SOURCE}/cutout.png", "size_px"),
    (f"{SOURCE}/cutout.png", "colours"),
    *((f"{SOURCE}/cutout.png", name) for name in ("stretch", "cuts", "unit", "zoom", "invert")),
    *((f"{SOURCE}/picture", name) for name in ("low", "high", "contours", "size_px")),
    (f"{SOURCE}/neighbours", "k"),
    (f"{SOURCE}/neighbours", "duplicates_arcsec"),
    (f"{SOURCE}/neighbours", "hide_duplicates"),
    (f"{SOURCE}/neighbours", "format"),
    ("/api/query?ra=167.886&dec=16.439", "k"),
    ("/api/query?ra=167.886&dec=16.439", "duplicates_arcsec"),
    ("/api/query?ra=167.886&dec=16.439", "format"),
    ("/api/query", "position"),
    ("/api/query?dec=-80", "ra"),
    ("/api/query?ra=167.886", "dec"),
    ("/api/cutout.png?dec=-80", "ra"),
    ("/api/cutout.png?ra=167.886", "dec"),
    ("/api/cutout.png?ra=167.886&dec=16.439", "size_px"),
    ("/api/meta", "nothing"),
]
IN_PATH = [
    "/api/rows/{}",
    "/api/sources/{}",
    "/api/sources/{}/cutout.png",
    "/api/sources/{}/picture",
    "/api/colours/{}.png",
    "/api/sources/{}/neighbours",
    "/api/map/columns/{}",
    "/static/{}",
    "/{}",
]


def raw_get(site: httpx.Client, target: str) -> tuple[int, str, str]:
    """GET a request target exactly as it is; no client tidies '..' away."""
    connection = http.client.HTTPConnection(site.base_url.host, site.base_url.port, timeout=30)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
        return answer.status, answer.headers.get("content-type", ""), body
    finally:
        connection.close()


def assert_answered(status: int, content_type: str, text: str) -> None:
    assert status < 500, text
    if status >= 400:
        checked(status, content_type, json.loads(text), text)


@pytest.mark.parametrize(("path", "name"), IN_QUERY)
def test_odd_parameters_are_answered_in_words(site: httpx.Client, path: str, name: str) -> None:
    for value in ODD:
        joint = "&" if "?" in path else "?"
        assert_answered(*raw_get(site, f"{path}{joint}{name}={quote(value)}"))


@pytest.mark.parametrize("path", IN_PATH)
def test_odd_paths_are_answered_in_words(site: httpx.Client, path: str) -> None:
    for value in [*ODD, "a/b", "../meta", "..%2f..%2fapp%2fmain.py", "%2e%2e", "%ff%fe", "//", "."]:
        for written in {value, quote(value, safe="/"), quote(value, safe="")}:
            if written.isascii() and written.isprintable() and " " not in written:
                assert_answered(*raw_get(site, path.format(written)))


@pytest.mark.parametrize("target", ["/static/../app/main.py", "/static/..%2fapp/main.py"])
def test_no_file_outside_static_is_sent(site: httpx.Client, target: str) -> None:
    status, content_type, text = raw_get(site, target)
    assert status == 404
    checked(status, content_type, json.loads(text), text)


@pytest.mark.parametrize(
    ("target", "status", "parameter", "said"),
    [
        (f"{SOURCE}/neighbours?k=0", 422, "k", "'0' of 'k' cannot be used: 1 or more is needed."),
        (
            f"{SOURCE}/neighbours?k=1001",
            422,
            "k",
            "'1001' of 'k' cannot be used: 1000 or less",
        ),
        (f"{SOURCE}/neighbours?k=1.5", 422, "k", "'1.5'"),
        (
            f"{SOURCE}/neighbours?k=many",
            422,
            "k",
            "'many' of 'k' cannot be used: a whole number",
        ),
        (f"{SOURCE}/neighbours?duplicates_arcsec=-1", 422, "duplicates_arcsec", "'-1'"),
        (f"{SOURCE}/neighbours?duplicates_arcsec=nan", 422, "duplicates_arcsec", "'nan'"),
        (f"{SOURCE}/neighbours?duplicates_arcsec=3601", 422, "duplicates_arcsec", "'3601'"),
        (f"{SOURCE}/neighbours?hide_duplicates=perhaps", 422, "hide_duplicates", "'perhaps'"),
        (f"{SOURCE}/neighbours?format=xls", 422, "format", "it must be 'json', 'csv'"),
        (f"{SOURCE}/cutout.png?size_px=151", 422, "size_px", "'151'"),
        (f"{SOURCE}/cutout.png?colours=jet", 422, "colours", "'jet'"),
        ("/api/sources/nobody", 404, None, "'nobody'"),
        ("/api/sources/nobody/cutout.png", 404, None, "'nobody'"),
        ("/api/sources/nobody/neighbours", 404, None, "'nobody'"),
        ("/api/rows/240", 404, "row", "240"),
        ("/api/rows/-1", 404, "row", "-1"),
        ("/api/rows/first", 422, "row", "'first'"),
        ("/api/map?colour=flavour", 404, "colour", "'flavour'"),
        ("/api/map?colour=source_id", 404, "colour", "'source_id'"),
        ("/api/map/columns/flavour", 404, "colour", "'flavour'"),
        ("/api/query", 422, "position", "position="),
        ("/api/query?ra=10", 422, "dec", "dec="),
        ("/api/query?dec=10", 422, "ra", "ra="),
        ("/api/query?ra=&dec=10", 422, "ra", "a number is needed"),
        ("/api/query?ra=10&dec=", 422, "dec", "a number is needed"),
        ("/api/query?position=", 422, "position", "''"),
        ("/api/query?position=Cygnus+A", 404, "position", "'Cygnus A'"),
        ("/api/query?position=24:00:00+1:0:0", 422, "position", "24h"),
        ("/api/query?position=400+10", 422, "position", "400"),
        ("/api/query?ra=400&dec=10", 422, "ra", "400"),
        ("/api/query?ra=nan&dec=10", 422, "ra", "nan"),
        ("/api/query?ra=10&dec=-90.5", 422, "dec", "-90.5"),
        ("/api/query?ra=10&dec=north", 422, "dec", "'north'"),
        ("/api/cutout.png?ra=10", 422, "dec", "'dec'"),
        ("/api/cutout.png?ra=10&dec=inf", 422, "dec", "inf"),
        ("/nothing", 404, None, "'/nothing'"),
        ("/static/nothing.js", 404, None, "'/static/nothing.js'"),
    ],
)
def test_a_problem_has_its_status_its_parameter_and_the_value(
    site: httpx.Client, target: str, status: int, parameter: str | None, said: str
) -> None:
    problem = problem_of(site.get(target))
    assert (problem["status"], problem["parameter"]) == (status, parameter)
    assert said in problem["detail"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/api/meta", "/api/query", "/healthz", "/", "/static/x"])
def test_another_method_is_refused_in_words(site: httpx.Client, method: str, path: str) -> None:
    answer = site.request(method, path)
    problem = problem_of(answer)
    assert problem["status"] == 405
    assert method in problem["detail"]
    assert "GET" in answer.headers["allow"]


def test_a_long_value_is_not_repeated_whole(site: httpx.Client) -> None:
    for target in (f"/api/rows/{'9' * 5000}", f"/{'x' * 5000}", f"/api/query?k={'7' * 5000}"):
        assert len(problem_of(site.get(target))["detail"]) < 500


@pytest.fixture
def broken(application: FastAPI) -> Iterator[None]:
    served = application.state.served
    application.state.served = replace(served, explorer=object())
    yield
    application.state.served = served


def test_a_fault_of_ours_gives_a_reference_to_the_log_and_nothing_else(
    site: httpx.Client, broken: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        problem = problem_of(site.get(SOURCE))
    assert problem["status"] == 500
    assert "attribute" not in problem["detail"]
    reference = caplog.records[0].getMessage().split()[1]
    assert reference in problem["detail"]
    assert caplog.records[0].exc_info is not None
    assert site.get("/healthz").status_code == 200


KNOWN_STATUSES = {400, 404, 408, 409, 413, 415, 422, 502, 503, 504, 507}


def test_every_error_that_a_request_can_meet_has_a_status_of_its_own() -> None:
    kinds = [
        kind
        for module in (errors, preprocess)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, ExplorerError | ImageError)
    ]
    at_start = [kind for kind in kinds if issubclass(kind, BundleError | BuildError)]
    assert {kind for kind in kinds if kind not in STATUS} == set(at_start)
    for kind in set(kinds) - set(at_start) - {ExplorerError}:
        assert status_of(kind("Something failed."))[0] in KNOWN_STATUSES
