"""Convolves and interpolates the part of an image that a FIRST field needs.

It never decides whether an image is to be resampled, and never reads more of it than it needs.
"""

import numpy as np
from astropy.wcs import WCS
from numpy.typing import NDArray
from scipy import fft

from app.images.sky_image import Piece, SkyImage

REACH_SIGMA = 4.0
"""What lies farther away does not count: the image is padded by so much."""
LEAST_WEIGHT = 1e-3


def blur(image: NDArray[np.float32], covariance_px: NDArray[np.float64]) -> NDArray[np.float32]:
    """Convolve with a Gaussian of unit integral.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        NaN where unobserved; outside it nothing was observed either.
    covariance_px : ndarray, shape (2, 2)
        Of the Gaussian, px^2, column before row. It may be degenerate: a blur along one line.

    Returns
    -------
    blurred : ndarray, shape (H, W), float32
        What is unobserved stays so; beside it the mean is taken over observed pixels only.
    """
    if not covariance_px.any():
        return image
    observed = np.isfinite(image)
    total = _convolve(np.where(observed, image, np.float32(0)), covariance_px)
    weight = _convolve(observed.astype(np.float32), covariance_px)
    blurred = total / np.maximum(weight, np.float32(LEAST_WEIGHT))
    return np.where(observed, blurred, np.float32(np.nan))


