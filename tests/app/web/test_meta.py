"""What is said of the bundle at the top of the page."""

import json
from pathlib import Path

import httpx

from app.bundle.files import current_version
from app.bundle.latent_space import LatentSpace, open_latent_space
from app.jobs.list_searches import ListLimits
from app.web.meta import build_meta


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
    assert build_meta(space, 20.0, ListLimits()).encoder.engine == "torch float32"  # which built the bundle


def test_a_bundle_of_before_engines_were_recorded_still_opens(bundle_copy: Path) -> None:
    manifest_file = current_version(bundle_copy) / "manifest.json"
    content = json.loads(manifest_file.read_text())
    del content["encoder"]["engine"]
    manifest_file.write_text(json.dumps(content))
    assert build_meta(open_latent_space(bundle_copy), 20.0).encoder.engine == "not recorded"
