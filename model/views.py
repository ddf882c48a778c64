"""Random views of cleaned images, a batch at a time (Slijepcevic et al. 2024, Tables 1 and 2).

It never normalises before the last step, and it draws every number from the generator it is given.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from kornia.enhance import adjust_brightness_accumulative, adjust_contrast_with_mean_subtraction
from kornia.filters import gaussian_blur2d
from kornia.geometry.transform import warp_affine
from torch import Generator, Tensor

from model.preprocess import INPUT_MEAN, INPUT_SIZE_PX, INPUT_STD

JITTER_PER_STRENGTH = 0.8
"""Brightness and contrast change by up to 0.8 s (Chen et al. 2020, App. A); s = 0.5 gives 0.4."""

CROP_ASPECT = (3 / 4, 4 / 3)
BLUR_SIGMA_PX = (0.1, 2.0)


@dataclass(frozen=True)
class ViewConfig:
    """What is done to an image to make a view of it, in this order. Defaults: Table 1."""

    rotate: bool = True
    interpolation: Literal["nearest", "bilinear"] = "nearest"
    centre_crop_px: int = INPUT_SIZE_PX
    crop_area_min: float = 0.8
    """Random resized crop: the least share of the area; 1 switches it off."""
    flip_probability: float = 0.5
    jitter_strength: float = 0.5
    jitter_probability: float = 0.8
    blur_probability: float = 0.1
    blur_kernel_px: int = 7
    threshold_max: float = 0.0
    """Not in the paper: a random level, up to so much of the maximum, is subtracted and clipped,
    as another 3-sigma level would."""
    pedestal_probability: float = 0.0
    """Not in the paper: how often a random share of an image's faintest surviving level, its 3
    sigma, is subtracted before scaling, as firstgalaxydata's images were made."""


FINE_TUNING_VIEWS = ViewConfig(crop_area_min=0.9, jitter_probability=0.0, blur_probability=0.0)
"""Table 2."""


def random_views(images: Tensor, config: ViewConfig, generator: Generator) -> Tensor:
    """Make one random, normalised view of each image.

    Parameters
    ----------
    images : Tensor, shape (B, 150, 150), uint8
        Cleaned images, the source on pixel (75, 75).
    config : ViewConfig
    generator : Generator
        On the images' device.

    Returns
    -------
    views : Tensor, shape (B, 1, S, S), float32
        S is the centre crop; normalised as `model.preprocess.network_input` does.
    """
    return normalise(unnormalised_views(images, config, generator))


def unnormalised_views(images: Tensor, config: ViewConfig, generator: Generator) -> Tensor:
    """Make the views (B, 1, S, S) in 0..1 that `random_views` normalises."""
    x = images.unsqueeze(1).float() / 255  # (B, 1, 150, 150)
    if config.threshold_max > 0:
        x = _raise_threshold(x, config.threshold_max, generator)
    if config.pedestal_probability > 0:
        x = _subtract_pedestal(x, config.pedestal_probability, generator)
    x = _rotate_and_crop(x, config, generator)  # (B, 1, S, S)
    if config.crop_area_min < 1:
        x = _crop_and_resize(x, config.crop_area_min, generator)
    x = _flip(
        _flip(x, 3, config.flip_probability, generator), 2, config.flip_probability, generator
    )
    if config.jitter_probability > 0:
        x = _jitter(x, config, generator)
    if config.blur_probability > 0:
        x = _blur(x, config, generator)
    return x


def normalise(x: Tensor) -> Tensor:
    """Shift and scale images in 0..1 to the network's input."""
    return (x - INPUT_MEAN) / INPUT_STD


def _uniform(low: float, high: float, x: Tensor, generator: Generator) -> Tensor:
    return low + (high - low) * torch.rand(len(x), generator=generator, device=x.device)


def _chosen(probability: float, x: Tensor, generator: Generator) -> Tensor:
    """Boolean (B, 1, 1, 1), true with this probability."""
    return (_uniform(0, 1, x, generator) < probability)[:, None, None, None]


