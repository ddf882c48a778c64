"""The page in a real Chromium, served by the real command, over a replayed FIRST server."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from astropy.io import fits
from astropy.table import Table
from playwright.sync_api import Browser, Page, expect

from app.bundle.latent_space import LatentSpace
from tests.browser.page import PHONE, WAIT_MS, Scheme, new_page, open_ready, served_by_command
from tests.replay.faults import Fault
from tests.replay.server import ReplayServer
from tests.replay.sesame import add_sesame

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def first() -> Iterator[ReplayServer]:
    with ReplayServer() as server:
        yield server


@pytest.fixture(scope="module")
def address(
    bundle: Path, first: ReplayServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    environment = {
        "RGZ_FIRST_SERVER": first.first_url,
        "RGZ_SKYVIEW_SERVER": first.skyview_url,
        "RGZ_HIPS2FITS_SERVER": first.hips2fits_url,
        "RGZ_SESAME_URL": add_sesame(first),
        "RGZ_SURVEY_DEADLINE_S": "3",
    }
    with served_by_command(bundle, tmp_path_factory.mktemp("data"), **environment) as url:
        yield url


def open_source(page: Page, address: str, space: LatentSpace, row: int) -> str:
    source_id = space.catalogue.table["source_id"][row].as_py()
    open_ready(page, f"{address}/?source={source_id}")
    expect(page.locator("#neighbours [data-source-id]").first).to_be_visible()
    return source_id


def place_on_screen(page: Page, row: int) -> tuple[float, float]:
    """Where on the map's part of the window a source is drawn, CSS pixels."""
    x, y = page.evaluate(
        """(row) => {
            const map = document.getElementById('map');
            const { xaxis, yaxis } = map._fullLayout;
            const box = map.getBoundingClientRect();
            const [x, y] = [map.data[0].x[row], map.data[0].y[row]];
            const left = box.left + xaxis._offset;
            const top = box.top + yaxis._offset;
            return [left + xaxis.l2p(x), top + yaxis.l2p(y)];
        }""",
        row,
    )
    return x, y


def all_images_loaded(page: Page) -> bool:
    return page.evaluate(
        """async () => {
            const images = [...document.querySelectorAll('#neighbours [data-source-id] img')];
            images.forEach((image) => { image.loading = 'eager'; });
            await Promise.all(images.map((image) => image.decode()));
            return images.length > 0 && images.every((image) => image.naturalWidth === 70);
        }"""
    )


def test_page_draws_every_source_of_the_bundle(
    page: Page, address: str, space: LatentSpace
) -> None:
    open_ready(page, address)
    drawn = page.evaluate("document.getElementById('map').data[0].x.length")
    assert drawn == len(space)


@pytest.mark.slow
def test_page_says_encoder_catalogue_count_and_terms(
    page: Page, address: str, space: LatentSpace
) -> None:
    open_ready(page, address)
    words = page.locator("body").inner_text()
    for expected in (
        space.manifest.encoder.name,
        space.manifest.source.name,
        "no physical meaning",
    ):
        assert expected in words
    page.locator("#about-open").click()
    terms = page.get_by_text("scholarly, educational, and private non-commercial use").last
    expect(terms).to_be_visible()
    assert f"{len(space):,}" in words


def test_what_the_encoder_is_is_said_without_a_click(
    page: Page, address: str, space: LatentSpace
) -> None:
    open_ready(page, address)
    statement = page.locator(".statusbar").get_by_text(space.manifest.encoder.name)
    expect(statement).to_be_in_viewport(ratio=1)


def test_click_on_a_point_shows_its_neighbours_with_images(
    page: Page, address: str, space: LatentSpace
) -> None:
    open_ready(page, address)
    place = place_on_screen(page, 7)
    page.mouse.move(place[0] - 3, place[1])
    page.mouse.move(place[0], place[1])
    page.wait_for_timeout(300)
    page.mouse.click(*place)
    expect(page.locator("#neighbours [data-source-id]")).to_have_count(12)
    assert all_images_loaded(page)
    assert "source=" in page.url


def test_typed_position_of_a_bundle_source_selects_it(
    page: Page, address: str, space: LatentSpace
) -> None:
    open_ready(page, address)
    ra, dec = space.catalogue.ra_deg[3], space.catalogue.dec_deg[3]
    page.locator("#position").fill(f"{ra:.5f} {dec:+.5f}")
    page.locator("#position").press("Enter")
    expect(page.locator("#neighbours [data-source-id]")).to_have_count(12)
    expect(page.locator("#source")).to_contain_text(space.catalogue.table["source_id"][3].as_py())


