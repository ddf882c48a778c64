"""The map's layers in a real Chromium: what is painted where, and which row answers there."""

from contextlib import suppress

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from app.bundle.latent_space import LatentSpace
from app.sky.coordinates import format_position
from tests.browser.page import PHONE, WAIT_MS, new_page, open_ready

pytestmark = pytest.mark.browser

PAINTED = """(row) => {
  const { x, y } = document.getElementById("map").data[0];
  const { xaxis, yaxis } = document.getElementById("map")._fullLayout;
  const canvas = document.getElementById("layers");
  const ratio = canvas.width / canvas.clientWidth;
  const at = [ratio * xaxis.l2p(x[row]), ratio * yaxis.l2p(y[row])].map(Math.round);
  return [...canvas.getContext("2d").getImageData(...at, 1, 1).data];
}"""
"""Red, green, blue and opacity (0 to 255) of the layers where a source lies."""

PLACES = """() => {
  const map = document.getElementById("map");
  const { xaxis, yaxis } = map._fullLayout;
  const { left, top } = map.getBoundingClientRect();
  const { x, y } = map.data[0];
  return [...x].map((_, row) => [left + xaxis.l2p(x[row]), top + yaxis.l2p(y[row])]);
}"""


def places(page: Page) -> np.ndarray:
    """Where in the window each source is drawn, CSS pixels."""
    return np.array(page.evaluate(PLACES))


def split_of(space: LatentSpace) -> np.ndarray:
    return np.array(space.catalogue.table["split"].to_pylist())


def alone(space: LatentSpace, rows: np.ndarray) -> int:
    """Of these rows the one farthest from any other source on the map."""
    gaps = np.linalg.norm(space.xy[rows][:, None] - space.xy[None], axis=2)
    gaps[np.arange(len(rows)), rows] = np.inf
    return int(rows[gaps.min(axis=1).argmax()])


def test_a_filter_and_a_selection_are_layers_over_the_whole_catalogue(
    page: Page, address: str, space: LatentSpace
) -> None:
    train = split_of(space) == "train"
    left, out = (alone(space, np.flatnonzero(rows)) for rows in (train, ~train))
    open_ready(page, f"{address}/?filter=split:train&drawn=two!%2Br{left},{out}")
    expect(page.locator("#counts")).to_contain_text(f"{train.sum():,} of {len(space):,} shown")
    for row in (left, out):
        page.wait_for_function(f"({PAINTED})({row}).join() === '213,94,0,255'")
    page.locator("#rail-selections").click()
    page.get_by_role("button", name="Remove two").click()
    page.wait_for_function(f"({PAINTED})({out})[3] === 0")
    assert page.evaluate(PAINTED, left)[3] > 0
    assert page.evaluate("document.getElementById('map').data[0].x.length") == len(space)


def test_hover_and_click_name_the_row_that_is_drawn_there(
    page: Page, address: str, space: LatentSpace
) -> None:
    open_ready(page, address)
    row = alone(space, np.arange(len(space)))
    x, y = places(page)[row]
    place = space.position(row)
    page.mouse.move(x, y)
    expect(page.locator("#tooltip")).to_contain_text(format_position(place.ra.deg, place.dec.deg))
    page.mouse.click(x, y)
    expect(page.locator("#source")).to_contain_text(space.catalogue.table["source_id"][row].as_py())


@pytest.mark.slow
def test_a_finger_opens_what_the_filter_leaves_below_it(
    chromium: Browser, address: str, space: LatentSpace
) -> None:
    shown = np.flatnonzero(split_of(space) == "train")
    hidden = np.flatnonzero(split_of(space) != "train")
    with new_page(chromium, PHONE, is_mobile=True, has_touch=True) as page:
        open_ready(page, f"{address}/?filter=split:train")
        expect(page.locator("#counts")).to_contain_text("shown")
        expect(page.locator("#neighbours .card").first).to_be_attached()  # the map has its size
        page.locator("#stage").scroll_into_view_if_needed()
        ids = space.catalogue.table["source_id"].to_pylist()
        for _again in range(6):  # a machine that is busy for half a second sees no tap
            at = places(page)
            gaps = np.linalg.norm(at[hidden][:, None] - at[shown][None], axis=2)
            # px: farther off than a pointer would reach
            tapped = np.abs(gaps.min(axis=1) - 18).argmin()
            assert 10 < gaps[tapped].min() < 26
            page.touchscreen.tap(*at[hidden[tapped]])
            below = ids[int(shown[gaps[tapped].argmin()])]
            with suppress(AssertionError):
                expect(page.locator("#source .section-sub").first).to_contain_text(
                    below, timeout=WAIT_MS / 6
                )
                return
        pytest.fail(f"six taps did not open {below}")
