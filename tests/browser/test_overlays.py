"""What lies over the map in a real Chromium: contours, regions, examples, a list; and colours."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from app.bundle.latent_space import LatentSpace
from tests.browser.page import (
    DESKTOP,
    PHONE,
    boxes,
    map_place,
    new_page,
    open_ready,
    overlap,
    painted,
)

pytestmark = pytest.mark.browser

LARGE: ViewportSize = {"width": 2560, "height": 1440}


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    with new_page(chromium) as page:
        open_ready(page, address)
        expect(page.locator("#neighbours .card").first).to_be_visible()
        yield page


def switch(page: Page, overlay: str) -> None:
    """Open the rail's overlays, and switch one on."""
    if page.locator("#overlays").is_hidden():
        page.locator("#rail-overlays").click()
    page.locator(f"#overlay-{overlay}").check()


def test_contours_are_drawn_without_drawing_a_point_again_and_a_link_has_them(
    page: Page, address: str, space: LatentSpace
) -> None:
    page.evaluate("document.getElementById('map').on('plotly_afterplot', () => (window.plots = 1))")
    page.locator("#rail-overlays").click()
    page.wait_for_timeout(500)  # the map is narrower now
    page.evaluate("window.plots = 0")
    painted(page, most=0)
    switch(page, "contours")
    expect(page.locator("#map-key")).to_contain_text(f"% of {len(space)}")
    page.wait_for_function("location.search.includes('contours=all')")
    painted(page, least=500)
    assert page.evaluate("window.plots") == 0
    open_ready(page, page.url)
    expect(page.locator("#map-key")).to_contain_text("densest")
    painted(page, least=500)


def test_contours_of_what_filters_show_follow_them(page: Page, space: LatentSpace) -> None:
    switch(page, "contours")
    expect(page.locator("#contours-shown")).to_have_count(0)
    only_train(page)
    n = space.catalogue.table["split"].to_pylist().count("train")
    page.keyboard.press("o")
    page.get_by_label(f"of the {n} that the filters show").check()
    expect(page.locator("#map-key")).to_contain_text(f"% of {n}")
    expect(page).to_have_url(re.compile("contours=shown"))


def test_regions_are_named_by_a_majority_with_its_share_and_count(
    page: Page, space: LatentSpace
) -> None:
    switch(page, "regions")
    page.locator("#regions-column").select_option("split")
    labels = page.locator(".region-label .what")
    expect(labels.first).to_be_visible()
    known = sum(value is not None for value in space.catalogue.table["split"].to_pylist())
    listed = page.locator(".regions button").all_inner_texts()
    assert listed
    counted = 0
    for text in listed:
        found = re.search(r"(\d+) % of (\d+)", text)
        assert found, text
        share, count = map(int, found.groups())
        assert 50 <= share <= 100
        assert count >= 20
        counted += count
    assert counted <= known
    for text in labels.all_text_contents():
        assert re.fullmatch(r"mostly \w+ \(\d\d %\)|all \w+", text), text
    only_train(page)
    expect(page.locator("#counts")).to_contain_text("shown")
    page.wait_for_function(
        """() => {
            const told = [...document.querySelectorAll('.region-label .what')];
            return told.length > 0 && told.every((each) => each.textContent === 'all train');
        }"""
    )


@pytest.mark.slow
def test_names_of_regions_stand_apart_and_leave_the_query_free(page: Page) -> None:
    switch(page, "regions")
    expect(page.locator(".region-label").first).to_be_visible()
    names = boxes(page, ".region-label")
    others = boxes(page, ".legend-card, .map-buttons, .mark-query")
    for k, name in enumerate(names):
        assert not any(overlap(name, other) for other in [*names[k + 1 :], *others])


def only_train(page: Page) -> None:
    """Filter by the column of the split."""
    page.keyboard.press("f")
    page.locator("[data-column=split]").get_by_role("button", name=re.compile(r"^train\b")).click()


def zoom_in(page: Page, times: int) -> None:
    for _ in range(times):
        page.locator("#zoom-in").click()
        page.wait_for_timeout(150)


