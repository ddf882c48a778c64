"""Draw the field of any sky position from the Gaussian components of the FIRST catalogue.

It never asks a survey for an image, and what it draws is a model: whoever keeps it marks it
``image_origin = model``.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from model.beam import Beam, drawing_beam
from model.errors import ModelError
from model.preprocess import IMAGE_SIZE_PX, INPUT_SIZE_PX, PIXEL_SCALE_ARCSEC, clean
from model.sphere import chord, unit_vectors

RENDERER = "first-components/2"
"""Name and version of what `draw_field` computes; another version draws other images."""

IMAGE_ORIGIN = "model"
SEARCH_RADIUS_ARCMIN = 3.2
"""The half diagonal of 150 pixels of 1.8" is 3.18'."""

MAX_SIDELOBE_PROBABILITY = 0.1
CLEAN_BIAS_MJY = 0.25
"""The catalogue adds it to every peak; the survey's maps, and so what is drawn, lack it."""
NOISE_RMS_JY_BEAM = 0.15e-3
FWHM_PER_SIGMA = 2.3548200450309493
REACH_SIGMA = 5.0
"""A component is drawn out to so many of its standard deviations."""

_DRAWN = ("ra_deg", "dec_deg", "peak_mjy", "major_arcsec", "minor_arcsec", "pa_deg")


class UnreadableComponents(ModelError):
    """A file that is no component catalogue."""


@dataclass(frozen=True)
class Components:
    """Catalogue components and a tree that finds those near a position."""

    values: NDArray[np.float64]
    """(N, 6): ra_deg, dec_deg, peak_mjy, major_arcsec, minor_arcsec (deconvolved), pa_deg."""
    tree: cKDTree

    def near(self, ra_deg: float, dec_deg: float) -> NDArray[np.float64]:
        """The components (n, 6) within 3.2' of a position."""
        here, radius = unit_vectors(ra_deg, dec_deg), chord(SEARCH_RADIUS_ARCMIN / 60)
        return self.values[self.tree.query_ball_point(here, radius, return_sorted=True)]

    def in_view(self, ra_deg: float, dec_deg: float) -> bool:
        """Whether a component's centre lies in the central 126" that the network sees.

        Where none does, a drawn image would show specks of noise only.
        """
        for ra, dec, *_ in self.near(ra_deg, dec_deg):
            west, north = _offset_px(ra, dec, ra_deg, dec_deg)
            if max(abs(west), abs(north)) <= INPUT_SIZE_PX / 2:
                return True
        return False


def read_components(path: Path, max_sidelobe: float = MAX_SIDELOBE_PROBABILITY) -> Components:
    """Read a component catalogue, leaving out what is probably a sidelobe.

    Parameters
    ----------
    path : path
        Parquet with ra_deg, dec_deg, sidelobe_prob, peak_mjy, major_arcsec, minor_arcsec, pa_deg.
    max_sidelobe : float
        Components of a higher sidelobe probability are left out.

    Raises
    ------
    UnreadableComponents
        If there is no such file, it is no Parquet, or it lacks one of the columns.
    """
    try:
        table = pq.read_table(path, columns=[*_DRAWN, "sidelobe_prob"])
    except (OSError, ValueError, KeyError) as exc:
        raise UnreadableComponents(
            f"The component catalogue '{path}' cannot be read ({_first_line(exc)}). It must be a "
            f"Parquet file with the columns {', '.join(_DRAWN)} and sidelobe_prob; `rgz-explorer "
            "fetch first-catalogue` makes one."
        ) from exc
    kept = table["sidelobe_prob"].to_numpy() <= max_sidelobe
    values = np.stack([table[name].to_numpy()[kept] for name in _DRAWN], axis=1).astype(float)
    return Components(values, cKDTree(unit_vectors(values[:, 0], values[:, 1])))


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

    Notes
    -----
    A catalogued peak has 0.25 mJy/beam more than the survey's map: of 82 isolated components in
    62 raw FIRST images, the median is 0.27 mJy/beam more. It is taken off before drawing.
    The noise of the cleaned image is measured on these 150 px, not on 300 as for an observed
    one; that differs by 1 %.
    """
    beam = drawing_beam(ra_deg, dec_deg)
    field = _noise(beam, np.random.default_rng(seed))
    for ra, dec, peak_mjy, major, minor, pa_deg in components.near(ra_deg, dec_deg):
        west, north = _offset_px(ra, dec, ra_deg, dec_deg)
        covariance = _covariance_px(major, minor, pa_deg)
        covariance = covariance + _covariance_px(beam.major_arcsec, beam.minor_arcsec, 0.0)
        peak_jy = max(peak_mjy - CLEAN_BIAS_MJY, 0.0) * 1e-3
        _add_gaussian(field, west, north, peak_jy, covariance)
    return field


def position_seed(ra_deg: float, dec_deg: float, seed: int = 0) -> int:
    """A seed for the noise that a position (to 1e-6 deg) decides, whatever list it is in."""
    text = f"{seed} {ra_deg % 360:.6f} {dec_deg:+.6f}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


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


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
