"""A source seen along its own axes: what is even, bent and lopsided in it.

It never sees a label and holds nothing that is trained.
"""

import torch
from torch import Tensor
from torch.nn import functional

from model.shapes.moments import offsets, principal_axes
from model.shapes.smoothing import smoothed

REACH_PX = 36
"""Pixels farther from the middle are left out; the network sees 35."""

SPREAD_PX = (2.0, 14.0)
"""Bounds of the spread along the major axis, in which the profile is scaled."""

SIDE = 21
REACH = 2.5
"""The profile has SIDE x SIDE samples out to so many spreads along both axes."""

COARSE = 6


def aligned_profiles(images: Tensor) -> Tensor:
    """Describe each source in the frame of its principal axes: (B, 150, 150) -> (B, 232).

    Notes
    -----
    Not in the paper. The square root of the brightness is sampled about its centroid along its
    principal axes and split by parity: the part even along both axes, and the absolute values of
    the three odd ones. Neither depends on which end of an axis is called positive, so turning and
    mirroring change nothing. A bent source is odd across its major axis and even along it.
    """
    x = smoothed(images).sqrt()  # (B, 1, H, W)
    across, up = offsets(x)
    x = x * (across.hypot(up) <= REACH_PX)
    axes = principal_axes(x[:, 0])
    spread = axes.major.clamp(*SPREAD_PX)  # (B,)
    step = torch.linspace(-REACH, REACH, SIDE, device=x.device)
    along, beside = torch.meshgrid(step, step, indexing="xy")  # (SIDE, SIDE)
    along, beside = (spread[:, None, None] * t for t in (along, beside))
    cos, sin = axes.cos[:, None, None], axes.sin[:, None, None]
    column = axes.across[:, None, None] + along * cos - beside * sin + x.shape[-1] // 2
    row = axes.up[:, None, None] + along * sin + beside * cos + x.shape[-2] // 2
    grid = torch.stack([column, row], dim=-1) / (x.shape[-1] - 1) * 2 - 1
    seen = functional.grid_sample(x, grid, mode="bilinear", align_corners=True)[:, 0]
    sizes = torch.stack([axes.major.log(), axes.minor.log(), axes.across.hypot(axes.up)], dim=1)
    return torch.cat([sizes, *_by_parity(seen)], dim=1)


def _by_parity(seen: Tensor) -> list[Tensor]:
    """Split (B, SIDE, SIDE) into what is even or odd along its rows and columns."""
    mirrored, turned = seen.flip(1), seen.flip(1, 2)
    other = seen.flip(2)
    half = SIDE // 2 + 1
    even = (seen + mirrored + other + turned) / 4
    odd = [
        (seen - mirrored + other - turned) / 4,
        (seen + mirrored - other - turned) / 4,
        (seen - mirrored - other + turned) / 4,
    ]
    coarse = [functional.adaptive_avg_pool2d(o.abs()[:, :half, :half], COARSE) for o in odd]
    return [part.flatten(1) for part in (even[:, :half, :half], *coarse)]
