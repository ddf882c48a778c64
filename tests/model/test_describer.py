"""What an image is like is learned from the image itself, without labels."""

import numpy as np
import pytest
import torch
from torch import Tensor

from model.datasets import Images
from model.describer import CLIP, Describer
from model.encoder import untrained_encoder
from model.linear_probe import represent
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


def test_a_teacher_adds_its_y_of_the_whole_image_and_is_never_trained(images: Tensor) -> None:
    teacher = untrained_encoder("resnet14", 1)
    y = represent(teacher, images.numpy())
    describer = Describer(images, teacher).train()
    assert not teacher.training
    assert not any(p.requires_grad for p in teacher.parameters())
    told = describer.targets(images)[:, -512:]
    found = told * describer.spread[-512:] + describer.mean[-512:]
    inside = (told.abs() < CLIP).numpy()
    np.testing.assert_allclose(found.numpy()[inside], y[inside], atol=1e-4)


def test_likeness_is_least_where_y_orders_the_images_as_the_targets_do(images: Tensor) -> None:
    describer = Describer(images)
    target = describer.targets(images)
    same = target * describer.share.sqrt()
    other = torch.from_numpy(np.random.default_rng(0).normal(size=same.shape)).float()
    assert float(describer.likeness(same, target)) == pytest.approx(0, abs=1e-4)
    assert float(describer.likeness(other, target)) > 0.5
