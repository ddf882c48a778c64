"""The image plane of a FITS file that a person sends: any extension, packed or not.

It never resamples, and never takes one plane of a cube for the whole.
"""

import io
import math
import re
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS, NoConvergence, WcsError
from numpy.typing import NDArray

from app.errors import UnreadableFits
from app.images.bounds import check_pixels, check_tiles
from app.images.sky_image import NO_SURVEY, Piece, SkyImage, assumed_scale, flat_wcs
from model.beam import Beam

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


_JANSKY = re.compile(r"(|m|u|µ|μ|n|milli|micro)(?:jy|jansky)s?(?:(/|per)?beam(?:\^?-1)?)?")
_FACTOR = {
    "": 1.0,
    "m": 1e-3,
    "milli": 1e-3,
    "u": 1e-6,
    "µ": 1e-6,
    "μ": 1e-6,
    "micro": 1e-6,
    "n": 1e-9,
}


def jy_per_unit(header: fits.Header) -> tuple[float, tuple[str, ...]]:
    """Give the factor that turns the image into Jy/beam, and what a person should know of it.

    Raises
    ------
    UnreadableFits
        If BUNIT is another unit than Jy, mJy or uJy a beam.
    """
    unit = str(header.get("BUNIT", "")).strip()
    if not unit:
        return 1.0, ("The header gives no unit (BUNIT); it was taken for Jy/beam.",)
    found = _JANSKY.fullmatch(re.sub(r"[\s*.]", "", unit.casefold()))
    if found is None:
        raise UnreadableFits(
            f"The image is in '{unit[:40]}'; Jy/beam or mJy/beam (BUNIT) is needed. Convert it "
            "first, for example with astropy.units.",
            parameter="file",
        )
    return _FACTOR[found[1]], tuple(_remarks(unit, found))


def _remarks(unit: str, found: re.Match[str]) -> list[str]:
    remarks = []
    if "beam" not in found[0]:
        remarks.append(f"The unit '{unit}' was taken to be per beam.")
    if unit.startswith("MJ") and found[1] == "m":
        remarks.append(f"The unit '{unit}' was taken for mJy, as in headers written in capitals.")
    return remarks


_AIPS = re.compile(
    r"CLEAN\s+BMAJ=\s*(\S+)\s+BMIN=\s*(\S+)\s+BPA=\s*(\S+)", re.IGNORECASE
)  # as AIPS writes it into HISTORY
LARGEST_DEG = 5.0


def stated_beam(header: fits.Header) -> Beam | None:
    """Read BMAJ, BMIN, BPA (deg), or the last CLEAN beam in an AIPS history; None without them."""
    beam = _beam(*(header.get(keyword) for keyword in ("BMAJ", "BMIN", "BPA")))
    if beam is not None or "HISTORY" not in header:
        return beam
    lines = [found for line in header["HISTORY"] if (found := _AIPS.search(str(line)))]
    return _beam(*lines[-1].groups()) if lines else None


def _beam(major: object, minor: object, angle: object) -> Beam | None:
    try:
        major_deg, minor_deg = float(str(major)), float(str(minor))
        pa_deg = float(str(angle)) if angle is not None else 0.0
    except ValueError:
        return None
    if not (
        0 < minor_deg <= LARGEST_DEG and 0 < major_deg <= LARGEST_DEG and math.isfinite(pa_deg)
    ):
        return None
    if minor_deg > major_deg:
        major_deg, minor_deg, pa_deg = minor_deg, major_deg, pa_deg + 90
    return Beam(major_deg * 3600, minor_deg * 3600, pa_deg)


def fits_bytes(pixels: NDArray[np.generic], header: fits.Header) -> bytes:
    """Write a primary image; CHECKSUM and DATASUM tell later whether a byte has changed."""
    buffer = io.BytesIO()
    hdu = fits.PrimaryHDU(pixels, header)
    hdu.writeto(buffer, checksum=True, output_verify="silentfix+ignore")
    return buffer.getvalue()


def as_fits(image: FitsImage) -> bytes:
    """Write an image that was read."""
    return fits_bytes(image.pixels, image.header)


MAX_HDUS = 50
MAX_CARDS = 36_000
"""Of one header; with more, reading it would take minutes."""
MAX_SIP_ORDER = 9
LONGEST_SURVEY = 40
LIKE_FIRST = re.compile(r"e?vla\b", re.IGNORECASE)
"""A telescope that may well have been FIRST's."""
CARD_BYTES = 80
END_CARD = b"END".ljust(CARD_BYTES)
FOREIGN = (
    OSError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError,
    RuntimeError, MemoryError, struct.error, zlib.error, fits.VerifyError,
)  # fmt: skip
"""What astropy raises, depending on where a file is damaged."""

Reader = Callable[[Piece], NDArray[np.float32]]
_Hdu = Any  # fits.PrimaryHDU, ImageHDU or CompImageHDU; astropy has no types


def read_sky_image(content: bytes, pixel_scale_arcsec: float | None = None) -> SkyImage:
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
        image = _located(header, hdu.shape[-2:], _reader(hdu, factor), pixel_scale_arcsec)
    remarks = (*_which(number, hdu, others), *unit_remark, *image.remarks, *_other_survey(image))
    return replace(image, remarks=remarks)


def _located(
    header: fits.Header, shape: tuple[int, int], read: Reader, pixel_scale_arcsec: float | None
) -> SkyImage:
    """Give the pixels their coordinates, of the header or assumed ones."""
    about: dict[str, Any] = {
        "beam": stated_beam(header),
        "is_first": is_first(header),
        "survey": _survey(header),
    }
    if names_the_sky(header):
        _check_distortion(header)
        wcs = celestial_wcs(celestial_header(header))
        given = "The pixel scale given was not used: the header has its own coordinates."
        remarks = () if pixel_scale_arcsec is None else (given,)
        return SkyImage(shape, wcs, True, read, remarks=remarks, **about)
    scale, words = assumed_scale(pixel_scale_arcsec)
    remarks = (f"The FITS header gives no celestial coordinates (CTYPE1, CTYPE2). {words}",)
    return SkyImage(shape, flat_wcs(shape, scale), False, read, remarks=remarks, **about)


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


def _other_survey(image: SkyImage) -> Iterator[str]:
    if not (image.is_first or image.survey == NO_SURVEY or LIKE_FIRST.match(image.survey)):
        yield (
            f"By its header this is an image of '{image.survey}'. The encoder was trained on FIRST "
            "(1.4 GHz): what a likeness between the two means is not known."
        )


def is_first(header: fits.Header) -> bool:
    """Whether a header's SURVEY says that the image is one of FIRST."""
    text = str(header.get("SURVEY", "")).casefold()
    return re.match(r"(vla )?first\b", text) is not None


def _unreadable(sentence: str) -> UnreadableFits:
    return UnreadableFits(sentence, parameter="file")
