"""From FIRST's pixels to the network's input: the published recipe, for build, query and training.

It never resamples, rotates or flips, and it never reads a file.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PREPROCESSING = "clean-3sigma-150px/crop-70px/1"
"""Name and version of what this module computes; a bundle made by another is not comparable."""

PIXEL_SCALE_ARCSEC = 1.8
IMAGE_SIZE_PX = 150
INPUT_SIZE_PX = 70
MASK_RADIUS_PX = 75
CLIP_SIGMA = 3.0

INPUT_MEAN = 0.008008896
INPUT_STD = 0.05303395


class ImageError(ValueError):
    """An image that cannot be cleaned; the message is a sentence for the person who sent it."""


class NotAnImage(ImageError):
    """The array has no single plane of numbers."""


class UndersizedImage(ImageError):
    """The image is smaller than the 150 px that the network's input is cut from."""


class BlankImage(ImageError):
    """The image has no observed pixel, or the same value everywhere."""


class NoEmission(ImageError):
    """Nothing survives the 3-sigma clip within the field."""


@dataclass(frozen=True)
class Cleaned:
    """A cleaned image with what is needed to get its flux scale back."""

    pixels: NDArray[np.uint8]  # (150, 150)
    rms_jy_beam: float
    scale_min_jy_beam: float
    scale_max_jy_beam: float
    blank_fraction: float
    """Share of the raw image's pixels that were not observed (NaN or infinite)."""


def clean(image: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Clip, crop, mask and scale a raw cutout as the published images were.

    Parameters
    ----------
    image : ndarray, shape (H, W) or (1, H, W) or (1, 1, H, W), H and W >= 150
        Surface brightness, Jy/beam; NaN where unobserved. Row 0 is south. The published
        images start from 300 x 300 pixels of 1.8"; the noise is measured on all that is given.

    Returns
    -------
    cleaned : ndarray, shape (150, 150), uint8
        Zero where clipped and outside the circle of 75 px; row 0 is south.

    Raises
    ------
    NotAnImage, UndersizedImage, BlankImage, NoEmission
        All of them an `ImageError`, with a sentence.

    Notes
    -----
    Slijepcevic et al. 2024, Sec. 2.2; the recipe of Porter & Scaife 2023 (MiraBest). The paper
    speaks of 128 x 128 images; the published data are 150 x 150.
    """
    return clean_cutout(image).pixels


def clean_cutout(image: NDArray[np.floating]) -> Cleaned:
    """Do what `clean` does, and keep the noise, the scale and the share of blank pixels.

    Parameters
    ----------
    image : ndarray
        As for `clean`.

    Returns
    -------
    cleaned : Cleaned
        ``value_jy_beam = scale_min + pixels / 255 * (scale_max - scale_min)``, to within the
        truncation to whole numbers.

    Raises
    ------
    ImageError
        As for `clean`.
    """
    plane = _single_plane(image)
    height, width = plane.shape
    if min(height, width) < IMAGE_SIZE_PX:
        raise UndersizedImage(
            f"The image is {width} x {height} px; at least {IMAGE_SIZE_PX} x {IMAGE_SIZE_PX} px "
            f"({IMAGE_SIZE_PX * PIXEL_SCALE_ARCSEC / 60:.1f}' at 1.8\"/px) are needed."
        )
    observed = np.isfinite(plane)
    if not observed.any():
        raise BlankImage("The image is blank: no pixel of it was observed.")
    if plane[observed].min() == plane[observed].max():
        raise BlankImage("The image is blank: all its pixels have the same value.")

    rms = background_rms(plane)
    signal = np.where(observed, plane, np.float32(0))
    signal[signal <= CLIP_SIGMA * rms] = 0
    field = centre_crop(signal, IMAGE_SIZE_PX)
    pixels, low, high = scale_field(field)
    return Cleaned(pixels, rms, low, high, 1 - float(observed.mean()))


def network_input(cleaned: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Crop cleaned images to what the network sees and normalise them.

    Parameters
    ----------
    cleaned : ndarray, shape (150, 150) or (N, 150, 150), uint8

    Returns
    -------
    x : ndarray, shape (70, 70) or (N, 70, 70), float32

    Notes
    -----
    Centre crop of 70 px: Slijepcevic et al. 2024, Table 1. Mean and standard deviation: the
    published code's values for RGZ DR1.
    """
    crop = centre_crop(cleaned, INPUT_SIZE_PX).astype(np.float32)
    return (crop / np.float32(255) - np.float32(INPUT_MEAN)) / np.float32(INPUT_STD)


def background_rms(plane: NDArray[np.floating]) -> float:
    """Standard deviation (Jy/beam) of an image (H, W) after clipping at 3 sigma, 5 times."""
    from astropy.stats import sigma_clipped_stats  # not here to train on cleaned images
    from astropy.utils.exceptions import AstropyUserWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyUserWarning)  # NaN pixels are left out
        return float(sigma_clipped_stats(plane, sigma=CLIP_SIGMA, maxiters=5)[2])


def centre_crop(image: NDArray, size_px: int) -> NDArray:
    """Cut the central (size, size) from (..., H, W); an even side keeps its source at size/2."""
    top, left = (side // 2 - size_px // 2 for side in image.shape[-2:])
    return image[..., top : top + size_px, left : left + size_px]


def scale_field(field: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, float]:
    """Scale the disc of 75 px to 0-255, truncating to whole numbers; zero outside it.

    Parameters
    ----------
    field : ndarray, shape (150, 150), float32
        Clipped surface brightness, Jy/beam.

    Returns
    -------
    pixels : ndarray, shape (150, 150), uint8
    low, high : float
        The values (Jy/beam) that became 0 and 255.

    Raises
    ------
    NoEmission
        If the disc has the same value everywhere.
    """
    row, column = np.ogrid[:IMAGE_SIZE_PX, :IMAGE_SIZE_PX]
    centre = IMAGE_SIZE_PX // 2
    disc = (row - centre) ** 2 + (column - centre) ** 2 <= MASK_RADIUS_PX**2
    low, high = field[disc].min(), field[disc].max()
    if low == high:
        raise NoEmission(
            "The image holds no emission above 3 sigma within "
            f'{MASK_RADIUS_PX * PIXEL_SCALE_ARCSEC:.0f}" of its centre.'
        )
    scaled = np.where(disc, (field - low) / (high - low), np.float32(0))
    return (scaled * np.float32(255)).astype(np.uint8), float(low), float(high)


def _single_plane(image: NDArray[np.floating]) -> NDArray[np.float32]:
    array = np.asarray(image)
    if array.ndim < 2 or any(length != 1 for length in array.shape[:-2]):
        raise NotAnImage(
            f"The array has the shape {array.shape}; one image plane is needed, (H, W) or with "
            "frequency and Stokes axes of length 1 before it."
        )
    if array.dtype.kind not in "fiu":
        raise NotAnImage(f"The array holds {array.dtype}, not numbers of surface brightness.")
    return array.reshape(array.shape[-2:]).astype(np.float32)
