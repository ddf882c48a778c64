"""The stage of a build that marks images which are likely confused or full of artefacts.

Rules of pixels, measured in docs/results/artefacts.md. It never leaves a source out.
"""

from pathlib import Path

import numpy as np
import zarr
from numpy.typing import NDArray
from scipy import ndimage

from app.bundle.catalogue import CORE_COLUMNS, Catalogue, make_table, read_table, write_table
from model.extent import MIN_AREA_PX
from model.preprocess import INPUT_SIZE_PX, centre_crop

EDGE_PX = 5
CENTRE_PX = 40
FAINT = 0.2
"""Of the brightest pixel: side lobes are fainter, lobes of the source often brighter."""
MANY_ISLANDS = 5
MUCH_BLANKED_PERCENT = 5.0
READ_AT_ONCE = 1024
_TOUCHING = np.ones((3, 3), int)


def write_artefacts(out: Path) -> None:
    """Write the artefact columns into the catalogue.parquet of a version."""
    table = read_table(out / "catalogue.parquet")
    images = zarr.open_array(out / "images.zarr", mode="r")
    edge, islands = np.empty(len(table)), np.empty(len(table), np.int32)
    for start in range(0, len(table), READ_AT_ONCE):
        for row, image in enumerate(np.asarray(images[start : start + READ_AT_ONCE]), start):
            edge[row], islands[row] = edge_to_centre(image), faint_islands(image)
    blanked = Catalogue(table).numbers("blanked_percent")
    flags = artefact_flags(edge, islands, blanked)
    made = {"edge_to_centre": edge, "faint_islands": islands, "artefact_flags": flags}
    table = table.drop_columns([name for name in made if name in table.column_names])
    for field, column in zip((new := make_table(made, CORE_COLUMNS)).schema, new, strict=True):
        table = table.append_column(field, column)
    write_table(table, out / "catalogue.parquet")


def edge_to_centre(image: NDArray[np.uint8]) -> float:
    """Brightest pixel at the edge of what the network sees over the brightest of the middle."""
    seen = centre_crop(image, INPUT_SIZE_PX)
    inner = slice(EDGE_PX, -EDGE_PX)
    edge = seen.copy()
    edge[inner, inner] = 0
    return float(edge.max()) / max(float(centre_crop(image, CENTRE_PX).max()), 1.0)


def faint_islands(image: NDArray[np.uint8]) -> int:
    """Islands of a cleaned image (150, 150) that are fainter than a fifth of its peak."""
    labels, n = ndimage.label(image > 0, _TOUCHING)
    if n < 2:
        return 0
    numbers = np.arange(1, n + 1)
    area = np.bincount(labels.ravel())[1:]
    flux = ndimage.sum(image, labels, numbers)
    peak = ndimage.maximum(image, labels, numbers)
    faint = (area >= MIN_AREA_PX) & (peak < FAINT * peak.max())
    faint[np.argmax(flux)] = False
    return int(faint.sum())


def artefact_flags(
    edge: NDArray[np.float64], islands: NDArray[np.int32], blanked_percent: NDArray[np.float64]
) -> list[str]:
    """The flags of each source in words."""
    rules = {
        "bright edge": edge > 1,
        "many islands": islands >= MANY_ISLANDS,
        "blanked": blanked_percent > MUCH_BLANKED_PERCENT,
    }
    return [
        " + ".join(name for name, flagged in rules.items() if flagged[row]) or "none"
        for row in range(len(edge))
    ]
