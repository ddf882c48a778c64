"""Which parts of two images make their similarity S: each part is blanked in turn.

It never says why the network attends to a part, only how much S depends on it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.encoder import Encoder, embed
from model.preprocess import INPUT_SIZE_PX, PIXEL_SCALE_ARCSEC, centre_crop, network_input
from model.similarity import similarity

CELL_PX = 5
"""The squares move by so much."""
PATCH_PX = 2 * CELL_PX
PATCH_ARCSEC = PATCH_PX * PIXEL_SCALE_ARCSEC
CELL_ARCSEC = CELL_PX * PIXEL_SCALE_ARCSEC
EMPTY_SKY = 0
"""What cleaning leaves where nothing is above 3 sigma (`model.preprocess.clean`)."""


@dataclass(frozen=True, eq=False)
class Attribution:
    """S of a pair of images, and how it depends on the parts of each."""

    similarity: float
    maps: tuple[NDArray[np.float32], NDArray[np.float32]]
    """Of the first and of the second image, (70, 70): S less S without what lies round a pixel.
    Positive: that part makes the two alike. Row 0 as in the images."""
    embedded: int
    """How many images the network saw for this."""


def explain_similarity(
    encoder: Encoder, first: NDArray[np.uint8], second: NDArray[np.uint8]
) -> Attribution:
    """Find how S of two images depends on the parts of each.

    A square of 10 px (18") that holds empty sky is moved by 5 px over the 70 px that the network
    sees of one image while the other stays as it is. A pixel gets the mean of S - S(blanked) over
    the squares that cover it, so that the maps are constant over cells of 5 px (9").

    Parameters
    ----------
    encoder : Encoder
        In evaluation mode.
    first, second : ndarray, shape (H, W), H and W >= 70, uint8
        From `model.preprocess.clean`.

    Returns
    -------
    attribution : Attribution
        S and its differences are cosines: they have no unit.

    Notes
    -----
    Occlusion as in Zeiler & Fergus 2014, on S (Slijepcevic et al. 2024, eq. 3) in place of a class
    score. It shows what S is sensitive to with all else in place, not causes: what two parts do
    only together is in neither, an image without a part may be unlike any that the network was
    trained on, and the differences do not add up to S. Squares that blank the same emission make
    the same image, which is embedded once; one that covers empty sky changes nothing, exactly.
    """
    own, other = _Occluded(first), _Occluded(second)
    inputs = network_input(np.concatenate([own.distinct, other.distinct]))  # (N, 70, 70)
    y = embed(encoder, inputs)  # (N, 512)
    y_own, y_other = np.split(y, [len(own.distinct)])
    to_other = similarity(y_own, y_other[other.whole][None])[:, 0]
    to_own = similarity(y_other, y_own[own.whole][None])[:, 0]
    return Attribution(float(to_other[own.whole]), (own.map(to_other), other.map(to_own)), len(y))


def cells_of(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map (70, 70) as one value for each of its cells, (14, 14), in the same order."""
    return pixels[::CELL_PX, ::CELL_PX]


class _Occluded:
    """An image with each square blanked, every different one once.

    Attributes
    ----------
    distinct : ndarray, shape (D, 70, 70), uint8
    whole : int
        Which of them is the image itself.
    """

    def __init__(self, image: NDArray[np.uint8]) -> None:
        field = centre_crop(image, INPUT_SIZE_PX)
        images = [field]
        for place in _squares():
            blanked = field.copy()
            blanked[place] = EMPTY_SKY
            images.append(blanked)
        flat = np.stack(images).reshape(len(images), -1)
        distinct, which = np.unique(flat, axis=0, return_inverse=True)
        self.distinct = distinct.reshape(-1, *field.shape)
        self.whole, self._which = int(which[0]), which[1:]

    def map(self, s: NDArray[np.float64]) -> NDArray[np.float32]:
        """What S (D,) of the distinct images to the other image makes of each pixel, (70, 70)."""
        total, count = np.zeros((2, INPUT_SIZE_PX, INPUT_SIZE_PX))
        for place, difference in zip(_squares(), s[self.whole] - s[self._which], strict=True):
            total[place] += difference
            count[place] += 1
        return (total / count).astype(np.float32)


def _squares() -> list[tuple[slice, slice]]:
    """Where the squares lie: all inside the field, every pixel in at least one."""
    starts = range(0, INPUT_SIZE_PX - PATCH_PX + 1, CELL_PX)
    sides = [slice(start, start + PATCH_PX) for start in starts]
    return [(rows, columns) for rows in sides for columns in sides]
