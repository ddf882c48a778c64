"""A cutout of a finer survey as FIRST would have sampled it, for the network that knows only FIRST.

It leaves an image alone that was asked for with FIRST's pixels, and never fetches.
"""

import numpy as np
from numpy.typing import NDArray

from app.images.first_grid import to_first
from app.images.fits import celestial_wcs
from app.images.sky_image import SkyImage
from app.surveys.cutouts import Cutout
from app.surveys.surveys import survey_called
from model.beam import Beam
from model.preprocess import PIXEL_SCALE_ARCSEC


def as_first_would_see(cutout: Cutout) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Bring a cutout to 1.8" a pixel, convolved to FIRST's beam where its own is finer.

    Returns
    -------
    pixels : ndarray, shape (H, W)
        Jy/beam; of FIRST and of coarser surveys the cutout's own.
    remarks : tuple of str
        What was done to it.

    Notes
    -----
    Where the header gives no beam, as with hips2fits, the survey's typical one is taken.
    """
    survey = survey_called(cutout.survey)
    if survey is None or survey.pixel_scale_arcsec == PIXEL_SCALE_ARCSEC:
        return cutout.image, ()
    width_arcsec = survey.typical_beam_arcsec
    height, width = cutout.image.shape
    plane = SkyImage(
        shape=(height, width),
        wcs=celestial_wcs(cutout.header),
        on_sky=True,
        read=lambda piece: cutout.image[piece],
        beam=cutout.beam or Beam(width_arcsec, width_arcsec, 0.0),
        survey=survey.survey,
    )
    field = to_first(plane, cutout.position)
    return field.pixels, field.remarks
