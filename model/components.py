"""Draw the field of any sky position from the Gaussian components of the FIRST catalogue.

It never asks a survey for an image, and what it draws is a model: whoever keeps it marks it
``image_origin = model``.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from model.preprocess import IMAGE_SIZE_PX, PIXEL_SCALE_ARCSEC, clean

IMAGE_ORIGIN = "model"
SEARCH_RADIUS_ARCMIN = 3.2
"""The half diagonal of 150 pixels of 1.8" is 3.18'."""

MAX_SIDELOBE_PROBABILITY = 0.1
NOISE_RMS_JY_BEAM = 0.15e-3
FWHM_PER_SIGMA = 2.3548200450309493
REACH_SIGMA = 5.0
"""A component is drawn out to so many of its standard deviations."""

_DRAWN = ("ra_deg", "dec_deg", "peak_mjy", "major_arcsec", "minor_arcsec", "pa_deg")


@dataclass(frozen=True)
class Beam:
    """Full widths at half maximum (arcsec); the position angle of FIRST's beams is 0 (north)."""

    major_arcsec: float
    minor_arcsec: float


@dataclass(frozen=True)
class Components:
    """Catalogue components and a tree that finds those near a position."""

    values: NDArray[np.float64]
    """(N, 6): ra_deg, dec_deg, peak_mjy, major_arcsec, minor_arcsec (deconvolved), pa_deg."""
    tree: cKDTree

    def near(self, ra_deg: float, dec_deg: float) -> NDArray[np.float64]:
        """The components (n, 6) within 3.2' of a position."""
        radius = 2 * np.sin(np.deg2rad(SEARCH_RADIUS_ARCMIN / 60) / 2)
        return self.values[self.tree.query_ball_point(_unit_vectors(ra_deg, dec_deg), radius)]


def read_components(path: Path, max_sidelobe: float = MAX_SIDELOBE_PROBABILITY) -> Components:
    """Read a component catalogue, leaving out what is probably a sidelobe.

    Parameters
    ----------
    path : path
        Parquet with ra_deg, dec_deg, sidelobe_prob, peak_mjy, major_arcsec, minor_arcsec, pa_deg.
    max_sidelobe : float
        Components of a higher sidelobe probability are left out.
    """
    table = pq.read_table(path, columns=[*_DRAWN, "sidelobe_prob"])
    kept = table["sidelobe_prob"].to_numpy() <= max_sidelobe
    values = np.stack([table[name].to_numpy()[kept] for name in _DRAWN], axis=1).astype(float)
    return Components(values, cKDTree(_unit_vectors(values[:, 0], values[:, 1])))


def first_beam(ra_deg: float, dec_deg: float) -> Beam:
    """The restoring beam of FIRST at a position.

    Notes
    -----
    Circular north of +4d33m, 6.4" x 5.4" south of it, 6.8" x 5.4" in part of the south. Where
    that part ends (here: south of -2d30m25s, between 21 h and 3 h of right ascension) could not
    be checked against the survey's own description.
    """
    if dec_deg > 4.5558:
        return Beam(5.4, 5.4)
    southern_strip = ra_deg >= 315 or ra_deg <= 45
    return Beam(6.8 if dec_deg < -2.5069 and southern_strip else 6.4, 5.4)


def draw_field(components: Components, ra_deg: float, dec_deg: float, seed: int = 0) -> NDArray:
    """Draw the raw field of a position: components convolved with the beam, and noise.

    Parameters
    ----------
    components : Components
    ra_deg, dec_deg : float
        ICRS; the centre of pixel (75, 75).
    seed : int
        Of the noise, which has 0.15 mJy/beam and is correlated over the beam.

    Returns
    -------
    field : ndarray, shape (150, 150), float32
        Jy/beam, 1.8"/px, row 0 south, column 0 east.
    """
    beam = first_beam(ra_deg, dec_deg)
    field = _noise(beam, np.random.default_rng(seed))
    for ra, dec, peak_mjy, major, minor, pa_deg in components.near(ra_deg, dec_deg):
        west, north = _offset_px(ra, dec, ra_deg, dec_deg)
        covariance = _covariance_px(major, minor, pa_deg)
        covariance = covariance + _covariance_px(beam.major_arcsec, beam.minor_arcsec, 0.0)
        _add_gaussian(field, west, north, peak_mjy * 1e-3, covariance)
    return field


def draw_image(components: Components, ra_deg: float, dec_deg: float, seed: int = 0) -> NDArray:
    """Draw a field and clean it as the published images were.

    Returns
    -------
    image : ndarray, shape (150, 150), uint8

    Raises
    ------
    NoEmission
        If nothing of the field survives the 3-sigma clip.
    """
    return clean(draw_field(components, ra_deg, dec_deg, seed))


def _noise(beam: Beam, random: np.random.Generator) -> NDArray[np.float32]:
    size = IMAGE_SIZE_PX
    sigma = np.array([beam.major_arcsec, beam.minor_arcsec]) / FWHM_PER_SIGMA / PIXEL_SCALE_ARCSEC
    white = random.standard_normal((size, size), dtype=np.float32)
    noise = gaussian_filter(white, sigma, mode="wrap")
    return noise * np.float32(NOISE_RMS_JY_BEAM / noise.std())


def _offset_px(ra: float, dec: float, ra_deg: float, dec_deg: float) -> tuple[float, float]:
    """Pixels to the west and to the north of the centre, in the SIN projection."""
    a, d, d0 = np.deg2rad([ra - ra_deg, dec, dec_deg])
    east = np.cos(d) * np.sin(a)
    north = np.sin(d) * np.cos(d0) - np.cos(d) * np.sin(d0) * np.cos(a)
    per_px = np.deg2rad(PIXEL_SCALE_ARCSEC / 3600)
    return -east / per_px, north / per_px


def _covariance_px(major_arcsec: float, minor_arcsec: float, pa_deg: float) -> NDArray[np.float64]:
    """Covariance (2, 2) over (west, north) in pixels of a Gaussian given by its full widths."""
    angle = np.deg2rad(pa_deg)
    along = np.array([-np.sin(angle), np.cos(angle)])  # north through east, east is -west
    across = np.array([np.cos(angle), np.sin(angle)])
    sigma = np.array([major_arcsec, minor_arcsec]) / FWHM_PER_SIGMA / PIXEL_SCALE_ARCSEC
    return sigma[0] ** 2 * np.outer(along, along) + sigma[1] ** 2 * np.outer(across, across)


def _add_gaussian(
    field: NDArray, west: float, north: float, peak: float, covariance: NDArray
) -> None:
    centre = IMAGE_SIZE_PX // 2
    reach = REACH_SIGMA * np.sqrt(np.diag(covariance))  # columns, rows
    start = np.floor(np.array([west, north]) + centre - reach).clip(0, IMAGE_SIZE_PX).astype(int)
    stop = np.ceil(np.array([west, north]) + centre + reach + 1).clip(0, IMAGE_SIZE_PX).astype(int)
    x = np.arange(start[0], stop[0])[None, :] - centre - west
    y = np.arange(start[1], stop[1])[:, None] - centre - north
    weight = np.linalg.inv(covariance)
    chi2 = weight[0, 0] * x**2 + 2 * weight[0, 1] * x * y + weight[1, 1] * y**2
    field[start[1] : stop[1], start[0] : stop[0]] += peak * np.exp(-chi2 / 2)


def _unit_vectors(ra_deg: NDArray | float, dec_deg: NDArray | float) -> NDArray[np.float64]:
    ra, dec = np.deg2rad(ra_deg), np.deg2rad(dec_deg)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)
