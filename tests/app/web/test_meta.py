"""What is said of the bundle at the top of the page, and that it is said in one place."""

import inspect
import json
import re
from pathlib import Path
from typing import Any

import httpx

from app.bundle.files import current_version
from app.bundle.latent_space import LatentSpace, open_latent_space
from app.jobs.list_searches import ListLimits
from app.query.lists import LIST_K
from app.query.ranking import DUPLICATES_ARCSEC
from app.web.meta import build_meta
from scripts import cli

ROOT = Path(__file__).parents[3]


def test_an_untrained_encoder_is_never_presented_as_a_trained_one(explorer) -> None:
    space: LatentSpace = explorer.space
    manifest = space.manifest
    record = manifest.encoder.model_copy(update={"trained": False, "name": "untrained ResNet-18"})
    try:
        space.manifest = manifest.model_copy(update={"encoder": record})
        statement = build_meta(space, 20.0, ListLimits()).encoder.statement
    finally:
        space.manifest = manifest
    assert statement.startswith("The encoder is untrained (untrained ResNet-18)")
    assert "learned nothing" in statement


def test_a_trained_encoder_is_named_with_its_origin(explorer) -> None:
    space: LatentSpace = explorer.space
    manifest = space.manifest
    update = {"trained": True, "name": "ResNet-18 of a test", "origin": "trained on nothing real"}
    try:
        record = manifest.encoder.model_copy(update=update)
        space.manifest = manifest.model_copy(update={"encoder": record})
        statement = build_meta(space, 20.0, ListLimits()).encoder.statement
    finally:
        space.manifest = manifest
    assert "ResNet-18 of a test" in statement
    assert "trained on nothing real" in statement
    assert "untrained" not in statement


def test_the_page_offers_every_format_that_the_api_writes(site: httpx.Client) -> None:
    offered = [each["name"] for each in site.get("/api/meta").json()["formats"]]
    asked = site.get("/openapi.json").json()["paths"]["/api/query"]["get"]["parameters"]
    (schema,) = (each["schema"] for each in asked if each["name"] == "format")
    assert ["json", *offered] == schema["enum"]


def test_the_engine_that_computed_y_is_said(explorer) -> None:
    space: LatentSpace = explorer.space
    assert (
        build_meta(space, 20.0, ListLimits()).encoder.engine == "torch float32"
    )  # which built the bundle


def test_a_bundle_of_before_engines_were_recorded_still_opens(bundle_copy: Path) -> None:
    manifest_file = current_version(bundle_copy) / "manifest.json"
    content = json.loads(manifest_file.read_text())
    del content["encoder"]["engine"]
    manifest_file.write_text(json.dumps(content))
    assert (
        build_meta(open_latent_space(bundle_copy), 20.0, ListLimits()).encoder.engine
        == "not recorded"
    )


def words_of(meta: dict[str, Any]) -> list[str]:
    """Sentences, names and numbers that the page has from /api/meta, as they would be written."""
    limits, lists, image = meta["limits"], meta["lists"], meta["image"]
    labels = [each["label"] for each in meta["formats"]]
    radius = f"{limits['same_source_arcsec']:g}"
    return [
        *meta["examples"].values(),
        *meta["extent_statements"].values(),
        *(f'"{name}"' for name in (*image["colours"], *labels)),
        *(f"{each:,}" for each in (lists["max_entries"], lists["max_rows"])),
        *(f'"{limits["duplicates_arcsec_max"]:g}"', f"{meta['encoder']['features']} numbers"),
        *(f"within {radius}\u2033", f"within {radius}&Prime;"),
        *(f"its {limits['placed_by']} nearest", f"first {lists['previewed']} "),
        *(f"--k {lists['k_default']}", f"{lists['survey_max']} of a list"),
        *(f'"{name}"' for name in meta["surveys"].values()),
        *(", ".join(labels[:2]), lists["formats"], meta["uploads"]["kinds"]),
        *(meta["first_terms"], image["model_statement"], ",".join(meta["uploads"]["file_types"])),
    ]


def test_what_meta_says_stands_in_no_script_and_no_template(site: httpx.Client) -> None:
    paths = [*(ROOT / "static" / "js").rglob("*.js"), *(ROOT / "templates").glob("*.html")]
    texts = {path.name: path.read_text() for path in paths}
    words = words_of(site.get("/api/meta").json())
    assert len(texts) > 20
    assert len(words) > 35
    again = [(name, word) for name, text in texts.items() for word in words if word in text]
    assert again == []


def test_the_page_holds_what_meta_says(site: httpx.Client) -> None:
    found = re.search(r'<script[^>]* id="meta">(.*?)</script>', site.get("/").text)
    assert found
    assert json.loads(found[1]) == site.get("/api/meta").json()


def test_the_command_line_searches_lists_as_the_page_does() -> None:
    limits = ListLimits()
    options = inspect.signature(cli.search).parameters
    names = ("k", "survey_max", "names_max", "duplicates_arcsec")
    shared = (LIST_K, limits.survey_max, limits.names_max, DUPLICATES_ARCSEC)
    assert tuple(options[name].default for name in names) == shared
