"""The map's layers in a real Chromium: a point is the row of its own layer, and links are true."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.bundle.latent_space import LatentSpace, open_latent_space
from app.sky.coordinates import format_position
from tests.browser.page import new_page, open_ready, served_by_command

pytestmark = pytest.mark.browser

LAYERS = """async (over) => {
  const { Rows } = await import("/static/js/core/rows.js");
  const n = document.getElementById("map").data[0].x.length;
  const odd = { name: "odd", rows: Rows.where(n, (row) => row % 2 === 1) };
  const few = { name: "few", rows: Rows.where(n, (row) => row % 10 === 3), colour: "red", grow: 2 };
  const layers = over ? [{ name: "catalogue", rows: null }, few] : [odd];
  document.dispatchEvent(new CustomEvent("explorer:layers", { detail: { layers } }));
  await new Promise((done) => setTimeout(done, 500));
  return document.getElementById("map").data.map(({ x }) => x.length);
}"""
PLACE = """([layer, point]) => {
  const root = document.getElementById("map");
  const { xaxis, yaxis } = root._fullLayout;
  const box = root.getBoundingClientRect();
  const { x, y } = root.data[layer];
  return [box.left + xaxis.l2p(x[point]), box.top + yaxis.l2p(y[point])];
}"""


@pytest.fixture(scope="module")
def address(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_by_command(bundle, tmp_path_factory.mktemp("data")) as url:
        yield url


@pytest.fixture(scope="module")
def space(bundle: Path) -> LatentSpace:
    return open_latent_space(bundle)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with new_page(chromium) as page:
        yield page


def alone(space: LatentSpace, rows: list[int]) -> int:
    """Of these rows the one farthest from any other on the map, so that a click means it."""
    gaps = ((space.xy[rows][:, None] - space.xy[rows][None]) ** 2).sum(axis=2)
    gaps[range(len(rows)), range(len(rows))] = float("inf")
    return int(gaps.min(axis=1).argmax())


@pytest.mark.parametrize("over", [False, True])
def test_hover_and_click_name_the_row_that_the_layer_has_there(
    page: Page, address: str, space: LatentSpace, over: bool
) -> None:
    open_ready(page, address)
    drawn = page.evaluate(LAYERS, over)
    rows = [row for row in range(len(space)) if (row % 10 == 3 if over else row % 2 == 1)]
    assert drawn == ([len(space), len(rows)] if over else [len(rows)])
    point = alone(space, rows)
    source_id = space.catalogue.table["source_id"][rows[point]].as_py()
    x, y = page.evaluate(PLACE, [int(over), point])
    page.mouse.move(x, y)
    place = space.position(rows[point])
    position = format_position(place.ra.deg, place.dec.deg)
    expect(page.locator("#tooltip")).to_contain_text(position)
    page.mouse.click(x, y)
    expect(page.locator("#source")).to_contain_text(source_id)


def test_cards_lead_to_the_colour_that_is_chosen_now(
    page: Page, address: str, space: LatentSpace
) -> None:
    open_ready(page, f"{address}/?source={space.catalogue.table['source_id'][0].as_py()}")
    card = page.locator("#neighbours a[data-source-id]").first
    expect(card).to_be_visible()
    page.locator("#colour").select_option("redshift")
    expect(card).to_have_attribute(
        "href", f"?source={card.get_attribute('data-source-id')}&colour=redshift"
    )
