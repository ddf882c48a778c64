"""The map that a catalogue brings along, in its columns umap_x and umap_y: shown as it is.

It never computes a place, and no query is answered from it.
"""

import numpy as np
from numpy.typing import NDArray

from app.catalogue import Catalogue
from app.schemas import MapLayout

COLUMNS = ("umap_x", "umap_y")
OURS = MapLayout(
    name="ours",
    label="Ours",
    description="PCA and UMAP of the representations in this bundle.",
)
LISTED = MapLayout(
    name="listed",
    label="Catalogue's",
    description="The map that came with the catalogue (its columns umap_x and umap_y): made by "
    "others, from other images and with another encoder. Neighbours and S are still this bundle's, "
    "so that numbered sources may lie far apart here.",
)


def layouts(catalogue: Catalogue) -> list[MapLayout]:
    """The maps to choose from; the catalogue's only if it has a place for every source."""
    return [OURS] if listed_places(catalogue) is None else [OURS, LISTED]


def listed_places(catalogue: Catalogue) -> NDArray[np.float64] | None:
    """The catalogue's own places (N, 2), or None."""
    names = catalogue.table.column_names
    if not all(name in names and catalogue.is_number(name) for name in COLUMNS):
        return None
    places = np.stack([catalogue.numbers(name) for name in COLUMNS], axis=1)
    return places if np.isfinite(places).all() else None
