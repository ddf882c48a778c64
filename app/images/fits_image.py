"""One image from the bytes of a FITS file: its pixels and a header with celestial coordinates.

It never resamples, and never opens a file or a connection.
"""

import math
import re
import warnings
from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning
from astropy.wcs import WCS, NoConvergence, WcsError
from numpy.typing import NDArray

from app.errors import UnreadableFits

_FURTHER_AXIS = re.compile(
    r"(NAXIS|CTYPE|CRVAL|CDELT|CRPIX|CROTA|CUNIT|CNAME|CRDER|CSYER)[3-9]"
    r"|(PC|CD)\d_[3-9]|(PC|CD)[3-9]_\d|P[CVS][3-9]_\d+|WCSAXES|BLANK"
)

_COORDINATE = re.compile(r"(CRVAL|CRPIX|CDELT|CROTA)[12]|(PC|CD)[12]_[12]")

UNUSABLE_COORDINATES = (
    WcsError, NoConvergence, ValueError, TypeError, LookupError, ArithmeticError, AssertionError,
    MemoryError, fits.VerifyError,
)  # fmt: skip
"""What astropy raises for coordinates that cannot be used."""


@dataclass(frozen=True, eq=False)
class FitsImage:
    """The one image plane of a FITS file."""

    pixels: NDArray[np.float32]  # (H, W), row 0 first in the file: south, as surveys write it
    header: fits.Header
    """The file's own cards, without those of axes beyond the two celestial ones."""


def read_fits(content: bytes) -> FitsImage:
    """Read the primary image of a FITS file.

    Parameters
    ----------
    content : bytes
        A whole file. Padding at its end may be missing.

    Returns
    -------
    image : FitsImage
        The pixels as float32, in the header's BUNIT: of a float32 file exactly its values.

    Raises
    ------
    UnreadableFits
        If it is no FITS, is truncated, has no single image plane (H, W) or (1, H, W) or
        (1, 1, H, W), or its header gives the two axes no celestial coordinates.
    """
    hdu = _primary(content)
    shape = hdu.shape
    if len(shape) < 2 or 0 in shape or any(length != 1 for length in shape[:-2]):
        raise UnreadableFits(
            f"The FITS file holds an array of shape {shape}, not one image plane with at most "
            "frequency and Stokes axes of length 1."
        )
    try:
        pixels = np.array(hdu.data, dtype=np.float32).reshape(shape[-2:])
    except (TypeError, ValueError, OSError, AttributeError) as exc:
        # AttributeError is astropy's answer to a file that ends with its header
        raise UnreadableFits(
            f"The FITS file is truncated: its {len(content):,} bytes do not hold the "
            f"{shape[-1]} x {shape[-2]} px that its header announces."
        ) from exc
    return FitsImage(pixels, celestial_header(hdu.header))


def foreign_unit(header: fits.Header) -> str | None:
    """Give a header's BUNIT if it is not Jy/beam; an absent one is taken for Jy/beam."""
    unit = str(header.get("BUNIT", "")).strip()
    return unit if unit and unit.casefold().replace(" ", "") != "jy/beam" else None


def celestial_wcs(header: fits.Header) -> WCS:
    """Give the coordinate system of a `FitsImage`: two celestial axes.

    Notes
    -----
    Without WCSLIB's repairs (``fix=False``): they only warn about dates in old headers. SkyView's
    headers hold comments with tabs, which astropy would warn about card by card.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VerifyWarning)
        return WCS(header, fix=False)


def names_the_sky(header: fits.Header) -> bool:
    """Whether a header says what its axes are: whether CTYPE1 or CTYPE2 names a sky axis."""
    names = (str(header.get(keyword, "")).upper() for keyword in ("CTYPE1", "CTYPE2"))
    return any(re.match(r"RA(-|$)|DEC(-|$)|[A-Z]?LON(-|$)|[A-Z]?LAT(-|$)", name) for name in names)


def celestial_header(header: fits.Header) -> fits.Header:
    """Give the cards of the two celestial axes: FIRST keeps CTYPE3 and CTYPE4 on a 2-D image.

    Raises
    ------
    UnreadableFits
        If they give no celestial coordinates, or coordinates that cannot be used.
    """
    kept = header.copy()
    for keyword in [keyword for keyword in kept if _FURTHER_AXIS.fullmatch(keyword)]:
        kept.remove(keyword, ignore_missing=True)
    kept["NAXIS"] = 2
    try:
        _check_numbers(kept)
        wcs = celestial_wcs(kept)
        if wcs.has_celestial:
            wcs.pixel_to_world(0, 0)  # a matrix or frame that cannot be used shows itself here
            return kept
    except UNUSABLE_COORDINATES as exc:
        raise UnreadableFits("The FITS header's celestial coordinates cannot be used.") from exc
    raise UnreadableFits(
        "The FITS header gives no celestial coordinates (CTYPE1 and CTYPE2) for the image."
    )


def _check_numbers(header: fits.Header) -> None:
    """Raise where a card holds no number, such as NaN: wcslib would take it for absent."""
    for keyword in header:
        if _COORDINATE.fullmatch(keyword) and not math.isfinite(float(header[keyword])):
            raise ValueError(f"{keyword} is not finite")


def _primary(content: bytes) -> fits.PrimaryHDU:
    try:
        hdu = fits.PrimaryHDU.fromstring(content)
        hdu.shape, hdu.size  # noqa: B018  # read here: a bad header shows itself only now
    except (
        OSError,
        EOFError,
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        fits.VerifyError,
    ) as exc:
        raise UnreadableFits("The bytes are no FITS file with a complete header.") from exc
    if not isinstance(hdu, fits.PrimaryHDU):
        raise UnreadableFits("The FITS file does not begin with an image.")
    return hdu
