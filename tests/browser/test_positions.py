"""The search box in a real Chromium: what was understood is said, and what was not, in words."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.query.explorer import Explorer
from tests.browser.page import PHONE_SLOWLY, SIZES, new_page, open_ready

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=PHONE_SLOWLY)
def page(chromium: Browser, site: httpx.Client, request: pytest.FixtureRequest) -> Iterator[Page]:
    """One page a size, that all tests go on with."""
    size = SIZES[request.param]
    with new_page(chromium, size) as page:
        open_ready(page, str(site.base_url))
        yield page
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def ask(page: Page, text: str) -> None:
    page.locator("#position").fill(text)
    page.locator("#position").press("Enter")


def test_coordinates_are_said_back_with_their_units(page: Page) -> None:
    said = page.locator("#position-understood")
    ask(page, "11 45 05.009 19 36 22.75")
    expect(said).to_have_text(
        "11h45m05.0s +19d36m23s (ICRS), read as RA in hours, minutes and seconds, "
        "Dec in degrees, arcmin and arcsec"
    )
    ask(page, "176.27087, 19.60632")
    expect(said).to_have_text(
        "11h45m05.0s +19d36m23s (ICRS), read as RA and Dec in decimal degrees"
    )
    expect(said).to_be_visible()
    expect(page.locator("#search-error")).to_be_hidden()


def test_a_name_is_looked_up_and_titles_the_answer(page: Page) -> None:
    ask(page, "3C 264")
    expect(page.locator("#position-understood")).to_have_text(
        "11h45m05.0s +19d36m23s (ICRS), where Sesame (Simbad) has 3C 264"
    )
    expect(page.locator("#source-title")).to_have_text("3C 264")
    page.reload()
    expect(page.locator("#position-understood")).to_contain_text("Sesame")


def test_an_id_of_the_bundle_is_that_source(page: Page) -> None:
    ask(page, "FIRSTGALAXYDATA-7")
    expect(page.locator("#position-understood")).to_contain_text("the source firstgalaxydata-7")
    expect(page.locator("#source")).to_contain_text("firstgalaxydata-7")


def test_how_far_a_source_lies_is_said_only_where_a_position_was_asked(
    page: Page, explorer: Explorer
) -> None:
    apart = page.locator("#source dt", has_text="From the position asked")
    place, row = explorer.space.catalogue, explorer.row_of("firstgalaxydata-7")
    ask(page, f"{place.ra_deg[row]:.5f} {place.dec_deg[row]:+.5f}")
    expect(apart).to_be_visible()
    ask(page, "FIRSTGALAXYDATA-7")
    expect(page.locator("#position-understood")).to_contain_text("the source firstgalaxydata-7")
    expect(apart).to_have_count(0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("24:00:00 +01:00:00", "24h must be below 24h"),
        ("Xyzzy 7", "Neither this bundle nor Sesame (SIMBAD, NED, VizieR) knows 'Xyzzy 7'"),
        ("<b>1</b> 2", "'<b>1</b> 2' is not a sky position"),
        ("J1234+0123", "says only to 15' in RA"),
        ("10 00 00 -60 00 00", "understood as 10h00m00.0s -60d00m00s (ICRS)"),
    ],
)
def test_what_cannot_be_answered_is_said_in_words_beside_the_box(
    page: Page, text: str, said: str
) -> None:
    ask(page, text)
    error = page.locator("#search-error")
    expect(error).to_contain_text(said)
    expect(page.locator("#position")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#position")).to_have_value(text)


def test_all_forms_are_one_click_away(page: Page) -> None:
    page.locator("#search-options summary").click()
    page.locator("#position-forms").click()
    expect(page.locator("#about-positions")).to_be_in_viewport()
    expect(page.locator("#about")).to_contain_text("Galactic")
    page.keyboard.press("Escape")
