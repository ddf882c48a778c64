"""What is drawn over a picture: contours, scale bar, beam, north and east.

It never covers a model's mark, and it never touches the pixels below more than its lines do.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from model.beam import Beam
from model.preprocess import PIXEL_SCALE_ARCSEC

FINER = 3
"""Lines are drawn so many times larger and then reduced, which smooths them."""
BAR_SHARE = 0.36
"""The scale bar is at most so long, as a share of the picture."""
BAR_ARCSEC = (1, 2, 5, 10, 20, 30, 60, 120)
LIGHT, DARK = (255, 255, 255), (0, 0, 0)
BRIGHT = 128.0
"""Luminance above which ink is dark."""
FONT_PX = (9, 15)
"""Smallest and largest."""

Rgb = tuple[int, int, int]
Line = NDArray[np.float64]


def ink_on(luminance: float) -> Rgb:
    """Ink that is seen on a ground of some luminance."""
    return DARK if luminance > BRIGHT else LIGHT


def scale_bar_arcsec(size_px: int) -> int:
    """A round length that fits into a picture of so many image pixels."""
    most = BAR_SHARE * size_px * PIXEL_SCALE_ARCSEC
    return max(length for length in BAR_ARCSEC if length <= max(most, BAR_ARCSEC[0]))


def angle_label(arcsec: int) -> str:
    """As astronomers write it: 30″, 1′."""
    return f"{arcsec // 60}′" if arcsec % 60 == 0 else f"{arcsec}″"


def draw_lines(
    picture: Image.Image, lines: list[Line], ink: Rgb, zoom: int, width_px: float
) -> None:
    """Draw lines (N, 2) of image pixels, row 0 south, north up."""
    drawn = [
        np.stack([(line[:, 0] + 0.5) * zoom, picture.height - (line[:, 1] + 0.5) * zoom], 1)
        for line in lines
    ]
    _stroke(picture, ink, drawn, width_px)


def _stroke(
    picture: Image.Image, ink: Rgb, lines: list[Line], width_px: float, filled: bool = False
) -> None:
    """Draw lines (N, 2) of picture pixels, smoothed; filled: what they enclose as well."""
    every = np.concatenate(lines)
    reach = math.ceil(width_px) + 1
    left, top = np.floor(every.min(0)).astype(int) - reach
    right, bottom = np.ceil(every.max(0)).astype(int) + reach
    mask = Image.new("L", ((right - left) * FINER, (bottom - top) * FINER))
    drawing = ImageDraw.Draw(mask)
    for line in lines:
        points = ((line - (left, top)) * FINER).ravel().tolist()
        if filled:
            drawing.polygon(points, fill=255)
        drawing.line(points, fill=255, width=max(1, round(width_px * FINER)))
    box = (int(left), int(top), int(right), int(bottom))
    picture.paste(ink, box, mask.reduce(FINER))


class Margin:
    """Draws what stands in the corners of a picture, in one ink with a halo of the other.

    Parameters
    ----------
    picture : PIL.Image.Image
        RGB.
    ink : (int, int, int)
    zoom : int
        Picture pixels an image pixel.
    raised_px : int
        How far the lower right corner is taken: a model's mark is there.
    """

    def __init__(self, picture: Image.Image, ink: Rgb, zoom: int, raised_px: int = 0) -> None:
        self._picture, self._ink, self._zoom, self._raised_px = picture, ink, zoom, raised_px
        self._halo = DARK if ink == LIGHT else LIGHT
        self._drawing = ImageDraw.Draw(picture)
        side = picture.width
        self._side = side
        self._font = font(int(np.clip(round(side * 0.05), *FONT_PX)))
        self._edge = max(4, round(side * 0.035))
        self._thick = 1 if side < 300 else 2

    def scale_bar(self, size_px: int) -> None:
        """A bar at the lower right, its length above it."""
        arcsec = scale_bar_arcsec(size_px)
        length = round(arcsec / PIXEL_SCALE_ARCSEC * self._zoom)
        right = self._side - self._edge - 1
        bottom = self._side - self._edge - 1 - self._raised_px
        left = right - length + 1
        box = (left, bottom - self._thick + 1, right, bottom)
        self._drawing.rectangle((box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1), self._halo)
        self._drawing.rectangle(box, self._ink)
        words = angle_label(arcsec).replace("″", '"').replace("′", "'")  # the font lacks primes
        self._letters(words, ((left + right + 1) / 2, box[1] - 2), "ms")

    def beam(self, beam: Beam) -> None:
        """The beam's half-maximum ellipse at the lower left, north up and east left."""
        per_arcsec = self._zoom / PIXEL_SCALE_ARCSEC
        a, b = beam.major_arcsec / 2 * per_arcsec, beam.minor_arcsec / 2 * per_arcsec
        angle = math.radians(beam.pa_deg)
        centre = self._edge + a
        t = np.linspace(0, 2 * np.pi, 60)
        along, across = a * np.cos(t), b * np.sin(t)
        x = -along * math.sin(angle) + across * math.cos(angle)  # east is left
        y = -along * math.cos(angle) - across * math.sin(angle)  # north is up
        outline = np.stack([centre + x, self._side - centre + y], 1)
        _stroke(self._picture, self._halo, [outline], 2.0, filled=True)
        _stroke(self._picture, self._ink, [outline], 0.3, filled=True)

    def compass(self) -> None:
        """Arrows to north (up) and east (left) at the upper right."""
        size = float(np.clip(self._side * 0.09, 11, 34))
        letter = self._font.size
        x, y = self._side - self._edge - letter / 2 - 1, self._edge + letter + size + 2
        x, y = math.floor(x) + 0.5, math.floor(y) + 0.5
        north, east = (x, y - size), (x - size, y)
        arrows = [np.array([north, (x, y), east])]
        arrows += [_head(north, (0, -1), size), _head(east, (-1, 0), size)]
        _stroke(self._picture, self._halo, arrows, 2.6 * self._thick)
        _stroke(self._picture, self._ink, arrows, 1.0 * self._thick)
        self._letters("N", (x, y - size - 2), "ms")
        self._letters("E", (x - size - 3, y), "rm")

    def _letters(self, words: str, place: tuple[float, float], anchor: str) -> None:
        self._drawing.text(
            place, words, self._ink, self._font, anchor, stroke_width=1, stroke_fill=self._halo
        )


def _head(tip: tuple[float, float], towards: tuple[int, int], size: float) -> Line:
    """The two strokes of an arrow's head."""
    back = np.array(tip) - np.array(towards) * size * 0.28
    aside = np.array(towards)[::-1] * size * 0.2
    return np.array([back + aside, tip, back - aside])


@cache
def font(size_px: int) -> ImageFont.FreeTypeFont:
    """The letters that Pillow brings along."""
    font = ImageFont.load_default(size_px)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font
