"""Shape descriptors follow the shape of a source and nothing else."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from model.datasets import Images
from model.shapes import (
    LEVELS,
    aligned_profiles,
    circle_invariants,
    describe_shapes,
    measure_isophotes,
    principal_axes,
)

Kind = Callable[[Tensor], Tensor]
KINDS = (circle_invariants, aligned_profiles, measure_isophotes)


@pytest.fixture(scope="module")
def images(first_galaxies: Images) -> Tensor:
    """Images (12, 149, 149) of real sources; an odd side has a pixel in its middle."""
    pixels = first_galaxies.pixels[:12, 1:, 1:]
    assert pixels.any(axis=(1, 2)).all()
    return torch.from_numpy(np.ascontiguousarray(pixels))


def relative_change(a: Tensor, b: Tensor, spread: Tensor) -> float:
    return float(((a - b) / spread).abs().median())


@pytest.fixture(scope="module", params=KINDS, ids=[kind.__name__ for kind in KINDS])
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


def test_turning_and_mirroring_change_nothing(kind: Kind, images: Tensor) -> None:
    found = kind(images)
    spread = found.std(dim=0).clamp(min=1e-3)
    for same in (images.rot90(1, (1, 2)), images.rot90(2, (1, 2)), images.flip(1), images.flip(2)):
        assert relative_change(kind(same), found, spread) < 2e-3


def test_circles_are_about_the_position_and_profiles_about_the_centroid(images: Tensor) -> None:
    shifted = images.roll(4, 2)
    changes = {}
    for name, kind in (("circles", circle_invariants), ("profiles", aligned_profiles)):
        found = kind(images)
        spread = found.std(dim=0).clamp(min=1e-3)
        changes[name] = relative_change(kind(shifted), found, spread)
    assert changes["circles"] > 0.1
    assert changes["profiles"] < 0.3 * changes["circles"]


def test_a_blank_image_has_descriptors_as_well(kind: Kind) -> None:
    blank = torch.zeros(2, 150, 150, dtype=torch.uint8)
    assert bool(kind(blank).isfinite().all())


def test_descriptors_of_a_source_do_not_depend_on_its_batch(kind: Kind, images: Tensor) -> None:
    assert torch.allclose(kind(images)[3:5], kind(images[3:5]), atol=1e-4)


def test_bent_and_straight_tails_of_the_same_flux_are_told_apart() -> None:
    straight = torch.zeros(1, 149, 149, dtype=torch.uint8)
    bent = straight.clone()
    for step in range(16):
        straight[0, 74, [74 - step, 74 + step]] = 200
        bent[0, 74 + step // 2, [74 - step, 74 + step]] = 200
    for a, b in zip(describe_shapes(straight), describe_shapes(bent), strict=True):
        assert float((a - b).abs().max()) > 0.1


def test_scaled_circles_know_a_shape_at_twice_its_size() -> None:
    small, large = (torch.zeros(1, 149, 149, dtype=torch.uint8) for _ in range(2))
    for shape, size in ((small, 1), (large, 2)):
        for middle in (74 - 7 * size, 74 + 7 * size):
            reach = slice(middle - 2 * size, middle + 2 * size + 1)
            shape[0, 74 - 2 * size : 74 + 2 * size + 1, reach] = 200
    a, b = circle_invariants(small)[0, 1:], circle_invariants(large)[0, 1:]
    fixed, scaled = (a - b).abs().chunk(2)
    assert scaled.mean() < 0.5 * fixed.mean()


def test_principal_axes_of_a_bar_are_known() -> None:
    bar = torch.zeros(101, 101)
    for step in range(-10, 11):
        bar[50 + step, 60 + step] = 1  # 45 degrees, 10 px off the middle column
    axes = principal_axes(bar)
    assert (float(axes.across), float(axes.up)) == pytest.approx((10, 0), abs=1e-4)
    assert float(axes.cos / axes.sin) == pytest.approx(1, abs=1e-4)
    assert float(axes.major) == pytest.approx((2 * 110 / 3 + 1 / 12) ** 0.5, rel=1e-4)
    assert float(axes.minor) == pytest.approx((1 / 12) ** 0.5, rel=1e-2)


def isophote_measures(image: Tensor) -> Tensor:
    """Measures by level, (LEVELS, 15), of one image."""
    found = measure_isophotes(image[None])[0]
    return found[: 15 * len(LEVELS)].reshape(len(LEVELS), 15)


def test_isophotes_have_the_lengths_and_the_bend_that_were_drawn() -> None:
    straight, bent = (torch.zeros(149, 149, dtype=torch.uint8) for _ in range(2))
    for x in range(-20, 21):
        straight[73:76, 74 + x] = 200
        bent[73 + x * x // 40 : 76 + x * x // 40, 74 + x] = 200
    length, width = isophote_measures(straight)[4, 1:3].tolist()
    assert length == pytest.approx(41, abs=2)
    assert width == pytest.approx(3, abs=2)
    curvature = [float(isophote_measures(image)[4, 11]) for image in (straight, bent)]
    assert curvature[0] < 1e-3
    assert curvature[1] == pytest.approx(20 / 3**0.5 / 40, rel=0.3)  # of x^2/40, times the spread


def test_peaks_lie_where_they_were_put() -> None:
    image = torch.zeros(1, 149, 149, dtype=torch.uint8)
    image[0, 74, 64], image[0, 74, 89] = 255, 200  # 10 and 15 px from the middle, opposite
    bright, radius, apart, cosine, rest = measure_isophotes(image)[0, 90:].split([4, 4, 6, 6, 3])
    assert bright.tolist() == pytest.approx([1, 200 / 255, 0, 0], abs=1e-2)
    assert radius.tolist() == pytest.approx([10, 15, 0, 0], abs=1e-3)
    assert float(apart[0]) == pytest.approx(25)
    assert float(cosine[0]) == pytest.approx(-1, abs=1e-3)
    assert float(rest[0]) == pytest.approx(2**0.5)
