"""Checking: the queue is walked by keys, and what is quarantined leaves the neighbours."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from app.main import create_app
from app.settings import Settings
from tests.browser.page import ROOT, new_page, open_ready
from tests.site import serving

pytestmark = pytest.mark.browser
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def test_a_source_of_the_queue_is_quarantined_and_comes_back(
    chromium: Browser, bundle: Path, tmp_path: Path
) -> None:
    application = create_app(Settings(bundle=bundle, data_dir=tmp_path / "data", cutout_cache_mb=0))
    space = application.state.served.explorer.space
    novel = int(space.novelty.argmax())
    (nearest,) = space.search_rows([novel], 1)
    ids = space.catalogue.table["source_id"].to_pylist()
    with serving(application) as url, new_page(chromium) as page:
        open_ready(page, f"{url}/?source={ids[nearest[0].row]}&k=239")
        page.locator("#rail-check").click()
        one = page.locator("#review .one")
        expect(one).to_have_attribute("data-source", ids[novel])
        card = page.locator(f'#neighbours [data-row="{novel}"]').first
        expect(card).to_be_attached()
        page.add_script_tag(path=AXE)
        found: dict[str, Any] = page.evaluate("axe.run('#check', { resultTypes: ['violations'] })")
        assert [each["id"] for each in found["violations"]] == []
        page.keyboard.press("q")
        expect(page.locator("#label-author")).to_be_focused()
        page.keyboard.type("Ann")
        page.keyboard.press("Enter")
        expect(one).not_to_have_attribute("data-source", ids[novel])
        expect(page.locator("#conditions-told")).to_contain_text("without the 1 quarantined")
        expect(card).not_to_be_attached()
        page.locator("#review h2").click()
        page.keyboard.press("u")
        expect(one).to_have_attribute("data-source", ids[novel])
        expect(card).to_be_attached()
        expect(
            page.locator("#duplicates .facts").or_(page.locator("#duplicates-band"))
        ).not_to_have_count(0)
