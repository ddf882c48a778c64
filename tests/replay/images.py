"""What the replay server shows: real FIRST images, or drawn ones where there are none.

The pixels are never changed: a real image comes through float32-exact.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

FIRST_FITS = Path(__file__).parents[3] / "shared" / "data" / "first_fits"
PIXEL_SCALE_DEG = 0.0005
BEAM_DEG = 0.0015


@dataclass(frozen=True)
class RealImage:
    """A raw FIRST image on disk, 300 x 300 px, and the position in its name."""

    path: Path
    position: SkyCoord

    def pixels(self) -> NDArray[np.float32]:
        """Read the file's own values, Jy/beam; NaN where unobserved."""
        with fits.open(self.path) as hdus:
            return np.array(hdus[0].data, dtype=np.float32)


@cache
def real_images() -> tuple[RealImage, ...]:
    """List the 66 real images; none where ../shared is absent."""
    return tuple(RealImage(path, _position_in(path)) for path in sorted(FIRST_FITS.glob("*.gz")))


def pixels_at(position: SkyCoord) -> NDArray[np.float32]:
    """Give the real image nearest to a position, or the drawn one, (300, 300)."""
    images = real_images()
    if not images:
        return drawn_double()
    separations = [image.position.separation(position).deg for image in images]
    return images[int(np.argmin(separations))].pixels()


def drawn_double(size_px: int = 300) -> NDArray[np.float32]:
    """Draw a double source, 20 and 14 mJy, 54" apart, in noise of 0.15 mJy/beam."""
    row, column = np.mgrid[:size_px, :size_px] - size_px // 2
    image = np.random.default_rng(1).normal(0, 0.15e-3, (size_px, size_px))
    sigma_px = BEAM_DEG / PIXEL_SCALE_DEG / 2.3548
    for peak_jy, offset_px in ((20e-3, -15), (14e-3, 15)):
        distance2 = (row - offset_px / 3) ** 2 + (column - offset_px) ** 2
        image += peak_jy * np.exp(-distance2 / (2 * sigma_px**2))
    return image.astype(np.float32)


def centre_square(pixels: NDArray[np.float32], size_px: int) -> NDArray[np.float32]:
    """Cut the middle out, keeping the middle pixel (side // 2) in the middle."""
    height, width = pixels.shape
    top, left = height // 2 - size_px // 2, width // 2 - size_px // 2
    return pixels[max(top, 0) : top + size_px, max(left, 0) : left + size_px]


def first_answer(pixels: NDArray[np.float32], position: SkyCoord) -> bytes:
    """Write an image as the FIRST cutout server does.

    SIN projection about a parent field's centre some arcmin away, cards for a frequency and a
    Stokes axis on a 2-D image, and the position within half a pixel of the middle pixel.
    """
    hdu = fits.PrimaryHDU(pixels, _sin_header(pixels.shape, position))
    hdu.header.extend(
        {
            "BUNIT": "JY/BEAM", "EPOCH": 2000.0, "EQUINOX": 2000.0, "DATE-OBS": "19930417",
            "TELESCOP": "VLA", "FIELDNAM": "10510+30456E",
            "CTYPE3": "FREQ", "CRVAL3": 1.3649e9, "CDELT3": 2.1875e7, "CRPIX3": 1.0, "CROTA3": 0.0,
            "CTYPE4": "STOKES", "CRVAL4": 1.0, "CDELT4": 1.0, "CRPIX4": 1.0, "CROTA4": 0.0,
            "BMAJ": BEAM_DEG, "BMIN": BEAM_DEG, "BPA": 0.0,
        }.items(),
        update=True,
    )  # fmt: skip
    return bytes(_written(hdu))


def tangent_answer(
    pixels: NDArray[np.float32],
    position: SkyCoord,
    scale_deg: float,
    middle: tuple[float, float],
    unit: str | None = "Jy/beam",
) -> bytes:
    """Write an image as SkyView and hips2fits do: TAN, a position at the pixel (x, y) from 1."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.cdelt = [-scale_deg, scale_deg]
    wcs.wcs.crval = [float(position.ra.deg), float(position.dec.deg)]
    wcs.wcs.crpix = middle
    hdu = fits.PrimaryHDU(pixels, wcs.to_header())
    if unit:
        hdu.header["BUNIT"] = unit
    return bytes(_written(hdu))


def without_coordinates(content: bytes) -> bytes:
    """Take the celestial axes' names out of a FITS file."""
    for projection in (b"SIN", b"TAN"):
        content = content.replace(b"CTYPE1  = 'RA---%b'" % projection, b"CTYPE1  = 'X       '")
        content = content.replace(b"CTYPE2  = 'DEC--%b'" % projection, b"CTYPE2  = 'Y       '")
    return content


def with_wider_pixels(content: bytes) -> bytes:
    """Double the pixel scale in a FITS file's header."""
    header = fits.Header.fromstring(content)
    head = len(header.tostring())
    for keyword in ("CDELT1", "CDELT2"):
        header[keyword] = 2 * float(header[keyword])
    return bytes(header.tostring().encode("ascii") + content[head:])


def in_footprint(ra_hours: float, dec_deg: float) -> bool:
    """Whether a position lies in FIRST's two regions, roughly."""
    if 6.6 <= ra_hours <= 17.8:
        return -8.1 <= dec_deg <= 64.7
    return (ra_hours >= 20.3 or ra_hours <= 4.0) and -11.5 <= dec_deg <= 15.5


def _sin_header(shape: tuple[int, ...], position: SkyCoord) -> fits.Header:
    height, width = shape
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---SIN", "DEC--SIN"]
    wcs.wcs.cdelt = [-PIXEL_SCALE_DEG, PIXEL_SCALE_DEG]
    ra_deg, dec_deg = float(position.ra.deg), float(position.dec.deg)
    wcs.wcs.crval = [_parent_field(ra_deg) % 360, _parent_field(dec_deg)]
    column, row = wcs.all_world2pix([[ra_deg, dec_deg]], 1)[0]  # for CRPIX 0, 0
    wcs.wcs.crpix = [width // 2 + 1 - round(column), height // 2 + 1 - round(row)]
    header = wcs.to_header()
    for keyword in ("RADESYS", "WCSAXES", "MJDREF", "LATPOLE", "LONPOLE"):
        header.remove(keyword, ignore_missing=True)
    return header


def _parent_field(coordinate_deg: float) -> float:
    """Give the centre of the coadded field that a cutout is cut from: on a grid, 2-8' away."""
    return float(np.floor(coordinate_deg * 10) / 10 + 0.13)


def _written(hdu: fits.PrimaryHDU) -> bytes:
    return hdu.header.tostring().encode("ascii") + hdu.data.astype(">f4").tobytes()


def _position_in(path: Path) -> SkyCoord:
    """Read the position in '100_016.236+000.073_...': RA and Dec in degrees."""
    text = path.name.split("_")[1]
    return SkyCoord(float(text[:7]), float(text[7:]), unit="deg")
