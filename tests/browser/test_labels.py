"""Tags, notes and samples in the page: two people at once in two browsers, and undone."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from astropy.table import Table
from playwright.sync_api import Browser, Page, ViewportSize, expect

from app.main import create_app
from app.settings import Settings
from tests.browser.page import DESKTOP, PHONE, ROOT, map_place, new_page, open_ready
from tests.site import serving

pytestmark = pytest.mark.browser
LARGE: ViewportSize = {"width": 2560, "height": 1440}
ID = "firstgalaxydata-3"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def who(page: Page, name: str) -> None:
    """Say who one is, when asked."""
    expect(page.locator("#label-author")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")


def violations(page: Page, part: str = "body") -> list[str]:
    """What axe says against a part of the page."""
    page.add_script_tag(path=AXE)
    found: dict[str, Any] = page.evaluate(
        "(part) => axe.run(part, { resultTypes: ['violations'] })", part
    )
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]


def tags_of(url: str, source_id: str) -> set[tuple[str, str]]:
    report = httpx.get(f"{url}/api/sources/{source_id}/labels").json()
    return {(each["word"], each["author"]) for each in report["tags"]}


@pytest.mark.slow
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
        assert violations(ben, "#labels") == []
        ben.locator("#labels .link", has_text="Change").click()
        expect(ben.locator("#label-author")).to_be_focused()
        assert violations(ben, "#labels") == []
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
        page.goto(f"{url}/?source=firstgalaxydata-3&colour=tag", wait_until="commit")
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


@pytest.mark.slow
def test_two_people_keep_a_sample_in_two_browsers(
    chromium: Browser, bundle: Path, tmp_path: Path
) -> None:
    settings = Settings(bundle=bundle, data_dir=tmp_path / "data", cutout_cache_mb=0)
    with (
        serving(create_app(settings)) as url,
        new_page(chromium, accept_downloads=True) as ann,
        new_page(chromium) as ben,
    ):
        open_ready(ann, f"{url}/?source=firstgalaxydata-3")
        ann.keyboard.press("s")
        ann.click("#sample-new summary")
        ann.select_option("#sample-of-new", "neighbours")
        ann.fill("#sample-new-name", "plumes")
        ann.keyboard.press("Enter")
        who(ann, "Ann")
        expect(ann.locator("#selection-title")).to_contain_text("Sample plumes")
        expect(ann.locator("#selection .card")).to_have_count(12)
        expect(ann.locator("#counts")).to_contain_text("Sample plumes: 12")

        open_ready(ben, f"{url}/?source=firstgalaxydata-3&drawn=plumes!%2Bs1")
        expect(ben.locator("#map-key")).to_contain_text("Sample plumes")
        ben.click("#in-samples summary")
        ben.click("#in-samples label")
        who(ben, "Ben")
        expect(ben.locator("#in-samples summary")).to_contain_text("In plumes")
        ben.click("#note summary")
        ben.fill("#note-text", "The plume goes on beyond the field.")
        ben.keyboard.press("Enter")
        expect(ben.locator("#labels .note")).to_contain_text("beyond the field. Ben, ")

        ann.evaluate("dispatchEvent(new Event('focus'))")
        expect(ann.locator("#selection .card")).to_have_count(13)
        expect(ann.locator("#counts")).to_contain_text("Sample plumes: 13")
        ann.fill("#sample-name", "real plumes")
        ann.keyboard.press("Enter")
        expect(ann.locator("#selection-title")).to_contain_text("Sample real plumes")
        ann.click("#history-1 summary")
        expect(ann.locator("#history-1 li").nth(1)).to_contain_text("Ben, ")
        with ann.expect_download() as taken:
            ann.click("#samples .picked a", button="left")
        table = Table.read(taken.value.path(), format="ascii.csv", comment="#")
        assert len(table) == 13
        assert set(table["author"]) == {"Ann", "Ben"}
        assert violations(ann, "#samples") == []
        assert violations(ben, "#labels") == []

        ann.locator("#samples button", has_text="Delete").click()
        expect(ann.locator("#toast")).to_contain_text("Deleted the sample 'real plumes' of 13")
        ben.evaluate("dispatchEvent(new Event('focus'))")
        expect(ben.locator("#toast")).to_contain_text("The sample real plumes has been deleted.")
        expect(ben.locator("#map-key")).not_to_contain_text("plumes")
        ann.locator("#samples button", has_text="Undo").click()
        expect(ann.locator("#samples [data-sample]")).to_contain_text("real plumes 13")

        ann.click("#sample-new summary")
        ann.set_input_files("#take-sample", taken.value.path())
        expect(ann.locator("#toast")).to_contain_text("of 13 sources (the file")
        kept = httpx.get(f"{url}/api/samples").json()["samples"]
        assert [each["count"] for each in kept] == [13, 13]


@pytest.mark.slow
@pytest.mark.parametrize("size", [DESKTOP, LARGE, PHONE])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_samples_are_accessible_and_nothing_sticks_out(
    chromium: Browser, bundle: Path, tmp_path: Path, size: ViewportSize, theme: Any
) -> None:
    settings = Settings(bundle=bundle, data_dir=tmp_path / "data", cutout_cache_mb=0)
    touch = {"has_touch": True, "is_mobile": True} if size == PHONE else {}
    with (
        serving(create_app(settings)) as url,
        new_page(chromium, size, color_scheme=theme, **touch) as page,
    ):
        name = "Bent tails for the LoTSS follow-up of 2027, second list"
        made = {"name": name, "author": "Chen Okafor-Lindqvist", "rows": [1, 2, 3]}
        httpx.post(f"{url}/api/samples", json=made).raise_for_status()
        note = {"author": "Chen Okafor-Lindqvist", "text": "plume" * 60}
        httpx.put(f"{url}/api/sources/{ID}/note", json=note).raise_for_status()
        open_ready(page, f"{url}/?source={ID}")
        expect(page.locator("#labels .note")).to_be_visible()
        page.click("#rail-samples")
        page.click("#sample-new summary")
        page.locator("#samples .sample-open").click()
        page.click("#history-1 summary")
        expect(page.locator("#history-1 li")).to_have_count(1)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("(each => each.scrollWidth <= each.clientWidth)(samples)")
        page.locator("#selection .card").nth(1).click()
        expect(page.locator("#source-title")).to_be_visible()
        page.locator("#note summary").click()
        assert violations(page) == []
        if size == PHONE:
            page.keyboard.press("Escape")
            page.locator("#neighbours [data-mark=unwanted]").nth(1).tap()
            page.locator("#neighbours [data-mark=wanted]").nth(0).tap()
            expect(page.locator("#examples")).to_contain_text("Find")


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
        page.click("#rail-samples")
        expect(page.locator("#samples")).to_contain_text("cannot be kept on this server")
        expect(page.locator("#samples button")).to_have_count(0)
