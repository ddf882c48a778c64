"""Cleaned images as PNG pictures: north up, east left, models marked as such.

It never changes the pixel value of an observed image.
"""

import io
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from app.images.colour_scales import Colours, colour_table
from model.preprocess import IMAGE_SIZE_PX, INPUT_SIZE_PX, centre_crop

MARK_RGB = (0, 229, 255)
"""No colour scale has this colour, so that the mark cannot pass for emission."""
LETTERS = (
    "#...# .##. ###. #### #...",
    "##.## #..# #..# #... #...",
    "#.#.# #..# #..# ###. #...",
    "#...# #..# #..# #... #...",
    "#...# .##. ###. #### ####",
)
"""MODEL, 25 x 5 px."""
DASH_PX = 4


def mark_model(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mark a picture as that of a model.

    Parameters
    ----------
    rgb : ndarray, shape (S, S, 3), uint8
        Row 0 at the top.

    Returns
    -------
    marked : ndarray, shape (S, S, 3), uint8
        The word stands in the lower right corner, in letters of 10 px where they fit beside the
        central 70 px and of 5 px elsewhere; a picture too small for it has the frame only.
    """
    marked = rgb.copy()
    side = len(rgb)
    word = _word(_scale(side))
    height, width = word.shape[0] + 1, word.shape[1] + 1  # and the frame
    if width < side:
        corner = marked[side - height : side - 1, side - width : side - 1]
        corner[:] = np.where(word[..., None], np.array(MARK_RGB, np.uint8), np.uint8(0))
    marked[_frame(side)] = np.array(MARK_RGB, np.uint8)
    return marked


def mark_height_px(side: int) -> int:
    """How much of the lower edge of a picture of that side the word takes, with its frame."""
    word = _word(_scale(side))
    return word.shape[0] + 1 if word.shape[1] + 1 < side else 1


def _scale(side: int) -> int:
    """Picture pixels a letter pixel: 2 if the word then stays out of the central 70 px.

    More in a picture larger than an image, so that the word is read there too.
    """
    beside_px = (side - INPUT_SIZE_PX) // 2
    return max(2 if beside_px > len(_word(2)) else 1, side // IMAGE_SIZE_PX)


def _word(scale: int) -> NDArray[np.bool_]:
    """The word with a margin of one letter pixel, true where its letters are."""
    letters = np.array([[mark == "#" for mark in row] for row in LETTERS])
    return np.kron(np.pad(letters, 1), np.ones((scale, scale), bool))


def _frame(side: int) -> NDArray[np.bool_]:
    """The outermost pixels, in dashes."""
    dashed = np.arange(side) // DASH_PX % 2 == 0
    frame = np.zeros((side, side), bool)
    frame[0] = frame[-1] = dashed
    frame[:, 0] = frame[:, -1] = dashed
    return frame


StretchKind = Literal["asinh", "linear"]

LOW_PERCENTILE, HIGH_PERCENTILE = 0.5, 99.8
SOFTENING = 10.0
"""The asinh stretch is linear up to about a tenth of the range."""
UNOBSERVED_RGB = (64, 72, 112)


@dataclass(frozen=True)
class Stretch:
    """Which brightness became black, which white, and how it runs between them."""

    kind: StretchKind
    low_jy_beam: float
    high_jy_beam: float

    def __str__(self) -> str:
        return f"{self.kind} from {self.low_jy_beam:.3e} to {self.high_jy_beam:.3e} Jy/beam"


def choose_stretch(pixels: NDArray[np.float32], kind: StretchKind) -> Stretch:
    """Take the range from the picture's own observed pixels; NaN where none was observed."""
    observed = pixels[np.isfinite(pixels)]
    if observed.size == 0:
        return Stretch(kind, float("nan"), float("nan"))
    low, high = np.percentile(observed, (LOW_PERCENTILE, HIGH_PERCENTILE))
    return Stretch(kind, float(low), float(high))


def draw_stretched(pixels: NDArray[np.float32], stretch: Stretch) -> bytes:
    """Draw a field as PNG, north up and east left, grey; what was not observed is blue.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        Jy/beam, row 0 south, column 0 east, NaN where unobserved.
    stretch : Stretch
        It is written into the file too, as its text "Stretch".
    """
    span = stretch.high_jy_beam - stretch.low_jy_beam
    share = np.clip((pixels - stretch.low_jy_beam) / (span or 1.0), 0, 1)
    if stretch.kind == "asinh":
        share = np.arcsinh(SOFTENING * share) / np.arcsinh(SOFTENING)
    grey = np.nan_to_num(255 * share).round().astype(np.uint8)
    colours = np.repeat(grey[..., None], 3, axis=-1)  # (H, W, 3)
    colours[~np.isfinite(pixels)] = UNOBSERVED_RGB
    words = PngInfo()
    words.add_text("Stretch", str(stretch))
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(colours[::-1])).save(buffer, "PNG", pnginfo=words)
    return buffer.getvalue()


def draw_png(
    pixels: NDArray[np.uint8], size_px: int, colours: Colours, image_origin: str = "observed"
) -> bytes:
    """Draw an image, one picture pixel an image pixel.

    Parameters
    ----------
    pixels : ndarray, shape (150, 150), uint8
        Row 0 south, column 0 east.
    size_px : int
        Side of the central square to draw.
    colours : Colours
        Only the palette differs; the pixel values are those of the image.
    image_origin : {"observed", "uploaded", "model", "none"}
        A model's picture has a mark burned in (`mark_model`) and is RGB; where there is no image,
        the picture says so in words.
    """
    if image_origin == "none":
        return draw_words("no image", size_px)
    north_up = np.ascontiguousarray(centre_crop(pixels, size_px)[::-1])
    picture = Image.fromarray(north_up)
    if colours != "grey":
        picture = picture.convert("P")
        picture.putpalette(colour_table(colours).tobytes())
    if image_origin == "model":
        picture = Image.fromarray(mark_model(np.asarray(picture.convert("RGB"))))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@cache
def draw_words(words: str, size_px: int) -> bytes:
    """Draw a dark square with words in its middle."""
    picture = Image.new("L", (size_px, size_px), 32)
    drawing = ImageDraw.Draw(picture)
    font = ImageFont.load_default(0.07 * size_px) if size_px > IMAGE_SIZE_PX else None
    left, top, right, bottom = drawing.textbbox((0, 0), words, font)
    place = ((size_px - left - right) / 2, (size_px - top - bottom) / 2)
    drawing.text(place, words, 160, font)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
