"""Likeness after a shift, against plain products of shifted images."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model.datasets import Images
from model.shift import MOST_SHIFT_PX, best_shifts, pattern_likeness


@pytest.fixture(scope="module")
def images(first_galaxies: Images) -> NDArray[np.uint8]:
    return first_galaxies.pixels[:12]


ANYWHERE = np.full((1, 2), np.nan)


def shifted(image: NDArray[np.uint8], columns: int, rows: int) -> NDArray[np.uint8]:
    return np.roll(image, (rows, columns), axis=(0, 1))


@pytest.mark.parametrize("shift", [(0, 0), (3, -2), (-7, 5)])
def test_a_copy_is_found_at_the_shift_it_was_made_with(
    images: NDArray[np.uint8], shift: tuple[int, int]
) -> None:
    for image in images:
        copy = shifted(image, *shift)
        likeness, found = best_shifts(image[None], copy[None], ANYWHERE)
        assert found[0].tolist() == list(shift)
        assert pattern_likeness(image, copy, list(shift)) > 0.999
        assert 0.9 < likeness[0] <= 1


def test_likeness_is_the_largest_product_of_all_shifts(images: NDArray[np.uint8]) -> None:
    one, other = (image[40:110, 40:110].astype(float) for image in images[:2])
    padded = np.pad(other, MOST_SHIFT_PX)
    steps = range(2 * MOST_SHIFT_PX + 1)
    products = [np.sum(one * padded[r : r + 70, c : c + 70]) for r in steps for c in steps]
    wanted = max(products) / np.linalg.norm(one) / np.linalg.norm(other)
    likeness, _ = best_shifts(images[:1], images[1:2], ANYWHERE)
    assert likeness[0] == pytest.approx(wanted, rel=1e-5)


def test_only_shifts_near_the_expected_one_count(images: NDArray[np.uint8]) -> None:
    copy = shifted(images[0], 6, 0)[None]
    near, there = best_shifts(images[:1], copy, np.array([[4.0, 1.0]]))
    assert there.tolist() == [[6, 0]]
    off, _ = best_shifts(images[:1], copy, np.array([[-20.0, 0.0]]))
    assert off[0] < near[0]


def test_a_blank_image_is_like_nothing(images: NDArray[np.uint8]) -> None:
    blank = np.zeros_like(images[:1])
    likeness, _ = best_shifts(images[:1], blank, ANYWHERE)
    assert np.isnan(likeness).all()
    assert np.isnan(pattern_likeness(blank[0], blank[0], [0, 0]))
