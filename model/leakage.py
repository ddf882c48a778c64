"""Keep the sources that judge an encoder out of the images that train it.

It never looks at labels or pixels, only at positions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from model.sphere import chord, unit_vectors

EXCLUSION_RADIUS_ARCMIN = 3.0
"""The source lies within the field, 4.5' wide, of anything nearer than 2.25'."""


@dataclass(frozen=True)
class Positions:
    """Sky positions, ICRS degrees."""

    ra_deg: NDArray[np.float64]  # (N,)
    dec_deg: NDArray[np.float64]  # (N,)

    def __len__(self) -> int:
        return len(self.ra_deg)

    def where(self, mask: NDArray) -> "Positions":
        """The positions at which the mask (N,) is true, or at these indices."""
        return Positions(self.ra_deg[mask], self.dec_deg[mask])

    def unit_vectors(self) -> NDArray[np.float64]:
        """Cartesian unit vectors (N, 3)."""
        return unit_vectors(self.ra_deg, self.dec_deg)


def excluded(
    candidates: Positions,
    judges: Positions,
    radius_arcmin: float = EXCLUSION_RADIUS_ARCMIN,
) -> NDArray[np.bool_]:
    """Which candidates lie within the radius of any source that an evaluation is made with.

    Parameters
    ----------
    candidates : Positions
        N centres of images that could be trained on.
    judges : Positions
        Sources of the evaluation: all 1,256 of MiraBest, and firstgalaxydata's valid and test.

    Returns
    -------
    excluded : ndarray, shape (N,), bool
        True where the image must not be trained on; a position that is not finite is excluded.

    Notes
    -----
    Slijepcevic et al. 2024, Sec. 2.4, keep MiraBest out of RGZ.
    """
    finite = np.isfinite(candidates.ra_deg) & np.isfinite(candidates.dec_deg)
    result = ~finite
    if len(judges) and finite.any():
        tree = cKDTree(judges.unit_vectors())
        nearest, _ = tree.query(candidates.where(finite).unit_vectors())
        result[finite] = nearest <= chord(radius_arcmin / 60)
    return result


def together(*several: Positions) -> Positions:
    """Join positions."""
    return Positions(
        np.concatenate([p.ra_deg for p in several]), np.concatenate([p.dec_deg for p in several])
    )
