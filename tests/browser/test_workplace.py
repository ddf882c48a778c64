"""Real work on the page in a real Chromium: select, filter, compare, take away; and accessible."""

import re
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from matplotlib.path import Path as Outline
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from app.bundle.latent_space import LatentSpace
from tests.browser.page import new_page, open_ready

pytestmark = pytest.mark.browser

LARGE: ViewportSize = {"width": 2560, "height": 1440}


@pytest.fixture
def page(page: Page, address: str) -> Page:
    """The explorer with its first example open."""
    open_ready(page, address)
    expect(page.locator("#neighbours .card").first).to_be_visible()
    return page


def count_of(space: LatentSpace, column: str, value: str) -> int:
    return space.catalogue.table[column].to_pylist().count(value)


def draw(page: Page, outline: list[tuple[float, float]], modifier: str) -> None:
    """Drag along an outline, given in pixels of the stage, with keys held."""
    box = page.locator("#stage").bounding_box()
    assert box
    keys = modifier.split("+")
    for key in keys:
        page.keyboard.down(key)
    page.mouse.move(box["x"] + outline[0][0], box["y"] + outline[0][1])
    page.mouse.down()
    for x, y in outline[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=6)
    page.mouse.up()
    for key in keys:
        page.keyboard.up(key)


def drawn_corners(page: Page, index: int = 0) -> np.ndarray:
    """The corners of a drawn shape in map coordinates, as the page's link has them."""
    text = page.evaluate("new URLSearchParams(location.search).get('drawn')")
    shape = text.split("!")[1].split("~")[index]
    return np.array([float(value) for value in shape[2:].split(",")]).reshape(-1, 2)


OUTLINE = [(250.0, 200.0), (560.0, 180.0), (590.0, 420.0), (300.0, 460.0)]


def test_a_first_visit_shows_an_example_with_at_least_eight_neighbours_in_view(page: Page) -> None:
    seen = page.locator("#neighbours .card").evaluate_all(
        """(cards) => cards.filter((card) => {
            const { top, bottom } = card.querySelector('.picture').getBoundingClientRect();
            const bar = document.querySelector('.statusbar').getBoundingClientRect();
            return top > 0 && bottom < bar.top;
        }).length"""
    )
    assert seen >= 8
    examples = page.locator("#trail a[title^='Example']")
    expect(examples).to_have_count(4)
    assert "source=" not in page.url  # nobody asked for it
    examples.nth(1).click()
    expect(page).to_have_url(re.compile("source="))


def test_a_lasso_holds_what_lies_inside_its_outline_and_a_link_makes_it_again(
    page: Page, space: LatentSpace, chromium: Browser
) -> None:
    draw(page, OUTLINE, "Shift")
    expect(page.locator("#selection-title")).to_have_text("Selection A")
    page.wait_for_function("location.search.includes('drawn=')")
    inside = Outline(drawn_corners(page)).contains_points(space.xy)
    words = f"{int(inside.sum()):,} of {len(space):,} sources"
    assert inside.sum() > 3
    expect(page.locator("#selection .section-sub")).to_contain_text(words)
    with new_page(chromium) as again:
        open_ready(again, page.url)
        expect(again.locator("#counts")).to_contain_text(f"{len(space):,} sources")
        again.locator("#rail-selections").click()
        expect(again.locator(".picked-head span")).to_have_text(f"{int(inside.sum()):,}")


def test_ctrl_adds_to_a_selection_alt_takes_away_and_a_plain_lasso_begins_another(
    page: Page, space: LatentSpace
) -> None:
    draw(page, OUTLINE, "Shift")
    expect(page.locator("#selection-title")).to_be_visible()
    draw(page, [(320.0, 250.0), (420.0, 250.0), (420.0, 330.0), (320.0, 330.0)], "Shift+Alt")
    page.wait_for_function("new URLSearchParams(location.search).get('drawn').includes('~-')")
    whole, hole = (Outline(drawn_corners(page, i)).contains_points(space.xy) for i in (0, 1))
    left = int((whole & ~hole).sum())
    expect(page.locator("#counts")).to_contain_text(f"Selection A: {left:,}")
    draw(page, OUTLINE, "Shift+Control")
    expect(page.locator("#counts")).to_contain_text(f"Selection A: {int(whole.sum()):,}")
    draw(page, [(100.0, 100.0), (300.0, 100.0), (300.0, 300.0), (100.0, 300.0)], "Shift")
    expect(page.locator("#selection-title")).to_have_text("Selection B")


