"""The page for lists in a real Chromium: pasted, chosen, refused, stopped, reloaded, taken away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from astropy.table import Table
from playwright.sync_api import Page, expect

from app.main import create_app
from app.query.explorer import Explorer
from app.settings import Settings
from tests.browser.page import PHONE_SLOWLY, SIZES
from tests.replay.server import ReplayServer
from tests.site import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(
    bundle: Path, survey: ReplayServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    settings = Settings(
        bundle=bundle,
        data_dir=tmp_path_factory.mktemp("data"),
        first_server=survey.first_url,
        skyview_server=survey.url + "/none",
        sesame_url="",
    )
    with serving(create_app(settings)) as url:
        yield url


def listed(explorer: Explorer, n: int) -> str:
    catalogue = explorer.space.catalogue
    return "\n".join(f"{catalogue.ra_deg[i]:.5f} {catalogue.dec_deg[i]:+.5f}" for i in range(n))


@pytest.mark.parametrize("size", PHONE_SLOWLY)
def test_a_pasted_list_gives_its_account_neighbours_unmatched_and_files(
    page: Page, address: str, explorer: Explorer, size: str
) -> None:
    page.set_viewport_size(SIZES[size])
    page.goto(f"{address}/?list")
    page.fill("#list", f"{listed(explorer, 3)}\n10 -60\n<b>no</b>\n")
    page.fill("#list-k", "8")
    page.click("#submit")
    expect(page.locator("#summary")).to_contain_text(
        "5 listed = 3 answered from the catalogue + 0 by the survey + 2 unmatched."
    )
    expect(page.locator(".answer")).to_have_count(3)
    expect(page.locator(".answer").first.locator(".strip a")).to_have_count(6)
    expect(page.locator("#unmatched tbody tr")).to_have_count(2)
    expect(page.locator("#unmatched")).to_contain_text("FIRST has no data")
    expect(page.locator("#unmatched")).to_contain_text("<b>no</b>")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="ECSV").click()
    table = Table.read(waiting.value.path(), format="ascii.ecsv")
    assert len(table) == 3 * 8
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.reload()
    expect(page.locator(".answer")).to_have_count(3)
    page.locator(".answer .strip a").first.click()
    expect(page).to_have_url(f"{address}/?source={table['source_id'][0]}")


def test_a_chosen_file_is_searched_and_may_be_removed_again(
    page: Page, address: str, explorer: Explorer, tmp_path: Path
) -> None:
    path = tmp_path / "mine.fits"
    catalogue = explorer.space.catalogue
    Table({"RA": catalogue.ra_deg[:4], "DEC": catalogue.dec_deg[:4]}).write(path)
    page.goto(f"{address}/?list")
    page.set_input_files("#file", path)
    expect(page.locator("#file-name")).to_have_text("mine.fits")
    expect(page.locator("#list")).to_be_disabled()
    page.click("#submit")
    expect(page.locator("#summary")).to_contain_text("4 listed = 4 answered")
    expect(page.locator("#summary .notes")).to_contain_text("Positions: RA")
    page.click("#file-remove")
    expect(page.locator("#list")).to_be_enabled()


@pytest.mark.slow
def test_what_cannot_be_searched_is_said_beside_the_button(page: Page, address: str) -> None:
    page.goto(f"{address}/?list")
    said = page.locator("#form-error")
    page.click("#submit")
    expect(said).to_contain_text("The list is empty")
    page.fill("#list", "1 2")
    page.fill("#list-k", "0")
    page.click("#submit")
    expect(said).to_contain_text("The number of neighbours is 1 to 239, not '0'.")
    page.fill("#list-k", "200")
    page.fill("#list", "1 2\n" * 1001)
    page.click("#submit")
    expect(said).to_contain_text("Ask for 199 at most.")
    page.goto(f"{address}/bulk?search=gone")
    expect(page.locator("#result-error")).to_contain_text("There is no search 'gone'")


@pytest.mark.slow
def test_a_search_shows_how_far_it_is_and_can_be_stopped(
    page: Page, address: str, explorer: Explorer, survey: ReplayServer
) -> None:
    page.goto(f"{address}/?list")
    survey.delay_s = 0.5
    try:
        outside = "\n".join(f"{150 + 2 * n} 41.3" for n in range(20))
        page.fill("#list", f"{listed(explorer, 2)}\n{outside}")
        page.click("#submit")
        expect(page.locator("#progress-words")).to_contain_text("of 22 entries")
        page.click("#stop")
        expect(page.locator("#summary")).to_contain_text("Stopped: what was found so far")
    finally:
        survey.delay_s = 0.0
    expect(page.locator("#summary")).to_contain_text("not tried.")
    expect(page.locator(".answer").first).to_be_visible()


TWO_READINGS = "lon,lat,ra_hours,dec\n146.1,58.0,9.74,58.0\n131.0,29.4,8.733,29.4\n"


def test_the_columns_unit_and_frame_are_chosen_before_the_search(
    page: Page, address: str, tmp_path: Path
) -> None:
    path = tmp_path / "two.csv"
    path.write_text(TWO_READINGS)
    page.goto(f"{address}/?list")
    page.set_input_files("#file", path)
    preview = page.locator("#list-preview")
    expect(preview).to_contain_text("2 entries")
    page.locator("#list-ra-column").select_option("ra_hours")
    page.locator("#list-dec-column").select_option("dec")
    page.locator("#list-ra-unit").select_option("hour")
    expect(preview.locator("tbody tr").first).to_contain_text("09h44m24.0s +58d00m00s")
    page.locator("#list-frame").select_option("galactic")
    expect(preview.locator("tbody tr").first).not_to_contain_text("09h44m24.0s")


def test_a_row_that_cannot_be_used_shows_its_whole_reason(page: Page, address: str) -> None:
    page.goto(f"{address}/?list")
    page.locator("#list").fill("name,ra,dec,remark\nA,10,20,x\nB,10,95,a remark that is long\n")
    reason = page.locator("#list-preview .reason")
    expect(reason).to_have_text("The dec 95 deg is outside -90 to +90 deg.")
    expect(page.locator("#list-preview .rejected")).to_contain_text("not usable")
    words, pane = (
        each.bounding_box() for each in (reason.locator("span"), page.locator("#details"))
    )
    assert words
    assert pane
    assert words["x"] + words["width"] <= pane["x"] + pane["width"]  # nothing is cut off


def test_a_list_dropped_on_the_page_opens_the_search_for_it(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function("document.documentElement.dataset.ready === 'true'")
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["ra,dec\\n10,20\\n"], "dropped.csv"));
            for (const kind of ["dragenter", "drop"]) document.body.dispatchEvent(
                new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
        }"""
    )
    expect(page.locator("#file-name")).to_have_text("dropped.csv")
    expect(page.locator("#list-preview")).to_contain_text("1 entry, 1 position")
    page.locator("#list-close").click()
    expect(page.locator("#list-panel")).to_be_hidden()
    expect(page.locator("#neighbours .card").first).to_be_visible()


@pytest.mark.slow
def test_the_old_address_of_the_list_leads_to_it(page: Page, address: str) -> None:
    page.goto(f"{address}/bulk")
    expect(page.locator("#list")).to_be_visible()
    expect(page).to_have_url(f"{address}/?list")
