"""The measures that recipes are chosen by, on representations whose answers are known."""

from dataclasses import replace

import numpy as np
import pytest

from model.encoder import untrained_encoder
from model.validation import Represented, ValidationSets, represent_validation, validate


@pytest.fixture(scope="module")
def separable() -> tuple[Represented, ValidationSets]:
    random = np.random.default_rng(0)

    def cluster(label: np.ndarray) -> np.ndarray:
        y = random.normal(0, 0.1, (len(label), 8)) + 3 * np.eye(8)[label] + 1
        return y.astype(np.float32)

    confident, train, valid = np.arange(40) % 2, np.arange(120) % 4, np.arange(20) % 4
    blank = np.zeros((0, 110, 110), np.uint8)
    sets = ValidationSets(blank, confident, blank, train, blank, valid)
    y = cluster(valid)
    return Represented(cluster(confident), cluster(train), y, y), sets


def test_what_is_separable_is_measured_as_such(
    separable: tuple[Represented, ValidationSets],
) -> None:
    y, sets = separable
    found = validate(y, sets)
    assert (found.confident_error, found.four_class_error, found.valid_error) == (0, 0, 0)
    assert (found.neighbours_of_same_class, found.finds_itself_rotated) == (1, 1)
    assert found.score == 1


def test_each_measure_looks_at_its_own_set(separable: tuple[Represented, ValidationSets]) -> None:
    y, sets = separable
    shuffled = replace(y, turned=np.roll(y.turned, 5, axis=0))
    assert validate(shuffled, sets).finds_itself_rotated == 0
    wrong = replace(
        sets, valid_label=np.where(np.arange(20) < 5, 3 - sets.valid_label, sets.valid_label)
    )
    found = validate(y, wrong)
    assert found.valid_error == 5 / 20
    assert found.neighbours_of_same_class == 15 / 20
    assert found.four_class_error == 0


def test_images_are_represented_on_their_centre() -> None:
    images = np.random.default_rng(1).integers(0, 256, (3, 150, 150), dtype=np.uint8)
    small = images[:, 20:130, 20:130]
    labels = np.arange(3)
    encoder = untrained_encoder("resnet14")
    whole, cropped = (
        represent_validation(encoder, ValidationSets(x, labels, x, labels, x, labels))
        for x in (images, small)
    )
    np.testing.assert_allclose(whole.valid, cropped.valid, atol=1e-5)
    np.testing.assert_allclose(whole.turned, cropped.turned, atol=1e-4)
