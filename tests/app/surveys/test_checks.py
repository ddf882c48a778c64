"""What counts as a cutout, at its bounds."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from app.errors import BadSurveyAnswer, BlankCutout, UndersizedCutout
from app.images.fits import FitsImage, read_fits
from app.surveys.checks import check_centre, check_scale, check_signal, check_size, check_unit
from tests.replay.images import drawn_double, first_answer

POSITION = SkyCoord(206.42212, 23.38192, unit="deg")


@pytest.fixture
def image() -> FitsImage:
    """A FIRST image, as its server sends it."""
    return read_fits(first_answer(drawn_double(), POSITION))


def test_150_px_a_side_are_enough_and_149_are_not() -> None:
    check_size(np.zeros((150, 400), np.float32), "FIRST server")
    with pytest.raises(UndersizedCutout, match="only 400 x 149 px; at least 150 x 150"):
        check_size(np.zeros((149, 400), np.float32), "FIRST server")


def test_no_unit_is_taken_for_jy_per_beam_and_another_is_named(image: FitsImage) -> None:
    check_unit(image, "FIRST server")
    image.header["BUNIT"] = "K"
    with pytest.raises(BadSurveyAnswer, match="in 'K', not in Jy/beam"):
        check_unit(image, "FIRST server")
    del image.header["BUNIT"]
    check_unit(image, "FIRST server")


def test_pixels_may_differ_by_one_percent(image: FitsImage) -> None:
    check_scale(image, 1.8 / 1.009, "FIRST server")
    with pytest.raises(BadSurveyAnswer, match=r'pixels of 1\.8" x 1\.8"'):
        check_scale(image, 1.8 / 1.011, "FIRST server")


def test_the_centre_may_lie_half_an_arcminute_off_and_must_be_known() -> None:
    near, far = (POSITION.directional_offset_by(1 * u.rad, x * u.arcsec) for x in (29.9, 30.1))
    check_centre(near, POSITION, "FIRST server")
    with pytest.raises(BadSurveyAnswer, match='another field: its centre lies 30"'):
        check_centre(far, POSITION, "FIRST server")
    with pytest.raises(BadSurveyAnswer, match="another field"):
        check_centre(SkyCoord(np.nan, np.nan, unit="deg"), POSITION, "FIRST server")


def test_one_pixel_that_differs_is_a_signal_and_one_value_all_over_is_none() -> None:
    pixels = np.full((150, 150), np.nan, np.float32)
    with pytest.raises(BlankCutout, match="none of its pixels was observed"):
        check_signal(pixels, "FIRST", "FIRST server")
    pixels[:75] = 0.25
    with pytest.raises(BlankCutout, match=r"all its pixels are 0\.25 Jy/beam"):
        check_signal(pixels, "FIRST", "FIRST server")
    pixels[0, 0] = 0.26
    check_signal(pixels, "FIRST", "FIRST server")
