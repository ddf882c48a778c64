"""A cleaned image drawn in a chosen style, and in numbers and words what was drawn.

It never hides a model's mark, and never draws what is not known: no beam, no noise, no flux scale
is made up.
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.images.brightness import BrightnessScale, choose_scale
from app.images.cleaned_image import CleanedImage
from app.images.colour_scales import colour_table, luminance
from app.images.contours import ContourLevels, contour_levels, contour_lines
from app.images.draw import draw_png, draw_words, mark_height_px, mark_model
from app.images.overlays import DARK, LIGHT, Line, Margin, Rgb, draw_lines, ink_on
from app.images.picture_style import PictureStyle

COMPRESSION = 1
"""Of the PNG: most of the time that a picture takes is this."""


@dataclass(frozen=True)
class DrawnPicture:
    """What a picture shows, for captions and colour bars."""

    scale: BrightnessScale
    contours: ContourLevels | None
    """None: no pixel of the square reaches the lowest level."""
    peak: float
    """Brightness of the brightest pixel of the square, in the scale's unit."""


def describe(image: CleanedImage, style: PictureStyle) -> DrawnPicture:
    """Say how an image is drawn in a style, and where its contours would run."""
    scale = choose_scale(image, style)
    peak = image.brightness(style.size_px, scale.unit)[int(image.square(style.size_px).max())]
    return DrawnPicture(scale, contour_levels(image, style.size_px), float(peak))


def draw_picture(image: CleanedImage, style: PictureStyle) -> bytes:
    """Draw an image as PNG, north up and east left.

    A plain style gives one picture pixel an image pixel, in the stored values (`draw_png`).

    Raises
    ------
    UnusableStyle
        If mJy/beam are asked of an image whose flux scale is not known.
    """
    if style.is_plain:
        return draw_png(image.pixels, style.size_px, style.colours, image.origin)
    if image.origin == "none":
        return draw_words("no image", style.side_px)
    north_up = colour_pixels(image, style)[::-1]
    picture = Image.fromarray(np.repeat(np.repeat(north_up, style.zoom, 0), style.zoom, 1))
    if style.contours:
        _draw_contours(picture, image, style)
    _draw_margin(picture, image, style)
    if image.origin == "model":
        picture = Image.fromarray(mark_model(np.asarray(picture)))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=COMPRESSION)
    return buffer.getvalue()


@dataclass(frozen=True, eq=False)
class InkedLevel:
    """A contour level's lines (N, 2), image pixels from the south-east, and their ink."""

    ink: Rgb
    lines: list[Line]


def inked_contours(image: CleanedImage, style: PictureStyle) -> list[InkedLevel]:
    """The contours of an image, each level in the ink that is seen on its own brightness."""
    wanted = contour_levels(image, style.size_px)
    if wanted is None:
        return []
    scale = choose_scale(image, style)
    values = image.brightness(style.size_px, wanted.unit)
    coloured = image.brightness(style.size_px, scale.unit)
    shares = scale.shares(np.interp(wanted.levels, values, coloured))
    table = colour_table(style.colours, style.invert)
    grounds = luminance(table[np.round(255 * shares).astype(np.intp)]).tolist()
    lines = contour_lines(values[image.square(style.size_px)], wanted.levels)
    return [InkedLevel(ink_on(g), own) for g, own in zip(grounds, lines, strict=True)]


def colour_pixels(image: CleanedImage, style: PictureStyle) -> NDArray[np.uint8]:
    """The square in colours (S, S, 3), row 0 south, one pixel an image pixel."""
    scale = choose_scale(image, style)
    shares = scale.shares(image.brightness(style.size_px, scale.unit))  # (256,)
    table = colour_table(style.colours, style.invert)
    colours = table[np.round(255 * shares).astype(np.intp)]  # (256, 3)
    return colours[image.square(style.size_px)]


def sky_luminance(image: CleanedImage, style: PictureStyle) -> float:
    """How bright the pixels that were clipped are drawn."""
    scale = choose_scale(image, style)
    share = scale.shares(image.brightness(style.size_px, scale.unit)[:1])
    return float(luminance(colour_table(style.colours, style.invert)[round(255 * share[0])]))


def _draw_contours(picture: Image.Image, image: CleanedImage, style: PictureStyle) -> None:
    levels = inked_contours(image, style)
    for ink in (LIGHT, DARK):
        lines = [line for level in levels if level.ink == ink for line in level.lines]
        if lines:
            draw_lines(picture, lines, ink, style.zoom, 0.5 + style.zoom / 6)


def _draw_margin(picture: Image.Image, image: CleanedImage, style: PictureStyle) -> None:
    raised_px = mark_height_px(picture.width) if image.origin == "model" else 0
    margin = Margin(picture, ink_on(sky_luminance(image, style)), style.zoom, raised_px)
    if style.beam and image.beam is not None:
        margin.beam(image.beam)
    if style.scale_bar:
        margin.scale_bar(style.size_px)
    if style.compass:
        margin.compass()
