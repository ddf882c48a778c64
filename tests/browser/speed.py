"""How fast the page is in a real Chromium, as ratios within one run: `make bench` runs it.

It is no test: times depend on the machine. It measures the demo bundle (a click until the first
neighbours are seen), a benchmark bundle of about 50,000 sources (the map against a bare Plotly page
with the same points), and 108,000 made-up points (frames of panning and hovering, a lasso).
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page
from rich.table import Table

from app.bundle.files import content_files, file_digest, publish, write_manifest
from app.main import create_app
from app.settings import Settings
from scripts.terminal import console
from tests.browser.page import launched, map_place, new_page, open_ready
from tests.site import serving
from tests.synthetic import make_manifest, make_space

CLICKS, LOADS, MOVES, LASSOS = 12, 3, 60, 15
CROWD = 108_000
SEEN_FIRST = 8
"""Neighbour pictures that are seen at 1440 x 900 at least."""

BARE = """<!doctype html><meta charset="utf-8"><div id="map" style="width:900px;height:700px"></div>
<script src="{plotly}"></script><script>
fetch("{points}").then((r) => r.json()).then(({{x, y, c}}) => {{
  const points = {{type: "scattergl", mode: "markers", x, y, marker: {{size: 3, color: c}}}};
  return Plotly.newPlot("map", [points], {{margin: {{l: 0, r: 0, t: 0, b: 0}}}});
}}).then(() => {{ window.ready = performance.now(); }});
</script>"""

FIRST_PAINT = """
(() => {
  const look = () => {
    const canvas = document.getElementById("layers");
    if (canvas && canvas.width) {
      const { width, height } = canvas;
      const { data } = canvas.getContext("2d").getImageData(0, height >> 2, width, height >> 1);
      if (data.some((v, i) => i % 4 === 3 && v > 0)) {
        window.firstPaint = performance.now();
        return;
      }
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  new MutationObserver((_, observer) => {
    if (document.documentElement.dataset.ready !== "true") return;
    window.ready = performance.now();
    observer.disconnect();
  }).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-ready"] });
})();
"""

FRAMES = """() => {
  window.frames_ms = [];
  let last = performance.now();
  const tick = (now) => {
    window.frames_ms.push(now - last);
    last = now;
    window.ticking = requestAnimationFrame(tick);
  };
  window.ticking = requestAnimationFrame(tick);
}"""


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sources", type=int, default=50_000, help="of the benchmark bundle")
    data = Settings().data_dir / "bundles"
    n = parser.parse_args().sources
    rows: list[tuple[str, str, str]] = []
    with launched() as browser:
        if (data / "demo" / "current").exists():
            with served(data / "demo") as address:
                rows += clicks(browser, address)
        if (data / f"bench-{n}" / "current").exists():
            with served(data / f"bench-{n}") as address:
                rows += loads(browser, address, n)
        with tempfile.TemporaryDirectory() as directory, served(crowd(Path(directory))) as address:
            rows += frames(browser, address)
    table = Table("what", "measured", "line", title="The page in Chromium, software WebGL")
    for row in rows:
        table.add_row(*row)
    console.print(table)


@contextmanager
def served(bundle: Path) -> Iterator[str]:
    """A server of a bundle that asks nobody."""
    with tempfile.TemporaryDirectory() as data:
        settings = Settings(bundle=bundle, data_dir=Path(data), sesame_url="")
        with serving(create_app(settings)) as address:
            yield address


def crowd(directory: Path) -> Path:
    """A bundle of 108,000 made-up sources without emission."""
    bundle, staged = directory / "crowd", directory / "staged"
    staged.mkdir()
    random = np.random.default_rng(1)
    y = random.random((CROWD, 512), dtype=np.float32)
    ra_deg, dec_deg = random.uniform(0, 360, CROWD), random.uniform(-10, 60, CROWD)
    make_space(staged, y, ra_deg, dec_deg, novelty=random.random(CROWD))
    files = {name: file_digest(staged / name) for name in content_files(staged)}
    write_manifest(make_manifest(CROWD, files), staged)
    bundle.mkdir()
    publish(staged, bundle, "20260101T000000000000Z-00000000")
    return bundle


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


def loads(browser: Browser, address: str, n: int) -> list[tuple[str, str, str]]:
    """The map's first paint and its readiness, beside a bare Plotly page with as many points."""
    ours, paints, bare = [], [], []
    with new_page(browser) as page:
        open_ready(page, address)
        plotly = page.locator("#map").get_attribute("data-plotly-url")
        points = page.evaluate(
            """() => { const { x, y } = document.getElementById("map").data[0];
                       return JSON.stringify({ x: [...x], y: [...y], c: [...x] }); }"""
        )
    for _ in range(LOADS):
        with new_page(browser) as page:
            page.add_init_script(FIRST_PAINT)
            open_ready(page, address)
            page.wait_for_function("window.ready && window.firstPaint")
            ours.append(page.evaluate("window.ready"))
            paints.append(page.evaluate("window.firstPaint"))
        with new_page(browser) as page:
            html = BARE.format(plotly=plotly, points="/points.json")
            page.route(
                "**/bare.html", lambda r, html=html: r.fulfill(body=html, content_type="text/html")
            )
            page.route(
                "**/points.json", lambda r: r.fulfill(body=points, content_type="application/json")
            )
            page.route("**/favicon.ico", lambda r: r.fulfill(status=204))
            page.goto(f"{address}/bare.html")
            page.wait_for_function("window.ready")
            bare.append(page.evaluate("window.ready"))
    mine, theirs = float(np.median(ours)), float(np.median(bare))
    return [
        (f"first paint of all points, {n:,}", f"{np.median(paints):.0f} ms", "700 ms"),
        (f"map ready, {n:,}", f"{mine:.0f} ms, {mine / theirs:.2f} x bare Plotly", "1.3 x"),
    ]


def answer(page: Page, path: str, body: str, kind: str) -> None:
    """Let a path of the page's site have a body of its own."""
    page.route(path, lambda route: route.fulfill(body=body, content_type=kind))


def frames(browser: Browser, address: str) -> list[tuple[str, str, str]]:
    """95th percentiles of frames while panning and hovering, and of a lasso's count."""
    with new_page(browser) as page:
        open_ready(page, address)
        x, y = map_place(page, 0)
        page.evaluate(FRAMES)
        page.mouse.move(x, y)
        for step in range(MOVES):
            page.mouse.move(x + 3 * (step % 20), y + 2 * (step % 15))
        hover = frames_p95(page)
        page.evaluate(FRAMES)
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(MOVES):
            page.mouse.move(x + 2 * step, y + step)
        page.mouse.up()
        pan = frames_p95(page)
        lassos = page.evaluate(
            f"""async () => {{
                const worker = new Worker("/static/js/rows_worker.js", {{ type: "module" }});
                const {{ x, y }} = document.getElementById("map").data[0];
                const given = {{ x: Float32Array.from(x), y: Float32Array.from(y) }};
                worker.postMessage({{ act: "map", given }});
                const took = [];
                for (let i = 0; i < {LASSOS}; i++) {{
                    const corners = [];
                    for (let a = 0; a < 60; a++) {{
                        const angle = (a / 60) * 2 * Math.PI;
                        const radius = 1 + 0.1 * i;
                        corners.push(Math.cos(angle) * radius, Math.sin(angle) * radius);
                    }}
                    const start = performance.now();
                    await new Promise((resolve) => {{
                        worker.onmessage = resolve;
                        const given = {{ shapes: [{{ op: "+", corners }}], allowed: null }};
                        worker.postMessage({{ number: i, act: "shapes", given }});
                    }});
                    took.push(performance.now() - start);
                }}
                return took;
            }}"""
        )
    return [
        (f"frame while panning, {CROWD:,}, p95", f"{pan:.0f} ms", "402 ms"),
        (f"frame while hovering, {CROWD:,}, p95", f"{hover:.0f} ms", "48 ms"),
        (f"a lasso's rows, {CROWD:,}, p95", f"{np.percentile(lassos, 95):.0f} ms", "50 ms"),
    ]


def frames_p95(page: Page) -> float:
    """The 95th percentile of the frames since they were begun to be taken, in ms."""
    page.wait_for_timeout(300)
    taken = page.evaluate(
        "() => { cancelAnimationFrame(window.ticking); return window.frames_ms; }"
    )
    return float(np.percentile(taken, 95))


if __name__ == "__main__":
    main()
