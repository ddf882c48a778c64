"""From y to two coordinates: principal components, then UMAP, with the published app's values.

It never looks at a label or an image, and the same y always give the same map.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.terminal import console, spinner


@dataclass(frozen=True)
class ReductionConfig:
    """The published app's values."""

    pca_components: int = 200
    n_neighbors: int = 50
    min_dist: float = 0.0005
    metric: str = "cosine"
    seed: int = 69


@dataclass(frozen=True)
class Principal:
    """A fitted PCA: ``scores = (y - mean) @ components.T``."""

    mean: NDArray[np.float32]  # (512,)
    components: NDArray[np.float32]  # (C, 512)
    variance_ratio: NDArray[np.float64]  # (C,)

    @property
    def variance_kept(self) -> float:
        """Share of the variance of y that the components keep."""
        return min(float(self.variance_ratio.sum()), 1.0)

    def scores(self, y: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 512) -> (N, C)."""
        return np.asarray((y - self.mean) @ self.components.T, np.float32)


def fit_pca(y: NDArray[np.float32], config: ReductionConfig) -> Principal:
    """Fit the principal components of y (N, 512); small N allows fewer than asked for."""
    from sklearn.decomposition import PCA  # a second to import: only where it is needed

    components = min(config.pca_components, *y.shape)
    pca = PCA(components, svd_solver="full", random_state=config.seed).fit(y)
    return Principal(
        pca.mean_.astype(np.float32),
        pca.components_.astype(np.float32),
        pca.explained_variance_ratio_.astype(np.float64),
    )


def fit_umap(scores: NDArray[np.float32], config: ReductionConfig) -> NDArray[np.float32]:
    """Lay the PCA scores (N, C) out in two dimensions; the same seed gives the same map.

    Returns
    -------
    xy : ndarray, shape (N, 2), float32
        Without physical meaning.
    """
    with spinner("Loading UMAP"):
        from umap import UMAP  # seconds to import: only where it is needed

    neighbours = umap_neighbours(len(scores), config)
    console.print(f"UMAP: {neighbours} neighbours of {len(scores):,} sources, then the layout")
    reducer = UMAP(
        n_neighbors=neighbours,
        min_dist=config.min_dist,
        metric=config.metric,
        random_state=config.seed,
        n_jobs=1,
        tqdm_kwds={
            "disable": not console.is_terminal,
            "desc": "UMAP layout",
            "bar_format": "{desc:<34} {bar:40} {n_fmt}/{total_fmt} {elapsed} left {remaining}",
        },
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # few sources: no spectral start
        return np.asarray(reducer.fit_transform(scores), np.float32)


def umap_neighbours(n: int, config: ReductionConfig) -> int:
    """Neighbours UMAP is given: the configured number, fewer where there are few sources."""
    return max(2, min(config.n_neighbors, n - 1))


def save_pca(principal: Principal, path: Path) -> None:
    """Write the PCA as plain arrays."""
    np.savez(
        path,
        mean=principal.mean,
        components=principal.components,
        variance_ratio=principal.variance_ratio,
    )


def load_pca(path: Path) -> Principal:
    """Read what `save_pca` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        return Principal(stored["mean"], stored["components"], stored["variance_ratio"])
