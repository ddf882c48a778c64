"""Tags in the page: two people at once in two browsers, by keys and buttons, and undone."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.main import create_app
from app.settings import Settings
from tests.browser.page import map_place, new_page, open_ready
from tests.site import serving

pytestmark = pytest.mark.browser


def who(page: Page, name: str) -> None:
    """Say who one is, when asked."""
    expect(page.locator("#label-author")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")


def tags_of(url: str, source_id: str) -> set[tuple[str, str]]:
    report = httpx.get(f"{url}/api/sources/{source_id}/labels").json()
    return {(each["word"], each["author"]) for each in report["tags"]}


def test_two_people_tag_in_two_browsers(chromium: Browser, bundle: Path, tmp_path: Path) -> None:
    settings = Settings(bundle=bundle, data_dir=tmp_path / "data", cutout_cache_mb=0)
    source = "firstgalaxydata-3"
    with (
        serving(create_app(settings)) as url,
        new_page(chromium) as ann,
        new_page(chromium) as ben,
    ):
        open_ready(ann, f"{url}/?source={source}")
        expect(ann.locator("#source-title")).to_be_visible()
        ann.keyboard.press("2")
        who(ann, "Ann")
        expect(ann.locator("#toast")).to_contain_text(f"Tagged {source} FRII.")
        pressed = ann.locator('#labels button[aria-pressed="true"]')
        expect(pressed).to_contain_text("FRII")
        assert tags_of(url, source) == {("FRII", "Ann")}

        open_ready(ben, f"{url}/?source={source}")
        expect(ben.locator("#labels .tag")).to_contain_text("FRII Ann")
        ben.locator("#labels .tags button", has_text="FRI").first.click()
        who(ben, "Ben")
        expect(ben.locator("#toast")).to_contain_text("FRI.")
        assert tags_of(url, source) == {("FRII", "Ann"), ("FRI", "Ben")}
        ben.screenshot(path=tmp_path / "labels.png")

        row = 100
        other = httpx.get(f"{url}/api/rows/{row}").json()["source_id"]
        ann.mouse.move(*map_place(ann, row))
        expect(ann.locator("#tooltip")).to_be_visible()
        ann.keyboard.press("4")
        expect(ann.locator("#toast")).to_contain_text("bent.")
        assert tags_of(url, other) | tags_of(url, source) >= {("bent", "Ann")}

        ann.keyboard.press("u")
        expect(ann.locator("#toast")).to_contain_text("Undid: Tagged 1 source 'bent'")
        ann.keyboard.press("u")
        expect(ann.locator("#toast")).to_contain_text("'FRII'")
        assert tags_of(url, source) == {("FRI", "Ben")}
        ann.reload()
        expect(ann.locator("#labels")).to_contain_text("Tags by Ann")
