"""A Chromium for the browser tests, pages in it that fail for a script's error, and our command."""

import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.browser.chromium import FLAGS, NONE, find_chromium

DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SIZES = {"desktop": DESKTOP, "phone": PHONE}
PHONE_SLOWLY = ("desktop", pytest.param("phone", marks=pytest.mark.slow))
"""Both sizes, for what differs little between them."""
Scheme = Literal["light", "dark"]
WAIT_MS = 120_000
ROOT = Path(__file__).parents[2]


@contextmanager
def launched() -> Iterator[Browser]:
    """A Chromium while the ``with`` block lasts; the test fails where none can be had.

    Its first context lies on disk, where Chromium keeps what it has compiled: Plotly takes it two
    seconds otherwise, for each page.
    """
    path = find_chromium()
    if path is None:
        pytest.fail(NONE)
    with sync_playwright() as playwright, TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=path, args=list(FLAGS), viewport=DESKTOP
        )
        assert context.browser is not None
        yield context.browser
        context.close()


@contextmanager
def new_page(
    chromium: Browser,
    size: ViewportSize = DESKTOP,
    color_scheme: Scheme = "light",
    **options: Any,
) -> Iterator[Page]:
    """A page where nothing is kept yet; any error of a script in it fails the test in the end.

    With options, or beside another page, it has a browsing context of its own.
    """
    first = chromium.contexts[0]
    alone = not options and len(first.pages) == 1  # a blank one is always there
    context = first if alone else chromium.new_context(viewport=size, **options)
    page = context.new_page()
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=color_scheme)
    page.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: _keep_error(message, complaints))
    try:
        yield page
        if alone and page.url.startswith("http"):
            page.evaluate("localStorage.clear()")
    finally:
        page.close() if alone else context.close()
    assert complaints == []


def _keep_error(message: ConsoleMessage, complaints: list[str]) -> None:
    refused = "Failed to load resource" in message.text  # the API's own error answers
    if message.type == "error" and not refused:
        complaints.append(message.text)


def open_ready(page: Page, url: str) -> None:
    """Go to the explorer's page and wait until its map is drawn."""
    page.goto(url)
    page.wait_for_function("document.documentElement.dataset.ready === 'true'")


def open_why(page: Page, address: str) -> None:
    """Open the viewer at a source's first neighbour, with what makes S of the two."""
    open_ready(page, f"{address}?source=firstgalaxydata-1")
    expect(page.locator("#neighbours .card").first).to_be_visible()
    page.keyboard.press("v")
    expect(page.locator("#viewer-why")).to_have_count(0)  # of one source there is no S
    page.keyboard.press("w")
    expect(page.locator(".why figure img")).to_have_count(2)


def map_place(page: Page, row: int) -> tuple[float, float]:
    """Where on the screen the map has a source."""
    x, y = page.evaluate(
        """(row) => {
            const root = document.getElementById("map");
            const { xaxis, yaxis } = root._fullLayout;
            const box = root.getBoundingClientRect();
            const { x, y } = root.data[0];
            return [box.left + xaxis.l2p(x[row]), box.top + yaxis.l2p(y[row])];
        }""",
        row,
    )
    return x, y


def painted(page: Page, least: int = 0, most: float = math.inf) -> int:
    """How many pixels of the canvas over the map are painted, once they are within bounds."""
    found = page.wait_for_function(
        """([least, most]) => {
            const canvas = document.getElementById("layers");
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            let count = 0;
            for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count++;
            return least <= count && count <= most ? { count } : null;
        }""",
        arg=[least, most if math.isfinite(most) else 1e12],
        polling=100,
    )
    count: int = found.json_value()["count"]
    return count


def boxes(page: Page, selector: str) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom on the screen of all that a selector finds and is shown."""
    found: list[tuple[float, float, float, float]] = page.locator(selector).evaluate_all(
        """(all) => all.map((each) => each.getBoundingClientRect()).filter(({ width }) => width)
            .map(({ left, top, right, bottom }) => [left, top, right, bottom])"""
    )
    return found


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    """Whether two boxes have a part in common."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@contextmanager
def served_by_command(bundle: Path, data_dir: Path, **environment: str) -> Iterator[str]:
    """The address at which `rgz-explorer serve` serves a bundle while the ``with`` block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.cli", "serve", "--bundle", str(bundle), "--port", "0"],
        env=os.environ | {"RGZ_DATA_DIR": str(data_dir), "COLUMNS": "200"} | environment,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.search(r"http://\S+", said)
        assert found, said
        yield found[0]
    finally:
        process.terminate()
        process.wait()
