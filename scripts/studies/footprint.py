"""Derive FIRST's footprint from its catalogue: `python -m scripts.studies.footprint CATALOGUE`.

It never asks a service. What it writes is committed, and read by app/surveys/footprint.py.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow.parquet as pq
import typer
from astropy import units as u
from astropy_healpix import HEALPix
from mocpy import MOC
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from app.surveys.footprint import FOOTPRINT_FILE, Footprint
from scripts.terminal import console

ORDER = 7
"""HEALPix order: cells of 27.5', which hold 18 components in the median."""
LARGEST_HOLE_CELLS = 4
OUT = Path(__file__).parents[2] / "app" / "surveys" / FOOTPRINT_FILE

Mask = NDArray[np.bool_]
"""One value a HEALPix cell, nested order."""


def derive(
    catalogue: Annotated[Path, typer.Argument(help="Parquet with ra_deg and dec_deg (FIRST).")],
    out: Annotated[Path, typer.Option(help="MOC to write, FITS.")] = OUT,
) -> None:
    """Derive FIRST's footprint from the positions of its components."""
    table = pq.read_table(catalogue, columns=["ra_deg", "dec_deg"])
    ra_deg, dec_deg = (table[name].to_numpy() for name in ("ra_deg", "dec_deg"))
    moc, filled = derive_moc(ra_deg, dec_deg)
    moc.save(out, "fits", overwrite=True)
    inside = moc.contains_lonlat(ra_deg * u.deg, dec_deg * u.deg)
    console.print(
        f"{out.name}: order {moc.max_order}, {Footprint(moc).area_deg2:,.0f} deg2, "
        f"{filled} cells filled; {inside.sum():,} of {len(inside):,} components inside."
    )


def derive_moc(ra_deg: NDArray, dec_deg: NDArray, order: int = ORDER) -> tuple[MOC, int]:
    """Cover all positions with HEALPix cells, and fill the holes between them.

    Parameters
    ----------
    ra_deg, dec_deg : ndarray, shape (N,)
    order : int

    Returns
    -------
    moc : MOC
    filled : int
        Cells without a position that were added.

    Notes
    -----
    A cell with a component was observed. A cell without one was observed too where it belongs to
    a hole of at most four cells (0.8 deg2), all of whose neighbours have components: with 18 a
    cell, such a hole says that sources are few there, or lost beside a bright one (one lies at
    3C 286), not that the sky was left out. Larger gaps stay gaps. A cell at the edge counts
    whole, so that the area is a few per cent larger than the survey's.
    """
    healpix = HEALPix(2**order, order="nested")
    occupied = np.zeros(healpix.npix, dtype=bool)
    occupied[healpix.lonlat_to_healpix(ra_deg * u.deg, dec_deg * u.deg)] = True
    holes = small_holes(occupied, healpix)
    cells = np.flatnonzero(occupied | holes).astype(np.uint64)
    depth = np.full(len(cells), order, dtype=np.uint8)
    return MOC.from_healpix_cells(cells, depth, max_depth=order), int(holes.sum())


def small_holes(occupied: Mask, healpix: HEALPix) -> Mask:
    """Find the groups of at most four empty cells that have no way out."""
    empty = np.flatnonzero(~occupied)
    neighbours = healpix.neighbours(empty)  # (8, E); -1 where a cell has only seven
    joined = (neighbours >= 0) & ~occupied[neighbours]
    pairs = np.broadcast_to(empty, neighbours.shape)[joined], neighbours[joined]
    links = coo_array((np.ones(joined.sum(), np.uint8), pairs), shape=(healpix.npix,) * 2)
    _, group = connected_components(links, directed=False)
    size = np.bincount(group[empty], minlength=group.max() + 1)
    return ~occupied & (size[group] <= LARGEST_HOLE_CELLS)


if __name__ == "__main__":
    typer.run(derive)
