"""The image of a FITS file: any extension, packed or not, with what its header says of it.

It never resamples, and never takes one plane of a cube for the whole.
"""

import io
import re
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from numpy.typing import NDArray

from app.errors import UnreadableFits
from app.images.beams import StatedBeam, stated_beam
from app.images.bounds import check_pixels, check_tiles
from app.images.celestial import celestial_wcs, coordinate_remarks, pixel_arcsec, sky_axes
from app.images.header import (
    LONGEST_QUOTE,
    card_value,
    is_first,
    jy_per_unit,
    stated_survey,
    text_if_readable,
    unreadable,
)
from app.images.sky_image import NO_SURVEY, Piece, SkyImage, assumed_scale, flat_wcs

MAX_HDUS = 50
MAX_CARDS = 36_000
"""Of one header; with more, reading it would take minutes."""
CARD_BYTES = 80
END_CARD = b"END".ljust(CARD_BYTES)
FOREIGN = (
    OSError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError,
    RuntimeError, MemoryError, struct.error, zlib.error, fits.VerifyError,
)  # fmt: skip
"""What astropy raises, depending on where a file is damaged."""
LIKE_FIRST = re.compile(r"e?vla\b", re.IGNORECASE)
"""A telescope that may well have been FIRST's."""
NO_SCIENCE = re.compile(
    r"(?:^|[\W_])(?:rms|noise|sigma|std|err|error|errors|uncert|uncertainty|var|variance|ivar|mask"
    r"|masks|flag|flags|dq|quality|weight|weights|wht|wgt|wt|sens|sensitivity|cov|coverage|exp"
    r"|exposure|bkg|background|psf|pb|primarybeam|model|residual|residuals)\d*(?:$|[\W_])",
    re.IGNORECASE,
)
"""Names (EXTNAME, BTYPE) of what goes with an image and is none itself."""
SCIENCE = re.compile(r"(?:^|[\W_])(?:sci|science|image|data)\d*(?:$|[\W_])", re.IGNORECASE)
STRUCTURE = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|GROUPS|EXTNAME|EXTVER|EXTLEVEL|INHERIT"
    r"|BSCALE|BZERO|BLANK|CHECKSUM|DATASUM|COMMENT|HISTORY|END|"
)
"""What an extension does not inherit."""

Reader = Callable[[Piece], NDArray[np.float32]]
_Hdu = Any  # fits.PrimaryHDU, ImageHDU or CompImageHDU; astropy has no types


@dataclass(frozen=True, eq=False)
class FitsImage:
    """The one image of a survey's FITS file."""

    pixels: NDArray[np.float32]  # (H, W), row 0 first in the file: south, as surveys write it
    header: fits.Header
    """The file's own cards, without those of axes beyond the two celestial ones."""


