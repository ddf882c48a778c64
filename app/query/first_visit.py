"""The sources that a first visit is shown: one of each kind that the catalogue names, else by size.

It never draws lots: the same bundle has the same examples.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from app.bundle.latent_space import LatentSpace

HOW_MANY = 4
NEIGHBOURS = 12
CANDIDATES = 40
TYPICAL_ARCSEC = 75.0
"""Candidates of each kind are those nearest to it: they show their shape, and are seen whole."""
KINDS = ("FRII", "FRI", "Bent", "Hybrid", "Compact")
"""Wanted first, as a literature label or a column of FR types has them."""
SHARES = (0.98, 0.85, 0.6, 0.3)
"""Of the angular extents, where no kind is named."""


@dataclass(frozen=True)
class Example:
    """A source to begin with."""

    row: int
    label: str


def first_examples(space: LatentSpace) -> list[Example]:
    """Choose them.

    Returns
    -------
    examples : list of Example
        Of each kind the source whose nearest neighbours are of its kind most often. Without
        kinds, sources along the range of angular extents.
    """
    usable = _usable(space)
    kinds = _kinds(space)
    if kinds is None:
        return list(_by_extent(space, usable))
    found = (_typical(space, usable, kinds, kind) for kind in _wanted(kinds))
    return [example for example in found if example is not None][:HOW_MANY]


def _usable(space: LatentSpace) -> NDArray[np.intp]:
    """Rows with an image whose extent is measured in full, the most typical of them first."""
    table, extent = space.catalogue.table, space.catalogue.numbers("angular_extent_arcsec")
    whole = pc.equal(table["extent_flag"], "ok").to_numpy(zero_copy_only=False)
    drawn = pc.not_equal(table["image_origin"], "none").to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(whole & drawn & np.isfinite(extent))
    return rows[np.argsort(np.abs(extent[rows] - TYPICAL_ARCSEC), kind="stable")]


def _kinds(space: LatentSpace) -> NDArray[np.object_] | None:
    """The column that names kinds: the one with most of the wanted words in it."""
    catalogue = space.catalogue
    words = [name for name in catalogue.colour_columns() if not catalogue.is_number(name)]
    told = {name: len(set(KINDS) & set(catalogue.categories(name))) for name in words}
    best = max(told, key=lambda name: told[name], default="")
    if not best or not told[best]:
        return None
    return np.array(catalogue.table[best].to_pylist(), object)


def _wanted(kinds: NDArray[np.object_]) -> list[str]:
    there = {str(kind) for kind in kinds if kind}
    return [kind for kind in KINDS if kind in there]


def _typical(
    space: LatentSpace, usable: NDArray[np.intp], kinds: NDArray[np.object_], kind: str
) -> Example | None:
    rows = [int(row) for row in usable if kinds[row] == kind][:CANDIDATES]
    found = space.search_rows(rows, NEIGHBOURS)
    alike = [sum(kinds[match.row] == kind for match in matches) for matches in found]
    return Example(rows[int(np.argmax(alike))], kind) if rows else None


def _by_extent(space: LatentSpace, usable: NDArray[np.intp]) -> Iterator[Example]:
    extent = space.catalogue.numbers("angular_extent_arcsec")
    widest = usable[np.argsort(-extent[usable], kind="stable")]
    places = [int((1 - share) * (len(widest) - 1)) for share in SHARES] if len(widest) else []
    for row in dict.fromkeys(int(widest[place]) for place in places):
        yield Example(row, f"{extent[row]:.0f}\u2033")
