"""The brightness on circles round a source, by what does not turn or mirror with the image.

It never sees a label and holds nothing that is trained.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from model.shapes.smoothing import smoothed

RADII_PX = (0.0, 1.5, 3.0, 4.5, 6.0, 8.0, 10.0, 12.5, 15.0, 18.0, 21.0, 25.0, 29.0, 34.0)
"""The circles round the source on which brightness is read; 34 px lie within the network's 70."""

SCALED_RADII = tuple(0.2 * i for i in range(14))
"""Further circles, in units of the image's own mean radius."""

MEAN_RADIUS_PX = (3.0, 20.0)
"""Bounds of that mean radius."""

ANGLES = 64
ORDERS = 9
STRETCH = 100.0
DOUBLETS = [(order, gap) for order in range(1, 6) for gap in (1, 2, 4)]
TRIPLETS = ((1, 1), (1, 2), (2, 2), (1, 3))
_FLOOR = 1e-4


def circle_invariants(images: Tensor) -> Tensor:
    """Expand the brightness on circles round each source in angle: (B, 150, 150) -> (B, 1429).

    Notes
    -----
    Not in the paper. The brightness on circles round the source, under a square-root and a
    logarithmic stretch, is expanded in angle; |F_m(r)| does not change with a rotation, nor do
    F_m(r) F_m(r')* and F_a F_b F_{a+b}* (the bispectrum), whose real parts do not change with a
    reflection either. Circles in units of the flux-weighted mean radius tell a shape whatever its
    size.
    """
    x = smoothed(images)  # (B, 1, H, W)
    mean_radius_px = _mean_radius(x)  # (B,)
    fixed = x.new_tensor(RADII_PX).expand(len(x), -1)  # (B, R)
    scaled = x.new_tensor(SCALED_RADII) * mean_radius_px[:, None]
    found = [mean_radius_px[:, None]]
    for circles in (_on_circles(x, fixed), _on_circles(x, scaled)):  # (B, R, ANGLES)
        found += [_invariants(circles.sqrt()), _invariants(_logarithmic(circles))]
    return torch.cat(found, dim=1)


def _mean_radius(x: Tensor) -> Tensor:
    """Mean distance from the source within the network's 70 px, weighted by sqrt(brightness)."""
    side = x.shape[-1]
    offset = torch.arange(side, device=x.device, dtype=x.dtype) - side // 2
    radius = (offset[:, None].square() + offset.square()).sqrt()  # (H, W)
    weight = x[:, 0].sqrt() * (radius <= RADII_PX[-1])
    total = weight.sum(dim=(1, 2)).clamp(min=_FLOOR)
    return ((weight * radius).sum(dim=(1, 2)) / total).clamp(*MEAN_RADIUS_PX)


def _on_circles(x: Tensor, radii_px: Tensor) -> Tensor:
    """Brightness at evenly spaced angles on circles of radii (B, R) -> (B, R, ANGLES)."""
    angle = torch.arange(ANGLES, device=x.device, dtype=x.dtype) * (2 * math.pi / ANGLES)
    side = x.shape[-1]
    across = radii_px[..., None] * angle.cos() + side // 2  # (B, R, ANGLES)
    up = radii_px[..., None] * angle.sin() + side // 2
    grid = torch.stack([across, up], dim=-1) / (side - 1) * 2 - 1
    return functional.grid_sample(x, grid, mode="bilinear", align_corners=True)[:, 0]


def _logarithmic(brightness: Tensor) -> Tensor:
    return torch.log1p(STRETCH * brightness) / math.log1p(STRETCH)


def _invariants(circles: Tensor) -> Tensor:
    """What of the angular expansion neither turns nor mirrors with the image, (B, D)."""
    f = torch.fft.rfft(circles, dim=2) / ANGLES  # (B, R, ANGLES / 2 + 1)
    found = [f[:, :, :ORDERS].abs().flatten(1)]
    for order, gap in DOUBLETS:
        product = f[:, gap:, order] * f[:, :-gap, order].conj()
        found.append(product.real / (product.abs() + _FLOOR).sqrt())
    for a, b in TRIPLETS:
        product = (f[:, :, a] * f[:, :, b] * f[:, :, a + b].conj()).real
        found.append(product.sign() * product.abs().pow(1 / 3))
    return torch.cat(found, dim=1)
