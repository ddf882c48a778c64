"""Images of a person's own, made up: analytic Gaussians on any grid, as FITS; pictures; forms."""

import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray
from PIL import Image

SIGMA = 2.3548200450309493
PLACE = SkyCoord(200.0, 30.0, unit="deg")


@dataclass(frozen=True)
class Grid:
    """Where the pixels of an image lie."""

    size_px: tuple[int, int] = (300, 300)  # height, width
    scale_arcsec: float = 1.8
    projection: str = "TAN"
    turned_deg: float = 0.0
    centre: SkyCoord = field(default_factory=lambda: PLACE)
    frame: str = "icrs"

    def wcs(self) -> WCS:
        wcs = WCS(naxis=2)
        names = ("GLON", "GLAT") if self.frame == "galactic" else ("RA--", "DEC-")
        wcs.wcs.ctype = [f"{name}-{self.projection}" for name in names]
        place = self.centre.transform_to(self.frame)
        wcs.wcs.crval = [place.spherical.lon.deg, place.spherical.lat.deg]
        height, width = self.size_px
        wcs.wcs.crpix = [(width + 1) / 2, (height + 1) / 2]
        wcs.wcs.cdelt = [-self.scale_arcsec / 3600, self.scale_arcsec / 3600]
        angle = np.radians(self.turned_deg)
        wcs.wcs.pc = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        return wcs


@dataclass(frozen=True)
class Blob:
    """A Gaussian source: its flux, its place off the centre (ICRS), its own size, unconvolved."""

    flux_jy: float = 0.05
    east_arcsec: float = 0.0
    north_arcsec: float = 0.0
    fwhm_arcsec: float = 0.0

    def seen(self, places: SkyCoord, centre: SkyCoord, beam_arcsec: float) -> NDArray[np.float64]:
        """Surface brightness, Jy/beam, through a round beam."""
        where = centre.spherical_offsets_by(
            self.east_arcsec * u.arcsec, self.north_arcsec * u.arcsec
        )
        off_arcsec = places.icrs.separation(where).arcsec
        width2 = self.fwhm_arcsec**2 + beam_arcsec**2
        peak = self.flux_jy * beam_arcsec**2 / width2
        return np.asarray(peak * np.exp(-(off_arcsec**2) / (2 * width2 / SIGMA**2)))


DOUBLE = (Blob(0.05, 20.0, 6.0), Blob(0.08, -25.0, -10.0, 6.0))


def sky_image(
    grid: Grid,
    blobs: tuple[Blob, ...] = DOUBLE,
    beam_arcsec: float = 5.4,
    noise_jy: float = 0.0,
) -> NDArray[np.float32]:
    """Sources as an instrument of a round beam sees them, Jy/beam."""
    rows, columns = np.indices(grid.size_px)
    places = grid.wcs().pixel_to_world(columns, rows)
    image = np.random.default_rng(5).normal(0, noise_jy, grid.size_px) if noise_jy else 0
    image = image + sum(blob.seen(places, grid.centre, beam_arcsec) for blob in blobs)
    return np.asarray(image, np.float32)


def fits_file(
    pixels: NDArray, grid: Grid | None = None, beam_arcsec: float | None = None, **cards: Any
) -> bytes:
    """A FITS file of one image."""
    header = grid.wcs().to_header() if grid else fits.Header()
    if beam_arcsec:
        header["BMAJ"] = header["BMIN"] = beam_arcsec / 3600
        header["BPA"] = 0.0
    header["BUNIT"] = "Jy/beam"
    header.update(cards)
    return written(fits.HDUList([fits.PrimaryHDU(pixels, header)]))


def written(hdus: fits.HDUList) -> bytes:
    """The bytes of a FITS file."""
    buffer = io.BytesIO()
    hdus.writeto(buffer, output_verify="fix")
    return buffer.getvalue()


def picture(pixels: NDArray, kind: str = "PNG", **options: Any) -> bytes:
    """A picture of an array whose row 0 is south."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[::-1])).save(buffer, kind, **options)
    return buffer.getvalue()
