"""Sizes and shapes of a source's isophotes, and where its peaks are.

It never sees a label and holds nothing that is trained.
"""

import torch
from torch import Tensor
from torch.nn import functional

from model.shapes.moments import offsets, principal_axes
from model.shapes.smoothing import smoothed

REACH_PX = 36
LEVELS = (0.03, 0.06, 0.1, 0.2, 0.4, 0.7)
"""Of the peak."""

PEAKS = 4
PEAK_BOX_PX = 5
"""A peak is the brightest pixel of such a box."""

PEAK_LEVEL = 0.05
OFF_CENTRE_PX = 2.0
"""Peaks nearer to the middle have no direction from it."""

_FLOOR = 1e-6


def measure_isophotes(images: Tensor) -> Tensor:
    """Measure isophotes, and the places of peaks: (B, 150, 150) -> (B, 113).

    Notes
    -----
    Not in the paper. Areas, lengths along and across the principal axes, the curvature and the
    skewness of what lies above a level, and the distances, brightness and angles of the four
    brightest peaks; the separation of peaks over the length tells edge-brightened sources from
    edge-darkened ones (Fanaroff & Riley 1974). An empty image's isophotes are one pixel in size.
    """
    x = smoothed(images)  # (B, 1, H, W)
    middle = x.shape[-1] // 2
    window = slice(middle - REACH_PX, middle + REACH_PX + 1)
    x = x[..., window, window]
    across, up = offsets(x)
    x = x * (across.hypot(up) <= REACH_PX)
    x = x / x.amax(dim=(-2, -1), keepdim=True).clamp(min=_FLOOR)
    levels = x.new_tensor(LEVELS)[:, None, None]
    above, length = _above((x > levels).float())
    return torch.cat([above, _peaks(x[:, 0], length)], dim=1)


def _above(mask: Tensor) -> tuple[Tensor, Tensor]:
    """Measures of what lies above each level, masks (B, L, H, W), and the first level's length."""
    across, up = offsets(mask)
    area = mask.sum(dim=(-2, -1)).clamp(min=1)  # (B, L)
    axes = principal_axes(mask)
    dx, dy = (t - m[..., None, None] for t, m in ((across, axes.across), (up, axes.up)))
    cos, sin = axes.cos[..., None, None], axes.sin[..., None, None]
    a, b = (dx * cos + dy * sin) * mask, (dy * cos - dx * sin) * mask  # along and beside
    length, width = (t.amax(dim=(-2, -1)) - t.amin(dim=(-2, -1)) + 1 for t in (a, b))

    def mean(t: Tensor) -> Tensor:
        return t.sum(dim=(-2, -1)) / area

    m2, m3, m4, bend = mean(a * a), mean(a**3), mean(a**4), mean(a * a * b)
    curvature = bend / (m4 - m2**2 - m3**2 / m2.clamp(min=_FLOOR)).clamp(min=1)
    rim = (mask - _eroded(mask)).sum(dim=(-2, -1))
    offset = axes.across.hypot(axes.up)
    farthest = (across.hypot(up) * mask).amax(dim=(-2, -1))
    found = [
        *(area.log(), length, width, width / length, area / (length * width), rim / area.sqrt()),
        *(axes.major.log(), axes.minor.log(), offset, offset / length, farthest),
        *((curvature * axes.major).abs(), bend.abs() / axes.major**3),
        *(m3.abs() / axes.major**3, mean(b**3).abs() / axes.minor**3),
    ]
    return torch.stack(found, dim=2).flatten(1), length[:, 0]


def _eroded(mask: Tensor) -> Tensor:
    return -functional.max_pool2d(-mask, 3, stride=1, padding=1)


def _peaks(x: Tensor, length: Tensor) -> Tensor:
    """Measures of the brightest peaks of images (B, H, W) with a maximum of 1."""
    across, up = offsets(x)
    highest = functional.max_pool2d(x, PEAK_BOX_PX, stride=1, padding=PEAK_BOX_PX // 2)
    is_peak = (x == highest) & (x > PEAK_LEVEL)
    bright, where = (x * is_peak).flatten(1).topk(PEAKS)  # (B, PEAKS)
    there = bright > 0
    px, py = (t.flatten()[where] * there for t in (across, up))
    radius = px.hypot(py)
    first, second = torch.triu_indices(PEAKS, PEAKS, 1)
    both = there[:, first] & there[:, second]
    apart = (px[:, first] - px[:, second]).hypot(py[:, first] - py[:, second]) * both
    dot = px[:, first] * px[:, second] + py[:, first] * py[:, second]
    placed = both & (radius[:, first].minimum(radius[:, second]) > OFF_CENTRE_PX)
    cosine = torch.where(placed, dot / (radius[:, first] * radius[:, second] + _FLOOR), 1.0)
    found = [bright, radius, apart, cosine, is_peak.flatten(1).sum(dim=1)[:, None].sqrt()]
    farthest = apart.amax(dim=1)
    return torch.cat([*found, (apart[:, 0] / length)[:, None], (farthest / length)[:, None]], dim=1)
