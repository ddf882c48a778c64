"""Which brightness gets which colour: cuts and stretch, and the ticks of the colour bar.

It never changes a pixel value: it maps the 256 that there are.
"""

import math
from dataclasses import dataclass

import numpy as np
from astropy.visualization import (
    AsinhStretch,
    BaseStretch,
    LinearStretch,
    LogStretch,
    MinMaxInterval,
    PercentileInterval,
    SqrtStretch,
    ZScaleInterval,
)
from numpy.typing import NDArray

from app.images.cleaned_image import CleanedImage
from app.images.picture_style import Cuts, PictureStyle, Stretch, Unit

STRETCHES: dict[Stretch, BaseStretch] = {
    "linear": LinearStretch(),
    "sqrt": SqrtStretch(),
    "log": LogStretch(a=1000),
    "asinh": AsinhStretch(a=0.1),
}
LINEAR_TICKS = 6
TICKS_APART = 0.12
"""Least distance of two ticks, as a share of the bar."""


@dataclass(frozen=True)
class BrightnessScale:
    """The brightness of the first and of the last colour, and how it runs between them."""

    stretch: Stretch
    low: float
    high: float
    unit: Unit

    def shares(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places of values on the colour scale, 0 to 1; what is beyond the range is at its end."""
        linear = np.clip((values - self.low) / (self.high - self.low), 0, 1)
        shares: NDArray[np.float64] = STRETCHES[self.stretch](linear)
        return shares

    def ticks(self) -> list[tuple[float, float]]:
        """Round values for a colour bar, and their places along it."""
        values = np.array(self._round_values())
        places = self.shares(values)
        first, *others = zip(values.tolist(), places.tolist(), strict=True)
        kept = [first]
        for value, place in others[::-1]:
            if all(abs(place - other) >= TICKS_APART for _, other in kept):
                kept.append((value, place))
        return sorted(kept)

    def _round_values(self) -> list[float]:
        """Candidates: evenly spaced on a linear scale, 0 and 1, 2, 5 x 10^n on another."""
        span = self.high - self.low
        if self.stretch == "linear":
            step = _round_up(span / LINEAR_TICKS)
            first = math.ceil(self.low / step - 1e-9)
            last = math.floor(self.high / step + 1e-9)
            return [round(n * step, 12) for n in range(first, last + 1)]
        top = math.floor(math.log10(max(abs(self.low), abs(self.high))))
        series = [d * 10.0**n for n in range(top - 3, top + 1) for d in (1, 2, 5)]
        found = [v for v in (0.0, *series) if self.low <= v <= self.high]
        return found or [self.low, self.high]


def choose_scale(image: CleanedImage, style: PictureStyle) -> BrightnessScale:
    """Decide the range of a picture: given numbers, else the cuts of the square that is drawn.

    Raises
    ------
    UnusableStyle
        If mJy/beam are asked of an image whose flux scale is not known.
    """
    unit = style.unit or image.unit
    brightness = image.brightness(style.size_px, unit)
    if style.is_plain:
        return BrightnessScale("linear", float(brightness[0]), float(brightness[-1]), unit)
    low, high = cut(image.square(style.size_px), style.cuts or "minmax")
    low, high = np.interp((low, high), np.arange(256), brightness).tolist()
    low = low if style.low is None else style.low
    high = high if style.high is None else style.high
    if not high > low:  # a blank square, or a bound beyond the image's own values
        low, high = _apart(low, high, style)
    return BrightnessScale(style.stretch, low, high, unit)


def cut(square: NDArray[np.uint8], cuts: Cuts) -> tuple[float, float]:
    """The pixel values that an interval of astropy.visualization takes as darkest and brightest.

    Percentages are of all pixels of the square, half of the rest at each end; the 0 of clipped
    pixels counts.
    """
    if cuts == "zscale":
        low, high = ZScaleInterval().get_limits(square)
    elif cuts == "minmax":
        low, high = MinMaxInterval().get_limits(square)
    else:
        low, high = PercentileInterval(float(cuts)).get_limits(square)
    if not high > low:  # nearly all is clipped sky
        low, high = MinMaxInterval().get_limits(square)
    return float(np.clip(low, 0, 255)), float(np.clip(high, 0, 255))


def _apart(low: float, high: float, style: PictureStyle) -> tuple[float, float]:
    """A range one unit wide that keeps the bound that was given."""
    return (high - 1, high) if style.high is not None and style.low is None else (low, low + 1)


def _round_up(value: float) -> float:
    """The next of 1, 2, 5 x 10^n."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(d * power for d in (1, 2, 5, 10) if d * power >= value * (1 - 1e-9))
