"""Cleaned images as PNG pictures: north up, east left, models marked as such.

It never changes the pixel value of an observed image.
"""

import io
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor
from plotly.colors import sequential

from app.images.model_mark import mark_model
from model.preprocess import centre_crop

Colours = Literal["grey", "inferno"]


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
    colours : {"grey", "inferno"}
        Only the palette differs; the pixel values are those of the image.
    image_origin : {"observed", "uploaded", "model"}
        A model's picture has a mark burned in (see `app.images.model_mark`) and is RGB.
    """
    north_up = np.ascontiguousarray(centre_crop(pixels, size_px)[::-1])
    picture = Image.fromarray(north_up)
    if colours == "inferno":
        picture = picture.convert("P")
        picture.putpalette(_palette())
    if image_origin == "model":
        picture = Image.fromarray(mark_model(np.asarray(picture.convert("RGB"))))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@cache
def _palette() -> list[int]:
    """The 256 colours of Plotly's perceptually uniform Inferno, as r, g, b, r, g, b, ..."""
    anchors = np.array([ImageColor.getrgb(colour) for colour in sequential.Inferno], float)
    levels = np.linspace(0, len(anchors) - 1, 256)
    channels = [np.interp(levels, range(len(anchors)), anchors[:, c]) for c in range(3)]
    return [round(value) for rgb in zip(*channels, strict=True) for value in rgb]
