"""Angular extent: how long a source is on the sky, measured from its cleaned image.

It never uses a catalogue, a label or a fit; docs/results/angular_extent.md says how well it does.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from model.preprocess import IMAGE_SIZE_PX, INPUT_SIZE_PX, PIXEL_SCALE_ARCSEC

EXTENT_ALGORITHM = "islands-beam-peaks/1"
"""Name and version of what this module measures; extents by another are not comparable."""

BEAM_FWHM_ARCSEC = 5.4
BEAM_SIGMA_ARCSEC = BEAM_FWHM_ARCSEC / np.sqrt(8 * np.log(2))
FIELD_ARCSEC = INPUT_SIZE_PX * PIXEL_SCALE_ARCSEC
"""Side of the square that the network sees: 126"."""

MIN_AREA_PX = 6
"""A point source of 5 sigma covers 5 px above 3 sigma; a smaller island is taken for noise."""
MIN_OUTER_AREA_PX = 40
"""An island outside the central 126" counts only if it is resolved: 4 beam areas."""
MIN_FLUX_SHARE = 0.05
"""Of the brightest island's flux; fainter islands are taken for noise, side lobes, neighbours."""
BLUR_ARCSEC = 2 * BEAM_FWHM_ARCSEC
"""Emission this near to a brightness peak is taken to be that peak, blurred."""
LINK_ARCSEC = 4 * BEAM_FWHM_ARCSEC
"""Widest gap between two islands that are one source without further evidence."""
MAX_BEND_DEG = 45.0
"""Two lobes lie opposite each other if they are at most this far from a straight line."""
MAX_ARM_RATIO = 4.0
"""... and the longer arm is at most this many times the shorter."""


@dataclass(frozen=True)
class AngularExtent:
    """The length of a source, and what limits it."""

    arcsec: float
    """Unresolved: the beam's width, an upper limit. NaN: no emission in the field."""
    flag: Literal["ok", "unresolved", "beyond field"]


@dataclass(frozen=True)
class _Islands:
    """The connected islands of emission in an image: one row per pixel, one per island."""

    pixels_arcsec: NDArray[np.float64]  # (P, 2) north and west of the image's centre
    brightness: NDArray[np.float64]  # (P,)
    island: NDArray[np.intp]  # (P,) the island that a pixel belongs to
    area_px: NDArray[np.intp]  # (K,)
    flux: NDArray[np.float64]  # (K,)
    centroid_arcsec: NDArray[np.float64]  # (K, 2)
    nearest_arcsec: NDArray[np.float64]  # (K,) from the centre to the nearest pixel
    in_field: NDArray[np.bool_]  # (K,) has a pixel that the network sees


def measure_extent(cleaned: NDArray[np.uint8]) -> AngularExtent:
    """Measure the angular extent of the source at the centre of a cleaned image.

    Parameters
    ----------
    cleaned : ndarray, shape (150, 150), uint8
        As `model.preprocess.clean` makes it, 1.8" a pixel, zero below 3 sigma; or the centre
        of a demo image, which is scaled in another way. The source is in the middle.

    Returns
    -------
    extent : AngularExtent
        ``ok``: all of the source lies in the central 126" that the network sees.
        ``unresolved``: shorter than the beam (5.4"), which is then the value: an upper limit.
        ``beyond field``: the source reaches out of the central 126"; the value counts what
        lies within 135" of the centre. NaN if there is no emission in the central 126".

    Raises
    ------
    ValueError
        If the array is not (150, 150).

    Notes
    -----
    The convention is that of the sizes in the MiraBest file names: half of them are, to within
    0.05", the separation of two FIRST components, so the blur beyond the outermost peaks does
    not count. docs/results/angular_extent.md shows this, and the algorithm in words.
    """
    if cleaned.shape != (IMAGE_SIZE_PX, IMAGE_SIZE_PX):
        raise ValueError(
            f"The image has the shape {cleaned.shape}; the extent is measured on a cleaned "
            f"image of ({IMAGE_SIZE_PX}, {IMAGE_SIZE_PX}) px: pass it through clean() first."
        )
    islands = _find_islands(cleaned)
    of_source = _associate(islands)[islands.island]  # (P,)
    if not of_source.any():
        return AngularExtent(float("nan"), "beyond field")
    pixels_arcsec = islands.pixels_arcsec[of_source]
    length_arcsec = max(
        _equivalent_double(pixels_arcsec, islands.brightness[of_source]),
        _span(pixels_arcsec, pixels_arcsec[_find_peaks(cleaned, of_source)]),
    )
    if np.abs(pixels_arcsec).max() > FIELD_ARCSEC / 2:
        return AngularExtent(max(length_arcsec, BEAM_FWHM_ARCSEC), "beyond field")
    if length_arcsec < BEAM_FWHM_ARCSEC:
        return AngularExtent(BEAM_FWHM_ARCSEC, "unresolved")
    return AngularExtent(length_arcsec, "ok")


