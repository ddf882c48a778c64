"""Fig. 6: the MiraBest hybrids as queries, and what their eight nearest neighbours are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from app.bundle.latent_space import open_latent_space
from model.datasets import (
    CONFIDENT_FRI,
    CONFIDENT_FRII,
    HYBRID,
    UNCERTAIN_FRI,
    UNCERTAIN_FRII,
    Images,
    read_first_galaxies,
    read_mirabest,
)
from model.encoder import Encoder, load_encoder
from model.firstgalaxydata import LABELS
from model.leakage import Positions, excluded
from model.linear_probe import represent
from model.similarity import similarity
from model.sphere import chord
from scripts.experiments.grid import Cell, CellResult, Experiment, Inputs
from scripts.experiments.maps import bundle_version, check_encoder
from scripts.experiments.report import table

NEIGHBOURS = 8
DRAWN_PX = 70
SMOKE_SOURCES = 60
UNLABELLED = "no label"
SAME_SOURCE_ARCSEC = 5.0


@dataclass(frozen=True)
class Pool:
    """Images that are searched."""

    name: str
    y: NDArray[np.float32]  # (N, 512)
    positions: Positions
    kind: NDArray[np.str_]  # (N,)
    images: Callable[[NDArray[np.intp]], NDArray[np.uint8]]
    """Rows (K,) to images (K, 150, 150)."""


def _mirabest_pool(inputs: Inputs, encoder: Encoder, mirabest: Images) -> Pool:
    if inputs.budget == "smoke":
        mirabest = mirabest.where(np.arange(min(SMOKE_SOURCES, len(mirabest))))
    return _pool_of("MiraBest", encoder, mirabest, mirabest_kinds(mirabest))


def _first_galaxies_pool(_inputs: Inputs, encoder: Encoder, _mirabest: Images) -> Pool:
    galaxies = read_first_galaxies()
    return _pool_of("firstgalaxydata", encoder, galaxies, np.array(LABELS)[galaxies.label])


def _bundle_pool(inputs: Inputs, encoder: Encoder, mirabest: Images) -> Pool:
    """The bundle's own y; a source has the label of what lies within 5" in MiraBest, or else in
    firstgalaxydata.
    """
    space = open_latent_space(inputs.bundle or Path())
    check_encoder(space.manifest, encoder)
    positions = Positions(np.asarray(space.catalogue.ra_deg), np.asarray(space.catalogue.dec_deg))
    galaxies = read_first_galaxies()
    kind = np.full(len(space), UNLABELLED, "<U12")
    for labelled, names in (
        (galaxies.positions, np.array(LABELS)[galaxies.label]),
        (mirabest.positions, mirabest_kinds(mirabest)),
    ):
        near, row = _nearest(positions, labelled)
        kind[near] = names[row[near]]

    def images(rows: NDArray[np.intp]) -> NDArray[np.uint8]:
        return np.stack([space.image(int(row)) for row in rows])

    name = f"{space.manifest.source.name} (bundle)"
    return Pool(name, np.asarray(space.y), positions, kind, images)


POOLS = {
    "MiraBest": _mirabest_pool,
    "firstgalaxydata": _first_galaxies_pool,
    "bundle": _bundle_pool,
}


def mirabest_kinds(images: Images) -> NDArray[np.str_]:
    """FRI, FRII or hybrid, from MiraBest's ten labels."""
    kinds = (
        ("FRI", CONFIDENT_FRI + UNCERTAIN_FRI),
        ("FRII", CONFIDENT_FRII + UNCERTAIN_FRII),
        ("hybrid", HYBRID),
    )
    return np.select([np.isin(images.label, n) for _, n in kinds], [k for k, _ in kinds], "")


def _pool_of(name: str, encoder: Encoder, images: Images, kind: NDArray[np.str_]) -> Pool:
    return Pool(
        name,
        represent(encoder, images.pixels),
        images.positions,
        kind,
        lambda rows: images.pixels[rows],
    )


def _nearest(positions: Positions, others: Positions) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Whether another lies within 5", and the row of the nearest."""
    distance, row = cKDTree(others.unit_vectors()).query(positions.unit_vectors())
    return np.asarray(distance <= chord(SAME_SOURCE_ARCSEC / 3600)), np.asarray(row, np.intp)


def cells(inputs: Inputs) -> list[Cell]:
    """Give one cell a pool: both labelled sets, and a bundle if one is named."""
    pools: list[dict[str, Any]] = [{"pool": "MiraBest"}]
    if inputs.budget != "smoke":
        pools.append({"pool": "firstgalaxydata"})
    if inputs.bundle is not None:
        pools.append({"pool": "bundle", "version": bundle_version(inputs)})
    return [Cell(f"hybrids-in-{values['pool']}", values) for values in pools]


