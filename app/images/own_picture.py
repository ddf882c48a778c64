"""A cleaned image read back from the PNG in which an answer gave it (`app.images.draw.draw_png`).

It never takes a picture of another kind: what its colours stand for would be a guess.
"""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.errors import UnreadablePicture, UnsupportedImage
from app.images.colour_scales import COLOURS, colour_table
from app.images.prepare import PreparedImage
from model.preprocess import IMAGE_SIZE_PX

MAX_BYTES = 64 * 1024
SIDE = (IMAGE_SIZE_PX, IMAGE_SIZE_PX)
OURS = "Send the PNG that the answer gave (image_url), unchanged."


def read_own_picture(content: bytes) -> NDArray[np.uint8]:
    """Read the pixel values (150, 150), row 0 south, of a picture that this software drew.

    Raises
    ------
    UnsupportedImage
        If it is no PNG.
    UnreadablePicture
        If it is damaged, of another size, or not in one of our colour scales.
    """
    try:
        picture = Image.open(io.BytesIO(content), formats=("PNG",))
    except (OSError, ValueError, SyntaxError) as exc:
        raise UnsupportedImage(f"The bytes are no PNG. {OURS}") from exc
    if picture.size != SIDE:
        raise UnreadablePicture(
            f"The picture is {picture.width} x {picture.height} px; a cleaned image has "
            f"{IMAGE_SIZE_PX} x {IMAGE_SIZE_PX}. {OURS}"
        )
    try:
        picture.load()
    except (OSError, ValueError, SyntaxError) as exc:
        raise UnreadablePicture(f"The PNG is damaged ({exc}). {OURS}") from exc
    if not _is_ours(picture):
        raise UnreadablePicture(
            f"The picture's colours are none of {', '.join(COLOURS)}, so that its brightness "
            f"cannot be read from them. {OURS}"
        )
    return np.asarray(picture)[::-1].copy()


def own_image(content: bytes) -> PreparedImage:
    """The image of such a picture, ready to be searched with; its brightness is relative."""
    unknown = float("nan")
    pixels = read_own_picture(content)
    return PreparedImage(pixels, None, "", (), True, unknown, unknown, unknown)


def _is_ours(picture: Image.Image) -> bool:
    if picture.mode == "L":
        return True
    if picture.mode != "P":
        return False
    palette = bytes(picture.getpalette("RGB") or [])
    return any(palette == colour_table(name).tobytes() for name in COLOURS)