def test_typed_position_elsewhere_is_fetched_from_the_survey_and_says_how(
    page: Page, address: str, first: ReplayServer, shared_data: Path
) -> None:
    name = "310_244.515+012.192_0.3934_0074.16.fits.gz"
    header = fits.getheader(shared_data / "first_fits" / name)
    before = first.count()
    open_ready(page, address)
    page.locator("#position").fill(f"{header['CRVAL1']:.5f} {header['CRVAL2']:+.5f}")
    page.locator("#position").press("Enter")
    expect(page.locator("#neighbours [data-source-id]")).to_have_count(12)
    expect(page.locator("#source")).to_contain_text("prepared differently")
    expect(page.locator("#source")).to_contain_text("FIRST server")
    page.wait_for_function(
        "[...document.querySelectorAll('#source img')].some((image) => image.naturalWidth > 0)"
    )
    assert first.count() == before + 1


def test_unreadable_position_is_explained_beside_the_box(page: Page, address: str) -> None:
    open_ready(page, address)
    page.locator("#position").fill("somewhere nice")
    page.locator("#position").press("Enter")
    expect(page.locator("#search-error")).to_be_visible()
    expect(page.locator("#search-error")).to_contain_text("somewhere nice")


def test_link_to_a_position_that_fails_shows_what_was_asked(page: Page, address: str) -> None:
    open_ready(page, f"{address}/?position=somewhere+nice")
    expect(page.locator("#search-error")).to_contain_text("somewhere nice")
    expect(page.locator("#position")).to_have_value("somewhere nice")


@pytest.mark.slow
def test_search_button_stays_readable_under_the_mouse(page: Page, address: str) -> None:
    open_ready(page, address)
    button = page.locator("#search-form button.primary")
    before = button.evaluate("node => getComputedStyle(node).backgroundColor")
    button.hover()
    assert button.evaluate("node => getComputedStyle(node).backgroundColor") == before


def test_silent_survey_is_explained_and_the_last_result_stays(
    page: Page, address: str, first: ReplayServer, space: LatentSpace
) -> None:
    open_source(page, address, space, 5)
    title = page.locator("#source-title").inner_text()
    first.fault = Fault.SILENCE
    try:
        page.locator("#position").fill("150.1 +22.2")
        page.locator("#position").press("Enter")
        expect(page.locator("#search-status")).to_be_visible()
        expect(page.locator("#search-error")).to_contain_text("within 3 s", timeout=WAIT_MS)
    finally:
        first.fault = None
    expect(page.locator("#search-error")).to_contain_text(f"Below is still {title}.")
    expect(page.locator("#neighbours [data-source-id]")).to_have_count(12)


def test_permalink_reopens_the_same_view(page: Page, address: str, space: LatentSpace) -> None:
    open_source(page, address, space, 11)
    page.locator("#search-options summary").click()
    page.locator("#k").fill("7")
    page.locator("#k").press("Enter")
    expect(page.locator("#neighbours [data-source-id]")).to_have_count(7)
    page.locator("#colour").select_option("novelty")
    page.wait_for_function("location.search.includes('colour=novelty')")
    shown = page.locator("#neighbours [data-source-id]").evaluate_all(
        "cards => cards.map((card) => card.dataset.sourceId)"
    )
    link = page.url
    page.goto("about:blank")
    open_ready(page, link)
    expect(page.locator("#neighbours [data-source-id]")).to_have_count(7)
    again = page.locator("#neighbours [data-source-id]").evaluate_all(
        "cards => cards.map((card) => card.dataset.sourceId)"
    )
    assert again == shown
    expect(page.locator("#colour")).to_have_value("novelty")


def test_back_returns_to_the_source_before(page: Page, address: str, space: LatentSpace) -> None:
    first_id = open_source(page, address, space, 2)
    page.locator("#neighbours [data-source-id]").first.click()
    page.wait_for_function(
        f"!location.search.includes('source={first_id}&') && "
        f"!location.search.endsWith('source={first_id}')"
    )
    page.go_back()
    expect(page.locator("#source")).to_contain_text(first_id)


def test_csv_downloads_and_astropy_reads_it(
    page: Page, address: str, space: LatentSpace, tmp_path: Path
) -> None:
    source_id = open_source(page, address, space, 9)
    page.locator("#take-away summary").click()
    with page.expect_download() as started:
        page.locator("#download-csv").click()
    path = tmp_path / started.value.suggested_filename
    started.value.save_as(path)
    table = Table.read(path, format="ascii.csv")
    assert len(table) == 12
    assert source_id not in table["source_id"]
    assert list(table["rank"]) == list(range(1, 13))