def test_a_selection_is_renamed_and_taken_away_as_a_table(
    page: Page, tmp_path: Path, space: LatentSpace
) -> None:
    draw(page, OUTLINE, "Shift")
    page.wait_for_function("location.search.includes('drawn=')")
    inside = Outline(drawn_corners(page)).contains_points(space.xy)
    page.locator("#rail-selections").click()
    page.locator(".picked-head input").fill("bent ones")
    page.keyboard.press("Enter")
    expect(page.locator("#selection-title")).to_have_text("Selection bent ones")
    with page.expect_download() as started:
        page.locator("#selection [data-format=ecsv]").click()
    path = tmp_path / started.value.suggested_filename
    started.value.save_as(path)
    table = Table.read(path, format="ascii.ecsv")
    ids = np.array(space.catalogue.table["source_id"].to_pylist())
    digest = space.manifest.fingerprint[:8]
    assert re.fullmatch(rf"selection_bent_ones_firstgalaxydata-[\d-]+_{digest}\.ecsv", path.name)
    assert table.meta["selection"].startswith("bent ones: ")
    assert list(table["source_id"]) == list(ids[inside])
    assert table["ra_deg"].unit == "deg"


def test_filters_leave_what_they_say_and_follow_each_other(page: Page, space: LatentSpace) -> None:
    page.keyboard.press("f")
    label = page.locator("[data-column=split]")
    label.get_by_role("button", name=re.compile(r"^train\b")).click()
    n = count_of(space, "split", "train")
    expect(page.locator("#counts")).to_have_text(f"{n:,} of {len(space):,} shown")
    extents = page.locator("[data-column=angular_extent_arcsec] svg")
    box = extents.bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 5, box["y"] + 20, steps=5)
    page.mouse.up()
    page.wait_for_function("location.search.includes('angular_extent_arcsec:')")
    text = page.evaluate("new URLSearchParams(location.search).getAll('filter')[1]")
    low = float(text.split(":")[1].split("..")[0])
    extent = space.catalogue.numbers("angular_extent_arcsec")
    kinds = np.array(space.catalogue.table["split"].to_pylist())
    both = int(((kinds == "train") & (extent >= low - 1e-3)).sum())
    expect(page.locator("#counts")).to_have_text(f"{both:,} of {len(space):,} shown")
    other = int(((kinds == "test") & (extent >= low - 1e-3)).sum())
    expect(label).to_contain_text(f"{other:,} of {count_of(space, 'split', 'test'):,}")
    page.locator("#filters-clear").click()
    expect(page.locator("#counts")).to_have_text(f"{len(space):,} sources")


def test_a_source_that_is_filtered_out_does_not_answer_to_the_pointer(
    page: Page, space: LatentSpace
) -> None:
    page.keyboard.press("f")
    page.locator("[data-column=split]").get_by_role("button", name=re.compile(r"^train\b")).click()
    expect(page.locator("#counts")).to_contain_text("shown")
    train = np.array(space.catalogue.table["split"].to_pylist()) == "train"
    gaps = np.linalg.norm(space.xy[~train][:, None] - space.xy[train][None], axis=2).min(axis=1)
    hidden = int(np.flatnonzero(~train)[gaps.argmax()])  # with nothing that is shown beside it
    page.evaluate(
        """(row) => document.getElementById("map").dispatchEvent(
            new CustomEvent("explorer:hover", { detail: { row }, bubbles: true }))""",
        hidden,
    )
    page.wait_for_timeout(200)
    expect(page.locator("#tooltip")).to_be_hidden()


def test_conditions_are_searched_within_and_said(page: Page, space: LatentSpace) -> None:
    page.keyboard.press("f")
    page.locator("[data-column=split]").get_by_role("button", name=re.compile(r"^test\b")).click()
    expect(page.locator("#counts")).to_contain_text("shown")
    page.locator("#conditions summary").click()
    page.locator("#condition-where").check()
    expect(page.locator("#conditions-told")).to_contain_text("test")
    rows = page.locator("#neighbours .card").evaluate_all(
        "(cards) => cards.map((card) => Number(card.dataset.row))"
    )
    splits = space.catalogue.table["split"].to_pylist()
    assert rows
    assert {splits[row] for row in rows} == {"test"}
    assert "where=split:test" in page.url
    page.locator("#condition-extent_percent").fill("never")  # the menu stayed open
    page.locator("#condition-extent_percent").press("Enter")
    expect(page.locator("#source-error")).to_contain_text("never")


def pictures(cards: Locator) -> list[str]:
    return list(cards.evaluate_all("(all) => all.map((img) => img.getAttribute('src'))"))