def read_fits(content: bytes) -> FitsImage:
    """Read the primary image of a survey's FITS file.

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
        If it is no FITS, is truncated, has no single image (H, W) or (1, H, W) or (1, 1, H, W), or
        its header gives the two axes no celestial coordinates.
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
    return FitsImage(pixels, without_further_axes(hdu.header))


_FURTHER_AXIS = re.compile(
    r"(NAXIS|CTYPE|CRVAL|CDELT|CRPIX|CROTA|CUNIT|CNAME|CRDER|CSYER)[3-9]"
    r"|(PC|CD)0?\d_0?[3-9]|(PC|CD)0?[3-9]_0?\d|(PC|CD)00\d00[3-9]|(PC|CD)00[3-9]00\d"
    r"|P[CVS][3-9]_\d+|WCSAXES|BLANK"
)


def without_further_axes(header: fits.Header) -> fits.Header:
    """A copy without the cards of other axes: FIRST keeps CTYPE3 and CTYPE4 on a 2-D image.

    Raises
    ------
    UnreadableFits
        If the first two axes have no celestial coordinates, or ones that cannot be used.
    """
    own = header.copy()
    for keyword in [keyword for keyword in own if _FURTHER_AXIS.fullmatch(keyword)]:
        own.remove(keyword, ignore_missing=True, remove_all=True)
    own["NAXIS"] = 2
    celestial_wcs(own)
    return own


def _primary(content: bytes) -> fits.PrimaryHDU:
    try:
        hdu = fits.PrimaryHDU.fromstring(content)
        hdu.shape, hdu.size  # noqa: B018  # read here: a bad header shows itself only now
    except (*FOREIGN, EOFError) as exc:
        raise UnreadableFits("The bytes are no FITS file with a complete header.") from exc
    if not isinstance(hdu, fits.PrimaryHDU):
        raise UnreadableFits("The FITS file does not begin with an image.")
    return hdu


def fits_bytes(pixels: NDArray[np.generic], header: fits.Header) -> bytes:
    """Write a primary image; CHECKSUM and DATASUM tell later whether a byte has changed."""
    buffer = io.BytesIO()
    hdu = fits.PrimaryHDU(pixels, header)
    hdu.writeto(buffer, checksum=True, output_verify="silentfix+ignore")
    return buffer.getvalue()


def as_fits(image: FitsImage) -> bytes:
    """Write an image that was read."""
    return fits_bytes(image.pixels, image.header)


def read_sky_image(
    content: bytes, pixel_scale_arcsec: float | None = None, extension: str | None = None
) -> SkyImage:
    """Find the image of a FITS file.

    Parameters
    ----------
    content : bytes
        A whole file, not gzipped; the pixels are read from it later, as far as they are needed.
    pixel_scale_arcsec : float, optional
        Of an image whose header has no celestial coordinates.
    extension : str, optional
        Name or number of the extension that holds the image. By default the first that is not the
        noise, mask or weight of another.

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
        hdus = _opened(content)
        images = _images(hdus, content)
        number, which = _chosen(images, extension)
        hdu = images[number]
        try:
            header = _inherited(hdu, hdus[0].header)
            axes = _image_axes(hdu, sky_axes(header))
            _check_scale(hdu.header)
            _check_complete(hdu, content)
            beam = stated_beam(header, _beams_table(hdus, header))
            image = _located(header, hdu, axes, beam, pixel_scale_arcsec)
        except FOREIGN as exc:
            raise unreadable("The FITS header of the image is damaged.") from exc
    return replace(image, remarks=(*which, *_unread(hdus, content), *image.remarks))


def _located(
    header: fits.Header,
    hdu: _Hdu,
    axes: tuple[int, int],
    beam: StatedBeam,
    pixel_scale_arcsec: float | None,
) -> SkyImage:
    """Give the pixels their unit, their beam and their coordinates, of the header or assumed."""
    factor, unit_remarks = jy_per_unit(header)
    x_axis, y_axis = axes
    shape = (hdu.shape[-y_axis], hdu.shape[-x_axis])
    remarks, on_sky = list(unit_remarks), sky_axes(header) is not None
    if on_sky:
        wcs = celestial_wcs(header)
        remarks += coordinate_remarks(header, axes)
        if pixel_scale_arcsec is not None:
            remarks.append(
                "The pixel scale given was not used: the header has its own coordinates."
            )
        scale_arcsec = pixel_arcsec(wcs, shape)
    else:
        scale_arcsec, words = assumed_scale(pixel_scale_arcsec)
        wcs = flat_wcs(shape, scale_arcsec)
        remarks.append(f"The FITS header gives no celestial coordinates (CTYPE1, CTYPE2). {words}")
    beam = beam.believed(scale_arcsec, scale_arcsec * max(shape))
    return SkyImage(
        shape,
        wcs,
        on_sky=on_sky,
        read=_reader(hdu, axes, factor),
        beam=beam.beam,
        is_first=is_first(header),
        survey=stated_survey(header),
        remarks=(*remarks, *beam.remarks, *_other_survey(header)),
    )


