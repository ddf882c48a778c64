"""Brings an image to FIRST's sampling: 300 x 300 px of 1.8", north up, east left.

It never resamples what is sampled so already, and reads only the part of the image that it needs.
"""

from dataclasses import dataclass

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from numpy.typing import NDArray

from app.errors import OutsideImage, UnreadableFits
from app.images.celestial import UNUSABLE_COORDINATES
from app.images.resample import blur, covariance_in_pixels, resample
from app.images.sky_image import SkyImage
from app.sky.coordinates import format_position
from model.beam import NORTHERN, SOUTHERN, Beam
from model.preprocess import PIXEL_SCALE_ARCSEC

FWHM_PER_SIGMA = 2.3548200450309493
SAME = 0.02
"""Beams whose widths differ by less than this share are the same."""
UNKNOWN_BEAM = (
    "The header gives no beam that can be used (BMAJ, BMIN), so nothing was done to match FIRST's "
    'resolution of 5.4". If the image is sharper or coarser, its neighbours may show that rather '
    "than its morphology."
)


@dataclass(frozen=True)
class BeamMatch:
    """How an image is brought to FIRST's resolution."""

    covariance_arcsec2: NDArray[np.float64]
    """(2, 2), of the Gaussian to convolve with: east before north. Zero: nothing to do."""
    flux_factor: float
    """Ratio of the beam areas: what keeps Jy/beam right."""
    remarks: tuple[str, ...]


def match_beam(image: SkyImage, pixel_arcsec: float) -> BeamMatch:
    """Decide the blur for an image.

    Parameters
    ----------
    image : SkyImage
        One of FIRST has FIRST's beam, whatever its header says.
    pixel_arcsec : float
        Its pixel scale.

    Notes
    -----
    Along each axis of the beam, what is narrower than 5.4" is widened to it; what is wider cannot
    be narrowed and is said. FIRST's own beams reach 6.8 x 5.4".
    """
    beam = image.beam
    if image.is_first:
        return BeamMatch(np.zeros((2, 2)), 1.0, ())
    if beam is None:
        return _average(image, pixel_arcsec)
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


def _average(image: SkyImage, pixel_arcsec: float) -> BeamMatch:
    """Blur an unknown beam no more than averaging over each of the new pixels would."""
    variance = max(PIXEL_SCALE_ARCSEC**2 - pixel_arcsec**2, 0.0) / 12  # of a square, less its parts
    variance = variance if pixel_arcsec < PIXEL_SCALE_ARCSEC * (1 - SAME) else 0.0
    remarks = (UNKNOWN_BEAM,) if image.has_noise else ()
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


FIELD_PX = 300
"""9': what the published noise was measured on."""
SAME_GRID = 0.015
"""Largest difference, as a share of 1.8", between two grids that are the same: also 0.9 deg of
turning, as FIRST's images have it away from the centre of their parent field."""
CENTRED_WITHIN_PX = 2.0
SAME_POSITION_ARCSEC = 1.0


@dataclass(frozen=True, eq=False)
class Field:
    """An image as FIRST would have sampled it."""

    pixels: NDArray[np.float32]  # (300, 300), Jy/beam, row 0 south, column 0 east, NaN unobserved
    covered: NDArray[np.bool_]  # (300, 300), whether the image reaches there
    remarks: tuple[str, ...]


def to_first(image: SkyImage, centre: SkyCoord | None = None) -> Field:
    """Sample an image as FIRST is sampled, with its source in the middle.

    Parameters
    ----------
    image : SkyImage
    centre : SkyCoord, optional
        By default the middle of the image.

    Returns
    -------
    field : Field
        Where the image has FIRST's pixels already, its own values, moved by whole pixels at the
        most; otherwise interpolated by reproject. Convolved to 5.4" where its beam is finer.

    Raises
    ------
    OutsideImage
        If the centre does not lie in the image.
    UnreadableFits
        If its pixels or coordinates cannot be used.

    Notes
    -----
    Jy/beam is sampled and not summed: interpolation keeps peaks and, over equal beams, fluxes. The
    convolution goes before it, so that nothing finer than the new pixels is left to alias.
    """
    try:
        return _sampled(image, centre)
    except UNUSABLE_COORDINATES as exc:
        raise UnreadableFits(
            "The image's celestial coordinates cannot be used at its centre.", parameter="file"
        ) from exc


def _sampled(image: SkyImage, centre: SkyCoord | None) -> Field:
    x_px, y_px = _centre_px(image, centre)
    matrix = local_matrix(image.wcs, x_px, y_px)
    match = match_beam(image, float(np.sqrt(abs(np.linalg.det(matrix)))))
    if _is_first_grid(local_matrix(image.wcs, x_px, y_px, icrs=True)):
        pixels, covered, remarks = _cut(image, x_px, y_px)
        covariance_px = covariance_in_pixels(match.covariance_arcsec2, matrix)
        pixels = blur(pixels, covariance_px)
    else:
        wanted = first_wcs(centre or image.middle)
        pixels, covered = resample(image, wanted, matrix, match.covariance_arcsec2)
        remarks = _resampled(matrix)
    if match.flux_factor != 1:
        pixels = pixels * np.float32(match.flux_factor)
    return Field(pixels, covered, (*remarks, *match.remarks))