def test_one_bar_draws_all_pictures_and_is_kept(page: Page) -> None:
    page.locator("#picture-stretch").select_option("log")
    page.locator("#picture-contours").click()
    page.locator("#picture-invert").click()
    shown = pictures(page.locator("#neighbours .card img, #picture img"))
    assert len(shown) == 13
    assert all("stretch=log" in url and "contours=true" in url for url in shown)
    assert all("invert=true" in url for url in shown)
    page.reload()
    expect(page.locator("#picture-contours")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#picture-stretch")).to_have_value("log")


def test_the_viewer_walks_the_ranks_and_reads_values(page: Page) -> None:
    title = page.locator("#source-title").inner_text()
    page.keyboard.press("Space")
    viewer = page.locator("#viewer")
    expect(viewer.locator("h2")).to_have_text(title)
    box = viewer.locator("img").bounding_box()
    assert box
    assert box["width"] % 70 == 0  # whole screen pixels
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#readout")).to_contain_text("% of the peak")
    expect(page.locator("#readout")).to_contain_text("RA ")
    page.keyboard.press("ArrowRight")
    expect(viewer.locator("h2")).to_contain_text("1: ")
    expect(viewer.locator("img")).to_have_count(2)
    page.keyboard.press("b")
    expect(viewer.locator("img")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()


def test_the_place_under_the_pointer_is_that_of_the_pixel(page: Page, space: LatentSpace) -> None:
    page.keyboard.press("Space")
    picture = page.locator("#viewer img")
    box = picture.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2 + 1, box["y"] + 1)  # the northern edge, middle
    said = page.locator("#readout").inner_text()
    found = re.search(r"RA (\S+)\s+Dec (\S+) deg, to about a pixel", said)
    assert found
    ra, dec = (float(text.replace("\u2212", "-")) for text in found.groups())
    title = page.locator("#source .section-sub").first.inner_text()
    row = space.catalogue.row_of(title.split()[-1])
    assert row is not None
    assert abs(dec - (space.catalogue.dec_deg[row] + 35 * 1.8 / 3600)) < 1e-4
    assert abs(ra - space.catalogue.ra_deg[row]) < 2e-4


def test_figures_and_python_are_taken_away(page: Page, tmp_path: Path) -> None:
    page.locator("#take-away summary").click()
    for name, begins in (("contact-sheet-png", b"\x89PNG"), ("map-pdf", b"%PDF")):
        with page.expect_download() as started:
            page.locator(f"#{name}").click()
        path = tmp_path / started.value.suggested_filename
        started.value.save_as(path)
        assert path.read_bytes().startswith(begins)
    page.locator("#take-python").click()
    expect(page.locator("#text pre")).to_contain_text("import")
    page.locator("#text").get_by_role("button", name="Close").click()
    page.locator("#take-away summary").click() if not page.locator(
        "#take-caption"
    ).is_visible() else None
    page.locator("#take-caption").click()
    expect(page.locator("#text pre")).to_contain_text("Slijepcevic")


def test_the_table_holds_the_neighbours_with_their_columns(page: Page) -> None:
    page.keyboard.press("t")
    table = page.locator("#table")
    expect(table.locator("tbody tr")).to_have_count(12)
    expect(table.locator("thead")).to_contain_text("Label (literature)")
    table.locator("tbody a").nth(2).click()
    expect(page).to_have_url(re.compile("source="))


def test_the_table_of_a_selection_holds_its_sources(page: Page, space: LatentSpace) -> None:
    draw(page, OUTLINE, "Shift")
    page.wait_for_function("location.search.includes('drawn=')")
    inside = np.flatnonzero(Outline(drawn_corners(page)).contains_points(space.xy))
    page.locator("#table-open").click()
    table = page.locator("#table")
    expect(table.locator("h2")).to_contain_text(f"Selection A: {len(inside):,} sources")
    expect(table.locator("tbody tr")).to_have_count(len(inside))
    rows = table.locator("tbody tr").evaluate_all("(all) => all.map((tr) => +tr.dataset.row)")
    assert rows == inside.tolist()
    page.locator("#map").focus()
    page.keyboard.press("Escape")
    expect(table).to_be_hidden()


def test_a_filter_that_is_no_number_is_refused_in_words(page: Page) -> None:
    page.keyboard.press("f")
    page.locator("#filter-angular_extent_arcsec-low").fill("abc")
    page.keyboard.press("Enter")
    expect(page.locator("#filters .error")).to_have_text("“abc” is no number: no limit is set.")


def test_what_of_a_link_means_nothing_is_said(page: Page, address: str) -> None:
    open_ready(page, f"{address}/?sorce=a&k=1e9")
    expect(page.locator("#toast")).to_contain_text("k=1e9")
    expect(page.locator("#toast")).to_contain_text("sorce")


def test_the_pane_is_as_wide_as_the_splitter_is_moved(page: Page) -> None:
    before = page.locator("#details").bounding_box()
    page.locator("#splitter").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    after = page.locator("#details").bounding_box()
    assert before
    assert after
    assert after["width"] == before["width"] + 80
