"""What all descriptors start from: the image with its pixel noise smoothed."""

from kornia.filters import gaussian_blur2d
from torch import Tensor

SIGMA_PX = 1.0
KERNEL_PX = 5


def smoothed(images: Tensor) -> Tensor:
    """Cleaned images (B, H, W), uint8, as (B, 1, H, W) in 0..1, convolved with a Gaussian."""
    x = images.unsqueeze(1).float() / 255
    return gaussian_blur2d(x, (KERNEL_PX, KERNEL_PX), (SIGMA_PX, SIGMA_PX))
