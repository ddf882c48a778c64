"""`rgz-explorer bench`: how fast and how large the explorer is, absolute and as ratios in one run.

Ratios compare with the bare work (the index alone, the encoder alone, starting Python with its
libraries), measured in the same run, so that they hold on slower and on busier machines.
"""

import gzip
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.table import Table

from app.bundle.files import SourceRecord
from app.bundle.latent_space import LatentSpace, open_latent_space
from app.settings import Settings
from model.encoder import Encoder, embed
from model.firstgalaxydata import centre_image, read_galaxies
from model.inference import load_fast_encoder
from model.preprocess import network_input
from scripts.bundle.build import BuildConfig, build
from scripts.bundle.sources import Source, SourceCatalogue
from scripts.bundle.stages import embed_images
from scripts.terminal import console

N_SOURCES = 50_000
MAX_SHIFT_PX = 3
SEED = 50_000
FIELD_RA_DEG, FIELD_DEC_DEG = (99.0, 267.0), (-8.1, 64.7)


def bench_catalogue(n: int = N_SOURCES) -> SourceCatalogue:
    """Describe the generated catalogue."""
    return SourceCatalogue(
        record=SourceRecord(
            name=f"benchmark of {n:,} augmented copies",
            description="augmented copies of the demo images at invented positions; for timing",
            version="1",
            doi="",
            url="",
            citation="",
            terms="For timing only: no source of this bundle exists.",
            n_listed=n,
            n_rejected=0,
        ),
        input_kind="pedestal",
        own_columns={},
        read=lambda: _sources(n),
    )


def _sources(n: int) -> Iterator[Source]:
    images = [centre_image(galaxy.field) for galaxy in read_galaxies()]
    images = [image for image in images if image[40:110, 40:110].any()]
    generator = np.random.default_rng(SEED)
    sine = np.sin(np.radians(FIELD_DEC_DEG))
    for number in range(n):
        yield Source(
            source_id=f"bench-{number:06d}",
            name="",
            ra_deg=float(generator.uniform(*FIELD_RA_DEG)),
            dec_deg=float(np.degrees(np.arcsin(generator.uniform(*sine)))),
            image=_augmented(images[number % len(images)], generator),
        )


