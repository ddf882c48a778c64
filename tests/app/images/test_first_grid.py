"""Bringing an image to FIRST's sampling, against Gaussians whose outcome is known exactly."""

from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

from app.errors import OutsideImage
from app.images.first_grid import FIELD_PX, Field, first_wcs, to_first
from app.images.fits import read_sky_image
from tests.replay.uploads import DOUBLE, PLACE, Blob, Grid, fits_file, sky_image

PIXELS_A_BEAM = np.pi * 5.4**2 / (4 * np.log(2)) / 1.8**2
FIRST_FIELD = Grid()


def brought(
    grid: Grid, beam_arcsec: float | None, made_with_arcsec: float, **cards: object
) -> Field:
    image = sky_image(grid, beam_arcsec=made_with_arcsec)
    return to_first(read_sky_image(fits_file(image, grid, beam_arcsec, **cards)))


@pytest.mark.parametrize(
    ("grid", "beam_arcsec"),
    [
        (Grid((620, 620), 0.5), 1.5),
        (Grid((1300, 1300), 0.2), 1.0),
        (Grid((300, 300), 1.8, turned_deg=37), 5.4),
        (Grid((600, 640), 1.0, "SIN"), 3.0),
        (Grid((600, 640), 1.0, "ARC", turned_deg=-120), 4.0),
        (Grid((600, 600), 1.0, "CAR"), 2.5),
        (Grid((600, 600), 1.0, frame="galactic"), 2.5),
        (Grid((600, 600), 1.0, "STG", centre=SkyCoord(10, 85, unit="deg")), 2.5),
        (Grid((600, 600), 1.0, "SIN", centre=SkyCoord(0.001, -5, unit="deg")), 2.5),
        (Grid((300, 300), 1.8), 4.0),
    ],
    ids=lambda value: (
        str(value) if isinstance(value, float) else f"{value.projection}{value.scale_arcsec}"
    ),
)
def test_a_finer_image_becomes_what_first_would_have_seen(grid: Grid, beam_arcsec: float) -> None:
    field = brought(grid, beam_arcsec, beam_arcsec)
    expected = sky_image(Grid(centre=grid.centre), beam_arcsec=5.4)
    middle = np.s_[90:210, 90:210]
    assert field.covered[middle].all()
    peak = expected.max()
    assert np.abs(field.pixels - expected)[middle].max() < 0.01 * peak
    flux_jy = field.pixels[middle].sum() / PIXELS_A_BEAM
    assert flux_jy == pytest.approx(sum(blob.flux_jy for blob in DOUBLE), rel=0.005)


def test_a_point_source_keeps_its_peak_and_a_wide_one_its_flux() -> None:
    grid = Grid((900, 900), 0.6)
    for blob in (Blob(0.03), Blob(0.03, fwhm_arcsec=20)):
        image = sky_image(grid, (blob,), beam_arcsec=2.0)
        pixels = to_first(read_sky_image(fits_file(image, grid, 2.0))).pixels
        half_px2 = 2 * 0.9**2  # the source lies between four pixels
        width2 = 5.4**2 + blob.fwhm_arcsec**2
        peak = 0.03 * 5.4**2 / width2 * np.exp(-4 * np.log(2) * half_px2 / width2)
        assert pixels.max() == pytest.approx(peak, rel=0.01)
        assert pixels.sum() / PIXELS_A_BEAM == pytest.approx(0.03, rel=0.005)


def test_what_was_done_is_said_with_its_numbers() -> None:
    remarks = brought(Grid((600, 600), 1.0), 2.7, 2.7).remarks
    assert any('resampled from 1 x 1" a pixel' in remark for remark in remarks)
    assert any('from a beam of 2.7 x 2.7" to 5.4 x 5.4"' in remark for remark in remarks)
    assert any("multiplied by 4, the ratio of the beam areas" in remark for remark in remarks)


def test_a_coarser_beam_is_kept_and_flagged() -> None:
    grid = Grid((100, 100), 6.0)
    field = brought(grid, 18.0, 18.0)
    expected = sky_image(FIRST_FIELD, beam_arcsec=18.0)
    assert np.abs(field.pixels - expected)[60:240, 60:240].max() < 0.02 * expected.max()
    assert any("is coarser than FIRST's 5.4\"" in remark for remark in field.remarks)
    assert any("interpolation adds no detail" in remark for remark in field.remarks)


def test_an_unknown_beam_is_flagged_and_fluxes_are_left_alone() -> None:
    field = brought(Grid((600, 600), 1.0), None, 5.4)
    assert any("gives no beam" in remark for remark in field.remarks)
    assert field.pixels.max() == pytest.approx(sky_image(FIRST_FIELD).max(), rel=0.05)


def test_an_image_of_first_is_cut_and_never_touched() -> None:
    image = sky_image(FIRST_FIELD, noise_jy=1e-4)
    field = to_first(read_sky_image(fits_file(image, FIRST_FIELD, 5.4)))
    np.testing.assert_array_equal(field.pixels, image)
    assert field.remarks == ()


