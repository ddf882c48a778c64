"""The end of a training: features of equal spread."""

import numpy as np
import pytest
import torch

from model.encoder import embed, untrained_encoder
from model.finish import equalised, scale_features


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
