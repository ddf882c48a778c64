"""How fast the page is in a real Chromium, as ratios within one run: `make bench` runs it.

It is no test: times depend on the machine. It measures the demo bundle (from a click until the
first neighbours are seen) and the benchmark bundle (the map beside a bare Plotly page with the same
points), as far as they are built.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page

from app.main import create_app
from app.settings import Settings
from scripts.terminal import console
from tests.browser.page import launched, new_page, open_ready
from tests.site import serving

CLICKS, LOADS = 12, 3
SEEN_FIRST = 8
"""Neighbour pictures that are seen at 1440 x 900 at least."""

BARE = """<!doctype html><meta charset="utf-8"><div id="map" style="width:900px;height:700px"></div>
<script src="{plotly}"></script><script>
fetch("{points}").then((r) => r.json()).then(({{x, y, c}}) => {{
  const points = {{type: "scattergl", mode: "markers", x, y, marker: {{size: 3, color: c}}}};
  return Plotly.newPlot("map", [points], {{dragmode: "pan", margin: {{l: 0, r: 0, t: 0, b: 0}}}});
}}).then(() => {{ window.ready = performance.now(); }});
</script>"""

FIRST_PAINT = """
(() => {
  const fillRect = CanvasRenderingContext2D.prototype.fillRect;
  CanvasRenderingContext2D.prototype.fillRect = function (...box) {
    if (!window.firstPaint && this.canvas.id === "layers") {
      window.firstPaint = -1;
      requestAnimationFrame(() => { window.firstPaint = performance.now(); });
    }
    return fillRect.apply(this, box);
  };
  new MutationObserver((_, observer) => {
    if (document.documentElement.dataset.ready !== "true") return;
    window.ready = performance.now();
    observer.disconnect();
  }).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-ready"] });
})();
"""
"""Notes when the canvas over the map is first painted, and when the map is ready."""


FRAMES = """
(() => {
  const frames = [];
  let [last, on] = [performance.now(), true];
  const tick = (now) => {
    frames.push(now - last);
    last = now;
    if (on) requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  window.endFrames = () => { on = false; return frames.slice(1); };
})();
"""
STEPS = 12


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sources", type=int, default=50_000, help="of the benchmark bundle")
    parser.add_argument("--bundle", type=Path, help="another in place of the benchmark bundle")
    data = Settings().data_dir / "bundles"
    given = parser.parse_args()
    large = given.bundle or data / f"bench-{given.sources}"
    with launched() as browser:
        if (data / "demo" / "current").exists():
            with served(data / "demo") as address:
                say(clicks(browser, address))
        if (large / "current").exists():
            with served(large) as address:
                say(loads(browser, address))


def say(rows: list[tuple[str, str, str]]) -> None:
    """Print what was measured, each with the line it should reach."""
    for what, measured, line in rows:
        console.print(f"{what}: {measured} (line {line})", markup=False)


@contextmanager
def served(bundle: Path) -> Iterator[str]:
    """A server of a bundle that asks nobody."""
    with tempfile.TemporaryDirectory() as data:
        settings = Settings(bundle=bundle, data_dir=Path(data), sesame_url="")
        with serving(create_app(settings)) as address:
            yield address


def clicks(browser: Browser, address: str) -> list[tuple[str, str, str]]:
    """From a click on a source until its first neighbours' pictures are seen."""
    took = []
    with new_page(browser) as page:
        open_ready(page, address)
        n = page.evaluate("document.getElementById('map').data[0].x.length")
        for row in np.linspace(0, n - 1, CLICKS).astype(int):
            took.append(click(page, int(row)))
    warm = np.array(took[2:])
    shown = f"{np.median(warm):.0f} ms (p95 {np.percentile(warm, 95):.0f})"
    return [(f"click until {SEEN_FIRST} neighbour pictures, demo", shown, "400 ms")]


def click(page: Page, row: int) -> float:
    """Milliseconds from a source being chosen until its neighbours' pictures are complete."""
    taken: float = page.evaluate(
        f"""async (row) => {{
            const before = document.querySelector("#neighbours .cards");
            const start = performance.now();
            const detail = {{ row }};
            const map = document.getElementById("map");
            map.dispatchEvent(new CustomEvent("explorer:select", {{ detail, bubbles: true }}));
            for (;;) {{
                await new Promise(requestAnimationFrame);
                const cards = document.querySelector("#neighbours .cards");
                const every = [...document.querySelectorAll("#neighbours .card img")];
                const images = every.slice(0, {SEEN_FIRST});
                const complete = images.every((i) => i.complete && i.naturalWidth);
                const all = images.length >= {SEEN_FIRST} && complete;
                if (cards && cards !== before && all) return performance.now() - start;
                if (performance.now() - start > 20000) return NaN;
            }}
        }}""",
        row,
    )
    return taken


def loads(browser: Browser, address: str) -> list[tuple[str, str, str]]:
    """First paint, readiness and frames of the map, beside a bare Plotly page with its points."""
    ours, paints, bare = [], [], []
    moved: dict[str, list[float]] = {}
    with new_page(browser) as page:
        open_ready(page, address)
        plotly = page.locator("#map").get_attribute("data-plotly-url")
        points = page.evaluate(
            """() => { const { x, y } = document.getElementById("map").data[0];
                       return JSON.stringify({ x: [...x], y: [...y], c: [...x] }); }"""
        )
        n = page.evaluate("document.getElementById('map').data[0].x.length")
    for _ in range(LOADS):
        with new_page(browser) as page:
            page.add_init_script(FIRST_PAINT)
            open_ready(page, address)
            page.wait_for_function("window.ready && window.firstPaint > 0")
            move(page, "ours", moved)
            ours.append(page.evaluate("window.ready"))
            paints.append(page.evaluate("window.firstPaint"))
        with new_page(browser) as page:
            html = BARE.format(plotly=plotly, points="/points.json")
            answer(page, "**/bare.html", html, "text/html")
            answer(page, "**/points.json", points, "application/json")
            answer(page, "**/favicon.ico", "", "image/x-icon")
            page.goto(f"{address}/bare.html")
            page.wait_for_function("window.ready")
            move(page, "bare Plotly", moved)
            bare.append(page.evaluate("window.ready"))
    mine, theirs = float(np.median(ours)), float(np.median(bare))
    return [
        (f"first paint of all points, {n:,}", f"{np.median(paints):.0f} ms", "700 ms"),
        (f"map ready, {n:,}", f"{mine:.0f} ms, {mine / theirs:.2f} x bare Plotly", "1.3 x"),
        *(
            (
                f"frame while it {act}s, {n:,}, p95",
                ", ".join(
                    f"{whose} {np.percentile(moved[f'{act} {whose}'], 95):.0f} ms"
                    for whose in ("ours", "bare Plotly")
                ),
                "bare Plotly's",
            )
            for act in ("hover", "pan")
        ),
    ]


def move(page: Page, whose: str, into: dict[str, list[float]]) -> None:
    """Hover over the map, then drag it, and keep how long each frame took, in ms."""
    box = page.locator("#map").bounding_box()
    assert box
    x, y = box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"]
    page.wait_for_timeout(1500)  # for what a page does after it is ready
    for act in ("hover", "pan"):
        page.mouse.move(x, y)
        if act == "pan":
            page.mouse.down()
        page.evaluate(FRAMES)
        for step in range(1, STEPS + 1):
            page.mouse.move(x + 4 * step, y + 2 * step)
        took = page.evaluate("window.endFrames()")
        if act == "pan":
            page.mouse.up()
        into.setdefault(f"{act} {whose}", []).extend(took)


def answer(page: Page, path: str, body: str, kind: str) -> None:
    """Let a path of the page's site have a body of its own."""
    page.route(path, lambda route: route.fulfill(body=body, content_type=kind))


if __name__ == "__main__":
    main()
