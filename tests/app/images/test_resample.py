"""Convolution and averaging in bins, on their own."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from app.images.first_grid import first_wcs
from app.images.fits import read_sky_image
from app.images.resample import blur, covariance_in_pixels, resample
from app.images.sky_image import Piece, SkyImage
from tests.replay.uploads import PLACE, Grid, fits_file, sky_image


def test_blur_is_the_convolution_with_a_gaussian() -> None:
    image = np.zeros((81, 91), np.float32)
    image[40, 45] = 1.0
    blurred = blur(image, np.diag([9.0, 4.0]))  # column before row
    expected = gaussian_filter(image.astype(float), (2.0, 3.0), truncate=8)
    inside = np.s_[20:60, 20:70]
    # beside the edge the weights are those of what was observed
    assert np.abs(blurred - expected)[inside].max() < 2e-4 * expected.max()
    assert blurred[inside].sum() == pytest.approx(1.0, abs=1e-3)


def test_blur_turns_with_its_covariance() -> None:
    image = np.zeros((61, 61), np.float32)
    image[30, 30] = 1.0
    blurred = blur(image, np.array([[9.0, 8.0], [8.0, 9.0]]))
    assert blurred[33, 33] > 10 * blurred[33, 27]


def test_blur_means_over_observed_pixels_only() -> None:
    image = np.ones((40, 40), np.float32)
    image[:, 20:] = np.nan
    blurred = blur(image, np.eye(2) * 4)
    np.testing.assert_allclose(blurred[:, :20], 1.0, rtol=1e-4)
    assert np.isnan(blurred[:, 20:]).all()


def test_no_blur_gives_the_image_itself() -> None:
    image = np.ones((4, 4), np.float32)
    assert blur(image, np.zeros((2, 2))) is image


def test_a_covariance_on_the_sky_becomes_one_in_pixels() -> None:
    matrix = np.array([[-0.5, 0.0], [0.0, 0.25]])  # x leads west by 0.5", y north by 0.25"
    np.testing.assert_allclose(
        covariance_in_pixels(np.diag([1.0, 4.0]), matrix), np.diag([4.0, 64.0])
    )


def test_only_the_part_that_is_needed_is_read() -> None:
    grid = Grid((4000, 4200), 0.5)
    whole = read_sky_image(fits_file(np.zeros(grid.size_px, np.float32), grid, 2.0))
    read: list[Piece] = []

    def counted(piece: Piece) -> np.ndarray:
        read.append(piece)
        return whole.read(piece)

    plane = SkyImage(whole.shape, whole.wcs, True, counted, whole.beam)
    matrix = np.diag([-0.5, 0.5])
    resample(plane, first_wcs(PLACE), matrix, np.eye(2) * 4)
    pixels = sum((r.stop - r.start) * (c.stop - c.start) for r, c in read)
    assert pixels < 1.2 * (540 / 0.5) ** 2
    assert max((r.stop - r.start) * (c.stop - c.start) for r, c in read) <= 2_000_000


def test_a_distorted_image_is_not_averaged_in_bins() -> None:
    grid = Grid((900, 900), 0.3)
    cards = {"A_ORDER": 2, "B_ORDER": 2, "A_2_0": 1e-7, "B_0_2": 1e-7}
    content = fits_file(
        sky_image(grid, beam_arcsec=5.4), grid, 5.4, CTYPE1="RA---TAN-SIP", CTYPE2="DEC--TAN-SIP"
    )
    plane = read_sky_image(_with_cards(content, cards))
    assert plane.wcs.has_distortion
    pixels, covered = resample(plane, first_wcs(PLACE), np.diag([-0.3, 0.3]), np.zeros((2, 2)))
    expected = sky_image(Grid(), beam_arcsec=5.4)
    assert covered[100:200, 100:200].all()
    assert np.abs(pixels - expected)[100:200, 100:200].max() < 0.03 * expected.max()


def _with_cards(content: bytes, cards: dict[str, float]) -> bytes:
    """Replace blank cards after END's place by further ones."""
    end = content.index(b"END" + b" " * 77)
    lines = b"".join(f"{name:8}= {value!r:>20}".ljust(80).encode() for name, value in cards.items())
    head = (content[:end] + lines + b"END").ljust(2880)
    return head + content[2880:]
