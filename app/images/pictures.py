"""A PNG or JPEG as an image: its brightness, and everything about it that is unknown.

It never clips: a picture holds no noise that could be measured.
"""

import io
import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from app.errors import UnreadablePicture
from app.images.bounds import check_pixels
from app.images.sky_image import Piece, SkyImage, assumed_scale, flat_wcs

LUMINANCE = (0.299, 0.587, 0.114)
"""Shares of red, green and blue (ITU-R BT.601)."""
STRIP_ROWS = 256
ORIENTATION_TAG = 0x0112
SCAN = b"\xff\xda"
MAX_SCANS = 50
"""Of a progressive JPEG, which has about ten; each costs a pass over all pixels."""
UNKNOWN_STRETCH = (
    "A picture has no measured noise to clip and its stretch is unknown: its darkest value was "
    "taken for empty sky and brightness for surface brightness. The neighbours depend on both; a "
    "FITS image is better."
)
BRIGHT_SKY = (
    "Most of the picture is bright. Emission must be brighter than the sky: if it is drawn dark "
    "on light, send it inverted."
)
_FOREIGN = (
    OSError, ValueError, SyntaxError, TypeError, LookupError, ArithmeticError, AttributeError,
    Image.DecompressionBombError, MemoryError,
)  # fmt: skip
"""What Pillow raises, depending on where a file is damaged."""


def read_picture(content: bytes, pixel_scale_arcsec: float | None = None) -> SkyImage:
    """Read a PNG or JPEG.

    Parameters
    ----------
    content : bytes
    pixel_scale_arcsec : float, optional
        1.8" is assumed, and said, if it is not given.

    Returns
    -------
    image : SkyImage
        Row 0 is the picture's last line: north is taken to be up.

    Raises
    ------
    UnreadablePicture, UploadTooLarge
    """
    picture = _opened(content)
    check_pixels(*picture.size)
    if picture.format != "PNG" and content.count(SCAN) > MAX_SCANS:
        raise UnreadablePicture(
            f"The JPEG has more than {MAX_SCANS} scans. Save it again, not as a progressive JPEG.",
            parameter="file",
        )
    try:
        remarks = list(_remarks(picture, content))
        luminance, colour = _luminance(_upright(picture))
    except _FOREIGN as exc:
        raise UnreadablePicture("The picture is damaged or truncated.", parameter="file") from exc
    if colour:
        remarks.append("Its colours were turned into luminance (0.299 R + 0.587 G + 0.114 B).")
    if np.median(luminance) > (luminance.min() + luminance.max()) / 2:
        remarks.append(BRIGHT_SKY)
    scale, words = assumed_scale(pixel_scale_arcsec)

    def read(piece: Piece) -> NDArray[np.float32]:
        return luminance[::-1][piece].copy()

    shape = luminance.shape
    return SkyImage(
        shape=(shape[0], shape[1]),
        wcs=flat_wcs((shape[0], shape[1]), scale),
        on_sky=False,
        read=read,
        has_noise=False,
        remarks=(UNKNOWN_STRETCH, words, *remarks),
    )


def _opened(content: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we have our own limit
            return Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
    except Image.DecompressionBombError as exc:
        check_pixels(*_announced_size(content))
        raise UnreadablePicture("The picture is too large.", parameter="file") from exc
    except _FOREIGN as exc:
        raise UnreadablePicture(
            "The picture cannot be opened: its header is damaged.", parameter="file"
        ) from exc


def _announced_size(content: bytes) -> tuple[int, int]:
    """Width and height in a PNG's first chunk."""
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def _upright(picture: Image.Image) -> Image.Image:
    """Decode, and turn as the EXIF orientation says."""
    picture.load()
    return ImageOps.exif_transpose(picture)


def _luminance(picture: Image.Image) -> tuple[NDArray[np.float32], bool]:
    """Brightness (H, W), top line first, and whether there was any colour."""
    if picture.mode in ("1", "L", "I", "F") or picture.mode.startswith("I;"):
        return np.asarray(picture).astype(np.float32), False
    width, height = picture.size
    luminance, colour = np.empty((height, width), np.float32), False
    for top in range(0, height, STRIP_ROWS):
        strip = picture.crop((0, top, width, min(top + STRIP_ROWS, height))).convert("RGBA")
        values = np.asarray(strip).astype(np.float32)
        grey = (values[..., :3] == values[..., :1]).all()
        colour |= not grey
        weighed = values[..., 0] if grey else values[..., :3] @ np.array(LUMINANCE, np.float32)
        luminance[top : top + STRIP_ROWS] = weighed * (values[..., 3] / np.float32(255))
    return luminance, colour


def _remarks(picture: Image.Image, content: bytes) -> Iterator[str]:
    if picture.getexif().get(ORIENTATION_TAG, 1) != 1:
        yield "It was turned as its EXIF orientation says."
    if "A" in picture.getbands() or "transparency" in picture.info:
        yield "Transparency was drawn over black, the empty sky."
    if getattr(picture, "n_frames", 1) > 1:
        yield "It is animated; the first frame was taken."
    if picture.format == "PNG" and content[24:25] == b"\x10" and picture.mode in ("RGB", "RGBA"):
        yield "Its 16 bits a colour were read as 8."
    if picture.format == "JPEG":
        yield "JPEG packs with loss: faint structure may come from the packing."