def source_pixels(cleaned: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which pixels of a cleaned image `measure_extent` takes for the source.

    Parameters
    ----------
    cleaned : ndarray, shape (150, 150), uint8

    Returns
    -------
    of_source : ndarray, shape (150, 150), bool
    """
    islands = _find_islands(cleaned)
    of_source = np.zeros(cleaned.shape, dtype=bool)
    of_source[np.nonzero(cleaned)] = _associate(islands)[islands.island]
    return of_source


def _find_islands(cleaned: NDArray[np.uint8]) -> _Islands:
    """Group the pixels above zero that touch, diagonals included."""
    labels, count = ndimage.label(cleaned, structure=np.ones((3, 3)))
    rows, columns = np.nonzero(cleaned)
    island = labels[rows, columns].astype(np.intp) - 1
    brightness = cleaned[rows, columns].astype(np.float64)
    offsets_px = np.stack([rows, columns], axis=1) - np.float64((IMAGE_SIZE_PX - 1) / 2)
    pixels_arcsec: NDArray[np.float64] = offsets_px * PIXEL_SCALE_ARCSEC  # (P, 2)
    flux = np.bincount(island, brightness, count).astype(np.float64)
    moments = [np.bincount(island, brightness * along, count) for along in pixels_arcsec.T]
    nearest_arcsec = np.full(count, np.inf)
    np.minimum.at(nearest_arcsec, island, np.hypot(*pixels_arcsec.T))
    seen = (np.abs(pixels_arcsec) <= FIELD_ARCSEC / 2).all(axis=1)
    return _Islands(
        pixels_arcsec,
        brightness,
        island,
        area_px=np.bincount(island, minlength=count),
        flux=flux,
        centroid_arcsec=np.stack(moments, axis=1) / flux[:, None],
        nearest_arcsec=nearest_arcsec,
        in_field=np.bincount(island, seen, count) > 0,
    )


def _associate(islands: _Islands) -> NDArray[np.bool_]:
    """Tell which islands (K,) are the central source."""
    if not islands.in_field.any():
        return islands.in_field
    central = islands.in_field & (islands.nearest_arcsec <= BLUR_ARCSEC)
    bright = islands.flux >= MIN_FLUX_SHARE * islands.flux[islands.in_field].max()
    smallest_px = np.where(islands.in_field, MIN_AREA_PX, MIN_OUTER_AREA_PX)
    counted = (central | bright) & (islands.area_px >= smallest_px)
    if not (counted & islands.in_field).any():
        counted = islands.in_field
    source = counted & (central | _has_counterpart(islands.centroid_arcsec, counted))
    if not source.any():  # nothing in the middle and no pair: the island nearest to the middle
        eligible = counted & islands.in_field
        source[np.argmin(np.where(eligible, islands.nearest_arcsec, np.inf))] = True
    return _link_neighbours(islands, source, counted)


def _has_counterpart(
    centroid_arcsec: NDArray[np.float64], counted: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell which islands (K,) have another on the opposite side of the centre, lobe to lobe."""
    paired = np.zeros(len(counted), dtype=bool)
    arms_arcsec = np.hypot(*centroid_arcsec[counted].T)  # (C,)
    arms_arcsec = np.maximum(arms_arcsec, 1e-6)
    directions = centroid_arcsec[counted] / arms_arcsec[:, None]
    opposite = directions @ directions.T <= -np.cos(np.radians(MAX_BEND_DEG))
    alike = arms_arcsec[:, None] <= MAX_ARM_RATIO * arms_arcsec
    paired[counted] = (opposite & alike & alike.T).any(axis=1)
    return paired


def _link_neighbours(
    islands: _Islands, source: NDArray[np.bool_], counted: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Add islands (K,) across narrow gaps until no more come."""
    while (counted & ~source).any():
        within = source[islands.island]
        outside = (counted & ~source)[islands.island]
        tree = cKDTree(islands.pixels_arcsec[within])
        gaps_arcsec, _ = tree.query(islands.pixels_arcsec[outside])
        reached = np.unique(islands.island[outside][gaps_arcsec <= LINK_ARCSEC])
        if reached.size == 0:
            break
        source = source | np.isin(np.arange(len(source)), reached)
    return source


def _find_peaks(cleaned: NDArray[np.uint8], of_source: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which of the source's pixels (S,) are its brightness peaks, smoothed with the beam."""
    rows, columns = (index[of_source] for index in np.nonzero(cleaned))
    sigma_px = BEAM_SIGMA_ARCSEC / PIXEL_SCALE_ARCSEC
    blurred = ndimage.gaussian_filter(cleaned.astype(float), sigma_px)[rows, columns]
    source_alone = np.zeros(cleaned.shape)
    source_alone[rows, columns] = blurred
    highest = ndimage.maximum_filter(source_alone, size=3)[rows, columns]
    return blurred >= highest * (1 - 1e-9)  # equal neighbours are peaks, whatever the rounding


def _span(pixels_arcsec: NDArray[np.float64], peaks_arcsec: NDArray[np.float64]) -> float:
    """Measure the longest way (arcsec) between two pixels, less the blur past a peak at each end.

    The blur of a pixel is its distance to the nearest peak, at most `BLUR_ARCSEC`.
    """
    blur_arcsec, _ = cKDTree(peaks_arcsec).query(pixels_arcsec)
    blur_arcsec = np.minimum(blur_arcsec, BLUR_ARCSEC)[:, None]
    angles = np.radians(np.arange(0, 180))
    along_arcsec = pixels_arcsec @ np.stack([np.cos(angles), np.sin(angles)])  # (P, 180)
    ahead = (along_arcsec - blur_arcsec).max(axis=0)
    behind = (-along_arcsec - blur_arcsec).max(axis=0)
    return float((ahead + behind).max())


def _equivalent_double(
    pixels_arcsec: NDArray[np.float64], brightness: NDArray[np.float64]
) -> float:
    """Separate two equal points so that, with the beam, they are as wide as the source."""
    covariance = np.cov(pixels_arcsec.T, aweights=brightness, bias=True, ddof=0)
    variance = float(np.linalg.eigvalsh(np.atleast_2d(covariance))[-1])
    return 2 * float(np.sqrt(max(variance - BEAM_SIGMA_ARCSEC**2, 0.0)))
