"""The blur that brings a beam to FIRST's, and what is said of beams."""

import numpy as np
import pytest

from app.images.first_grid import FWHM_PER_SIGMA, match_beam
from app.images.sky_image import SkyImage, flat_wcs
from model.beam import Beam


def plane(beam: Beam | None, *, is_first: bool = False, has_noise: bool = True) -> SkyImage:
    return SkyImage(
        (300, 300), flat_wcs((300, 300), 1.0), True, lambda _: np.zeros((1, 1), np.float32), beam,
        is_first=is_first, has_noise=has_noise,
    )  # fmt: skip


def fwhm_after(beam: Beam, covariance: np.ndarray) -> list[float]:
    """Full widths of a beam after the blur, arcsec, the longer first."""
    angle = np.radians(beam.pa_deg)
    axis = np.array([np.sin(angle), np.cos(angle)])
    normal = np.array([np.cos(angle), -np.sin(angle)])
    own = beam.major_arcsec**2 * np.outer(axis, axis) + beam.minor_arcsec**2 * np.outer(
        normal, normal
    )
    total = own / FWHM_PER_SIGMA**2 + covariance
    return sorted(np.sqrt(np.linalg.eigvalsh(total)) * FWHM_PER_SIGMA, reverse=True)


@pytest.mark.parametrize(
    ("beam", "widths"),
    [
        (Beam(2.0, 2.0), (5.4, 5.4)),
        (Beam(4.0, 1.5, 30.0), (5.4, 5.4)),
        (Beam(9.0, 2.0, -60.0), (9.0, 5.4)),
        (Beam(5.35, 5.35), (5.35, 5.35)),
        (Beam(20.0, 15.0, 10.0), (20.0, 15.0)),
    ],
)
def test_each_axis_is_widened_to_firsts_and_no_further(
    beam: Beam, widths: tuple[float, float]
) -> None:
    match = match_beam(plane(beam), 1.0)
    np.testing.assert_allclose(fwhm_after(beam, match.covariance_arcsec2), widths, rtol=1e-9)
    areas = widths[0] * widths[1] / (beam.major_arcsec * beam.minor_arcsec)
    assert match.flux_factor == pytest.approx(areas)


def test_the_blur_of_a_long_beam_is_across_it() -> None:
    covariance = match_beam(plane(Beam(9.0, 2.0, 90.0)), 1.0).covariance_arcsec2  # long east-west
    assert covariance[0, 0] == pytest.approx(0, abs=1e-12)
    assert covariance[1, 1] == pytest.approx((5.4**2 - 2.0**2) / FWHM_PER_SIGMA**2)


@pytest.mark.parametrize("beam", [Beam(5.4, 5.4), Beam(6.4, 5.4), Beam(6.8, 5.4)])
def test_firsts_own_beams_need_no_word(beam: Beam) -> None:
    assert match_beam(plane(beam), 1.8).remarks == ()


def test_a_coarser_beam_is_said() -> None:
    (remark,) = match_beam(plane(Beam(45.0, 45.0)), 15.0).remarks
    assert 'The beam of 45 x 45" is coarser' in remark


def test_an_image_of_first_has_firsts_beam_whatever_its_header_says() -> None:
    match = match_beam(plane(Beam(2.0, 2.0), is_first=True), 1.8)
    assert not match.covariance_arcsec2.any()
    assert match.flux_factor == 1


def test_an_unknown_beam_is_blurred_only_as_larger_pixels_average() -> None:
    fine, same = (match_beam(plane(None), pixel) for pixel in (0.5, 1.8))
    assert fine.covariance_arcsec2[0, 0] == pytest.approx((1.8**2 - 0.5**2) / 12)
    assert not same.covariance_arcsec2.any()
    assert fine.flux_factor == same.flux_factor == 1
    assert "gives no beam" in fine.remarks[0]
    assert match_beam(plane(None, has_noise=False), 0.5).remarks == ()
