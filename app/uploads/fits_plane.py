"""The image plane of a FITS file that a person sends: any extension, packed or not.

It never resamples, and never takes one plane of a cube for the whole.
"""

import io
import re
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from numpy.typing import NDArray

from app.errors import UnreadableFits
from app.images.fits_image import celestial_header, celestial_wcs, names_the_sky
from app.uploads.brightness import jy_per_unit
from app.uploads.limits import check_pixels
from app.uploads.packed_tiles import check_tiles
from app.uploads.plane import NO_SURVEY, Piece, Plane, assumed_scale, flat_wcs
from app.uploads.stated_beam import stated_beam

MAX_HDUS = 50
MAX_CARDS = 36_000
"""Of one header; with more, reading it would take minutes."""
MAX_SIP_ORDER = 9
LONGEST_SURVEY = 40
CARD_BYTES = 80
END_CARD = b"END".ljust(CARD_BYTES)
FOREIGN = (
    OSError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError,
    RuntimeError, MemoryError, struct.error, zlib.error, fits.VerifyError,
)  # fmt: skip
"""What astropy raises, depending on where a file is damaged."""

Reader = Callable[[Piece], NDArray[np.float32]]
_Hdu = Any  # fits.PrimaryHDU, ImageHDU or CompImageHDU; astropy has no types


def fits_plane(content: bytes, pixel_scale_arcsec: float | None = None) -> Plane:
    """Find the image plane of a FITS file.

    Parameters
    ----------
    content : bytes
        A whole file, not gzipped; the pixels are read from it later, as far as they are needed.
    pixel_scale_arcsec : float, optional
        Of an image whose header has no celestial coordinates.

    Raises
    ------
    UnreadableFits
        If it is damaged, holds no image, holds a cube, is in no unit of Jy/beam, or its
        coordinates cannot be used.
    UploadTooLarge
        If the image has too many pixels.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)  # of cards that do not matter here
        number, hdu, others = _image_hdu(content)
        _check_complete(hdu, content)
        header = fits.Header(hdu.header, copy=True)
        factor, unit_remark = jy_per_unit(header)
        plane = _located(header, hdu.shape[-2:], _reader(hdu, factor), pixel_scale_arcsec)
    remarks = (*_which(number, hdu, others), *unit_remark, *plane.remarks)
    return replace(plane, remarks=remarks)


def _located(
    header: fits.Header, shape: tuple[int, int], read: Reader, pixel_scale_arcsec: float | None
) -> Plane:
    """Give the pixels their coordinates, of the header or assumed ones."""
    about: dict[str, Any] = {
        "beam": stated_beam(header),
        "is_first": _is_first(header),
        "survey": _survey(header),
    }
    if names_the_sky(header):
        _check_distortion(header)
        wcs = celestial_wcs(celestial_header(header))
        given = "The pixel scale given was not used: the header has its own coordinates."
        remarks = () if pixel_scale_arcsec is None else (given,)
        return Plane(shape, wcs, True, read, remarks=remarks, **about)
    scale, words = assumed_scale(pixel_scale_arcsec)
    remarks = (f"The FITS header gives no celestial coordinates (CTYPE1, CTYPE2). {words}",)
    return Plane(shape, flat_wcs(shape, scale), False, read, remarks=remarks, **about)


def _image_hdu(content: bytes) -> tuple[int, _Hdu, int]:
    """The first image of a file, its number, and how many further images there are."""
    if content.find(END_CARD, 0, MAX_CARDS * CARD_BYTES) < 0:
        raise _unreadable(
            f"The bytes are no FITS file with a complete header of at most {MAX_CARDS:,} cards."
        )
    try:
        images = list(_images(content))
    except FOREIGN as exc:
        raise _unreadable("The bytes are no FITS file with complete headers.") from exc
    if not images:
        raise _unreadable("The FITS file holds no image: no extension has an image of two axes.")
    number, hdu = images[0]
    shape = hdu.shape
    if any(length != 1 for length in shape[:-2]):
        raise _unreadable(
            f"The FITS file holds an array of shape {shape}, a cube; one image plane is needed. "
            "Write the plane you mean into a file of its own, for example "
            f"fits.writeto('plane.fits', data[{', '.join(['0'] * (len(shape) - 2))}], header)."
        )
    check_pixels(shape[-1], shape[-2])
    return number, hdu, len(images) - 1


def _images(content: bytes) -> Iterator[tuple[int, _Hdu]]:
    hdus = fits.open(io.BytesIO(content), memmap=False, lazy_load_hdus=True)
    for number in range(MAX_HDUS):
        try:
            hdu = hdus[number]
        except IndexError:
            return
        if len(hdu.header) > MAX_CARDS:
            raise _unreadable(
                f"The header of extension {number} has more than {MAX_CARDS:,} cards."
            )
        if hdu.is_image and len(hdu.shape) >= 2 and 0 not in hdu.shape:
            if isinstance(hdu, fits.CompImageHDU):
                check_tiles(content, number)
            yield number, hdu


def _reader(hdu: _Hdu, factor: float) -> Reader:
    leading = (0,) * (len(hdu.shape) - 2)

    def read(piece: Piece) -> NDArray[np.float32]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AstropyWarning)
                stored = hdu.section[(*leading, *piece)]
                return (np.asarray(stored, np.float64) * factor).astype(np.float32)
        except FOREIGN as exc:
            raise _unreadable("The pixels of the FITS file are damaged or truncated.") from exc

    return read


def _check_complete(hdu: _Hdu, content: bytes) -> None:
    """Refuse a file that ends before its image does, although other parts could be read."""
    try:
        begins, whole = hdu.fileinfo()["datLoc"], hdu.size
        if isinstance(hdu, fits.CompImageHDU):
            whole = 0  # its size is the unpacked one; a tile that is missing shows itself
    except FOREIGN as exc:
        raise _unreadable("The FITS header of the image is damaged.") from exc
    if begins + whole > len(content):
        raise _unreadable(
            f"The FITS file is truncated: its {len(content):,} bytes do not hold the "
            f"{hdu.shape[-1]} x {hdu.shape[-2]} px that its header announces."
        )


def _check_distortion(header: fits.Header) -> None:
    """Refuse distortion polynomials so long that reading them would never end."""
    for name in ("A_ORDER", "B_ORDER", "AP_ORDER", "BP_ORDER"):
        order = header.get(name, 0)
        if not isinstance(order, int) or not 0 <= order <= MAX_SIP_ORDER:
            raise _unreadable(f"The FITS header's {name} is {str(order)[:20]}, which is no order.")


def _which(number: int, hdu: _Hdu, others: int) -> Iterator[str]:
    if number or others:
        name = f" ({hdu.name})" if hdu.name and number else ""
        further = f"; {others} further image(s) of the file were not used" if others else ""
        yield f"The image of extension {number}{name} was taken{further}."


def _survey(header: fits.Header) -> str:
    for keyword in ("SURVEY", "TELESCOP"):
        if text := re.sub(r"[^ -~]", "", str(header.get(keyword, ""))).strip():
            return text[:LONGEST_SURVEY]
    return NO_SURVEY


def _is_first(header: fits.Header) -> bool:
    text = str(header.get("SURVEY", "")).casefold()
    return re.match(r"(vla )?first\b", text) is not None


def _unreadable(sentence: str) -> UnreadableFits:
    return UnreadableFits(sentence, parameter="file")
