"""What makes a survey's image a usable cutout at a position, one check for each way to fail.

It never mends an image.
"""

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.errors import BadSurveyAnswer, BlankCutout, UndersizedCutout
from app.fits_image import FitsImage, foreign_unit
from app.position import format_position
from model.preprocess import IMAGE_SIZE_PX

MAX_CENTRE_OFFSET_ARCSEC = 30.0


def check_size(pixels: NDArray[np.float32], service: str) -> None:
    """Raise `UndersizedCutout` below the 150 px that preprocessing needs."""
    height, width = pixels.shape
    if min(height, width) < IMAGE_SIZE_PX:
        raise UndersizedCutout(
            f"The {service} sent only {width} x {height} px; at least {IMAGE_SIZE_PX} x "
            f"{IMAGE_SIZE_PX} px are needed. The position may lie at the edge of the survey: "
            "try one further inside."
        )


def check_unit(image: FitsImage, service: str) -> None:
    """Raise `BadSurveyAnswer` for a unit that is not Jy/beam; an absent one is taken for it."""
    if unit := foreign_unit(image.header):
        raise BadSurveyAnswer(f"The {service} sent an image in '{unit}', not in Jy/beam.")


def check_centre(center: SkyCoord, position: SkyCoord, service: str) -> None:
    """Raise `BadSurveyAnswer` if the image's centre is more than 30" from the position."""
    offset_arcsec = float(position.separation(center).arcsec)
    if not offset_arcsec <= MAX_CENTRE_OFFSET_ARCSEC:  # NaN: the projection does not reach it
        raise BadSurveyAnswer(
            f'The {service} sent another field: its centre lies {offset_arcsec:.0f}" from '
            f"{format_position(position.ra.deg, position.dec.deg)}, more than the "
            f'{MAX_CENTRE_OFFSET_ARCSEC:.0f}" that are allowed. Try again, or a position '
            "further inside the survey."
        )


def check_signal(pixels: NDArray[np.float32], service: str) -> None:
    """Raise `BlankCutout` if nothing was observed, or all observed pixels are equal."""
    observed = pixels[np.isfinite(pixels)]
    if observed.size == 0:
        raise BlankCutout(
            f"The cutout of the {service} is blank: none of its pixels was observed. "
            "Try a position further inside the survey.",
            parameter="position",
        )
    if observed.min() == observed.max():
        raise BlankCutout(
            f"The cutout of the {service} is blank: all its pixels are {observed[0]:g} Jy/beam. "
            "Try a position further inside the survey.",
            parameter="position",
        )
