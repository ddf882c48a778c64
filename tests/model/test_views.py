"""The views of Tables 1 and 2: their shapes, ranges, seeds, order and centre of rotation."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from model.preprocess import network_input
from model.views import FINE_TUNING_VIEWS, ViewConfig, random_views, unnormalised_views

STILL = ViewConfig(
    rotate=False,
    crop_area_min=1.0,
    flip_probability=0.0,
    jitter_probability=0.0,
    blur_probability=0.0,
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.randint(0, 256, (6, 150, 150), generator=generator(5), dtype=torch.uint8)


@pytest.fixture(scope="module")
def dot() -> torch.Tensor:
    image = torch.zeros(8, 150, 150, dtype=torch.uint8)
    image[:, 75, 75] = 255
    return image


def test_a_view_without_augmentation_is_the_networks_input(images: torch.Tensor) -> None:
    view = random_views(images, STILL, generator())
    expected = network_input(images.numpy())
    np.testing.assert_allclose(view[:, 0].numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("size", [48, 70])
@pytest.mark.parametrize("config", [ViewConfig(), FINE_TUNING_VIEWS])
def test_views_have_the_size_asked_for_and_stay_in_range(
    images: torch.Tensor, config: ViewConfig, size: int
) -> None:
    config = ViewConfig(**(vars(config) | {"centre_crop_px": size}))
    view = unnormalised_views(images, config, generator())
    assert view.shape == (6, 1, size, size)
    assert view.min() >= 0
    assert view.max() <= 1 + 1e-6


def test_the_same_seed_gives_the_same_views(images: torch.Tensor) -> None:
    first, again = (random_views(images, ViewConfig(), generator(3)) for _ in range(2))
    other = random_views(images, ViewConfig(), generator(4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_every_image_of_a_batch_gets_its_own_view(images: torch.Tensor) -> None:
    same = images[:1].expand(4, -1, -1)
    view = random_views(same, ViewConfig(), generator())
    assert not any(torch.equal(view[0], view[i]) for i in range(1, 4))


def test_rotation_is_about_the_source(dot: torch.Tensor) -> None:
    config = ViewConfig(**(vars(STILL) | {"rotate": True}))
    view = unnormalised_views(dot, config, generator())
    assert torch.all(view[:, 0, 35, 35] == 1)
    assert view.sum() == len(dot)


def test_rotation_comes_before_the_centre_crop() -> None:
    corner = torch.zeros(16, 150, 150, dtype=torch.uint8)
    corner[:, 75 + 40, 70:80] = 255  # 40 px north: outside the crop of 70 px until it is turned
    config = ViewConfig(**(vars(STILL) | {"rotate": True}))
    assert unnormalised_views(corner, STILL, generator()).sum() == 0
    assert unnormalised_views(corner, config, generator()).sum() > 0


def test_the_random_crop_keeps_at_least_its_share_of_the_area() -> None:
    white = torch.full((64, 150, 150), 255, dtype=torch.uint8)
    config = ViewConfig(**(vars(STILL) | {"crop_area_min": 0.8}))
    assert unnormalised_views(white, config, generator()).min() > 0.99


def test_jitter_changes_brightness_but_never_the_order_of_pixels(images: torch.Tensor) -> None:
    config = ViewConfig(**(vars(STILL) | {"jitter_probability": 1.0}))
    still = unnormalised_views(images, STILL, generator())[0].flatten()
    jittered = unnormalised_views(images, config, generator())[0].flatten()
    assert not torch.allclose(still, jittered)
    assert torch.all(jittered[still.argsort()].diff() >= -1e-6)


def test_blur_spreads_a_point_and_keeps_its_flux(dot: torch.Tensor) -> None:
    config = ViewConfig(**(vars(STILL) | {"blur_probability": 1.0}))
    view = unnormalised_views(dot, config, generator())
    assert view.amax(dim=(1, 2, 3)).min() < 0.5
    torch.testing.assert_close(view.sum(dim=(1, 2, 3)), torch.ones(len(dot)))


def test_a_raised_threshold_only_removes_the_faintest() -> None:
    ramp = torch.arange(256, dtype=torch.uint8).repeat(88)[: 150 * 150].reshape(1, 150, 150)
    config = ViewConfig(**(vars(STILL) | {"threshold_max": 0.1}))
    view = unnormalised_views(ramp, config, generator())
    still = unnormalised_views(ramp, STILL, generator())
    assert torch.all(view <= still + 1e-6)
    assert torch.all(view[still > 0.11] > 0)
    assert view.max() == pytest.approx(1.0)


def test_a_pedestal_takes_at_most_the_faintest_level_and_keeps_the_peak() -> None:
    image = torch.zeros(64, 150, 150, dtype=torch.uint8)
    image[:, 70:80, 70:80] = 51
    image[:, 75, 75] = 255
    config = replace(STILL, pedestal_probability=0.5)
    views = unnormalised_views(image, config, generator())
    faintest = views[:, 0, 32, 32]
    assert torch.all((faintest >= 0) & (faintest <= 51 / 255 + 1e-6))
    assert 10 < int((faintest < 51 / 255 - 1e-6).sum()) < 54  # some, not all
    assert torch.allclose(views.amax(dim=(1, 2, 3)), torch.ones(64))
    blank = unnormalised_views(torch.zeros_like(image), config, generator())
    assert torch.all(blank == 0)
