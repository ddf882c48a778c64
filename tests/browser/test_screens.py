"""Every screen of the page, at three sizes and in both themes: kept as a picture, and accessible.

The pictures are for the eye: they lie in screenshots/ at the top of the clone after each run.
"""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.page import DESKTOP, PHONE, ROOT, Scheme, new_page, open_ready, open_why

pytestmark = pytest.mark.browser

LARGE: ViewportSize = {"width": 2560, "height": 1440}
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
KEPT = ROOT / "screenshots"


def first_visit(page: Page, address: str) -> None:
    open_ready(page, address)
    expect(page.locator("#neighbours .card").first).to_be_visible()
    page.wait_for_function(
        """[...document.querySelectorAll("#neighbours img")].slice(0, 8).every(
            (image) => image.complete && image.naturalWidth)"""
    )


def filters(page: Page, _: str) -> None:
    page.locator("#rail-filters").click()
    expect(page.locator(".filter").first).to_be_visible()


def overlays(page: Page, address: str) -> None:
    open_ready(page, f"{address}/?contours=all&regions=split&examples=true&colour=split")
    expect(page.locator("#neighbours .card").first).to_be_visible()
    for _step in range(2):
        page.locator("#zoom-in").click()
        page.wait_for_timeout(150)
    expect(page.locator(".exemplar").first).to_be_visible()
    page.locator("#rail-overlays").click()
    expect(page.locator(".overlay-part").first).to_be_visible()


def several_examples_compared(page: Page, address: str) -> None:
    open_ready(page, address)
    for card, key in ((0, "+"), (1, "-"), (2, "c"), (3, "c")):
        page.locator("#neighbours .card").nth(card).focus()
        page.keyboard.press(key)
    page.locator("#examples-search").click()
    expect(page.locator("#source-title")).to_contain_text("unlike 1 unwanted")
    page.locator("#compare-open").click()
    expect(page.locator("#compare thead th")).to_have_count(2)
    page.locator("#session summary").click()


def table(page: Page, address: str) -> None:
    open_ready(page, address)
    expect(page.locator("#neighbours .card").first).to_be_visible()
    page.locator("#table-open").click()
    expect(page.locator("#table tbody tr").first).to_be_visible()


def list_result(page: Page, address: str) -> None:
    page.goto(f"{address}/?list")
    page.locator("#list").fill("firstgalaxydata-3\nfirstgalaxydata-40\n10 -60\nno place")
    page.locator("#ask-survey").uncheck()
    page.locator("#submit").click()
    expect(page.locator("#summary")).to_contain_text("4 listed")


def about(page: Page, address: str) -> None:
    open_ready(page, address)
    page.locator("#about-open").click()
    expect(page.locator("#about")).to_be_visible()


SCREENS: tuple[Callable[[Page, str], None], ...] = (
    first_visit,
    filters,
    overlays,
    several_examples_compared,
    table,
    open_why,
    list_result,
    about,
)


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(DESKTOP, "light", id="desktop-light"),
        pytest.param(PHONE, "dark", id="phone-dark", marks=pytest.mark.slow),
        pytest.param(DESKTOP, "dark", id="desktop-dark", marks=pytest.mark.slow),
        pytest.param(PHONE, "light", id="phone-light", marks=pytest.mark.slow),
        pytest.param(LARGE, "light", id="large-light", marks=pytest.mark.slow),
        pytest.param(LARGE, "dark", id="large-dark", marks=pytest.mark.slow),
    ],
)
def test_every_screen_is_kept_fits_and_is_accessible(
    chromium: Browser, address: str, size: ViewportSize, scheme: Scheme
) -> None:
    KEPT.mkdir(exist_ok=True)
    told: dict[str, object] = {}
    with new_page(chromium, size, color_scheme=scheme) as page:
        for screen in SCREENS:
            screen(page, address)
            page.screenshot(path=KEPT / f"{screen.__name__}-{size['width']}-{scheme}.png")
            if wrong := problems(page):
                told[screen.__name__] = wrong
    assert told == {}, json.dumps(told, indent=1)


def problems(page: Page) -> list[object]:
    """What is wider than the screen, and what axe says against the page."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    told: list[object] = [
        (each["id"], [node["html"][:90] for node in each["nodes"][:3]]) for each in found
    ]
    if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        told.append("it scrolls sideways")
    return told
