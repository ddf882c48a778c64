"""`rgz-explorer bench`: how fast and how large the explorer is, absolute and as ratios in one run.

Ratios compare with the bare work (the index alone, the encoder alone, starting Python with its
libraries), measured in the same run, so that they hold on slower and on busier machines.
"""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.table import Table

from app.latent_space import LatentSpace, open_latent_space
from app.settings import Settings
from model.encoder import Encoder, embed, load_encoder
from model.preprocess import network_input
from scripts.bench_catalogue import N_SOURCES, bench_catalogue
from scripts.build import BuildConfig, build
from scripts.embed import embed_images, in_batches
from scripts.progress import console

PORT = 8765
ADDRESS = f"http://127.0.0.1:{PORT}"
REQUESTS = 300
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
    encoder = load_encoder()
    bundle = Settings().data_dir / "bundles" / f"bench-{n}"
    build(BuildConfig(bundle, bench_catalogue(n), encoder))
    space = open_latent_space(bundle)
    figures = [*_serving(bundle, space), _embedding(space, encoder)]
    _print(figures, len(space))
    return figures


def _serving(bundle: Path, space: LatentSpace) -> Iterator[Figure]:
    bare_start_s = _seconds(_start_python)
    bare_search_ms = _p95_ms(lambda row: space.index.search(_unit(space, row), 25), len(space))
    with _server(bundle) as (process_id, ready_s):
        ids = space.catalogue.table["source_id"].to_pylist()
        ra, dec = space.catalogue.ra_deg, space.catalogue.dec_deg
        neighbours = _p95_ms(lambda row: _get(f"/api/sources/{ids[row]}/neighbours?k=24"), len(ids))
        query = _p95_ms(lambda row: _get(f"/api/query?ra={ra[row]}&dec={dec[row]}&k=24"), len(ids))
        bytes_a_source = len(_get("/api/map")) / len(space)
        memory_gb = _resident_gb(process_id)
    yield _at_most(
        "serve ready", ready_s, "s", 8, f"{ready_s / bare_start_s:.1f} x libraries alone"
    )
    times = f"{neighbours / bare_search_ms:.1f} x the index alone"
    yield _at_most("neighbours, k=24, p95", neighbours, "ms", 15, times)
    times = f"{query / bare_search_ms:.1f} x the index alone"
    yield _at_most("query of a bundle source, p95", query, "ms", 60, times)
    yield _at_most("map", bytes_a_source, "bytes a source", 8)
    yield _at_most("server resident memory", memory_gb, "GB", 1.2)


def _embedding(space: LatentSpace, encoder: Encoder) -> Figure:
    """Images a second in the build against the encoder on tensors that lie ready."""
    count = min(EMBEDDED, len(space))
    ready = torch.from_numpy(network_input(np.asarray(space.images[:count]))).unsqueeze(1)
    ready = ready.contiguous(memory_format=torch.channels_last)
    stored = space.images[:count]
    embed(encoder, network_input(np.asarray(stored[:64])))
    rates = []
    for _ in range(3):  # in turn, so that both see the same machine
        build_s = _seconds(lambda: embed_images(encoder, in_batches(stored), count))
        bare_s = _seconds(lambda: _bare(encoder, ready))
        rates.append((count / build_s, count / bare_s))
    built, bare = np.median(rates, axis=0)
    share = 100 * float(np.median([b / e for b, e in rates]))
    ratio = f"{built:.0f} images/s in the build, {bare:.0f} bare"
    return Figure("embedding, of the bare encoder", share, "%", "at least 90", share >= 90, ratio)


def _bare(encoder: Encoder, ready: torch.Tensor) -> None:
    with torch.inference_mode():
        for batch in ready.split(64):
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
        return bool(json.loads(_get("/readyz"))["status"] == "ok")
    except OSError:
        return False


def _get(path: str) -> bytes:
    with urllib.request.urlopen(ADDRESS + path, timeout=30) as response:
        content: bytes = response.read()
    return content


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


def _print(figures: list[Figure], n: int) -> None:
    table = Table(title=f"{n:,} sources, {torch.get_num_threads()} threads")
    for heading in ("measure", "value", "line", "met", "within this run"):
        table.add_column(heading)
    for figure in figures:
        value = f"{figure.value:.2f} {figure.unit}"
        table.add_row(figure.name, value, figure.line, "yes" if figure.met else "NO", figure.ratio)
    console.print(table)
