"""An image not read yet: its geometry, its unit, and its pixels read by the piece.

It never resamples.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from numpy.typing import NDArray

from model.beam import Beam
from model.preprocess import PIXEL_SCALE_ARCSEC

NO_SURVEY = "survey not stated"
Piece = tuple[slice, slice]
"""Rows and columns."""


@dataclass(frozen=True, eq=False)
class SkyImage:
    """An image that has not been read yet, but can be, piece by piece."""

    shape: tuple[int, int]
    wcs: WCS
    """Two celestial axes; of an image without coordinates a made-up one about RA 0, Dec 0."""
    on_sky: bool
    """Whether `wcs` is the image's own."""
    read: Callable[[Piece], NDArray[np.float32]]
    """Gives the pixels of a piece, as an array of its own: Jy/beam, NaN where unobserved, row 0
    south if not `on_sky`."""
    beam: Beam | None = None
    """None: unknown."""
    is_first: bool = False
    """Whether the header says that it is an image of FIRST, which needs no other beam."""
    has_noise: bool = True
    """Whether there is noise to measure and to clip; not in a picture, whose stretch is unknown."""
    survey: str = NO_SURVEY
    remarks: tuple[str, ...] = ()

    @property
    def middle(self) -> SkyCoord:
        """ICRS position of the image's geometric centre."""
        height, width = self.shape
        return self.wcs.pixel_to_world((width - 1) / 2, (height - 1) / 2).icrs


def flat_wcs(shape: tuple[int, int], pixel_scale_arcsec: float) -> WCS:
    """Make coordinates for an image that has none: north up, east left, RA 0, Dec 0 in the middle.

    The middle is the centre of pixel (H // 2, W // 2), which preprocessing takes for it.
    """
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.cdelt = [-pixel_scale_arcsec / 3600, pixel_scale_arcsec / 3600]
    wcs.wcs.crval = [0.0, 0.0]
    wcs.wcs.crpix = [shape[1] // 2 + 1, shape[0] // 2 + 1]
    wcs.wcs.set()
    return wcs


def assumed_scale(pixel_scale_arcsec: float | None) -> tuple[float, str]:
    """The pixel scale of an image without coordinates, and the sentence that says so."""
    if pixel_scale_arcsec is None:
        return PIXEL_SCALE_ARCSEC, (
            f'Its pixels were assumed to be {PIXEL_SCALE_ARCSEC}" wide, as none were given '
            "(pixel_scale_arcsec), and north to be up and east left."
        )
    return pixel_scale_arcsec, (
        f'Its pixels are {pixel_scale_arcsec:g}" wide, as given; north was assumed to be up and '
        "east left."
    )


def tangent_header(
    position: SkyCoord, size_px: int, pixel_scale_arcsec: float
) -> dict[str, float | str]:
    """Describe a TAN image, north up and east left, with a position at pixel (size // 2).

    Counted from 0: the pixel that preprocessing takes for the middle.
    """
    icrs = position.icrs
    return {
        "NAXIS1": size_px,
        "NAXIS2": size_px,
        "WCSAXES": 2,
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CUNIT1": "deg",
        "CUNIT2": "deg",
        "CRVAL1": float(icrs.ra.deg),
        "CRVAL2": float(icrs.dec.deg),
        "CRPIX1": float(size_px // 2 + 1),
        "CRPIX2": float(size_px // 2 + 1),
        "CDELT1": -pixel_scale_arcsec / 3600,
        "CDELT2": pixel_scale_arcsec / 3600,
        "RADESYS": "ICRS",
    }
