"""Representations to a search index, and each source's novelty. It never searches for a user."""

import faiss
import numpy as np
from numpy.typing import NDArray

from app.latent_space import NOVELTY_NEIGHBOURS
from scripts.progress import bar

BLOCK = 1024


def build_index(y: NDArray[np.float32]) -> faiss.Index:
    """Exact inner-product index over unit-norm y (N, 512): its scores are S of eq. 3."""
    unit = np.ascontiguousarray(y, np.float32)
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    index = faiss.IndexFlatIP(y.shape[1])
    index.add(unit)
    return index


def leave_one_out_novelty(index: faiss.Index, y: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of 1 - S from every source to its 10 nearest others, (N,)."""
    unit = y.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    count = min(NOVELTY_NEIGHBOURS, len(y) - 1)
    novelty = np.empty(len(y))
    with bar() as progress:
        task = progress.add_task("Novelty of every source", total=len(y))
        for start in range(0, len(y), BLOCK):
            block = slice(start, min(start + BLOCK, len(y)))
            _, found = index.search(unit[block].astype(np.float32), count + 1)
            novelty[block] = _mean_dissimilarity(unit, found, start, count)
            progress.update(task, completed=block.stop)
    return novelty


def _mean_dissimilarity(
    unit: NDArray[np.float64], found: NDArray[np.int64], start: int, count: int
) -> NDArray[np.float64]:
    own = np.arange(start, start + len(found))
    similarity = np.einsum("bd,bkd->bk", unit[own], unit[found])
    similarity[found == own[:, None]] = -np.inf
    best = -np.sort(-similarity, axis=1)[:, :count]
    return 1 - np.minimum(best, 1).mean(axis=1)