def test_map_works_by_keyboard(page: Page, address: str, space: LatentSpace) -> None:
    open_source(page, address, space, 20)
    before = page.url
    page.locator("#map").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_function(f"location.href !== {before!r}")
    expect(page.locator("#neighbours [data-source-id]").first).to_be_visible()
    page.locator("#map").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#neighbours [data-source-id]")).to_have_count(0)


def test_phone_has_no_sideways_scroll_and_shows_neighbours(
    chromium: Browser, address: str, space: LatentSpace
) -> None:
    with new_page(chromium, PHONE, is_mobile=True, has_touch=True) as page:
        open_source(page, address, space, 4)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert all_images_loaded(page)


@pytest.mark.parametrize(
    "motion", ["no-preference", pytest.param("reduce", marks=pytest.mark.slow)]
)
def test_a_neighbour_opened_on_a_phone_is_seen_at_once_and_back_returns_to_the_list(
    chromium: Browser,
    address: str,
    space: LatentSpace,
    motion: Literal["no-preference", "reduce"],
) -> None:
    with new_page(chromium, PHONE, is_mobile=True, has_touch=True, reduced_motion=motion) as page:
        opened = open_source(page, address, space, 4)
        page.locator("#neighbours [data-source-id]").nth(9).scroll_into_view_if_needed()
        page.wait_for_timeout(200)
        left_at = page.evaluate("scrollY")
        wanted = page.locator("#neighbours [data-source-id]").nth(9).get_attribute("data-source-id")
        assert wanted
        page.locator("#neighbours [data-source-id]").nth(9).tap()
        expect(page.locator("#source .section-sub")).to_contain_text(wanted)
        expect(page.locator("#source-title")).to_be_in_viewport(ratio=1)
        there = page.evaluate("scrollY")
        assert there < left_at - 300
        page.go_back()
        expect(page.locator("#source .section-sub")).to_contain_text(opened)
        page.wait_for_function(f"Math.abs(scrollY - {left_at}) < 30")
        page.go_forward()
        expect(page.locator("#source .section-sub")).to_contain_text(wanted)
        page.wait_for_function(f"Math.abs(scrollY - {there}) < 30")


@pytest.mark.slow
def test_a_neighbour_that_does_not_come_on_a_phone_is_said_in_view(
    chromium: Browser, address: str, space: LatentSpace
) -> None:
    with new_page(chromium, PHONE, is_mobile=True, has_touch=True) as page:
        open_source(page, address, space, 4)
        page.route("**/neighbours*", lambda route: route.abort())
        page.locator("#neighbours [data-source-id]").nth(9).tap()
        expect(page.locator("#source-error")).to_be_in_viewport(ratio=1)


def test_a_point_tapped_on_a_phone_s_map_shows_its_title_and_keeps_the_map(
    chromium: Browser, address: str
) -> None:
    with new_page(chromium, PHONE, is_mobile=True, has_touch=True) as page:
        open_ready(page, address)
        page.locator("#stage").scroll_into_view_if_needed()
        page.touchscreen.tap(*place_on_screen(page, 7))
        expect(page.locator("#source-title")).to_be_in_viewport(ratio=1)
        expect(page.locator("#stage")).to_be_in_viewport(ratio=0.4)


@pytest.mark.slow
def test_after_a_neighbour_is_opened_by_keyboard_tab_goes_on_in_its_panel(
    page: Page, address: str, space: LatentSpace
) -> None:
    before = open_source(page, address, space, 4)
    page.locator("#neighbours [data-source-id]").nth(9).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#source .section-sub")).not_to_contain_text(before)
    expect(page.locator("#source")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#source button, #source a").first).to_be_focused()


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_page_follows_the_colour_scheme(chromium: Browser, address: str, scheme: Scheme) -> None:
    with new_page(chromium, color_scheme=scheme) as page:
        open_ready(page, address)
        colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    brightness = sum(int(value) for value in re.findall(r"\d+", colour)[:3]) / 3
    assert (brightness > 128) == (scheme == "light")


def test_cards_lead_to_the_colour_that_is_chosen_now(
    page: Page, address: str, space: LatentSpace
) -> None:
    open_source(page, address, space, 0)
    card = page.locator("#neighbours a[data-source-id]").first
    page.locator("#colour").select_option("redshift")
    expect(card).to_have_attribute(
        "href", f"?source={card.get_attribute('data-source-id')}&colour=redshift"
    )


def test_page_asks_no_other_host(page: Page, address: str, space: LatentSpace) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_source(page, address, space, 0)
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
