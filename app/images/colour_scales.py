"""Colour scales of pictures and figures: perceptually uniform ones, each of 256 colours.

It never stretches a brightness: `app.images.brightness` decides which colour a value gets.
"""

import io
from functools import cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor
from plotly.colors import sequential

Colours = Literal["inferno", "magma", "plasma", "viridis", "cividis", "grey"]
USUAL_COLOURS: Colours = "inferno"
COLOURS: tuple[Colours, ...] = get_args(Colours)


@cache
def colour_table(colours: Colours, invert: bool = False) -> NDArray[np.uint8]:
    """The colours (256, 3) of a scale from faint to bright, or from bright to faint.

    Notes
    -----
    Interpolated between the colours that Plotly has of matplotlib's scales, so that a picture and
    the map's legend agree.
    """
    grey = np.repeat(np.arange(256.0)[:, None], 3, axis=1)
    faint_first = grey if colours == "grey" else _plotly_colours(colours)
    table = (faint_first[::-1] if invert else faint_first).astype(np.uint8)
    table.setflags(write=False)
    return table


@cache
def draw_strip(colours: Colours, invert: bool = False) -> bytes:
    """A scale as PNG, 256 x 1 px, the faintest at the left."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(colour_table(colours, invert)[None])).save(buffer, "PNG")
    return buffer.getvalue()


def luminance(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How bright colours (..., 3) look, 0 to 255 (the weights of Rec. 709)."""
    weighted: NDArray[np.float64] = rgb @ np.array([0.2126, 0.7152, 0.0722])
    return weighted


def _plotly_colours(colours: Colours) -> NDArray[np.float64]:
    anchors = np.array(
        [ImageColor.getrgb(colour) for colour in getattr(sequential, colours.title())], float
    )
    places = np.linspace(0, len(anchors) - 1, 256)
    channels = [np.interp(places, range(len(anchors)), anchors[:, c]) for c in range(3)]
    return np.round(np.stack(channels, axis=1))
