"""What a survey's answer must be to count as a cutout: its size, unit, pixels, place and signal.

Each check raises a `SurveyError` with a sentence; none changes the image.
"""

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs.utils import proj_plane_pixel_scales
from numpy.typing import NDArray

from app.errors import BadSurveyAnswer, BlankCutout, UndersizedCutout
from app.images.celestial import celestial_wcs
from app.images.fits import FitsImage
from app.images.header import foreign_unit
from app.sky.coordinates import format_position
from model.preprocess import IMAGE_SIZE_PX

MAX_CENTRE_OFFSET_ARCSEC = 30.0
SAME_SCALE = 0.01


def check_size(pixels: NDArray[np.float32], service: str) -> None:
    """Raise `UndersizedCutout` below the 150 px that preprocessing needs."""
    height, width = pixels.shape
    if min(height, width) < IMAGE_SIZE_PX:
        raise UndersizedCutout(
            f"The {service} sent only {width} x {height} px; at least {IMAGE_SIZE_PX} x "
            f"{IMAGE_SIZE_PX} px are needed.",
            advice="The position may lie at the edge of the survey: try one further inside.",
        )


def check_unit(image: FitsImage, service: str) -> None:
    """Raise `BadSurveyAnswer` for a unit that is not Jy/beam; an absent one is taken for it."""
    if unit := foreign_unit(image.header):
        raise BadSurveyAnswer(f"The {service} sent an image in '{unit}', not in Jy/beam.")


def check_scale(image: FitsImage, wanted_arcsec: float, service: str) -> None:
    """Raise `BadSurveyAnswer` if the pixels are not, to 1 %, as wide as was asked for."""
    scales_arcsec = 3600 * proj_plane_pixel_scales(celestial_wcs(image.header))
    if not np.allclose(scales_arcsec, wanted_arcsec, rtol=SAME_SCALE, atol=0):
        width, height = scales_arcsec
        raise BadSurveyAnswer(
            f'The {service} sent pixels of {width:.4g}" x {height:.4g}", not the '
            f'{wanted_arcsec:g}" that were asked for. Its form may have changed.'
        )


def check_centre(center: SkyCoord, position: SkyCoord, service: str) -> None:
    """Raise `BadSurveyAnswer` if the image's centre is more than 30" from the position."""
    offset_arcsec = float(position.separation(center).arcsec)
    if not offset_arcsec <= MAX_CENTRE_OFFSET_ARCSEC:  # NaN: the projection does not reach it
        raise BadSurveyAnswer(
            f'The {service} sent another field: its centre lies {offset_arcsec:.0f}" from '
            f"{format_position(position.ra.deg, position.dec.deg)}, more than the "
            f'{MAX_CENTRE_OFFSET_ARCSEC:.0f}" that are allowed.',
            advice="Try again, or a position further inside the survey.",
        )


def check_signal(pixels: NDArray[np.float32], survey: str, service: str) -> None:
    """Raise `BlankCutout` if nothing was observed, or all observed pixels are equal."""
    observed = pixels[np.isfinite(pixels)]
    if observed.size and observed.min() != observed.max():
        return
    why = (
        f"all its pixels are {observed[0]:g} Jy/beam"
        if observed.size
        else ("none of its pixels was observed")
    )
    raise BlankCutout(
        f"The cutout of {survey} from the {service} is blank: {why}.",
        advice="The survey may not reach the position: try one further inside.",
        parameter="position",
    )
