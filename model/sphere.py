"""Distances on the sky by unit vectors, which trees can search. It knows no frames."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def unit_vectors(ra_deg: ArrayLike, dec_deg: ArrayLike) -> NDArray[np.float64]:
    """Cartesian unit vectors (..., 3) of positions (...) on the sphere."""
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def chord(separation_deg: float) -> float:
    """Straight distance between the unit vectors of two positions so far apart."""
    return float(2 * np.sin(np.radians(separation_deg) / 2))
