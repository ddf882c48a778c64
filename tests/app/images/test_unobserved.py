"""Fill values and a sky that is not at zero: found in every form, and never where there is none."""

import numpy as np
import pytest
from numpy.typing import NDArray

from app.images.prepare import PreparedImage, prepare_image
from app.images.unobserved import fill_values
from tests.app.images.headers import IMAGE, a_file, noise
from tests.replay.uploads import Grid, fits_file, sky_image

OUTSIDE = (np.indices(IMAGE.shape) - 119.5).__pow__(2).sum(axis=0) > 70**2
"""What a mosaic does not reach."""


def filled(value: float, where: NDArray[np.bool_] = OUTSIDE) -> NDArray[np.float32]:
    return np.where(where, np.float32(value), IMAGE)


def said(image: PreparedImage) -> str:
    return " ".join(image.remarks)


@pytest.mark.parametrize("value", [0.0, -999.0, -1e30, 1e20, -32768.0, 9999.0, 1.0, -99.0])
def test_areas_of_one_exact_value_are_as_if_they_were_nan(value: float) -> None:
    wanted = prepare_image(a_file(filled(np.nan)))
    image = prepare_image(a_file(filled(value)))
    np.testing.assert_array_equal(image.pixels, wanted.pixels)
    assert image.rms_jy_beam == wanted.rms_jy_beam
    assert f"exactly {value:g} Jy/beam, which was taken to mean: not observed" in said(image)


def test_fill_in_a_finer_image_is_not_smeared_into_its_neighbours() -> None:
    grid = Grid((700, 700), 1.0)
    pixels = sky_image(grid, beam_arcsec=2.5) + noise((700, 700))
    outside = (np.indices((700, 700)) - 349.5).__pow__(2).sum(axis=0) > 200**2
    images = [
        prepare_image(fits_file(np.where(outside, np.float32(value), pixels), grid, 2.5))
        for value in (np.nan, -999.0, 0.0)
    ]
    for image in images[1:]:
        np.testing.assert_array_equal(image.pixels, images[0].pixels)


def test_fill_beside_fill_and_a_few_bad_pixels_are_all_found() -> None:
    pixels = filled(0.0)
    pixels[:40] = -1e30
    pixels[100, 90:93] = -999.0  # not an area, but no sky either
    image = prepare_image(a_file(pixels))
    pixels[:40], pixels[100, 90:93], pixels[pixels == 0] = np.nan, np.nan, np.nan
    np.testing.assert_array_equal(image.pixels, prepare_image(a_file(pixels)).pixels)


@pytest.mark.parametrize("step_sigma", [0.5, 1.0, 2.0, 3.0, 6.0])
def test_noise_in_coarse_steps_is_no_fill(step_sigma: float) -> None:
    step = step_sigma * 0.15e-3
    assert not len(fill_values(np.round(IMAGE / step).astype(np.float32) * np.float32(step)))


def test_a_masked_image_of_emission_alone_keeps_its_empty_sky() -> None:
    masked = np.where(IMAGE > 5 * 0.15e-3, IMAGE, np.float32(0))
    image = prepare_image(a_file(masked))
    assert "not observed" not in said(image)
    assert "No noise could be measured" in said(image)


def test_noise_that_was_cut_off_at_zero_is_warned_of() -> None:
    image = prepare_image(a_file(np.maximum(IMAGE, np.float32(0))))
    assert "exactly its lowest value, 0 Jy/beam. If its noise was cut off there" in said(image)
    assert "cut off" not in said(prepare_image(a_file()))


def test_a_border_of_three_zeros_is_unobserved() -> None:
    pixels = np.zeros_like(IMAGE)
    pixels[3:-3, 3:-3] = IMAGE[3:-3, 3:-3]
    image = prepare_image(a_file(pixels))
    pixels[pixels == 0] = np.nan
    np.testing.assert_array_equal(image.pixels, prepare_image(a_file(pixels)).pixels)


def test_a_drawn_image_and_a_saturated_one_have_no_fill() -> None:
    assert not len(fill_values(sky_image(Grid())))
    assert not len(fill_values(np.minimum(IMAGE, np.float32(0.004))))
    assert not len(fill_values(np.zeros((300, 300), np.float32)))
    assert not len(fill_values(np.full((300, 300), np.nan, np.float32)))


@pytest.mark.parametrize("sky_jy", [1e-3, -1e-3, 4e-4])
def test_a_sky_off_zero_is_subtracted_and_said(sky_jy: float) -> None:
    image = prepare_image(a_file(IMAGE + np.float32(sky_jy)))
    wanted = prepare_image(a_file())
    assert "mJy/beam" in said(image)
    assert "that was subtracted" in said(image)
    assert np.corrcoef(image.pixels.ravel(), wanted.pixels.ravel())[0, 1] > 0.99
    assert image.rms_jy_beam == pytest.approx(wanted.rms_jy_beam, rel=1e-3)


def test_a_sky_off_zero_beside_fill_is_subtracted_too() -> None:
    pixels = np.where(OUTSIDE, np.float32(0), IMAGE + np.float32(1e-3))
    image = prepare_image(a_file(pixels))
    assert "not observed" in said(image)
    assert "that was subtracted" in said(image)
    wanted = prepare_image(a_file(filled(np.nan)))
    assert np.corrcoef(image.pixels.ravel(), wanted.pixels.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("sky_jy", [0.0, 1e-4, -1e-4])
def test_a_sky_within_its_noise_of_zero_is_left_alone(sky_jy: float) -> None:
    assert "subtracted" not in said(prepare_image(a_file(IMAGE + np.float32(sky_jy))))