def _convolve(
    image: NDArray[np.float32], covariance_px: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Multiply the transform of the zero-padded image by that of the Gaussian."""
    reach = np.ceil(REACH_SIGMA * np.sqrt(np.diag(covariance_px))).astype(int)[::-1]
    padded = [
        fft.next_fast_len(int(side + 2 * more), real=True)
        for side, more in zip(image.shape, reach, strict=True)
    ]
    v = fft.fftfreq(padded[0]).astype(np.float32)[:, None]
    u = fft.rfftfreq(padded[1]).astype(np.float32)[None, :]
    (uu, uv), (_, vv) = covariance_px.astype(np.float32)
    transfer = np.exp(-2 * np.float32(np.pi) ** 2 * (uu * u**2 + 2 * uv * u * v + vv * v**2))
    convolved = fft.irfft2(fft.rfft2(image, padded) * transfer, padded)
    height, width = image.shape
    return np.asarray(convolved[:height, :width], np.float32)


BINNED_ARCSEC = 0.6
"""Finer pixels are averaged to at most this width before anything else: 9 across 5.4"."""
SPLINE_REACH_PX = 12
STRIP_PX = 2_000_000


def resample(
    image: SkyImage,
    wanted: WCS,
    matrix: NDArray[np.float64],
    covariance_arcsec2: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Sample an image at the pixels of a field, after convolving it with a Gaussian.

    Parameters
    ----------
    image : SkyImage
    wanted : WCS
        Of the field, 300 x 300 px.
    matrix : ndarray, shape (2, 2)
        Arcsec east and north a pixel of the image, in its own frame.
    covariance_arcsec2 : ndarray, shape (2, 2)
        Of the Gaussian, in the same frame.

    Returns
    -------
    pixels : ndarray, shape (300, 300), float32
        NaN where the image does not reach or was not observed.
    covered : ndarray, shape (300, 300), bool
        Where the image reaches.
    """
    bins = _bins(image.wcs, matrix)
    reach = REACH_SIGMA * np.sqrt(np.diag(covariance_in_pixels(covariance_arcsec2, matrix)))
    piece = _piece(image, wanted, reach + SPLINE_REACH_PX * np.array(bins), bins)
    pixels = _binned(image, piece, bins)
    wcs = _binned_wcs(image.wcs, piece, bins)
    covariance_px = covariance_in_pixels(covariance_arcsec2, matrix * bins)
    pixels = blur(pixels, _without_bin(covariance_px, bins))
    return _interpolate(pixels, wcs, wanted)


def covariance_in_pixels(
    covariance_arcsec2: NDArray[np.float64], matrix: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Turn a covariance on the sky into one in pixels, (2, 2), column before row."""
    to_px = np.linalg.inv(matrix)
    return to_px @ covariance_arcsec2 @ to_px.T


def _bins(wcs: WCS, matrix: NDArray[np.float64]) -> tuple[int, int]:
    """How many pixels in x and in y to average; none where a distortion counts pixels."""
    if wcs.has_distortion:
        return 1, 1
    x_arcsec, y_arcsec = np.linalg.norm(matrix, axis=0)
    return max(int(BINNED_ARCSEC / x_arcsec), 1), max(int(BINNED_ARCSEC / y_arcsec), 1)


def _piece(
    image: SkyImage, wanted: WCS, margin_px: NDArray[np.float64], bins: tuple[int, int]
) -> Piece:
    """Rows and columns of the image that the field needs, in whole bins."""
    height, width = wanted.array_shape
    probes = np.meshgrid(np.linspace(-0.5, width - 0.5, 31), np.linspace(-0.5, height - 0.5, 31))
    x_px, y_px = image.wcs.world_to_pixel(wanted.pixel_to_world(*probes))
    columns, rows = (
        _range(at_px[np.isfinite(at_px)], margin, length, step)
        for at_px, margin, length, step in zip(
            (x_px, y_px), margin_px, image.shape[::-1], bins, strict=True
        )
    )
    return rows, columns


def _range(at_px: NDArray[np.float64], margin_px: float, length: int, step: int) -> slice:
    start = int(np.clip(np.floor(at_px.min() - margin_px), 0, length - step))
    stop = int(np.clip(np.ceil(at_px.max() + margin_px), start + step, length))
    return slice(start, start + (stop - start) // step * step)


def _binned(image: SkyImage, piece: Piece, bins: tuple[int, int]) -> NDArray[np.float32]:
    """Read a piece strip by strip, averaging what was observed in each bin."""
    rows, columns = piece
    across = columns.stop - columns.start
    strip = max(STRIP_PX // across // bins[1], 1) * bins[1]
    strips = [
        _average(image.read((slice(top, min(top + strip, rows.stop)), columns)), bins)
        for top in range(rows.start, rows.stop, strip)
    ]
    return np.concatenate(strips)


def _average(pixels: NDArray[np.float32], bins: tuple[int, int]) -> NDArray[np.float32]:
    observed = np.isfinite(pixels)
    total = _sum(np.where(observed, pixels, np.float32(0)), bins)
    count = _sum(observed.astype(np.float32), bins)
    return np.where(count > 0, total / np.maximum(count, 1), np.float32(np.nan))


def _sum(pixels: NDArray[np.float32], bins: tuple[int, int]) -> NDArray[np.float32]:
    x_bin, y_bin = bins
    height, width = pixels.shape
    shape = (height // y_bin, y_bin, width // x_bin, x_bin)
    return np.asarray(pixels.reshape(shape).sum(axis=(1, 3)), np.float32)


def _binned_wcs(wcs: WCS, piece: Piece, bins: tuple[int, int]) -> WCS:
    """The coordinates of a piece in bins; astropy's slice would leave a CD matrix as it is."""
    moved = wcs.slice(piece)
    if bins == (1, 1):
        return moved
    header = moved.to_header(relax=True)
    for axis, step in enumerate(bins, start=1):
        header[f"CRPIX{axis}"] = (header.get(f"CRPIX{axis}", 0.0) - 0.5) / step + 0.5
        for other in (1, 2):
            name = f"PC{other}_{axis}"
            header[name] = header.get(name, float(other == axis)) * step
    return WCS(header, fix=False)


def _without_bin(covariance_px: NDArray[np.float64], bins: tuple[int, int]) -> NDArray[np.float64]:
    """Take off the blur that averaging in bins has done already."""
    if not covariance_px.any():
        return covariance_px
    rest = covariance_px - np.diag([(1 - step**-2.0) / 12 for step in bins])
    values, vectors = np.linalg.eigh(rest)
    return np.asarray((vectors * np.maximum(values, 0)) @ vectors.T)


def _interpolate(
    image: NDArray[np.float32], wcs: WCS, wanted: WCS
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Interpolate by cubic splines; a spline would spread one NaN over all of the image."""
    from reproject import reproject_interp  # here: half a second, for what few servers ever do

    observed = np.isfinite(image)
    shape_out = wanted.array_shape
    filled = np.where(observed, image, np.float32(0))
    pixels, footprint = reproject_interp(
        (filled, wcs), wanted, shape_out=shape_out, order="bicubic"
    )
    covered = footprint > 0
    if not observed.all():
        known = reproject_interp(
            (observed.astype(np.float32), wcs), wanted, shape_out=shape_out,
            order="nearest-neighbor", return_footprint=False,
        )  # fmt: skip
        pixels = np.where(known > 0.5, pixels, np.nan)
    return np.where(covered, pixels, np.nan).astype(np.float32), covered
