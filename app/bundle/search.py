"""The search over all representations: the best of those that may be found, exactly ranked.

It never looks at the catalogue: who may be found is told as one truth value a row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from app.errors import BundleCorrupt

INDEX_ROUNDING = 1e-6
"""How far the index's S, in single precision, can be from the true one."""
ROWS_AT_ONCE = 64
"""Queries that one product of matrices answers: 13 MB of scores at 50,000 sources."""


@dataclass(frozen=True)
class Match:
    """One row of a search, best first."""

    row: int
    similarity: float
    """S of eq. 3, computed in double precision, at most 1; of several examples, their score."""
    percentile: float
    """Share (per cent) of the whole catalogue, the query itself left out, with a lower S."""


@dataclass(frozen=True)
class Found:
    """The best of a search, and among how many sources they were found."""

    matches: list[Match]
    population: int
    """Sources that could have been found."""


class Search(Protocol):
    """Anything that ranks all sources by their cosine to a direction, as `ExactSearch` does."""

    def best(
        self,
        direction: NDArray[np.floating],
        k: int,
        *,
        among: NDArray[np.bool_] | None = None,
        exclude_rows: Sequence[int] = (),
    ) -> Found:
        """The k best of those that may be found."""

    def best_of_rows(self, rows: Sequence[int], k: int) -> Iterator[list[Match]]:
        """For each of some rows, the k best, itself left out."""

    def at_least(
        self, direction: NDArray[np.floating], least: float
    ) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Which rows have that S or more, and S of all rows in single precision."""


class ExactSearch:
    """Compares with every source, in single precision, and in double where that decides.

    Parameters
    ----------
    y : ndarray, shape (N, D)
        Representations.
    unit : ndarray, shape (N, D), float32
        The same with length 1.

    Notes
    -----
    Slijepcevic et al. 2024, eq. 3, on y itself and not on its principal components, whose centring
    would change the cosine.
    """

    def __init__(self, y: NDArray[np.float32], unit: NDArray[np.float32]) -> None:
        self.y, self._unit = y, unit

    def __len__(self) -> int:
        return len(self.y)

    def best(
        self,
        direction: NDArray[np.floating],
        k: int,
        *,
        among: NDArray[np.bool_] | None = None,
        exclude_rows: Sequence[int] = (),
    ) -> Found:
        """Find the sources with the largest cosine to a direction.

        Parameters
        ----------
        direction : ndarray, shape (D,)
            A unit vector, or a weighted sum of such: what is ranked is its product with unit y.
        k : int
        among : ndarray of bool, shape (N,), optional
            Who may be found; None: everybody.
        exclude_rows : sequence of int
            The query's own rows: neither found nor counted.

        Notes
        -----
        Equal S come in the order of the catalogue. Percentiles count all sources that are not
        excluded, whoever may be found.
        """
        precise = np.asarray(direction, np.float64)
        scores = self._unit @ precise.astype(np.float32)
        return self._ranked(scores, precise, k, among, exclude_rows)

    def best_of_rows(self, rows: Sequence[int], k: int) -> Iterator[list[Match]]:
        """The same as `best` for one row after the other; BLAS reads the index once a block."""
        for start in range(0, len(rows), ROWS_AT_ONCE):
            block = list(rows[start : start + ROWS_AT_ONCE])
            for row, scores in zip(block, self._unit[block] @ self._unit.T, strict=True):
                yield self._ranked(scores, unit(self.y[row]), k, None, [row]).matches

    def at_least(
        self, direction: NDArray[np.floating], least: float
    ) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Which rows have that S or more (exactly), and S of all rows in single precision."""
        precise = np.asarray(direction, np.float64)
        scores = self._unit @ precise.astype(np.float32)
        enough = scores >= least
        close = np.flatnonzero(np.abs(scores - least) <= _rounding(precise))
        enough[close] = self._products(precise, close) >= least
        return enough, scores

    def _ranked(
        self,
        scores: NDArray[np.float32],
        direction: NDArray[np.float64],
        k: int,
        among: NDArray[np.bool_] | None,
        exclude_rows: Sequence[int],
    ) -> Found:
        """The k best by the index's scores (N,), which it may change."""
        own = list(exclude_rows)
        scores[own] = -np.inf
        others = len(self) - len(set(own))
        eligible: NDArray[np.intp] | None = None
        if among is not None:
            eligible = np.flatnonzero(among & (scores > -np.inf))
        population = others if eligible is None else len(eligible)
        k = min(k, population)
        if k < 1:
            return Found([], population)
        rows, values = self._best(scores, direction, k, eligible)
        rows, values = rows[:k], values[:k]
        lower = 100 * (others - self._count_at_least(scores, direction, values)) / max(others, 1)
        matches = [
            Match(int(row), float(value), float(share))
            for row, value, share in zip(rows, values, lower, strict=True)
        ]
        return Found(matches, population)

    def _best(
        self,
        scores: NDArray[np.float32],
        direction: NDArray[np.float64],
        k: int,
        eligible: NDArray[np.intp] | None,
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The k best of the eligible rows and their exact values, best first, and what ties."""
        pool = scores if eligible is None else scores[eligible]
        worst = np.partition(pool, -k)[-k]
        rows = np.flatnonzero(pool >= worst - 2 * _rounding(direction))
        rows = rows if eligible is None else eligible[rows]
        values = self._products(direction, rows)
        order = np.lexsort((rows, -values))
        return rows[order], values[order]

    def _count_at_least(
        self,
        scores: NDArray[np.float32],
        direction: NDArray[np.float64],
        values: NDArray[np.float64],
    ) -> NDArray[np.intp]:
        """How many of all sources have each of some values (best first) or more.

        Single precision tells it, but for the sources that lie within its rounding of a value.
        """
        rounding = _rounding(direction)
        rows = np.flatnonzero(scores >= values[-1] - rounding)
        refined = scores[rows].astype(np.float64)
        known = values[::-1]  # ascending
        above = np.searchsorted(known, refined).clip(max=len(known) - 1)
        to_nearest = np.minimum(
            np.abs(refined - known[above]), np.abs(refined - known[(above - 1).clip(min=0)])
        )
        close = to_nearest <= rounding
        refined[close] = self._products(direction, rows[close])
        refined.sort()
        return len(refined) - np.searchsorted(refined, values, side="left")

    def _products(
        self, direction: NDArray[np.float64], rows: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Exact values, at most 1; einsum, unlike a BLAS product, gives equal rows equal values."""
        y = np.asarray(self.y[rows], np.float64)
        return np.minimum(np.einsum("kd,d->k", y, direction) / np.linalg.norm(y, axis=1), 1)


def unit(y: NDArray[np.floating]) -> NDArray[np.float64]:
    """A representation with length 1, in double precision."""
    precise = np.asarray(y, np.float64)
    scaled: NDArray[np.float64] = precise / np.linalg.norm(precise)
    return scaled


def index_vectors(index: faiss.Index) -> NDArray[np.float32]:
    """The unit vectors that a flat index holds, (N, D), without a copy.

    One query at a time, BLAS goes through this memory three times as fast as the index itself
    does, on two cores.

    Raises
    ------
    BundleCorrupt
        If it is another kind of index.
    """
    if not isinstance(index, faiss.IndexFlat):
        raise BundleCorrupt(f"The bundle's index is a {type(index).__name__}, not a flat one.")
    flat: NDArray[np.float32] = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d)
    return flat.reshape(index.ntotal, index.d)


def _rounding(direction: NDArray[np.float64]) -> float:
    """The rounding of products with a direction that need not be of length 1."""
    return INDEX_ROUNDING * max(float(np.linalg.norm(direction)), 1.0)
