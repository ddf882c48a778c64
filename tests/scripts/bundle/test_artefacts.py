"""Artefact flags, on images in which they were put and on real ones."""

import numpy as np

from model.datasets import Images
from scripts.bundle.artefacts import artefact_flags, edge_to_centre, faint_islands


def point(image: np.ndarray, column: int, row: int, value: int) -> None:
    image[row - 1 : row + 2, column - 1 : column + 2] = value


def test_a_source_at_the_edge_that_is_brighter_than_the_middle_is_flagged() -> None:
    image = np.zeros((150, 150), np.uint8)
    point(image, 75, 75, 100)
    point(image, 41, 75, 200)  # within the outermost 5 px of the central 70
    assert edge_to_centre(image) == 2
    point(image, 41, 75, 0)
    point(image, 48, 75, 200)  # inside of them
    assert edge_to_centre(image) == 0
    assert edge_to_centre(np.zeros_like(image)) == 0


def test_faint_islands_are_counted_without_the_source_and_without_specks() -> None:
    image = np.zeros((150, 150), np.uint8)
    point(image, 75, 75, 255)
    for row in (20, 40, 60):
        point(image, 30, row, 40)
    image[90, 90] = 40  # a speck
    point(image, 110, 110, 200)  # as bright as a lobe
    assert faint_islands(image) == 3


def test_flags_are_words_together() -> None:
    edge, islands = np.array([0.2, 1.5, 1.5]), np.array([0, 0, 5], np.int32)
    assert artefact_flags(edge, islands, np.array([np.nan, 0, 10.0])) == [
        "none",
        "bright edge",
        "bright edge + many islands + blanked",
    ]


def test_few_real_images_are_flagged(first_galaxies: Images) -> None:
    images = first_galaxies.pixels[::20]
    edge = np.array([edge_to_centre(image) for image in images])
    assert 0 < np.mean(edge > 1) < 0.1
