"""Contours of a cleaned image: at 3, 6, 12, ... sigma, or at per cents of its peak.

It never smooths and never draws. The images are clipped at 3 sigma: the outermost contour runs
along the clip.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from contourpy import LineType, contour_generator
from numpy.typing import NDArray

from app.images.cleaned_image import CleanedImage
from app.images.picture_style import Unit

FIRST_SIGMA = 3.0
PER_CENT_OF_PEAK = (10.0, 20.0, 40.0, 80.0)


@dataclass(frozen=True)
class ContourLevels:
    """Where contours run."""

    words: str
    """As a caption has it: "3, 6, 12 σ"."""
    levels: tuple[float, ...]
    unit: Unit


def contour_levels(image: CleanedImage, size_px: int) -> ContourLevels | None:
    """The levels for an image's central square; None where nothing in it is bright enough."""
    peak_value = int(image.square(size_px).max())
    if peak_value == 0:
        return None
    rms = image.rms_mjy_beam
    if rms is None:
        return ContourLevels(
            f"{_listed(PER_CENT_OF_PEAK)} % of the peak", PER_CENT_OF_PEAK, "percent"
        )
    peak = image.brightness(size_px, "mjy_beam")[peak_value]
    if peak <= FIRST_SIGMA * rms:
        return None
    doublings = int(np.ceil(np.log2(peak / (FIRST_SIGMA * rms)))) - 1  # all below the peak
    sigmas = tuple(FIRST_SIGMA * 2**n for n in range(doublings + 1))
    return ContourLevels(f"{_listed(sigmas)} σ", tuple(s * rms for s in sigmas), "mjy_beam")


def contour_lines(
    values: NDArray[np.float64], levels: Sequence[float]
) -> list[list[NDArray[np.float64]]]:
    """For each level its lines (N, 2) of x, y in pixels.

    Whole numbers are at pixel centres, rows as in the values.
    """
    generator = contour_generator(z=values, name="serial", line_type=LineType.Separate)
    return [[np.asarray(line) for line in generator.lines(level)] for level in levels]


def _listed(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)
