"""The readers of images: counts, labels, positions, and pickles that ask for too much."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from model.batch_files import UnsafePickle, load_plain_pickle
from model.components import Components
from model.datasets import (
    CONFIDENT_FRI,
    CONFIDENT_FRII,
    Images,
    draw_images,
    read_mirabest,
)
from model.leakage import Positions
from model.sphere import unit_vectors


class Malicious:
    """Asks the unpickler to run a command."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch /tmp/should-never-exist",)


@pytest.mark.parametrize("what", [Malicious(), {"data": [Malicious()]}, Path("x"), os.getcwd])
def test_a_pickle_that_asks_for_more_than_arrays_is_refused(what: object) -> None:
    with pytest.raises(UnsafePickle, match="asks for"):
        load_plain_pickle(pickle.dumps(what))


def test_a_broken_pickle_is_refused_with_a_sentence() -> None:
    with pytest.raises(UnsafePickle, match="refused"):
        load_plain_pickle(pickle.dumps({"a": 1})[:-3])


def test_plain_batches_are_read() -> None:
    batch = {"data": [np.arange(4, dtype=np.uint8)], "labels": [3], "filenames": ["a"]}
    again = load_plain_pickle(pickle.dumps(batch))
    assert again["labels"] == [3]
    np.testing.assert_array_equal(again["data"][0], batch["data"][0])


@pytest.fixture(scope="module")
def mirabest(shared_data: Path) -> Images:
    return read_mirabest(shared_data / "MiraBest_F_batches.tar.gz")


def test_mirabest_has_its_published_counts(mirabest: Images) -> None:
    confident = np.isin(mirabest.label, CONFIDENT_FRI + CONFIDENT_FRII)
    assert len(mirabest) == 1256
    assert (confident & (mirabest.split == "train")).sum() == 729
    assert (confident & (mirabest.split == "test")).sum() == 104
    assert np.isin(mirabest.label, (8, 9)).sum() == 34


def test_mirabest_positions_come_with_their_images(mirabest: Images) -> None:
    assert mirabest.positions.ra_deg.min() > 0
    assert mirabest.positions.dec_deg.min() < 0
    chosen = mirabest.where(np.array([3, 1]))
    assert chosen.positions.ra_deg[0] == mirabest.positions.ra_deg[3]
    np.testing.assert_array_equal(chosen.pixels[1], mirabest.pixels[1])


def test_first_galaxies_have_their_published_splits_and_classes(first_galaxies: Images) -> None:
    galaxies = first_galaxies
    assert [int((galaxies.split == s).sum()) for s in ("train", "valid", "test")] == [
        1758,
        200,
        200,
    ]
    assert np.bincount(galaxies.label).tolist() == [495, 924, 391, 348]
    assert galaxies.pixels.shape == (2158, 150, 150)


def test_drawn_images_are_called_models() -> None:
    values = np.array([[180.0, 30.0, 50.0, 0.0, 0.0, 0.0]])
    catalogue = Components(values, cKDTree(unit_vectors(values[:, 0], values[:, 1])))
    drawn = draw_images(catalogue, Positions(np.array([180.0]), np.array([30.0])))
    assert len(drawn) == 1
    assert drawn.image_origin == "model"
    assert drawn.label.tolist() == [-1]
