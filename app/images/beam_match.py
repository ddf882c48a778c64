"""Which blur brings an image's beam to FIRST's 5.4", and what is to be said of a beam.

It never touches a pixel.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.uploads.plane import Plane
from model.first_beam import NORTHERN, SOUTHERN, Beam
from model.preprocess import PIXEL_SCALE_ARCSEC

FWHM_PER_SIGMA = 2.3548200450309493
SAME = 0.02
"""Beams whose widths differ by less than this share are the same."""
UNKNOWN_BEAM = (
    "The header gives no beam (BMAJ, BMIN), so nothing was done to match FIRST's resolution of "
    '5.4". If the image is sharper or coarser, its neighbours may show that rather than its '
    "morphology."
)


@dataclass(frozen=True)
class BeamMatch:
    """How an image is brought to FIRST's resolution."""

    covariance_arcsec2: NDArray[np.float64]
    """(2, 2), of the Gaussian to convolve with: east before north. Zero: nothing to do."""
    flux_factor: float
    """Ratio of the beam areas: what keeps Jy/beam right."""
    remarks: tuple[str, ...]


def match_beam(plane: Plane, pixel_arcsec: float) -> BeamMatch:
    """Decide the blur for an image.

    Parameters
    ----------
    plane : Plane
        One of FIRST has FIRST's beam, whatever its header says.
    pixel_arcsec : float
        Its pixel scale.

    Notes
    -----
    Along each axis of the beam, what is narrower than 5.4" is widened to it; what is wider cannot
    be narrowed and is said. FIRST's own beams reach 6.8 x 5.4".
    """
    beam = plane.beam
    if plane.is_first:
        return BeamMatch(np.zeros((2, 2)), 1.0, ())
    if beam is None:
        return _average(plane, pixel_arcsec)
    wanted = _at_least_firsts(beam)
    if wanted == beam:
        return BeamMatch(np.zeros((2, 2)), 1.0, tuple(_coarser(beam)))
    widths = (beam.major_arcsec, beam.minor_arcsec)
    along, across = (
        max(new**2 - old**2, 0.0) / FWHM_PER_SIGMA**2
        for new, old in zip((wanted.major_arcsec, wanted.minor_arcsec), widths, strict=True)
    )
    ratio = wanted.major_arcsec * wanted.minor_arcsec / (widths[0] * widths[1])
    return BeamMatch(
        _covariance(along, across, beam.pa_deg),
        ratio,
        (_convolved(beam, wanted, ratio), *_coarser(wanted)),
    )


def _average(plane: Plane, pixel_arcsec: float) -> BeamMatch:
    """Blur an unknown beam no more than averaging over each of the new pixels would."""
    variance = max(PIXEL_SCALE_ARCSEC**2 - pixel_arcsec**2, 0.0) / 12  # of a square, less its parts
    variance = variance if pixel_arcsec < PIXEL_SCALE_ARCSEC * (1 - SAME) else 0.0
    remarks = (UNKNOWN_BEAM,) if plane.has_noise else ()
    return BeamMatch(np.eye(2) * variance, 1.0, remarks)


def _at_least_firsts(beam: Beam) -> Beam:
    wanted = NORTHERN.major_arcsec
    major_arcsec, minor_arcsec = (
        width if width >= wanted * (1 - SAME) else wanted
        for width in (beam.major_arcsec, beam.minor_arcsec)
    )
    return Beam(major_arcsec, minor_arcsec, beam.pa_deg)


def _covariance(along: float, across: float, pa_deg: float) -> NDArray[np.float64]:
    """Of a Gaussian whose long axis points at a position angle, from north through east."""
    angle = np.radians(pa_deg)
    axis = np.array([np.sin(angle), np.cos(angle)])  # east, north
    normal = np.array([np.cos(angle), -np.sin(angle)])
    return along * np.outer(axis, axis) + across * np.outer(normal, normal)


def _convolved(beam: Beam, wanted: Beam, ratio: float) -> str:
    return (
        f"It was convolved from a beam of {_words(beam)} to {_words(wanted)}, and its values "
        f"multiplied by {ratio:.4g}, the ratio of the beam areas, to stay in Jy/beam."
    )


def _coarser(beam: Beam) -> list[str]:
    limit = (SOUTHERN.major_arcsec * (1 + SAME), SOUTHERN.minor_arcsec * (1 + SAME))
    if beam.major_arcsec <= limit[0] and beam.minor_arcsec <= limit[1]:
        return []
    return [
        f"The beam of {_words(beam)} is coarser than FIRST's 5.4\": structure that FIRST would "
        "show is blurred, and the neighbours are those of the blurred image."
    ]


def _words(beam: Beam) -> str:
    size = f'{beam.major_arcsec:.3g} x {beam.minor_arcsec:.3g}"'
    round_ = abs(beam.major_arcsec - beam.minor_arcsec) < SAME * beam.major_arcsec
    return size if round_ else f"{size} (position angle {beam.pa_deg:.0f} deg)"
