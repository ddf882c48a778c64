"""S, the similarity of two representations: their cosine (Slijepcevic et al. 2024, eq. 3)."""

import numpy as np
from numpy.typing import NDArray


def unit_length(y: NDArray[np.floating]) -> NDArray[np.float64]:
    """Representations (N, D) scaled to length 1, in double precision."""
    precise = np.asarray(y, np.float64)
    unit: NDArray[np.float64] = precise / np.linalg.norm(precise, axis=1, keepdims=True)
    return unit


def similarity(y: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """S (N, M) of every y (N, D) to all the others (M, D)."""
    return unit_length(y) @ unit_length(others).T
