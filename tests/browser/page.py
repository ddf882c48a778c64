"""A Chromium for the browser tests, pages in it that fail for a script's error, and our command."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
WAIT_MS = 120_000
ROOT = Path(__file__).parents[2]


@contextmanager
def launched() -> Iterator[Browser]:
    """A Chromium while the ``with`` block lasts; the test fails where none can be had."""
    path = find_chromium()
    if path is None:
        pytest.fail(NONE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def new_page(chromium: Browser, size: ViewportSize = DESKTOP, **options: Any) -> Iterator[Page]:
    """A page of its own context; any error of a script in it fails the test in the end."""
    context = chromium.new_context(viewport=size, **options)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: _keep_error(message, complaints))
    yield page
    context.close()
    assert complaints == []


def _keep_error(message: ConsoleMessage, complaints: list[str]) -> None:
    refused = "Failed to load resource" in message.text  # the API's own error answers
    if message.type == "error" and not refused:
        complaints.append(message.text)


def open_ready(page: Page, url: str) -> None:
    """Go to the explorer's page and wait until its map is drawn."""
    page.goto(url)
    page.wait_for_function("document.documentElement.dataset.ready === 'true'")


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


def painted(page: Page) -> int:
    """How many pixels of the canvas over the map are painted."""
    count: int = page.evaluate(
        """() => {
            const canvas = document.getElementById("layers");
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            let count = 0;
            for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count++;
            return count;
        }"""
    )
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