def _raise_threshold(x: Tensor, level_max: float, generator: Generator) -> Tensor:
    level = _uniform(0, level_max, x, generator)[:, None, None, None]
    return (x - level).clamp(min=0) / (1 - level)


def _subtract_pedestal(x: Tensor, probability: float, generator: Generator) -> Tensor:
    faintest = torch.where(x > 0, x, torch.inf).amin(dim=(1, 2, 3), keepdim=True)  # inf: blank
    share = _uniform(0, 1, x, generator)[:, None, None, None]
    chosen = _chosen(probability, x, generator) & (faintest < 1)
    level = torch.where(chosen, share * faintest, 0.0)
    return (x - level).clamp(min=0) / (1 - level)


def _rotate_and_crop(x: Tensor, config: ViewConfig, generator: Generator) -> Tensor:
    """Rotate about the source, pixel (H/2, W/2), and cut the centre, in one sampling."""
    angle = _uniform(0, 2 * torch.pi if config.rotate else 0.0, x, generator)
    cos, sin, size = angle.cos(), angle.sin(), config.centre_crop_px
    source, target = x.shape[-1] // 2, size // 2
    shift_x = target - (cos * source - sin * source)
    shift_y = target - (sin * source + cos * source)
    rows = [torch.stack([cos, -sin, shift_x], 1), torch.stack([sin, cos, shift_y], 1)]
    matrix = torch.stack(rows, 1)  # (B, 2, 3), from the image's pixels to the view's
    return warp_affine(x, matrix, (size, size), mode=config.interpolation, align_corners=True)


def _crop_and_resize(x: Tensor, area_min: float, generator: Generator) -> Tensor:
    """Random resized crop with bilinear interpolation; the box lies within the image."""
    side = x.shape[-1]
    area = _uniform(area_min, 1, x, generator)
    low, high = (float(torch.tensor(ratio).log()) for ratio in CROP_ASPECT)
    aspect = _uniform(low, high, x, generator).exp()
    width, height = (area * aspect).sqrt().clamp(max=1), (area / aspect).sqrt().clamp(max=1)
    left = _uniform(0, 1, x, generator) * (1 - width) * (side - 1)
    top = _uniform(0, 1, x, generator) * (1 - height) * (side - 1)
    zero = torch.zeros_like(left)
    rows = [torch.stack([1 / width, zero, -left / width], 1)]
    rows.append(torch.stack([zero, 1 / height, -top / height], 1))
    return warp_affine(x, torch.stack(rows, 1), (side, side), mode="bilinear", align_corners=True)


def _flip(x: Tensor, axis: int, probability: float, generator: Generator) -> Tensor:
    return torch.where(_chosen(probability, x, generator), x.flip(axis), x)


def _jitter(x: Tensor, config: ViewConfig, generator: Generator) -> Tensor:
    """Brightness and contrast; kornia's ColorJitter wants three channels for the rest."""
    reach = JITTER_PER_STRENGTH * config.jitter_strength
    jittered = adjust_brightness_accumulative(x, _uniform(1 - reach, 1 + reach, x, generator))
    factor = _uniform(1 - reach, 1 + reach, x, generator)
    jittered = adjust_contrast_with_mean_subtraction(jittered, factor)
    return torch.where(_chosen(config.jitter_probability, x, generator), jittered, x)


def _blur(x: Tensor, config: ViewConfig, generator: Generator) -> Tensor:
    sigma = _uniform(*BLUR_SIGMA_PX, x, generator)[:, None].expand(-1, 2)
    chosen = _chosen(config.blur_probability, x, generator).flatten()
    if not chosen.any():
        return x
    kernel = (config.blur_kernel_px, config.blur_kernel_px)
    x = x.clone()
    x[chosen] = gaussian_blur2d(x[chosen], kernel, sigma[chosen])
    return x
