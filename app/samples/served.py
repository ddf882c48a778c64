"""Which sources of other days are sources of the served bundle: the same id at the same place."""

from collections.abc import Sequence

import numpy as np

from app.bundle.latent_space import LatentSpace
from app.query.explorer import SAME_SOURCE_ARCSEC
from model.sphere import chord, unit_vectors


def rows_here(space: LatentSpace, sources: Sequence[tuple[str, float, float]]) -> list[int | None]:
    """Rows of the served bundle with these ids within 5" of these places (ICRS, degrees).

    An id alone is no source: a list's ids are the numbers of its rows, and another list has them
    too.
    """
    if not sources:
        return []
    rows = [space.catalogue.row_of(source_id) for source_id, _, _ in sources]
    at = np.array([0 if row is None else row for row in rows])
    there = unit_vectors(*np.array([place[1:] for place in sources], np.float64).T)  # (M, 3)
    apart = np.linalg.norm(space.unit_positions(at) - there, axis=1)
    near = apart <= chord(SAME_SOURCE_ARCSEC / 3600)
    return [row if ok else None for row, ok in zip(rows, near.tolist(), strict=True)]