@pytest.mark.parametrize("size_px", [299, 301, 300, 450])
def test_the_middle_pixel_of_any_size_stays_the_middle(size_px: int) -> None:
    image = np.zeros((size_px, size_px), np.float32)
    image[size_px // 2, size_px // 2] = 1
    field = to_first(read_sky_image(fits_file(image, Grid((size_px, size_px)), 5.4)))
    assert field.pixels[150, 150] == 1


def test_a_position_in_a_larger_image_is_cut_at_whole_pixels() -> None:
    grid = Grid((700, 800))
    image = sky_image(grid, noise_jy=1e-4)
    place = PLACE.spherical_offsets_by(90 * u.arcsec, -180 * u.arcsec)
    field = to_first(read_sky_image(fits_file(image, grid, 5.4)), place)
    row, column = 349.5 - 100, 399.5 - 50  # 1.8" a pixel, east left
    top, left = round(row - 149.5), round(column - 149.5)
    np.testing.assert_array_equal(field.pixels, image[top : top + 300, left : left + 300])
    assert field.covered.all()


@pytest.mark.parametrize("size_px", [300, 301])
def test_a_position_anywhere_in_the_middle_pixel_needs_no_word(size_px: int) -> None:
    """FIRST cuts at whole pixels: the position lies somewhere in pixel side // 2."""
    grid = Grid((size_px, size_px))
    image = read_sky_image(fits_file(sky_image(grid, noise_jy=1e-4), grid, 5.4))
    off_px = np.array([-0.49, 0.49])
    for place in grid.wcs().pixel_to_world(size_px // 2 + off_px, size_px // 2 + off_px):
        assert to_first(image, place).remarks == ()


def test_a_position_outside_the_image_is_refused_with_where_the_image_is() -> None:
    plane = read_sky_image(fits_file(sky_image(FIRST_FIELD), FIRST_FIELD, 5.4))
    with pytest.raises(OutsideImage, match=r"does not lie in the image, whose centre is 13h20m0"):
        to_first(plane, SkyCoord(210, 30, unit="deg"))
    with pytest.raises(OutsideImage):  # the far side of a tangent plane projects onto it too
        to_first(plane, SkyCoord(20, -30, unit="deg"))


class Astray(WCS):
    """Coordinates whose inverse did not converge."""

    def world_to_pixel(self, *_: object) -> tuple[float, float]:
        return 150.0, 150.0


def test_a_pixel_that_is_not_where_the_position_is_does_not_count_as_inside() -> None:
    plane = read_sky_image(fits_file(sky_image(FIRST_FIELD), FIRST_FIELD, 5.4))
    astray = replace(plane, wcs=Astray(FIRST_FIELD.wcs().to_header()))
    with pytest.raises(OutsideImage):
        to_first(astray, SkyCoord(201, 30, unit="deg"))


def test_unobserved_pixels_stay_unobserved_and_spread_nothing() -> None:
    grid = Grid((600, 600), 1.0)
    image = sky_image(grid, beam_arcsec=2.5)
    image[:, :150] = np.nan
    image[10, 300] = np.inf
    pixels = to_first(read_sky_image(fits_file(image, grid, 2.5))).pixels
    assert np.isnan(pixels[:, :66]).all()  # the image's 150 px from its edge at -30 px
    assert np.isfinite(pixels[20:, 68:]).all()
    expected = sky_image(FIRST_FIELD)
    assert np.abs(pixels - expected)[50:250, 80:250].max() < 0.01 * expected.max()


def test_an_image_smaller_than_the_field_covers_only_its_own_part() -> None:
    grid = Grid((200, 200), 1.0)
    field = to_first(read_sky_image(fits_file(sky_image(grid, beam_arcsec=2.5), grid, 2.5)))
    assert field.covered.mean() == pytest.approx((200 / 540) ** 2, rel=0.03)
    assert np.isnan(field.pixels[~field.covered]).all()


def test_the_noise_after_resampling_is_that_of_the_smoothed_image() -> None:
    grid = Grid((1100, 1100), 0.5)
    white = np.random.default_rng(2).normal(0, 1e-3, grid.size_px).astype(np.float32)
    noise = to_first(read_sky_image(fits_file(white, grid, 2.0))).pixels
    added_sigma_px = np.sqrt(5.4**2 - 2.0**2) / 2.3548 / 0.5
    expected = 1e-3 / np.sqrt(4 * np.pi * added_sigma_px**2) * (5.4 / 2.0) ** 2
    assert noise.std() == pytest.approx(expected, rel=0.1)


def test_the_field_is_between_its_middle_pixels() -> None:
    middle = first_wcs(PLACE).pixel_to_world((FIELD_PX - 1) / 2, (FIELD_PX - 1) / 2)
    assert middle.separation(PLACE).arcsec < 1e-6
