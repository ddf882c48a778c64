"""Convolution of an image with a Gaussian, exact in Fourier space and fair to unobserved pixels.

It never knows a beam or a position: covariances are in pixels.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

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