def test_examples_come_when_zoomed_in_each_joined_to_its_own_point(
    page: Page, space: LatentSpace
) -> None:
    switch(page, "exemplars")
    expect(page.locator("#overlays")).to_contain_text("Zoom in to see them.")
    expect(page.locator(".exemplar")).to_have_count(0)
    zoom_in(page, 2)
    pictures = page.locator(".exemplar")
    expect(pictures.first).to_be_visible()
    page.wait_for_timeout(300)
    rows = pictures.evaluate_all("(all) => all.map((a) => Number(a.dataset.row))")
    stage = page.locator("#stage").bounding_box()
    assert stage
    ends = page.locator(".exemplar-leader circle:not(.halo)").evaluate_all(
        "(all) => all.map((c) => [Number(c.getAttribute('cx')), Number(c.getAttribute('cy'))])"
    )
    points = [map_place(page, row) for row in rows]
    for x, y in points:
        nearest = min((x - stage["x"] - ex) ** 2 + (y - stage["y"] - ey) ** 2 for ex, ey in ends)
        assert nearest < 1.5**2
    squares = boxes(page, ".exemplar")
    clicked = boxes(page, ".mark-query circle:not(.halo)")
    for k, square in enumerate(squares):
        assert not any(overlap(square, each) for each in [*squares[k + 1 :], *clicked])
        for n, (x, y) in enumerate(points):
            inside = square[0] < x < square[2] and square[1] < y < square[3]
            assert n == k or not inside
    card = page.locator("#neighbours .card img").first.get_attribute("src")
    picture = pictures.first.locator("img").get_attribute("src")
    assert card
    assert picture
    assert card.partition("?")[2] == picture.partition("?")[2]
    source_id = space.catalogue.table["source_id"][rows[0]].as_py()
    pictures.first.click()
    expect(page.locator("#source")).to_contain_text(source_id)


@pytest.mark.slow
def test_the_same_link_has_the_same_examples_and_going_out_takes_them_away(
    page: Page, chromium: Browser
) -> None:
    switch(page, "exemplars")
    zoom_in(page, 2)
    expect(page.locator(".exemplar").first).to_be_visible()
    page.wait_for_function("location.search.includes('view=')")
    seen = """() => [...document.querySelectorAll('.exemplar')].map((a) => a.dataset.row).sort()"""
    page.locator("#rail-overlays").click()  # folded, as a link opens
    page.wait_for_timeout(700)
    with new_page(chromium) as again:
        open_ready(again, page.url)
        expect(again.locator(".exemplar").first).to_be_visible()
        again.wait_for_timeout(700)
        assert again.evaluate(seen) == page.evaluate(seen)
    page.locator("#home").click()
    expect(page.locator(".exemplar")).to_have_count(0)


def test_a_list_stands_on_the_map_with_its_symbols_counts_and_key(
    page: Page, space: LatentSpace
) -> None:
    sky = space.catalogue
    entries = [f"{sky.ra_deg[row]:.6f} {sky.dec_deg[row]:+.6f}" for row in (3, 40, 80, 120)]
    entries.append(f"{sky.ra_deg[9]:.6f} {sky.dec_deg[9] + 20 / 3600:+.6f}")
    entries.append("10 -60")
    page.locator("#rail-overlays").click()
    page.locator("#overlay-list").click()
    page.locator("#list").fill("\n".join(entries))
    page.locator("#ask-survey").uncheck()
    page.locator("#submit").click()
    page.locator("#list-on-map").click()
    key = page.locator("#map-key")
    expect(key.locator("[data-kind=matched] b")).to_have_text("4")
    expect(key.locator("[data-kind=near] b")).to_have_text("1")
    expect(key).to_contain_text("unmatched, not on the map")
    all_five = painted(page, least=100)
    key.locator("[data-kind=matched]").click()
    painted(page, least=1, most=all_five / 2)
    key.locator("[data-kind=matched]").click()
    page.reload()
    expect(key.locator("[data-kind=matched] b")).to_have_text("4")
    page.wait_for_function("document.documentElement.dataset.ready === 'true'")
    page.locator("#placed-remove").click()
    expect(page).not_to_have_url(re.compile("placed="))
    painted(page, most=0)


