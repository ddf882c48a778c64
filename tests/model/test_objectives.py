"""Eq. 1 and 2 and the contrastive loss against numbers worked out by hand."""

import math

import pytest
import torch
from torch import nn

from model.encoder import Encoder
from model.learners import Byol, Contrastive
from model.objectives import byol_loss, effective_rank, ntxent_loss, update_average


def test_byol_loss_is_the_squared_distance_of_unit_vectors() -> None:
    q = torch.tensor([[2.0, 0.0], [0.0, 3.0]])
    z = torch.tensor([[0.0, 5.0], [0.0, 1.0]])
    assert byol_loss(q, z).item() == pytest.approx((2.0 + 0.0) / 2)


def test_byol_loss_is_four_for_opposite_vectors() -> None:
    q = torch.tensor([[1.0, 1.0]])
    assert byol_loss(q, -q).item() == pytest.approx(4.0)


def test_no_gradient_flows_into_the_target_of_the_loss() -> None:
    q = torch.randn(4, 8, requires_grad=True)
    z = torch.randn(4, 8, requires_grad=True)
    byol_loss(q, z).backward()
    assert q.grad is not None
    assert z.grad is None


def test_ntxent_of_two_orthogonal_pairs_is_as_worked_out_by_hand() -> None:
    z = torch.eye(2)
    expected = math.log(math.exp(1 / 0.5) + 2) - 1 / 0.5
    assert ntxent_loss(z, z, temperature=0.5).item() == pytest.approx(expected)


def test_ntxent_is_lower_for_matching_pairs() -> None:
    z = torch.eye(4)
    assert ntxent_loss(z, z, 0.2) < ntxent_loss(z, z.roll(1, 0), 0.2)


def test_the_average_moves_by_eq_1() -> None:
    target, online = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    nn.init.constant_(target.weight, 1.0)
    nn.init.constant_(online.weight, 5.0)
    update_average(target, online, tau=0.75)
    assert target.weight.item() == pytest.approx(0.75 * 1 + 0.25 * 5)
    assert online.weight.item() == 5.0


def test_effective_rank_counts_the_directions() -> None:
    y = torch.cat([torch.eye(3), -torch.eye(3)])
    assert effective_rank(y) == pytest.approx(3.0, rel=1e-5)


def test_effective_rank_of_equal_rows_is_zero_however_they_are_rounded() -> None:
    same = torch.full((16, 8), 3.0)
    assert effective_rank(same) == 0.0
    assert effective_rank(same + 1e-4 * torch.randn(16, 8)) == 0.0


@pytest.fixture(scope="module")
def views() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    v1, v2 = (torch.rand(4, 1, 16, 16, generator=generator) for _ in range(2))
    return v1, v2


def test_target_network_gets_no_gradient(views: tuple[torch.Tensor, torch.Tensor]) -> None:
    learner = Byol(Encoder("resnet14"))
    learner(*views).loss.backward()
    targets = [*learner.target_encoder.parameters(), *learner.target_projection.parameters()]
    online = [*learner.encoder.parameters(), *learner.prediction.parameters()]
    assert all(parameter.grad is None for parameter in targets)
    assert all(parameter.grad is not None for parameter in online)


def test_target_follows_the_online_network(views: tuple[torch.Tensor, torch.Tensor]) -> None:
    learner = Byol(Encoder("resnet14"), tau=0.9)
    before = learner.target_encoder.layers[1].conv1.weight.clone()
    with torch.no_grad():
        learner.encoder.layers[1].conv1.weight.add_(1.0)
    learner.after_step()
    moved = learner.target_encoder.layers[1].conv1.weight - before
    torch.testing.assert_close(moved, torch.full_like(moved, 0.1), atol=1e-6, rtol=1e-4)


def test_byol_is_symmetric_in_its_views(views: tuple[torch.Tensor, torch.Tensor]) -> None:
    learner = Byol(Encoder("resnet14"))
    v1, v2 = views
    assert learner(v1, v2).loss.item() == pytest.approx(learner(v2, v1).loss.item(), rel=1e-4)


def test_contrastive_keeps_the_averaged_encoder(views: tuple[torch.Tensor, torch.Tensor]) -> None:
    learner = Contrastive(Encoder("resnet14"), tau=0.5)
    learner(*views).loss.backward()
    assert learner.average is not None
    assert learner.best_encoder is learner.average
    assert all(parameter.grad is None for parameter in learner.average.parameters())