def _augmented(image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    turned = np.rot90(image, int(generator.integers(4)))
    if generator.integers(2):
        turned = turned[:, ::-1]
    shift = generator.integers(-MAX_SHIFT_PX, MAX_SHIFT_PX + 1, 2)
    return np.ascontiguousarray(np.roll(turned, shift, axis=(0, 1)))


PORT = 8765
REQUESTS = 300
PAGES = 20
PAGE_REQUESTS = 10
BROWSER_CONNECTIONS = 6
"""To one server, as browsers limit themselves."""
NAMED_FILE = re.compile(r'(?:href|src)="(/static/[^"]+)"')
WARM_UP = 30
EMBEDDED = 1024


@dataclass(frozen=True)
class Figure:
    """One line of the report."""

    name: str
    value: float
    unit: str
    line: str
    """What it must reach."""
    met: bool
    ratio: str = ""


def run_bench(n: int = N_SOURCES) -> list[Figure]:
    """Build the benchmark bundle if need be, measure, and print the report."""
    encoder = load_fast_encoder()
    bundle = Settings().data_dir / "bundles" / f"bench-{n}"
    build(BuildConfig(bundle, bench_catalogue(n), encoder))
    space = open_latent_space(bundle)
    figures = [*_serving(bundle, space), *_embedding(space, encoder)]
    _print(figures, len(space))
    return figures


def _serving(bundle: Path, space: LatentSpace) -> Iterator[Figure]:
    bare_start_s = _seconds(_start_python)
    bare_search_ms = _p95_ms(lambda row: space.index.search(_unit(space, row), 25), len(space))
    with _server(bundle) as (process_id, ready_s):
        ids = space.catalogue.table["source_id"].to_pylist()
        ra, dec, n = space.catalogue.ra_deg, space.catalogue.dec_deg, len(ids)
        get = _Kept().get
        health = _p95_ms(lambda _: get("/healthz"), n)
        source = _p95_ms(lambda row: get(f"/api/sources/{ids[row]}"), n)
        picture = _p95_ms(lambda row: get(f"/api/sources/{ids[row]}/cutout.png"), n)
        neighbours = _p95_ms(lambda row: get(f"/api/sources/{ids[row]}/neighbours?k=24"), n)
        query = _p95_ms(lambda row: get(f"/api/query?ra={ra[row]}&dec={dec[row]}&k=24"), n)
        page = 1e3 * float(np.percentile([_seconds(_open_page) for _ in range(PAGES)], 95))
        bytes_a_source = len(get("/api/map")) / len(space)
        memory_gb = _resident_gb(process_id)
    yield _at_most(
        "serve ready", ready_s, "s", 8, f"{ready_s / bare_start_s:.1f} x libraries alone"
    )
    times = f"{neighbours / bare_search_ms:.1f} x the index alone"
    yield _at_most("neighbours, k=24, p95", neighbours, "ms", 15, times)
    times = f"{query / bare_search_ms:.1f} x the index alone"
    yield _at_most("query of a bundle source, p95", query, "ms", 60, times)
    times = f"{source / health:.1f} x /healthz ({health:.1f} ms)"
    yield _at_most("a source, p95", source, "ms", 10, times)
    times = f"{picture / health:.1f} x /healthz"
    yield _at_most("cutout picture, p95", picture, "ms", 15, times)
    times = f"{page / health:.0f} x /healthz"
    yield _at_most("first ten requests of a page, p95", page, "ms", 150, times)
    yield _at_most("map", bytes_a_source, "bytes a source", 8)
    yield _at_most("server resident memory", memory_gb, "GB", 1.2)


class _Kept:
    """A connection that is kept and asks for packed answers, as a browser's; no proxy between."""

    def __init__(self) -> None:
        self._connection = HTTPConnection("127.0.0.1", PORT, timeout=30)

    def get(self, path: str) -> bytes:
        self._connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        response = self._connection.getresponse()
        content = response.read()
        if response.status != HTTPStatus.OK:
            raise HTTPException(f"{path} was answered with {response.status}.")
        packed = response.headers["Content-Encoding"] == "gzip"
        return gzip.decompress(content) if packed else content


def _open_page() -> None:
    """The page, the map and the first files that the page names, over new connections."""
    first = _Kept()
    files = dict.fromkeys(NAMED_FILE.findall(first.get("/").decode()))
    paths = ["/api/map", *files][: PAGE_REQUESTS - 1]
    kept = threading.local()

    def fetch(path: str) -> None:
        if not hasattr(kept, "connection"):
            kept.connection = _Kept()
        kept.connection.get(path)

    with ThreadPoolExecutor(BROWSER_CONNECTIONS) as pool:
        list(pool.map(fetch, paths))


def _embedding(space: LatentSpace, encoder: Encoder) -> Iterator[Figure]:
    """Images a second in the build, and of one image, against torch on tensors that lie ready."""
    count = min(EMBEDDED, len(space))
    stored = space.images[:count]
    x = network_input(np.asarray(stored))
    ready = torch.from_numpy(x).unsqueeze(1).contiguous(memory_format=torch.channels_last)
    embed(encoder, x[:64])
    rates, ones = [], []
    for _ in range(3):  # in turn, so that both see the same machine
        build_s = _seconds(lambda: embed_images(encoder, stored))
        bare_s = _seconds(lambda: _bare(encoder, ready))
        rates.append((count / build_s, count / bare_s))
        ours_s = _seconds(lambda: [embed(encoder, image[None]) for image in x[:32]])
        torch_s = _seconds(lambda: _bare(encoder, ready[:32], 1))
        ones.append((1e3 * ours_s / 32, 1e3 * torch_s / 32))
    (built, bare), (ours, alone) = np.median(rates, axis=0), np.median(ones, axis=0)
    times = f"{built / bare:.1f} x torch float32 ({bare:.0f} images/s)"
    yield _at_least(f"embedding, {encoder.engine}", built, "images/s", 0.9 * bare, times)
    times = f"{ours / alone:.2f} x torch float32 ({alone:.0f} ms)"
    yield _at_most("embedding of one image", ours, "ms", 1.1 * alone, times)


def _bare(encoder: Encoder, ready: torch.Tensor, batch_size: int = 64) -> None:
    with torch.inference_mode():
        for batch in ready.split(batch_size):
            encoder(batch)


@contextmanager
def _server(bundle: Path) -> Iterator[tuple[int, float]]:
    command = [sys.executable, "-m", "scripts.cli", "serve", "--bundle", str(bundle)]
    start = time.perf_counter()
    process = subprocess.Popen([*command, "--port", str(PORT)], stderr=subprocess.DEVNULL)
    try:
        while not _ready():
            if process.poll() is not None:
                raise RuntimeError(
                    f"The server of the benchmark stopped with {process.returncode}."
                )
            time.sleep(0.02)
        yield process.pid, time.perf_counter() - start
    finally:
        process.terminate()
        process.wait()


def _ready() -> bool:
    try:
        return bool(json.loads(_Kept().get("/readyz"))["status"] == "ok")
    except (OSError, HTTPException):
        return False


def _p95_ms(call: Callable[[int], object], n: int) -> float:
    rows = np.random.default_rng(0).integers(0, n, WARM_UP + REQUESTS)
    times = []
    for row in rows:
        start = time.perf_counter()
        call(int(row))
        times.append(time.perf_counter() - start)
    return float(1e3 * np.percentile(times[WARM_UP:], 95))


def _unit(space: LatentSpace, row: int) -> np.ndarray:
    y = np.asarray(space.y[row : row + 1])
    return y / np.linalg.norm(y)


def _start_python() -> None:
    code = "import torch, faiss, zarr, pyarrow.parquet, astropy.coordinates, fastapi, uvicorn"
    subprocess.run([sys.executable, "-c", code], check=True)


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _resident_gb(process_id: int) -> float:
    status = Path(f"/proc/{process_id}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024**2


def _at_most(name: str, value: float, unit: str, limit: float, ratio: str = "") -> Figure:
    return Figure(name, value, unit, f"at most {limit:g}", value <= limit, ratio)


def _at_least(name: str, value: float, unit: str, limit: float, ratio: str) -> Figure:
    return Figure(name, value, unit, f"at least {limit:.0f}", value >= limit, ratio)


def _print(figures: list[Figure], n: int) -> None:
    table = Table(title=f"{n:,} sources, {torch.get_num_threads()} threads")
    for heading in ("measure", "value", "line", "met", "within this run"):
        table.add_column(heading)
    for figure in figures:
        value = f"{figure.value:.2f} {figure.unit}"
        table.add_row(figure.name, value, figure.line, "yes" if figure.met else "NO", figure.ratio)
    console.print(table)
