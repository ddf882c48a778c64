"""FITS files with cards as they stand in real headers, which astropy would not write."""

import numpy as np
from numpy.typing import NDArray

from tests.replay.uploads import PLACE, Grid, fits_file, sky_image

CARD = 80
BLOCK = 2880
SIZE_PX = (240, 240)
GRID = Grid(SIZE_PX, projection="SIN")
IMAGE = sky_image(GRID, noise_jy=0.15e-3)
PLACE_DEG = (float(PLACE.ra.deg), float(PLACE.dec.deg))


def a_file(pixels: NDArray = IMAGE, **cards: str | None) -> bytes:
    """A FITS file of one image with FIRST's pixels and beam, and cards as `with_cards`."""
    return with_cards(fits_file(pixels, GRID, 5.4, EQUINOX=2000.0), **cards)


def with_cards(content: bytes, **cards: str | None) -> bytes:
    """Give a file cards with just these values, unquoted; None: without the card.

    An underscore at the end of a keyword is left out, so that a card may stand there twice.
    """
    end = next(at for at in range(0, len(content), CARD) if content[at : at + 8] == b"END     ")
    data = content[-(-(end + CARD) // BLOCK) * BLOCK :]
    kept = [content[at : at + CARD] for at in range(0, end, CARD)]
    replaced = {keyword.encode().ljust(8) for keyword in cards if not keyword.endswith("_")}
    kept = [card for card in kept if card[:8] not in replaced]
    for keyword, value in cards.items():
        if value is not None:
            kept.append(f"{keyword.rstrip('_'):<8}= {value:>20}".ljust(CARD).encode())
    head = b"".join([*kept, b"END".ljust(CARD)])
    return head.ljust(-(-len(head) // BLOCK) * BLOCK) + data


def noise(shape: tuple[int, ...], seed: int = 3) -> NDArray[np.float32]:
    """Sky of 0.15 mJy/beam."""
    return np.random.default_rng(seed).normal(0, 0.15e-3, shape).astype(np.float32)
