"""Pictures: which way is north, how large, and that no pixel value changes."""

import io
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.images.draw import Colours, draw_png
from model.preprocess import centre_crop, network_input

SOUTH_EAST, SOUTH_WEST, NORTH_EAST, NORTH_WEST = 10, 20, 30, 40
RAMP = np.arange(150 * 150).reshape(150, 150).astype(np.uint8)


def decode(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    assert picture.format == "PNG"
    return picture


def grey(image: NDArray[np.uint8], size_px: int = 150) -> NDArray[np.uint8]:
    picture = decode(draw_png(image, size_px, "grey"))
    assert picture.mode == "L"
    return np.asarray(picture)


def test_north_is_up_and_east_is_left() -> None:
    image = np.zeros((150, 150), np.uint8)  # row 0 south, column 0 east
    image[0, 0], image[0, -1] = SOUTH_EAST, SOUTH_WEST
    image[-1, 0], image[-1, -1] = NORTH_EAST, NORTH_WEST
    drawn = grey(image)
    assert (drawn[0, 0], drawn[0, -1]) == (NORTH_EAST, NORTH_WEST)
    assert (drawn[-1, 0], drawn[-1, -1]) == (SOUTH_EAST, SOUTH_WEST)


def test_every_pixel_value_is_kept() -> None:
    assert np.array_equal(grey(RAMP)[::-1], RAMP)


@pytest.mark.parametrize("size_px", [10, 35, 70, 71, 149, 150])
@pytest.mark.parametrize("colours", get_args(Colours))
def test_a_picture_has_one_pixel_an_image_pixel(size_px: int, colours: Colours) -> None:
    assert decode(draw_png(RAMP, size_px, colours)).size == (size_px, size_px)


def test_the_central_70_px_are_those_that_the_network_sees() -> None:
    drawn = grey(RAMP, 70)[::-1]
    assert np.array_equal(drawn, centre_crop(RAMP, 70))
    ranks = np.argsort(network_input(RAMP).ravel(), kind="stable")
    assert np.array_equal(np.argsort(drawn.ravel(), kind="stable"), ranks)


def test_inferno_is_a_palette_over_the_same_values_and_brightens_with_them() -> None:
    picture = decode(draw_png(RAMP, 150, "inferno"))
    assert picture.mode == "P"
    assert np.array_equal(np.asarray(picture)[::-1], RAMP)
    levels = np.zeros((150, 150), np.uint8)
    levels[-1] = np.arange(150)
    levels[-2, :106] = np.arange(150, 256)
    rgb = np.asarray(decode(draw_png(levels, 150, "inferno")).convert("RGB"), float)
    colours = np.concatenate([rgb[0], rgb[1, :106]])  # (256, 3), darkest first
    luminance = colours @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) > -0.5).all()
    assert luminance[0] < 5
    assert luminance[255] > 230
    assert len(np.unique(colours, axis=0)) > 240


def test_the_image_itself_is_left_alone() -> None:
    image = RAMP.copy()
    image.setflags(write=False)
    draw_png(image, 150, "inferno")
    assert np.array_equal(image, RAMP)
