"""The search index and novelty, by brute force."""

import numpy as np
import pytest
from numpy.typing import NDArray

from scripts.bundle.stages import build_index, leave_one_out_novelty


@pytest.fixture(scope="module")
def y() -> NDArray[np.float32]:
    """1,100 representations of very different lengths: more than one block of the novelty."""
    rng = np.random.default_rng(13)
    lengths = 10.0 ** rng.uniform(-2, 3, (1100, 1))
    return (rng.random((1100, 512)) * lengths).astype(np.float32)


def cosines(y: NDArray) -> NDArray[np.float64]:
    """Eq. 3 between all rows, in double precision."""
    unit = y.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    return unit @ unit.T


def test_scores_of_the_index_are_similarities(y: NDArray[np.float32]) -> None:
    index = build_index(y)
    assert index.ntotal == 1100
    unit = y[:20] / np.linalg.norm(y[:20], axis=1, keepdims=True)
    scores, rows = index.search(unit, 5)
    assert rows[:, 0].tolist() == list(range(20))
    wanted = np.take_along_axis(cosines(y)[:20], rows, axis=1)
    np.testing.assert_allclose(scores, wanted, rtol=0, atol=1e-6)


def test_building_the_index_leaves_the_representations_alone(y: NDArray[np.float32]) -> None:
    before = y.copy()
    build_index(y)
    assert np.array_equal(y, before)


@pytest.mark.parametrize("n", [2, 5, 10, 11, 12, 1100])
def test_novelty_leaves_the_source_itself_out(n: int, y: NDArray[np.float32]) -> None:
    similarity = cosines(y[:n])
    np.fill_diagonal(similarity, -np.inf)
    nearest = -np.sort(-similarity, axis=1)[:, : min(10, n - 1)]
    novelty = leave_one_out_novelty(build_index(y[:n]), y[:n])
    np.testing.assert_allclose(novelty, 1 - nearest.mean(axis=1), rtol=0, atol=1e-6)


def test_many_equal_sources_are_not_novel_at_all(y: NDArray[np.float32]) -> None:
    crowd = np.concatenate([y[:5], np.repeat(y[5:6], 40, axis=0)])
    novelty = leave_one_out_novelty(build_index(crowd), crowd)
    np.testing.assert_allclose(novelty[5:], 0, atol=1e-12)
    assert (novelty >= 0).all()
    assert (novelty[:5] > 0.1).all()
