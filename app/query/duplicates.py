"""The same sky under two entries: which neighbours lie within a threshold of a better-ranked one.

It never removes anything; the query decides what to show.
"""

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.bundle.latent_space import LatentSpace

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

    def mark(self, position: SkyCoord | None, rows: list[int]) -> dict[int, str | None]:
        """Name, for every row, what it repeats.

        A row is compared with the query and with the better-ranked rows that repeat nothing
        themselves: what is marked, and can be hidden, always lies close to something shown.

        Parameters
        ----------
        position : SkyCoord or None
            Of the query; None if it is not known, so that nothing repeats it.
        rows : list of int
            Best match first.

        Returns
        -------
        marks : dict
            Row -> 'query', the source_id of a better-ranked source, or None.
        """
        marks: dict[int, str | None] = dict.fromkeys(rows)
        if self.threshold_arcsec <= 0 or not rows:
            return marks
        order = np.array(rows, dtype=np.intp)
        to_query = np.zeros(len(rows), bool)
        if position is not None:
            to_query = self.space.separations_arcsec(position, order) <= self.threshold_arcsec
        sky = self.space.unit_positions(order)  # (K, 3)
        kept: list[int] = []
        for place, row in enumerate(rows):
            close = self._first_close(sky[kept], sky[place])
            if to_query[place]:
                marks[row] = QUERY
            elif close is not None:
                marks[row] = self.space.catalogue.table["source_id"][rows[kept[close]]].as_py()
            else:
                kept.append(place)
        return marks

    def _first_close(self, kept: NDArray[np.float64], one: NDArray[np.float64]) -> int | None:
        """Index of the first unit vector of (K, 3) within the threshold of one (3,)."""
        limit = 2 * np.sin(np.radians(self.threshold_arcsec / 3600) / 2)  # as a chord
        close = np.flatnonzero(np.linalg.norm(kept - one, axis=1) <= limit)
        return int(close[0]) if close.size else None
