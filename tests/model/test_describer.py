"""What an image is like is learned from the image itself, without labels."""

import pytest
import torch
from torch import Tensor

from model.datasets import Images
from model.describer import CLIP, Describer
from model.shapes import describe_shapes


@pytest.fixture(scope="module")
def images(first_galaxies: Images) -> Tensor:
    return torch.from_numpy(first_galaxies.pixels[:12].copy())


def test_the_head_learns_what_y_knows_and_y_gets_the_gradient(images: Tensor) -> None:
    torch.manual_seed(0)
    describer = Describer(images)
    target = describer.targets(images)
    assert float(target.abs().max()) <= CLIP
    y = torch.randn(2 * len(images), 512, requires_grad=True)
    optimizer = torch.optim.Adam(describer.parameters(), 0.01)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = describer(y, target)
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    assert losses[-1] < 0.2 * losses[0]
    assert y.grad is not None
    assert bool(y.grad.any())


def test_all_kinds_weigh_the_same(images: Tensor) -> None:
    describer = Describer(images)
    numbers = [kind.shape[1] for kind in describe_shapes(images)]
    shares = [float(part.sum()) for part in describer.share.split(numbers)]
    assert shares == pytest.approx([1 / 3] * 3, rel=1e-4)
