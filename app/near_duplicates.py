"""The same sky under two entries: which neighbours lie within a threshold of a better-ranked one.

It never removes anything; the query decides what to show.
"""

import numpy as np
from astropy.coordinates import SkyCoord

from app.latent_space import LatentSpace

QUERY = "query"


class NearDuplicates:
    """Marks near-duplicates on the sky.

    Parameters
    ----------
    space : LatentSpace
    threshold_arcsec : float
        Great-circle distance up to which two entries count as the same sky; 0 marks none.
    """

    def __init__(self, space: LatentSpace, threshold_arcsec: float) -> None:
        self.space = space
        self.threshold_arcsec = threshold_arcsec

    def mark(self, position: SkyCoord, rows: list[int]) -> dict[int, str | None]:
        """Name, for every row, the better-ranked source it repeats.

        Parameters
        ----------
        position : SkyCoord
            Of the query.
        rows : list of int
            Best match first.

        Returns
        -------
        marks : dict
            Row -> 'query', the source_id of the better-ranked source, or None.
        """
        marks: dict[int, str | None] = dict.fromkeys(rows)
        if self.threshold_arcsec <= 0 or not rows:
            return marks
        order = np.array(rows, dtype=np.intp)
        close = self._close_pairs(order)
        to_query = self.space.separations_arcsec(position, order) <= self.threshold_arcsec
        ids = self.space.catalogue.table["source_id"]
        for place, row in enumerate(rows):
            better = np.flatnonzero(close[place, :place])
            if to_query[place]:
                marks[row] = QUERY
            elif better.size:
                marks[row] = ids[rows[better[0]]].as_py()
        return marks

    def _close_pairs(self, rows: np.ndarray) -> np.ndarray:
        """(K, K) whether two rows lie within the threshold."""
        sky = self.space.unit_positions(rows)
        chord = np.linalg.norm(sky[:, None] - sky[None], axis=-1)
        limit = 2 * np.sin(np.radians(self.threshold_arcsec / 3600) / 2)
        return chord <= limit
