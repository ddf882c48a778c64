"""The end of a training: fresh batch-norm statistics, and features of equal spread."""

import numpy as np
import pytest
import torch
from torch import nn

from model.encoder import embed, untrained_encoder
from model.finish import equalised, scale_features, with_fresh_statistics
from model.preprocess import network_input


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.random.default_rng(0).exponential(size=(12, 70, 70)).astype(np.float32)


@pytest.mark.parametrize("architecture", ["resnet14", "resnet18", "resnet34"])
def test_y_changes_by_one_factor_a_feature(architecture: str, x: np.ndarray) -> None:
    encoder = untrained_encoder(architecture)
    y = embed(encoder, x)
    again = embed(equalised(encoder, y), x)
    spread = y.std(axis=0)
    factor = 1 / (spread + 0.05 * np.median(spread))
    np.testing.assert_allclose(again, y * factor / factor.mean(), rtol=2e-3, atol=1e-4)
    before, after = (v.std(axis=0).std() / v.std(axis=0).mean() for v in (y, again))
    assert after < 0.5 * before


def test_the_original_is_left_as_it_was(x: np.ndarray) -> None:
    encoder = untrained_encoder()
    y = embed(encoder, x)
    equalised(encoder, y)
    np.testing.assert_array_equal(embed(encoder, x), y)


def test_a_factor_that_is_not_positive_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        scale_features(untrained_encoder(), torch.zeros(512))


def test_statistics_are_those_of_the_images_and_weights_stay() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 150, 150), dtype=np.uint8)
    encoder = untrained_encoder("resnet14")
    before = {key: value.clone() for key, value in encoder.state_dict().items()}
    fresh = with_fresh_statistics(encoder, pixels, seed=0)
    assert not fresh.training
    assert all(torch.equal(encoder.state_dict()[key], value) for key, value in before.items())
    changed = {k for k, v in fresh.state_dict().items() if not torch.equal(v, before[k])}
    assert changed
    assert all("running" in key or "tracked" in key for key in changed)
    convolution, norm = (
        next(m for m in fresh.modules() if isinstance(m, kind))
        for kind in (nn.Conv2d, nn.BatchNorm2d)
    )
    with torch.no_grad():
        y = convolution(torch.from_numpy(network_input(pixels))[:, None])
    assert torch.allclose(norm.running_mean, y.mean(dim=(0, 2, 3)), atol=1e-4)
    assert torch.allclose(norm.running_var, y.var(dim=(0, 2, 3)), rtol=1e-3)


def test_the_order_of_images_comes_from_the_seed() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 150, 150), dtype=np.uint8)
    encoder = untrained_encoder("resnet14")
    first, again, other = (with_fresh_statistics(encoder, pixels, seed) for seed in (0, 0, 1))
    key = "layers.0.1.running_var"
    key = key if key in first.state_dict() else next(k for k in first.state_dict() if "var" in k)
    assert torch.equal(first.state_dict()[key], again.state_dict()[key])
    assert not torch.equal(first.state_dict()[key], other.state_dict()[key])
