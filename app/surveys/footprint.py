"""Where the FIRST survey observed: a MOC derived from its catalogue, asked about positions.

It never asks a server, and never says that there is an image: only that there can be none.
"""

import atexit
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from astropy import units as u
from astropy.coordinates import SkyCoord

if TYPE_CHECKING:
    from mocpy import MOC

FOOTPRINT_FILE = "first_footprint.fits"
"""Made by scripts/studies/footprint.py, which tells how."""
EDGE_ARCMIN = 30.0
"""Nearer to the footprint than that, the survey's server decides."""
CONE_ORDER = 11
"""HEALPix order (1.7' a cell) to which the circle round a position is drawn."""


class Footprint:
    """A survey's coverage.

    Parameters
    ----------
    moc : mocpy.MOC
    """

    def __init__(self, moc: "MOC") -> None:
        self.moc = moc

    @property
    def area_deg2(self) -> float:
        """Area of all cells, deg^2."""
        return float(self.moc.sky_fraction) * 41_252.961

    def reaches(self, position: SkyCoord, margin_arcmin: float) -> bool:
        """Whether the coverage comes as near to a position as a margin, to about 2'."""
        from mocpy import MOC

        icrs = position.icrs
        circle = MOC.from_cone(
            icrs.ra, icrs.dec, radius=margin_arcmin * u.arcmin, max_depth=CONE_ORDER
        )
        return not self.moc.intersection(circle).empty()


@cache
def first_footprint() -> Footprint:
    """Read FIRST's footprint, as committed.

    Notes
    -----
    mocpy is loaded here and not with the module: a server that never fetches does not need it.
    """
    from mocpy import MOC

    path = Path(str(files("app.surveys") / FOOTPRINT_FILE))
    atexit.register(first_footprint.cache_clear)  # a MOC that outlives mocpy complains at exit
    return Footprint(MOC.load(path, "fits"))
