"""Shape descriptors follow the shape and nothing else, and are learned without labels."""

import numpy as np
import pytest
import torch
from torch import Tensor

from model.datasets import read_first_galaxies
from model.describer import CLIP, Describer
from model.shape_descriptors import describe_shapes


@pytest.fixture(scope="module")
def images() -> Tensor:
    """Images (12, 149, 149) of real sources; an odd side has a pixel in its middle."""
    pixels = read_first_galaxies().pixels[:12, 1:, 1:]
    assert pixels.any(axis=(1, 2)).all()
    return torch.from_numpy(np.ascontiguousarray(pixels))


def relative_change(a: Tensor, b: Tensor, spread: Tensor) -> float:
    return float(((a - b) / spread).abs().median())


def test_turning_and_mirroring_change_nothing(images: Tensor) -> None:
    found = describe_shapes(images)
    spread = found.std(dim=0).clamp(min=1e-3)
    for same in (images.rot90(1, (1, 2)), images.rot90(2, (1, 2)), images.flip(1), images.flip(2)):
        assert relative_change(describe_shapes(same), found, spread) < 1e-3
    shifted = images.roll(4, 2)
    assert relative_change(describe_shapes(shifted), found, spread) > 0.1


def test_bent_and_straight_tails_of_the_same_flux_are_told_apart() -> None:
    straight = torch.zeros(1, 149, 149, dtype=torch.uint8)
    bent = straight.clone()
    for step in range(16):
        straight[0, 74, [74 - step, 74 + step]] = 200
        bent[0, 74 + step // 2, [74 - step, 74 + step]] = 200
    a, b = describe_shapes(straight), describe_shapes(bent)
    assert float((a - b).abs().max()) > 0.1


def test_scaled_circles_know_a_shape_at_twice_its_size() -> None:
    small, large = (torch.zeros(1, 149, 149, dtype=torch.uint8) for _ in range(2))
    for shape, size in ((small, 1), (large, 2)):
        for middle in (74 - 7 * size, 74 + 7 * size):
            reach = slice(middle - 2 * size, middle + 2 * size + 1)
            shape[0, 74 - 2 * size : 74 + 2 * size + 1, reach] = 200
    a, b = describe_shapes(small)[0, 1:], describe_shapes(large)[0, 1:]
    fixed, scaled = (a - b).abs().chunk(2)
    assert scaled.mean() < 0.5 * fixed.mean()


def test_the_head_learns_what_y_knows_and_y_gets_the_gradient(images: Tensor) -> None:
    torch.manual_seed(0)
    describer = Describer(images)
    targets = describer.targets(images)
    assert float(targets.abs().max()) <= CLIP
    y = torch.randn(2 * len(images), 512, requires_grad=True)
    optimizer = torch.optim.Adam(describer.parameters(), 0.01)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = describer(y, images)
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    assert losses[-1] < 0.2 * losses[0]
    assert y.grad is not None
    assert bool(y.grad.any())