def test_a_list_that_is_gone_is_said(page: Page, address: str) -> None:
    open_ready(page, f"{address}/?placed=nothing")
    expect(page.locator("#toast")).to_contain_text("There is no search 'nothing'")
    expect(page.locator("#map-key")).to_be_hidden()


def test_the_colours_are_logarithmic_where_they_can_be_and_a_link_has_it(page: Page) -> None:
    page.locator("#scale-log").click()
    expect(page.locator("#scale-log")).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile("scale=log"))
    label = page.locator(".colour-bar").get_attribute("aria-label")
    assert label
    assert label.endswith("logarithmic")
    open_ready(page, page.url)
    expect(page.locator("#scale-log")).to_have_attribute("aria-pressed", "true")
    page.locator("#take-away summary").click()
    figure = page.locator("#map-png").get_attribute("href")
    assert figure
    assert "colour_log=true" in figure
    page.locator("#take-away summary").click()
    page.locator("#colour").select_option("dec_deg")
    expect(page.locator(".no-log")).to_contain_text("no log: least is \u2212")
    expect(page.locator("#scale-log")).to_have_count(0)
    expect(page.locator(".colour-bar")).to_have_attribute("aria-label", re.compile("linear$"))


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(DESKTOP, id="desktop"),
        pytest.param(PHONE, id="phone", marks=pytest.mark.slow),
        pytest.param(LARGE, id="large", marks=pytest.mark.slow),
    ],
)
def test_what_the_search_says_covers_no_tool_of_the_map(
    chromium: Browser, address: str, size: ViewportSize
) -> None:
    with new_page(chromium, size) as page:
        open_ready(page, address)
        page.locator("#position").fill("an object that nobody knows 12")
        page.keyboard.press("Enter")
        expect(page.locator("#search-error")).to_be_visible()
        (message,) = boxes(page, "#search-messages")
        (tools,) = boxes(page, ".map-buttons")
        assert not overlap(message, tools)
        page.locator("#search-offers").get_by_role("button", name="Close").click()
        expect(page.locator("#search-messages")).to_be_hidden()


@pytest.mark.slow
def test_a_phone_is_not_told_to_drop_a_file(chromium: Browser, address: str) -> None:
    for size, said in ((PHONE, "Position, name or id"), (DESKTOP, "drop an image or a list")):
        with new_page(chromium, size) as page:
            page.goto(address)
            expect(page.locator("#position")).to_have_attribute("placeholder", re.compile(said))
            placeholder = page.locator("#position").get_attribute("placeholder") or ""
            assert ("drop" in placeholder) == (size is DESKTOP)


def test_a_field_that_is_drawn_anew_keeps_what_is_typed(page: Page) -> None:
    page.locator("#conditions summary").click()
    page.locator("#condition-extent_percent").fill("60")
    page.keyboard.press("Enter")
    expect(page.locator("#conditions-told")).to_contain_text("60 %")
    page.keyboard.type("?")
    expect(page.locator("#condition-extent_percent")).to_have_value("60?")
    assert not page.evaluate("document.getElementById('about').open")
    page.locator("#position").fill("")
    page.locator("#position").press("?")
    assert not page.evaluate("document.getElementById('about').open")
    page.locator("#map").focus()
    page.keyboard.press("?")
    assert page.evaluate("document.getElementById('about').open")


def test_a_region_of_the_sky_is_written_as_astronomers_do(page: Page, space: LatentSpace) -> None:
    centre = space.position(0)
    written = f"{centre.ra.deg:.4f} {centre.dec.deg:+.4f}, 900'"
    page.locator("#conditions summary").click()
    page.locator("#condition-within").fill(written)
    page.keyboard.press("Enter")
    expect(page.locator("#conditions-told")).to_contain_text("within 15 deg of")
    rows = page.locator("#neighbours .card").evaluate_all(
        "(cards) => cards.map((card) => Number(card.dataset.row))"
    )
    assert rows
    separations = space.separations_arcsec(centre)
    assert all(separations[row] <= 15 * 3600 for row in rows)
    page.locator("#condition-within").fill("10 20, 3 pc")
    page.keyboard.press("Enter")
    expect(page.locator("#source-error")).to_contain_text("'pc' is no unit of a radius")
