"""The same sky under two entries: which neighbours lie within a threshold of a better-ranked one.

It never removes anything; the query decides what to show.
"""

import numpy as np
from astropy.coordinates import SkyCoord
from scipy.spatial import cKDTree

from app.bundle.latent_space import LatentSpace
from model.sphere import chord

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
            Of the query, one or several; None if it is not known, so that nothing repeats it.
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
            for one in position.reshape(-1):
                to_query |= self.space.separations_arcsec(one, order) <= self.threshold_arcsec
        limit = chord(self.threshold_arcsec / 3600)
        sky = self.space.unit_positions(order)  # (K, 3)
        nearby = cKDTree(sky)
        better = np.full(len(rows), -1)
        for place in np.flatnonzero(~to_query).tolist():
            if better[place] < 0:  # it repeats nothing; those that repeat it are the worse ones
                close = np.array(nearby.query_ball_point(sky[place], limit), np.intp)
                better[close[(close > place) & (better[close] < 0)]] = place
        ids = self.space.catalogue.table["source_id"]
        for place, row in enumerate(rows):
            if to_query[place]:
                marks[row] = QUERY
            elif better[place] >= 0:
                marks[row] = ids[rows[better[place]]].as_py()
        return marks
