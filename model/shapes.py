"""Numbers that describe the shape in an image and do not change when it is turned or mirrored.

They are computed from the pixels alone: none is a label, none is trained.
"""

import math
from typing import NamedTuple

import torch
from kornia.filters import gaussian_blur2d
from torch import Tensor
from torch.nn import functional

# Of moments and of smoothing
PIXEL_VARIANCE = 1 / 12
"""Of a single pixel, added along both axes: a point has a size."""

_MOMENT_FLOOR = 1e-6
SIGMA_PX = 1.0
KERNEL_PX = 5

# Of circles
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

# Of profiles
REACH_PX = 36
"""Pixels farther from the middle are left out; the network sees 35."""

SPREAD_PX = (2.0, 14.0)
"""Bounds of the spread along the major axis, in which the profile is scaled."""

SIDE = 21
REACH = 2.5
"""The profile has SIDE x SIDE samples out to so many spreads along both axes."""

COARSE = 6

# Of isophotes
ISOPHOTE_REACH_PX = 36
LEVELS = (0.03, 0.06, 0.1, 0.2, 0.4, 0.7)
"""Of the peak."""

PEAKS = 4
PEAK_BOX_PX = 5
"""A peak is the brightest pixel of such a box."""

PEAK_LEVEL = 0.05
OFF_CENTRE_PX = 2.0
"""Peaks nearer to the middle have no direction from it."""

_ISOPHOTE_FLOOR = 1e-6


def describe_shapes(images: Tensor) -> list[Tensor]:
    """Describe the shapes in a batch of images, in three ways.

    Parameters
    ----------
    images : Tensor, shape (B, 150, 150), uint8
        Cleaned images, the source on pixel (75, 75).

    Returns
    -------
    kinds : list of Tensor, each of shape (B, D), float32
    """
    return [circle_invariants(images), aligned_profiles(images), measure_isophotes(images)]


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
    window = slice(middle - ISOPHOTE_REACH_PX, middle + ISOPHOTE_REACH_PX + 1)
    x = x[..., window, window]
    across, up = offsets(x)
    x = x * (across.hypot(up) <= ISOPHOTE_REACH_PX)
    x = x / x.amax(dim=(-2, -1), keepdim=True).clamp(min=_ISOPHOTE_FLOOR)
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
    curvature = bend / (m4 - m2**2 - m3**2 / m2.clamp(min=_ISOPHOTE_FLOOR)).clamp(min=1)
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
    cosine = torch.where(
        placed, dot / (radius[:, first] * radius[:, second] + _ISOPHOTE_FLOOR), 1.0
    )
    found = [bright, radius, apart, cosine, is_peak.flatten(1).sum(dim=1)[:, None].sqrt()]
    farthest = apart.amax(dim=1)
    return torch.cat([*found, (apart[:, 0] / length)[:, None], (farthest / length)[:, None]], dim=1)


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
    weight = weight / weight.sum(dim=(-2, -1), keepdim=True).clamp(min=_MOMENT_FLOOR)
    x, y = ((weight * t).sum(dim=(-2, -1)) for t in (across, up))
    dx, dy = (t - m[..., None, None] for t, m in ((across, x), (up, y)))
    xx, yy, xy = ((weight * t).sum(dim=(-2, -1)) for t in (dx * dx, dy * dy, dx * dy))
    xx, yy = xx + PIXEL_VARIANCE, yy + PIXEL_VARIANCE
    half_sum, gap = (xx + yy) / 2, ((xx - yy) / 2).hypot(xy)
    angle = torch.atan2(2 * xy, xx - yy) / 2
    minor = (half_sum - gap).clamp(min=PIXEL_VARIANCE)
    return Axes(x, y, (half_sum + gap).sqrt(), minor.sqrt(), angle.cos(), angle.sin())


def smoothed(images: Tensor) -> Tensor:
    """Cleaned images (B, H, W), uint8, as (B, 1, H, W) in 0..1, convolved with a Gaussian."""
    x = images.unsqueeze(1).float() / 255
    return gaussian_blur2d(x, (KERNEL_PX, KERNEL_PX), (SIGMA_PX, SIGMA_PX))
