"""The page and its files as they are sent; what it does in a browser is tested elsewhere."""

import gzip
import importlib.resources
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from app.query.explorer import Explorer

ROOT = Path(__file__).parents[3]
PLOTLY = Path(str(importlib.resources.files("plotly"))) / "package_data" / "plotly.min.js"
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def loaded_by(page: str) -> list[str]:
    """Addresses that a browser loads by itself; plain links are not among them."""
    linked = re.findall(r'<link[^>]*href="([^"]+)"', page)
    return linked + re.findall(r'<(?:script|img|iframe|source)[^>]*src="([^"]+)"', page)


def test_the_page_names_encoder_catalogue_and_number_of_sources(
    site: httpx.Client, explorer: Explorer
) -> None:
    answer = site.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    manifest = explorer.space.manifest
    for said in (manifest.encoder.name, manifest.source.name, manifest.source.doi, "240"):
        assert said in answer.text
    assert "non-commercial use" in answer.text


def test_everything_the_page_loads_is_there_and_ours(site: httpx.Client) -> None:
    addresses = loaded_by(site.get("/").text)
    assert any("main.js" in address for address in addresses)
    assert any("plotly" in address for address in addresses)
    for address in addresses:
        assert not urlsplit(address).netloc, f"{address} is someone else's"
        assert site.get(address).status_code == 200, address


def test_no_module_or_style_sheet_loads_anything_that_is_missing(site: httpx.Client) -> None:
    found = 0
    for path in sorted((ROOT / "static").rglob("*.*s")):
        text = path.read_text()
        names = re.findall(r'^(?:import|export)\b[^;]*?from\s+"([^"]+)"', text, re.MULTILINE)
        here = f"/static/{path.relative_to(ROOT / 'static')}"
        for name in names:
            found += 1
            assert name.startswith("."), f"{path.name} imports {name}"
            assert site.get(urljoin(here, name)).status_code == 200, f"{path.name}: {name}"
        assert not re.search(r"""(?:import|url)\(?\s*["']?https?:""", text), path.name
    assert found > 10


def test_hostile_words_of_a_bundle_do_not_become_markup(
    site: httpx.Client, application: FastAPI
) -> None:
    served = application.state.served
    nasty = "</script><script>alert(1)</script>"
    encoder = served.meta.encoder.model_copy(update={"name": nasty, "statement": nasty})
    meta = served.meta.model_copy(update={"encoder": encoder})
    application.state.served = replace(served, meta=meta)
    try:
        page = site.get("/").text
    finally:
        application.state.served = served
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_plotly_is_the_installed_packages_and_kept_for_ever(site: httpx.Client) -> None:
    with site.stream("GET", "/plotly.min.js", headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(raw) == PLOTLY.read_bytes()
    plain = site.get("/plotly.min.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == PLOTLY.read_bytes()
    assert "immutable" in plain.headers["cache-control"]
    assert plain.headers["content-type"].startswith("text/javascript")
    etag = {"If-None-Match": plain.headers["etag"]}
    assert site.get("/plotly.min.js", headers=etag).status_code == 304


@pytest.mark.parametrize(
    "path", sorted(str(p.relative_to(ROOT)) for p in (ROOT / "static").rglob("*.*"))
)
def test_static_files_are_sent_as_what_they_are_and_revalidated(
    site: httpx.Client, path: str
) -> None:
    answer = site.get(f"/{path}")
    assert answer.content == (ROOT / path).read_bytes()
    assert answer.headers["content-type"].startswith(MEDIA_TYPES[Path(path).suffix])
    assert "must-revalidate" in answer.headers["cache-control"]
    again = site.get(f"/{path}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert "must-revalidate" in again.headers["cache-control"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_said_in_json(site: httpx.Client, path: str) -> None:
    answer = site.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