def run(cell: Cell, inputs: Inputs, folder: Path) -> dict[str, Any]:
    """Search a pool with every hybrid; the query itself is never among its neighbours."""
    mirabest, encoder = read_mirabest(inputs.mirabest_file()), load_encoder(inputs.encoder)
    hybrids = mirabest.where(np.isin(mirabest.label, HYBRID))
    if inputs.budget == "smoke":
        hybrids = hybrids.where(np.arange(min(2, len(hybrids))))
    pool = POOLS[cell.values["pool"]](inputs, encoder, mirabest)
    same = np.array([_near(pool.positions, hybrids.positions, i) for i in range(len(hybrids))])
    nearest, scores = neighbours(represent(encoder, hybrids.pixels), pool.y, same)
    folder.mkdir(parents=True, exist_ok=True)
    found = np.stack([pool.images(rows) for rows in nearest])  # (Q, 8, 150, 150)
    np.savez(folder / "images.npz", queries=hybrids.pixels, found=found)
    kinds = pool.kind[nearest]
    return {
        "pool": pool.name,
        "queries": len(hybrids),
        "sources": len(pool.kind),
        "labelled": int((pool.kind != UNLABELLED).sum()),
        "found_labelled": int((kinds != UNLABELLED).sum()),
        "found": _shares(kinds.ravel()),
        "base": _shares(pool.kind),
        "kinds": kinds.tolist(),
        "similarity": scores.tolist(),
    }


def neighbours(
    queries: NDArray[np.float32], pool: NDArray[np.float32], same: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Give the rows (Q, 8) of the pool most similar to each query, and their S (eq. 3).

    Parameters
    ----------
    queries : ndarray, shape (Q, 512)
    pool : ndarray, shape (N, 512)
    same : ndarray, shape (Q, N)
        Which pool images show the query's own source; they are left out.
    """
    scores = np.where(same, -np.inf, similarity(queries, pool))
    nearest = np.argsort(-scores, axis=1, kind="stable")[:, :NEIGHBOURS]
    return nearest, np.minimum(np.take_along_axis(scores, nearest, axis=1), 1.0)


def report(outcomes: list[CellResult], _inputs: Inputs, out: Path) -> str:
    """Shares of the kinds among the neighbours beside their shares in the pool, and pictures."""
    note = (
        "The paper shows one query as a figure and gives no shares. The query is the first image "
        "of a row; images within 3' of it are left out of the pool. Above each neighbour: its "
        "class where there is a label, and S. Shares are of what has a label."
    )
    return "\n\n".join([note, *(_part(outcome, out) for outcome in outcomes)])


FIG6 = Experiment("fig6", "hybrids", cells, run, report)


def _part(outcome: CellResult, out: Path) -> str:
    result = outcome.result
    name = f"fig6-{outcome.cell.values['pool'].lower()}.png"
    _draw(outcome.folder / "images.npz", result["kinds"], result["similarity"], out / name)
    rows = [
        [kind, f"{100 * result['found'].get(kind, 0):.1f} %", f"{100 * share:.1f} %"]
        for kind, share in sorted(result["base"].items())
    ]
    neighbours_in_all = result["queries"] * NEIGHBOURS
    return (
        f"## Searching {result['pool']}\n\n{result['queries']} hybrids, the {NEIGHBOURS} nearest "
        f"of {result['sources']:,} sources each. Labels: {result['labelled']:,} of the sources, "
        f"{result['found_labelled']:,} of the {neighbours_in_all:,} neighbours.\n\n"
        f"{table(['class', 'among the neighbours', 'in the pool'], rows)}\n\n"
        f"![hybrids and their neighbours]({name})"
    )


def _near(positions: Positions, queries: Positions, i: int) -> NDArray[np.bool_]:
    return excluded(positions, queries.where(np.array([i])))


def _shares(kinds: NDArray[np.str_]) -> dict[str, float]:
    """Share of each class among those that have one."""
    names, counts = np.unique(kinds[kinds != UNLABELLED], return_counts=True)
    return {str(n): float(c / counts.sum()) for n, c in zip(names, counts, strict=True)}


def _draw(images: Path, kinds: list[list[str]], similarity: list[list[float]], out: Path) -> None:
    """Draw a row a query: it, then its neighbours; north up."""
    with np.load(images) as kept:
        queries, found = kept["queries"], kept["found"]
    figure = Figure(figsize=(9, 1.06 * len(queries)), layout="constrained")
    grid = figure.subplots(len(queries), NEIGHBOURS + 1, squeeze=False)
    for row, query, others, names, scores in zip(
        grid, queries, found, kinds, similarity, strict=True
    ):
        titles = ["query", *(f"{n} {s:.4f}" for n, s in zip(names, scores, strict=True))]
        for axes, image, title in zip(row, [query, *others], titles, strict=True):
            edge = (image.shape[0] - DRAWN_PX) // 2
            axes.imshow(image[edge:-edge, edge:-edge], origin="lower", cmap="inferno")
            axes.set_title(title, fontsize=6, pad=1)
            axes.axis("off")
    figure.savefig(out, dpi=70)
