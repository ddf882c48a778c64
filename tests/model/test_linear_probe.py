"""The measures of a representation, on representations whose answers are known."""

import numpy as np
import pytest

from model.encoder import untrained_encoder
from model.linear_probe import (
    as_classifier,
    cross_validated_error,
    fit_probe,
    neighbour_agreement,
    rotate,
    self_retrieval,
)


@pytest.fixture(scope="module")
def clusters() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    label = np.arange(120) % 3
    return random.normal(0, 0.1, (120, 8)) + 3 * np.eye(8)[label] + 1, label


def test_a_probe_separates_what_is_separable(clusters: tuple[np.ndarray, np.ndarray]) -> None:
    y, label = clusters
    probe = fit_probe(y[:90], label[:90])
    assert probe.score(y[90:], label[90:]) == 1.0
    assert cross_validated_error(probe) == pytest.approx(0.0)


def test_a_probe_of_noise_is_no_better_than_chance() -> None:
    random = np.random.default_rng(1)
    y, label = random.normal(size=(120, 8)), np.arange(120) % 2
    assert 0.3 < cross_validated_error(fit_probe(y, label)) < 0.7


def test_the_probe_does_not_depend_on_the_scale_of_features(
    clusters: tuple[np.ndarray, np.ndarray],
) -> None:
    y, label = clusters
    scaled = y * np.logspace(-3, 3, y.shape[1])
    first, second = fit_probe(y, label).predict(y), fit_probe(scaled, label).predict(scaled)
    np.testing.assert_array_equal(first, second)


def test_neighbour_agreement_counts_the_k_nearest() -> None:
    train = np.array([[1, 0], [1, 0.1], [1, 0.2], [0, 1]], float)
    label = np.array([0, 0, 1, 1])
    query = np.array([[1, 0.0]])
    assert neighbour_agreement(train, label, query, np.array([0]), k=2) == 1.0
    assert neighbour_agreement(train, label, query, np.array([0]), k=4) == 0.5


def test_self_retrieval_counts_who_finds_itself() -> None:
    y = np.eye(4)
    assert self_retrieval(y, y) == 1.0
    assert self_retrieval(y, y[[0, 1, 3, 2]]) == 0.5


def test_images_turn_about_their_source_and_keep_their_values() -> None:
    images = np.zeros((20, 150, 150), np.uint8)
    images[:, 75, 75] = 200
    images[:, 75, 95:98] = 100
    turned = rotate(images, seed=0)
    assert (turned[:, 75, 75] == 200).all()
    assert set(np.unique(turned)) == {0, 100, 200}
    rows, columns = np.nonzero(turned[0] == 100)
    assert np.hypot(rows - 75, columns - 75).min() > 18
    assert not np.array_equal(turned[0], turned[1])


def test_a_probe_kept_as_a_classifier_says_the_same_as_the_probe() -> None:
    generator = np.random.default_rng(0)
    label = np.arange(60) % 2
    y = generator.normal(size=(60, 512)).astype(np.float32) + label[:, None]
    probe = fit_probe(y, label)
    kept = as_classifier(probe, untrained_encoder(), ("FRI", "FRII"))
    assert np.allclose(kept.probabilities_of(y), probe.predict_proba(y), atol=1e-5)
