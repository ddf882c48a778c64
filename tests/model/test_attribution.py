"""Which parts of two images make S: against one blanked image at a time, and on made sources."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.bundle.latent_space import open_latent_space
from model.attribution import CELL_PX, PATCH_PX, Attribution, cells_of, explain_similarity
from model.encoder import (
    FEATURES,
    CompiledCopy,
    Encoder,
    embed,
    untrained_encoder,
    weights_state,
)
from model.preprocess import INPUT_SIZE_PX, centre_crop, network_input
from model.similarity import similarity

Cleaned = NDArray[np.uint8]
PLACES = range(0, INPUT_SIZE_PX - PATCH_PX + 1, CELL_PX)
BINS = 22  # squared, fewer than there are features


def binned(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """(B, 70, 70) -> (B, 512): the light above empty sky in coarse pixels, and then a constant."""
    light = images - network_input(np.zeros((150, 150), np.uint8)).min()
    edges = np.linspace(0, INPUT_SIZE_PX, BINS + 1).astype(int)[:-1]
    bins = np.add.reduceat(np.add.reduceat(light, edges, axis=1), edges, axis=2)
    y = np.full((len(images), FEATURES), 0.01, np.float32)
    y[:, : BINS**2] = bins.reshape(len(images), -1)
    return y


@pytest.fixture(scope="module")
def overlap() -> Encoder:
    """An encoder whose S is the overlap of two images, place by place."""
    encoder = untrained_encoder("resnet14")
    encoder.compiled = CompiledCopy("bins", binned, weights_state(encoder))
    return encoder


def blobs(*places: tuple[int, int]) -> Cleaned:
    """Round sources of 3 px at rows and columns of the field."""
    row, column = np.ogrid[:150, :150]
    image = np.zeros((150, 150))
    for r, c in places:
        image += 250 * np.exp(-((row - 40 - r) ** 2 + (column - 40 - c) ** 2) / (2 * 1.5**2))
    return image.clip(0, 255).astype(np.uint8)


def one_at_a_time(encoder: Encoder, image: Cleaned, fixed: Cleaned) -> NDArray[np.float64]:
    """The map of an image as its definition has it: pixel by pixel, one image in a batch."""

    def s_of(field: Cleaned) -> float:
        y, y_fixed = (embed(encoder, network_input(each)[None]) for each in (field, fixed))
        return float(similarity(y, y_fixed)[0, 0])

    field = centre_crop(image, INPUT_SIZE_PX)
    differences = {}
    for top in PLACES:
        for left in PLACES:
            blanked = field.copy()
            blanked[top : top + PATCH_PX, left : left + PATCH_PX] = 0
            differences[top, left] = s_of(field) - s_of(blanked)
    found = np.empty(field.shape)
    for r, c in np.ndindex(field.shape):
        covering = [
            difference
            for (top, left), difference in differences.items()
            if top <= r < top + PATCH_PX and left <= c < left + PATCH_PX
        ]
        found[r, c] = np.mean(covering)
    return found


def test_maps_are_those_of_one_blanked_image_at_a_time(overlap: Encoder) -> None:
    first, second = blobs((20, 20), (35, 35), (66, 2)), blobs((21, 20), (50, 48))
    explained = explain_similarity(overlap, first, second)
    for ours, pair in zip(explained.maps, ((first, second), (second, first)), strict=True):
        assert ours.shape == (70, 70)
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, one_at_a_time(overlap, *pair), atol=1e-6)
        assert np.ptp(ours) > 0.01
        np.testing.assert_array_equal(np.kron(cells_of(ours), np.ones((5, 5))), ours)


def test_what_makes_two_sources_alike_is_the_lobe_that_they_share(overlap: Encoder) -> None:
    shared, ours, theirs = (20, 15), (50, 55), (30, 58)
    explained = explain_similarity(overlap, blobs(shared, ours), blobs(shared, theirs))
    for own, alone in zip(explained.maps, (ours, theirs), strict=True):
        assert own.max() == own[shared] > 0.1
        assert own.min() == own[alone] < -0.1  # without it they are more alike


def test_squares_of_empty_sky_change_nothing_and_cost_nothing(encoder: Encoder) -> None:
    first, second = blobs((12, 12)), blobs((35, 35))
    explained = explain_similarity(encoder, first, second)
    assert np.all(explained.maps[0][25:] == 0)
    assert np.all(explained.maps[1][:25] == 0)
    assert explained.maps[0][12, 12] != 0
    assert explained.embedded < 2 * 20


def test_what_lies_outside_the_field_counts_for_nothing(encoder: Encoder) -> None:
    outside = blobs((-20, 20))
    explained = explain_similarity(encoder, outside, blobs((35, 35)))
    assert outside.any()
    assert not explained.maps[0].any()


@pytest.fixture(scope="module")
def real_pair(bundle: Path) -> tuple[Cleaned, Cleaned]:
    space = open_latent_space(bundle)
    return space.image(1), space.image(7)


def test_an_image_is_like_itself_and_every_part_of_it_helps(
    encoder: Encoder, real_pair: tuple[Cleaned, Cleaned]
) -> None:
    image = real_pair[0]
    explained = explain_similarity(encoder, image, image)
    assert explained.similarity == pytest.approx(1, abs=1e-6)
    for own in explained.maps:
        assert own.min() >= -1e-6
        assert own.sum() > 0


def test_the_shipped_encoder_gives_the_same_one_by_one(
    encoder: Encoder, real_pair: tuple[Cleaned, Cleaned]
) -> None:
    first, second = real_pair
    explained: Attribution = explain_similarity(encoder, first, second)
    y = embed(encoder, np.stack([network_input(each) for each in real_pair]))
    assert explained.similarity == pytest.approx(similarity(y[:1], y[1:])[0, 0], abs=1e-6)
    top, left = 30, 30  # of four squares, the one that all cells round the middle are in
    field = centre_crop(first, INPUT_SIZE_PX).copy()
    cells = []
    for r in (top - CELL_PX, top):
        for c in (left - CELL_PX, left):
            blanked = field.copy()
            blanked[r : r + PATCH_PX, c : c + PATCH_PX] = 0
            y_blanked = embed(encoder, network_input(blanked)[None])
            cells.append(explained.similarity - similarity(y_blanked, y[1:])[0, 0])
    assert explained.maps[0][top, left] == pytest.approx(np.mean(cells), abs=1e-5)
    assert abs(np.mean(cells)) > 1e-4