def _image_axes(hdu: _Hdu, sky: tuple[int, int] | None) -> tuple[int, int]:
    """Numbers of the axes in x and y: those on the sky, or else those longer than 1."""
    lengths = dict(enumerate(hdu.shape[::-1], start=1))
    longer = [axis for axis, length in lengths.items() if length != 1]
    x_axis, y_axis = sky or ((longer[0], longer[1]) if len(longer) == 2 else (1, 2))
    if y_axis not in lengths:
        raise unreadable(
            f"The FITS header's celestial axes are {x_axis} and {y_axis}, but the image has "
            f"{len(lengths)}."
        )
    if set(longer) - {x_axis, y_axis}:
        shape = hdu.shape
        raise unreadable(
            f"The FITS file holds an array of shape {shape}, a cube; one image plane is needed. "
            "Write the plane you mean into a file of its own, for example "
            f"fits.writeto('plane.fits', data[{', '.join(['0'] * (len(shape) - 2))}], header)."
        )
    check_pixels(lengths[x_axis], lengths[y_axis])
    return x_axis, y_axis


def _opened(content: bytes) -> fits.HDUList:
    end = content.find(END_CARD, 0, MAX_CARDS * CARD_BYTES)
    if end < 0:
        raise unreadable(
            f"The bytes are no FITS file with a complete header of at most {MAX_CARDS:,} cards."
        )
    try:
        return fits.open(io.BytesIO(content), memmap=False, lazy_load_hdus=True)
    except FOREIGN as exc:
        _check_structure(content[:end])
        raise unreadable("The bytes are no FITS file with complete headers.") from exc


def _check_structure(header: bytes) -> None:
    """Name the card for which astropy refuses a file, if it is one that cannot be read."""
    try:
        cards = fits.Header.fromstring(header)
    except FOREIGN:
        return
    for keyword in cards:
        if STRUCTURE.fullmatch(keyword) and keyword not in ("", "COMMENT", "HISTORY"):
            card_value(cards, keyword)


def _images(hdus: fits.HDUList, content: bytes) -> dict[int, _Hdu]:
    """The images of a file by the number of their extension."""
    found = {}
    try:
        for number in range(MAX_HDUS):
            try:
                hdu = hdus[number]
            except IndexError:
                break
            if len(hdu.header) > MAX_CARDS:
                raise unreadable(
                    f"The header of extension {number} has more than {MAX_CARDS:,} cards."
                )
            if hdu.is_image and len(hdu.shape) >= 2 and min(hdu.shape) > 0:
                if isinstance(hdu, fits.CompImageHDU):
                    check_tiles(content, number)
                found[number] = hdu
    except FOREIGN as exc:
        raise unreadable("The bytes are no FITS file with complete headers.") from exc
    if not found:
        raise unreadable("The FITS file holds no image: no extension has an image of two axes.")
    return found


def _chosen(images: dict[int, _Hdu], extension: str | None) -> tuple[int, tuple[str, ...]]:
    """The number of the image that is meant, and what is to be said of the choice."""
    names = {number: _names(hdu) for number, hdu in images.items()}
    available = ", ".join(f"{number} ({hdu.name})" if hdu.name else str(number)
                       for number, hdu in images.items())  # fmt: skip
    if extension is not None:
        for number, hdu in images.items():
            if extension.strip().casefold() in (str(number), hdu.name.casefold()):
                return number, (
                    f"The image of extension {_called(number, hdu)} was taken, as asked.",
                )
        raise UnreadableFits(
            f"The FITS file has no image in an extension '{extension[:40]}'; it has {available}.",
            parameter="extension",
        )
    science = [n for n in images if not any(map(NO_SCIENCE.search, names[n]))]
    if not science:
        raise UnreadableFits(
            f"By their names the images of the FITS file are noise, masks or weights: {available}. "
            "Choose one with extension=.",
            parameter="extension",
        )
    number = next((n for n in science if any(map(SCIENCE.search, names[n]))), science[0])
    if number == 0 and len(images) == 1:
        return number, ()
    others = ", ".join(_called(n, hdu) for n, hdu in images.items() if n != number)
    further = f"; not used: {others}. Another is chosen with extension=" if others else ""
    return number, (
        f"The image of extension {_called(number, images[number])} was taken{further}.",
    )


