"""Which pixels of an image were never observed although they hold a number: 0, -999, a fill value.

It never decides by one pixel: a fill value is one exact number over whole areas, or one that no
radio image can have.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from app.images.sky_image import Piece, SkyImage

LEAST_SHARE = 0.002
LEAST_PX = 25
"""What one exact value must hold of the pixels to be looked at."""
SOLID = np.ones((3, 3), bool)
"""Fill comes in areas of at least this; noise, even in coarse steps, seldom does."""
LEAST_SOLID = 0.8
"""Share of the pixels of a value that must lie in such areas."""
FAR_SIGMA = 50.0
"""No sky is as negative as this, in units of the noise."""
IMPOSSIBLE_JY = 1e10
SKEWED = 1.7
"""Noise spreads as far above its median as below; emission alone spreads further above."""
CUT_OFF = (0.1, 0.9)
"""Share of the lowest value that noise cut off at zero has, and not a masked image's empty sky."""
SAMPLE_PX = 1_000_000
STRIP_PX = 2_000_000


def without_fill(image: SkyImage) -> SkyImage:
    """Make the pixels that hold a fill value NaN, and say so.

    Parameters
    ----------
    image : SkyImage

    Returns
    -------
    image : SkyImage
        The same where no fill value was found.

    Notes
    -----
    Looked for are one exact value over solid areas (mosaics are written with 0 outside, masked
    arrays with their fill), and values that are no brightness: repeated and 50 times the noise
    below the sky, or beyond 1e10 Jy/beam. An exact 0 around emission that has no noise of its own
    is a masked image of empty sky, and stays.
    """
    sample = _sample(image)
    values = fill_values(sample)
    if not len(values):
        return replace(image, remarks=(*image.remarks, *_cut_off_remark(sample)))
    read = image.read

    def masked(piece: Piece) -> NDArray[np.float32]:
        pixels = read(piece)
        for value in values:
            pixels[pixels == value] = np.nan
        return pixels

    shares = ((100 * float((sample == value).mean()), value) for value in values)
    remarks = [
        f"{percent:.2g} % of the image are exactly {value + 0:g} Jy/beam, "
        "which was taken to mean: not observed."
        for percent, value in shares
    ]
    return replace(image, read=masked, remarks=(*image.remarks, *remarks))


def _sample(image: SkyImage) -> NDArray[np.float32]:
    """The image, or of a large one evenly spaced pixels."""
    height, width = image.shape
    step = int(np.ceil(np.sqrt(height * width / SAMPLE_PX)))
    strip = max(STRIP_PX // width // step, 1) * step
    strips = [
        image.read((slice(top, min(top + strip, height)), slice(0, width)))[::step, ::step]
        for top in range(0, height, strip)  # whole ones: astropy reads every other pixel slowly
    ]
    return np.concatenate(strips)


def fill_values(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """The values of an image (H, W) in Jy/beam that stand for: not observed."""
    observed = pixels[np.isfinite(pixels)]
    values, counts = np.unique(observed, return_counts=True)
    if len(values) < 2:
        return values[:0]
    frequent = values[counts >= max(LEAST_SHARE * observed.size, LEAST_PX)]
    fill = list(values[np.abs(values) >= IMPOSSIBLE_JY])
    sky, noise = _sky(observed[~np.isin(observed, np.append(frequent, fill))])
    if noise > 0:
        fill += list(values[(counts > 1) & (values < sky - FAR_SIGMA * noise)])
    for value in frequent:
        if value not in fill and _is_area(pixels, value, fill):
            fill.append(value)
    return np.array(fill, np.float32)


def _cut_off_remark(pixels: NDArray[np.float32]) -> Iterator[str]:
    """What to say where many pixels have the lowest value, as where negatives were cut off."""
    observed = pixels[np.isfinite(pixels)]
    share = float((observed == observed.min()).mean()) if observed.size else 0.0
    if CUT_OFF[0] <= share <= CUT_OFF[1]:
        yield (
            f"{100 * share:.0f} % of the image have exactly its lowest value, "
            f"{observed.min() + 0:g} Jy/beam. If its noise was cut off there, the rest of the "
            "noise counts as emission, and the neighbours are those of noise."
        )


def _sky(pixels: NDArray[np.float32]) -> tuple[float, float]:
    """Median, and noise from the pixels below it; 0, 0 of no pixels."""
    if not pixels.size:
        return 0.0, 0.0
    low, middle = np.percentile(pixels, (15.87, 50))
    return float(middle), float(middle - low)


def _is_area(pixels: NDArray[np.float32], value: np.float32, fill: list[np.float32]) -> bool:
    """Whether a value fills solid areas beside what looks like an observed sky."""
    area = pixels == value
    if ndimage.binary_opening(area, SOLID).sum() < LEAST_SOLID * area.sum():
        return False
    rest = np.isfinite(pixels) & ~area & ~np.isin(pixels, fill)
    if ndimage.binary_opening(rest, SOLID).sum() < LEAST_SOLID * rest.sum():
        return False
    low, middle, high = np.percentile(pixels[rest], (15.87, 50, 84.13))
    return bool(low < middle and high - middle < SKEWED * (middle - low))