def first_wcs(centre: SkyCoord) -> WCS:
    """FIRST's pixels about a position: between pixels 149 and 150, as in the published images."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.radesys = "ICRS"
    wcs.wcs.cdelt = [-PIXEL_SCALE_ARCSEC / 3600, PIXEL_SCALE_ARCSEC / 3600]
    wcs.wcs.crval = [float(centre.icrs.ra.deg), float(centre.icrs.dec.deg)]
    wcs.wcs.crpix = [(FIELD_PX + 1) / 2] * 2
    wcs.array_shape = (FIELD_PX, FIELD_PX)
    return wcs


def local_matrix(wcs: WCS, x_px: float, y_px: float, *, icrs: bool = False) -> NDArray[np.float64]:
    """How far east and north (rows, arcsec) one pixel in x and y (columns) leads, at a pixel.

    East and north are those of the image's own frame, as in position angles of beams, or of ICRS.
    """
    ends = wcs.pixel_to_world(
        np.array([-0.5, 0.5, 0.0, 0.0]) + x_px, np.array([0.0, 0.0, -0.5, 0.5]) + y_px
    )
    ends = ends.icrs if icrs else ends
    east, north = ends[[0, 2]].spherical_offsets_to(ends[[1, 3]])
    matrix = np.array([east.to_value("arcsec"), north.to_value("arcsec")])
    if not np.isfinite(matrix).all() or np.linalg.det(matrix) == 0:
        raise ValueError("no pixel scale")
    return matrix


def _is_first_grid(matrix: NDArray[np.float64]) -> bool:
    """Whether pixels are 1.8" wide, north up and east left, to within what FIRST's own are."""
    wanted = PIXEL_SCALE_ARCSEC * np.diag([-1.0, 1.0])
    return bool(np.abs(matrix - wanted).max() <= SAME_GRID * PIXEL_SCALE_ARCSEC)


def _centre_px(image: SkyImage, centre: SkyCoord | None) -> tuple[float, float]:
    height, width = image.shape
    if centre is None:
        return (width - 1) / 2, (height - 1) / 2
    x_px, y_px = (float(value) for value in image.wcs.world_to_pixel(centre))
    inside = -0.5 <= x_px <= width - 0.5 and -0.5 <= y_px <= height - 0.5
    if inside:  # where inverting a distortion does not converge, there is a pixel all the same
        there = image.wcs.pixel_to_world(x_px, y_px).icrs
        inside = float(there.separation(centre.icrs).arcsec) < SAME_POSITION_ARCSEC
    if not inside:
        asked, middle = (
            format_position(float(place.ra.deg), float(place.dec.deg))
            for place in (centre.icrs, image.middle)
        )
        raise OutsideImage(
            f"The position {asked} does not lie in the image, whose centre is {middle}. Leave the "
            "position out to take the centre.",
            parameter="ra",
        )
    return x_px, y_px


def _cut(
    image: SkyImage, x_px: float, y_px: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_], tuple[str, ...]]:
    """Cut 300 x 300 whole pixels; the middle stays where it is if the source is close to it."""
    height, width = image.shape
    left, off_x_px = _first_pixel(x_px, width)
    bottom, off_y_px = _first_pixel(y_px, height)
    rows = slice(max(bottom, 0), min(bottom + FIELD_PX, height))
    columns = slice(max(left, 0), min(left + FIELD_PX, width))
    pixels = np.full((FIELD_PX, FIELD_PX), np.nan, np.float32)
    covered = np.zeros((FIELD_PX, FIELD_PX), bool)
    place = (
        slice(rows.start - bottom, rows.stop - bottom),
        slice(columns.start - left, columns.stop - left),
    )
    pixels[place], covered[place] = _finite(image.read((rows, columns))), True
    off_arcsec = PIXEL_SCALE_ARCSEC * float(np.hypot(off_x_px, off_y_px))
    remark = f'The position lies {off_arcsec:.1f}" from the middle of the field, which was kept.'
    return pixels, covered, (remark,) if off_arcsec > PIXEL_SCALE_ARCSEC else ()


def _first_pixel(at_px: float, length: int) -> tuple[int, float]:
    """Where the field begins along an axis, and how far from its middle the position then is."""
    off_px = at_px - length // 2  # the pixel that preprocessing takes for the middle
    if abs(off_px) <= CENTRED_WITHIN_PX:
        return length // 2 - FIELD_PX // 2, off_px
    return round(at_px - (FIELD_PX - 1) / 2), 0.0


def _finite(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.isfinite(pixels), pixels, np.float32(np.nan))


def _resampled(matrix: NDArray[np.float64]) -> tuple[str, ...]:
    x_arcsec, y_arcsec = np.linalg.norm(matrix, axis=0)
    remark = (
        f"It was resampled from {x_arcsec:.3g} x {y_arcsec:.3g}\" a pixel to FIRST's "
        f'{PIXEL_SCALE_ARCSEC}", north up and east left.'
    )
    if max(x_arcsec, y_arcsec) <= PIXEL_SCALE_ARCSEC * (1 + SAME_GRID):
        return (remark,)
    return remark, "Its pixels are coarser than FIRST's: interpolation adds no detail."