def _names(hdu: _Hdu) -> list[str]:
    """What an extension and its values are called."""
    return [text_if_readable(hdu.header, keyword) for keyword in ("EXTNAME", "BTYPE")]


def _called(number: int, hdu: _Hdu) -> str:
    return f"{number} ({hdu.name})" if hdu.name and number else str(number)


def _inherited(hdu: _Hdu, primary: fits.Header) -> fits.Header:
    """An image's own cards, and where it says INHERIT those of the primary header beside them."""
    header = fits.Header(hdu.header, copy=True)
    if text_if_readable(hdu.header, "INHERIT") == "True" and primary is not hdu.header:
        for card in primary.cards:
            if card.keyword not in header and not STRUCTURE.fullmatch(card.keyword):
                header.append(card)
    return header


def _beams_table(hdus: fits.HDUList, header: fits.Header) -> fits.BinTableHDU | None:
    """CASA's table of beams, one a channel."""
    if "BMAJ" in header:
        return None
    tables = (hdu for hdu in hdus[:MAX_HDUS] if isinstance(hdu, fits.BinTableHDU))
    return next((table for table in tables if table.name == "BEAMS"), None)


def _unread(hdus: fits.HDUList, content: bytes) -> Iterator[str]:
    """What to say where astropy stopped at an extension that it cannot read."""
    last = hdus[-1].fileinfo()
    rest = content[last["datLoc"] + last["datSpan"] :]
    if rest.startswith(b"XTENSION"):
        yield (
            f"The file goes on for {len(rest):,} bytes after extension {len(hdus) - 1}; what is "
            "there cannot be read and was not looked at."
        )


def _reader(hdu: _Hdu, axes: tuple[int, int], factor: float) -> Reader:
    """Read pieces; `axes` are the numbers of those in x and y, from 1."""
    x_axis, y_axis = axes

    def read(piece: Piece) -> NDArray[np.float32]:
        place = [slice(0, 1)] * len(hdu.shape)
        place[-y_axis], place[-x_axis] = piece
        others = tuple(n for n in range(len(place)) if n - len(place) not in (-y_axis, -x_axis))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AstropyWarning)
                stored = hdu.section[tuple(place)]
                pixels = np.squeeze(np.asarray(stored, np.float64), axis=others)
                return (pixels * factor).astype(np.float32)
        except FOREIGN as exc:
            raise unreadable("The pixels of the FITS file are damaged or truncated.") from exc

    return read


def _check_scale(header: fits.Header) -> None:
    """Refuse numbers of the pixels' scale that are written as texts, which astropy cannot use."""
    for keyword in ("BSCALE", "BZERO", "BLANK"):
        if isinstance(value := card_value(header, keyword), str):
            raise unreadable(
                f"The FITS header's {keyword} = '{value[:LONGEST_QUOTE]}' is a text; a number, "
                "without quotes, is needed."
            )


def _check_complete(hdu: _Hdu, content: bytes) -> None:
    """Refuse a file that ends before its image does, although other parts could be read."""
    try:
        begins, whole = hdu.fileinfo()["datLoc"], hdu.size
        if isinstance(hdu, fits.CompImageHDU):
            whole = 0  # its size is the unpacked one; a tile that is missing shows itself
    except FOREIGN as exc:
        raise unreadable("The FITS header of the image is damaged.") from exc
    if begins + whole > len(content):
        raise unreadable(
            f"The FITS file is truncated: its {len(content):,} bytes do not hold the "
            f"{hdu.shape[-1]} x {hdu.shape[-2]} px that its header announces."
        )


def _other_survey(header: fits.Header) -> Iterator[str]:
    survey = stated_survey(header)
    if not (is_first(header) or survey == NO_SURVEY or LIKE_FIRST.match(survey)):
        yield (
            f"By its header this is an image of '{survey}'. The encoder was trained on FIRST "
            "(1.4 GHz): what a likeness between the two means is not known."
        )
