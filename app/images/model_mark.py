"""The mark burned into the picture of a model image: a dashed frame and the word MODEL.

It never touches the central 70 px of a picture that has room beside them.
"""

import numpy as np
from numpy.typing import NDArray

from model.preprocess import INPUT_SIZE_PX

MARK_RGB = (0, 229, 255)
"""Neither palette has this colour, so that the mark cannot pass for emission."""
LETTERS = (
    "#...# .##. ###. #### #...",
    "##.## #..# #..# #... #...",
    "#.#.# #..# #..# ###. #...",
    "#...# #..# #..# #... #...",
    "#...# .##. ###. #### ####",
)
"""MODEL, 25 x 5 px."""
DASH_PX = 4


def mark_model(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mark a picture as that of a model.

    Parameters
    ----------
    rgb : ndarray, shape (S, S, 3), uint8
        Row 0 at the top.

    Returns
    -------
    marked : ndarray, shape (S, S, 3), uint8
        The word stands in the lower right corner, in letters of 10 px where they fit beside the
        central 70 px and of 5 px elsewhere; a picture too small for it has the frame only.
    """
    marked = rgb.copy()
    side = len(rgb)
    word = _word(_scale(side))
    height, width = word.shape[0] + 1, word.shape[1] + 1  # and the frame
    if width < side:
        corner = marked[side - height : side - 1, side - width : side - 1]
        corner[:] = np.where(word[..., None], np.array(MARK_RGB, np.uint8), np.uint8(0))
    marked[_frame(side)] = np.array(MARK_RGB, np.uint8)
    return marked


def _scale(side: int) -> int:
    """Picture pixels a letter pixel: 2 if the word then stays out of the central 70 px."""
    beside_px = (side - INPUT_SIZE_PX) // 2
    return 2 if beside_px > len(_word(2)) else 1


def _word(scale: int) -> NDArray[np.bool_]:
    """The word with a margin of one letter pixel, true where its letters are."""
    letters = np.array([[mark == "#" for mark in row] for row in LETTERS])
    return np.kron(np.pad(letters, 1), np.ones((scale, scale), bool))


def _frame(side: int) -> NDArray[np.bool_]:
    """The outermost pixels, in dashes."""
    dashed = np.arange(side) // DASH_PX % 2 == 0
    frame = np.zeros((side, side), bool)
    frame[0] = frame[-1] = dashed
    frame[:, 0] = frame[:, -1] = dashed
    return frame
