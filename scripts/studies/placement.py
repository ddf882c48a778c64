"""How far a query placed by its neighbours lies from where UMAP itself would put it.

Run as `python -m scripts.studies.placement [BUNDLE]`; docs/results/placement.md keeps the figures.
One source in five is held out, PCA and UMAP are fitted on the others, and each held-out source is
placed twice: by UMAP.transform, and by rules that only look at its neighbours' places.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from app.bundle.latent_space import NOVELTY_NEIGHBOURS, open_latent_space
from app.settings import Settings
from model.similarity import unit_length
from scripts.bundle.reduce import ReductionConfig, fit_pca, umap_neighbours
from scripts.bundle.stages import build_index
from scripts.terminal import console, spinner

HELD_OUT = 5
RULES: dict[str, Callable[[NDArray, NDArray], NDArray]] = {
    "median of 10 neighbours": lambda places, _: np.median(places, axis=1),
    "mean of 10 neighbours": lambda places, _: places.mean(axis=1),
    "mean, weighted by 1 / (1 - S)": lambda places, weights: (
        (places * weights[..., None]).sum(axis=1) / weights.sum(axis=1, keepdims=True)
    ),
    "best neighbour": lambda places, _: places[:, 0],
}


def evaluate_placement(bundle: Path) -> Table:
    """Displacements from UMAP.transform, in per cent of the map's diagonal."""
    y = np.asarray(open_latent_space(bundle).y)
    held_out = np.arange(len(y)) % HELD_OUT == 0
    fitted, queries = y[~held_out], y[held_out]
    xy, transformed = _umap(fitted, queries)
    similarity, found = build_index(fitted).search(
        unit_length(queries).astype(np.float32), NOVELTY_NEIGHBOURS
    )
    weights = 1 / np.maximum(1 - similarity, 1e-7)
    diagonal = float(np.linalg.norm(np.ptp(xy, axis=0)))
    table = Table(title=f"{len(queries):,} held-out sources against UMAP.transform")
    for heading in ("rule", "median", "68 %", "95 %"):
        table.add_column(heading)
    for name, place in RULES.items():
        displaced = np.linalg.norm(place(xy[found], weights) - transformed, axis=1)
        shares = 100 * np.percentile(displaced, (50, 68, 95)) / diagonal
        table.add_row(name, *(f"{share:.2f} %" for share in shares))
    return table


def _umap(fitted: NDArray[np.float32], queries: NDArray[np.float32]) -> tuple[NDArray, NDArray]:
    """Places of the fitted sources, and what UMAP.transform gives for the queries."""
    from umap import UMAP

    config = ReductionConfig()
    principal = fit_pca(fitted, config)
    reducer = UMAP(
        n_neighbors=umap_neighbours(len(fitted), config),
        min_dist=config.min_dist,
        metric=config.metric,
        random_state=config.seed,
        n_jobs=1,
    )
    with spinner("UMAP without the held-out sources, then with them"):
        xy = reducer.fit_transform(principal.scores(fitted))
        return xy, reducer.transform(principal.scores(queries))


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else Settings().bundle_dir
    console.print(evaluate_placement(chosen))
