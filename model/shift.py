"""How alike two images are after a whole-pixel shift of one: a fact of pixels, not of an encoder.

It never interpolates: cutouts of one survey differ by pixels, and by a fraction of one at most.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, rfft2

from model.preprocess import INPUT_SIZE_PX, centre_crop

MOST_SHIFT_PX = 20
"""Of images whose positions say nothing: farther apart, y does not find them alike either."""
TOLERANCE_PX = 3
"""Positions of three decimals are up to 1 px off at each of two sources."""
OBSERVED_PX = 106
"""Side of the largest square within the circle of a cleaned image that holds any emission."""


def best_shifts(
    ones: NDArray[np.uint8], others: NDArray[np.uint8], expected_px: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Find the shift after which what the network sees of two images is most alike.

    Parameters
    ----------
    ones, others : ndarray, shape (M, H, H)
        The middle of cleaned images.
    expected_px : ndarray, shape (M, 2)
        Shift (columns, rows) near which the best is looked for; NaN: anywhere near none.

    Returns
    -------
    likeness : ndarray, shape (M,)
        Cosine of the pixels at the best shift; NaN where an image is blank. Beyond the square that
        the network sees there is nothing, so that what one square alone holds counts against it.
        The mean is not taken off, for the sky of a cleaned image is zero.
    shift_px : ndarray, shape (M, 2)
        Columns and rows from where the first has something to where the second has it.
    """
    size = (INPUT_SIZE_PX + MOST_SHIFT_PX,) * 2
    begun = np.rint(np.nan_to_num(expected_px)).astype(np.int64)
    seen = [centre_crop(each, INPUT_SIZE_PX).astype(np.float32) for each in (ones, others)]
    moved = np.zeros_like(seen[1])
    for i, shift in enumerate(begun.tolist()):
        here, there = _overlaps(shift, INPUT_SIZE_PX)
        moved[i][here] = seen[1][i][there]
    products = irfft2(rfft2(seen[0], size).conj() * rfft2(moved, size), size)  # (M, P, P) by shift
    steps = np.arange(-MOST_SHIFT_PX, MOST_SHIFT_PX + 1)
    products = products[:, steps[:, None], steps]
    far = np.maximum(abs(steps)[:, None], abs(steps)) > TOLERANCE_PX
    products[np.isfinite(expected_px[:, :1, None]) & far] = 0
    best = products.reshape(len(ones), -1).argmax(axis=1)
    row, column = np.divmod(best, len(steps))
    norms = np.prod([np.linalg.norm(each, axis=(1, 2)) for each in seen], axis=0, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        likeness = np.minimum(products[np.arange(len(ones)), row, column] / norms, 1)
    return np.where(norms > 0, likeness, np.nan), begun + steps[np.stack([column, row], axis=1)]


def pattern_likeness(
    one: NDArray[np.uint8], other: NDArray[np.uint8], shift_px: list[int]
) -> float:
    """Cosine of which pixels of two images (H, H) stand above the clip, where both have some.

    After a shift two unresolved sources are alike whatever they are; the noise peaks that the clip
    left, and the outline of the source, tell a copy of one image from another observation.
    """
    above = [centre_crop(each, OBSERVED_PX) > 0 for each in (one, other)]
    first, second = (
        each[part] for each, part in zip(above, _overlaps(shift_px, OBSERVED_PX), strict=True)
    )
    either = np.sqrt(float(first.sum()) * float(second.sum()))
    return float(np.sum(first & second)) / either if either else np.nan


def _overlaps(shift_px: list[int], side: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Rows and columns of two images of which the second shows what the first does, shifted."""
    columns, rows = shift_px
    first, second = (
        (
            slice(max(sign * rows, 0), max(side + min(sign * rows, 0), 0)),
            slice(max(sign * columns, 0), max(side + min(sign * columns, 0), 0)),
        )
        for sign in (-1, 1)
    )
    return first, second
