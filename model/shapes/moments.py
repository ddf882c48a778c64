"""Centroid and principal axes of brightness, for batches of images."""

from typing import NamedTuple

import torch
from torch import Tensor

PIXEL_VARIANCE = 1 / 12
"""Of a single pixel, added along both axes: a point has a size."""

_FLOOR = 1e-6


class Axes(NamedTuple):
    """Where brightness lies and how it spreads; each (...,), px from the middle pixel."""

    across: Tensor
    up: Tensor
    major: Tensor
    """Standard deviation along the major axis."""
    minor: Tensor
    cos: Tensor
    """Direction of the major axis; which of its ends is arbitrary."""
    sin: Tensor


def offsets(x: Tensor) -> tuple[Tensor, Tensor]:
    """Column and row of every pixel from the middle one, each (H, W) for images (..., H, W)."""
    rows, columns = (torch.arange(n, device=x.device) - n // 2 for n in x.shape[-2:])
    up, across = torch.meshgrid(rows.float(), columns.float(), indexing="ij")
    return across, up


def principal_axes(weight: Tensor) -> Axes:
    """Centroid, spreads and direction of weights (..., H, W) >= 0; an empty image's are a point's.

    Notes
    -----
    The eigenvalues of the matrix of second central moments, in closed form.
    """
    across, up = offsets(weight)
    weight = weight / weight.sum(dim=(-2, -1), keepdim=True).clamp(min=_FLOOR)
    x, y = ((weight * t).sum(dim=(-2, -1)) for t in (across, up))
    dx, dy = (t - m[..., None, None] for t, m in ((across, x), (up, y)))
    xx, yy, xy = ((weight * t).sum(dim=(-2, -1)) for t in (dx * dx, dy * dy, dx * dy))
    xx, yy = xx + PIXEL_VARIANCE, yy + PIXEL_VARIANCE
    half_sum, gap = (xx + yy) / 2, ((xx - yy) / 2).hypot(xy)
    angle = torch.atan2(2 * xy, xx - yy) / 2
    minor = (half_sum - gap).clamp(min=PIXEL_VARIANCE)
    return Axes(x, y, (half_sum + gap).sqrt(), minor.sqrt(), angle.cos(), angle.sin())
