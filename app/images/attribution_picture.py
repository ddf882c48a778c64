"""Which parts of an image make S, as a picture: the image in grey, and over it in colour how much.

It never computes a difference, and it never hides a model's mark.
"""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.images.cleaned_image import CleanedImage
from app.images.draw import mark_height_px, mark_model
from app.images.overlays import LIGHT, Margin, font
from app.images.picture_style import PictureStyle
from app.images.styled import COMPRESSION, colour_pixels
from model.preprocess import INPUT_SIZE_PX

ALIKE_RGB = (255, 140, 30)
APART_RGB = (60, 150, 255)
"""Of the largest difference, either way; black is none. Both are told apart by any eye."""
GREY = PictureStyle(stretch="asinh", colours="grey", size_px=INPUT_SIZE_PX)
ZOOM_MIN = 3
"""Below it the values of the colour bar do not fit."""
BAR_PX = 34
"""The colour bar with its values takes so much below the image."""
STRIP_PX = 10


def draw_attribution(
    image: CleanedImage, differences: NDArray[np.float32], limit: float, zoom: int
) -> bytes:
    """Draw the network's field of an image with its differences of S, as PNG.

    Parameters
    ----------
    image : CleanedImage
    differences : ndarray, shape (70, 70)
        `model.attribution.Attribution.maps`, row 0 south.
    limit : float
        The difference, either way, of the strongest colour: that of both pictures of a pair.
    zoom : int
        Picture pixels an image pixel.

    Returns
    -------
    png : bytes
        North up, east left; below it a colour bar from -limit to +limit. Where there is no
        emission the colours are those of the bar; emission lightens them.
    """
    light = 255 - colour_pixels(image, GREY).astype(float)
    screened = 255 - light * (255 - colours_of(differences, limit)) / 255
    north_up = np.round(screened[::-1]).astype(np.uint8)
    picture = Image.fromarray(np.repeat(np.repeat(north_up, zoom, 0), zoom, 1))
    raised_px = mark_height_px(picture.width) if image.origin == "model" else 0
    Margin(picture, LIGHT, zoom, raised_px).scale_bar(INPUT_SIZE_PX)
    pixels = np.asarray(picture)
    whole = Image.new("RGB", (picture.width, picture.height + BAR_PX))
    whole.paste(Image.fromarray(mark_model(pixels) if image.origin == "model" else pixels))
    _draw_bar(whole, picture.height, limit)
    buffer = io.BytesIO()
    whole.save(buffer, "PNG", compress_level=COMPRESSION)
    return buffer.getvalue()


def colours_of(differences: NDArray, limit: float) -> NDArray[np.float64]:
    """The colours (..., 3) of differences (...), black at 0, linear up to the limit."""
    share = np.clip(differences / limit if limit else np.zeros_like(differences), -1, 1)[..., None]
    colours: NDArray[np.float64] = np.where(share > 0, ALIKE_RGB, APART_RGB) * np.abs(share)
    return colours


def _draw_bar(picture: Image.Image, top_px: int, limit: float) -> None:
    """A strip of all colours, and the values of its ends and its middle below."""
    edge = STRIP_PX
    length = picture.width - 2 * edge
    values = np.linspace(-limit, limit, length)
    strip = np.round(np.repeat(colours_of(values, limit)[None], STRIP_PX, 0)).astype(np.uint8)
    top = top_px + 4
    picture.paste(Image.fromarray(strip), (edge, top))
    drawing, letters = ImageDraw.Draw(picture), font(12)
    drawing.rectangle((edge - 1, top - 1, edge + length, top + STRIP_PX), outline=(130, 130, 130))
    low = top + STRIP_PX + 3
    if limit:
        drawing.text((edge, low), f"-{limit:.2g}", LIGHT, letters, "la")
        drawing.text((edge + length, low), f"+{limit:.2g}", LIGHT, letters, "ra")
    drawing.text(
        (picture.width / 2, low), "dS = 0" if limit else "dS = 0 everywhere", LIGHT, letters, "ma"
    )
