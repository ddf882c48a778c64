"""Tags in the page: two people at once in two browsers, by keys and buttons, and undone."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.main import create_app
from app.settings import Settings
from tests.browser.page import PHONE, ROOT, map_place, new_page, open_ready
from tests.site import serving

pytestmark = pytest.mark.browser
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def who(page: Page, name: str) -> None:
    """Say who one is, when asked."""
    expect(page.locator("#label-author")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")


def violations(page: Page) -> list[str]:
    """What axe says against the part of the page with the tags."""
    page.add_script_tag(path=AXE)
    found: dict[str, Any] = page.evaluate("axe.run('#labels', { resultTypes: ['violations'] })")
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]


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
        assert violations(ben) == []
        ben.locator("#labels .link", has_text="Change").click()
        expect(ben.locator("#label-author")).to_be_focused()
        assert violations(ben) == []
        ben.locator("#label-palette").fill("FRI, wide-angle tail, FRII")
        ben.keyboard.press("Enter")
        ben.locator("#map").hover()
        ben.keyboard.press("2")
        expect(ben.locator("#toast")).to_contain_text("wide-angle tail.")
        ben.keyboard.press("u")
        expect(ben.locator("#toast")).to_contain_text("Undid")

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


def test_tags_are_a_column_that_follows_what_others_do(
    chromium: Browser, bundle: Path, tmp_path: Path
) -> None:
    settings = Settings(bundle=bundle, data_dir=tmp_path / "data", cutout_cache_mb=0)

    def tag(word: str, rows: list[int]) -> None:
        said = {"author": "Ben", "tag": word, "rows": rows}
        httpx.post(f"{url}/api/labels/tag", json=said).raise_for_status()

    with serving(create_app(settings)) as url, new_page(chromium) as page:
        page.goto(f"{url}/?source=firstgalaxydata-3&colour=tag")
        expect(page.locator("#toast")).to_contain_text("left out: colour=tag")
        page.wait_for_function("document.documentElement.dataset.ready === 'true'")
        expect(page.locator("#colour option[value=tag]")).to_have_count(0)
        tag("FRI", [1, 2, 3])
        tag("bent", [3])
        page.evaluate("dispatchEvent(new Event('focus'))")
        expect(page.locator("#colour option[value=tag]")).to_have_count(1)
        page.select_option("#colour", "tag")
        expect(page.locator("#legend")).to_contain_text("FRI + bent 1")
        expect(page.locator("#legend")).to_contain_text("unknown 237")
        page.locator("#legend button", has_text="FRI 2").click()
        expect(page.locator("#counts")).to_contain_text("2 of 240 shown")
        page.click("#rail-filters")
        histogram = page.locator("#filters [data-column=tag]")
        expect(histogram.locator("button", has_text="unknown")).to_contain_text("237")
        tag("FRI", [7])
        page.evaluate("dispatchEvent(new Event('focus'))")
        expect(page.locator("#counts")).to_contain_text("3 of 240 shown")
        page.wait_for_url("**colour=tag**filter=tag:FRI**")
        page.reload()
        expect(page.locator("#counts")).to_contain_text("3 of 240 shown")
        expect(page.locator("#colour")).to_have_value("tag")
        page.click("#conditions summary")
        page.check("#condition-where")
        expect(page.locator("#conditions-told")).to_contain_text("3 sources")


def test_where_nothing_can_be_kept_the_page_says_so(
    chromium: Browser, bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    settings = Settings(bundle=bundle, data_dir=tmp_path / "file" / "data", cutout_cache_mb=0)
    with serving(create_app(settings)) as url, new_page(chromium, PHONE) as page:
        open_ready(page, f"{url}/?source=firstgalaxydata-3")
        expect(page.locator("#labels")).to_contain_text("cannot be kept on this server")
        expect(page.locator("#labels button")).to_have_count(0)
        page.keyboard.press("1")
        expect(page.locator("#toast")).to_contain_text("cannot be kept on this server")
