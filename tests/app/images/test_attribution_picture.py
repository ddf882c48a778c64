"""The picture of what makes S: where a difference stands, in which colour, what is beside it."""

import io

import numpy as np
import pytest
from PIL import Image

from app.images.attribution_picture import (
    ALIKE_RGB,
    APART_RGB,
    BAR_PX,
    ZOOM_MIN,
    colours_of,
    draw_attribution,
)
from app.images.cleaned_image import CleanedImage
from app.images.draw import MARK_RGB
from app.images.picture_style import ZOOM_MAX

SKY = np.zeros((150, 150), np.uint8)


def drawn(pixels: np.ndarray, cells: dict[tuple[int, int], float], zoom: int = 6) -> np.ndarray:
    differences = np.zeros((70, 70), np.float32)
    for (row, column), value in cells.items():
        differences[5 * row : 5 * row + 5, 5 * column : 5 * column + 5] = value
    png = draw_attribution(CleanedImage(pixels), differences, 0.2, zoom)
    return np.asarray(Image.open(io.BytesIO(png)))


def test_what_makes_alike_is_orange_and_what_sets_apart_blue_north_up() -> None:
    picture = drawn(SKY, {(13, 0): 0.2, (0, 1): -0.2, (6, 6): 0.1})
    assert tuple(picture[15, 15]) == ALIKE_RGB  # north-east
    assert tuple(picture[-BAR_PX - 15, 45]) == APART_RGB  # south-east
    np.testing.assert_allclose(picture[(69 - 32) * 6, 32 * 6], np.array(ALIKE_RGB) / 2, atol=1)
    assert not picture[100, 300].any()


def test_the_colour_bar_has_the_colours_of_the_picture() -> None:
    picture = drawn(SKY, {})
    strip = picture[420 + 4 + 5, 10:410].astype(float)
    np.testing.assert_allclose(strip[0], APART_RGB, atol=1)
    np.testing.assert_allclose(strip[-1], ALIKE_RGB, atol=1)
    np.testing.assert_allclose(strip, colours_of(np.linspace(-0.2, 0.2, 400), 0.2), atol=1)
    assert picture[-14:].any()  # its values


def test_emission_stays_to_be_seen_and_lightens_what_lies_under_it() -> None:
    pixels = SKY.copy()
    pixels[40 + 32, 40 + 32] = 255
    picture = drawn(pixels, {(6, 6): 0.2})
    row, column = (69 - 32) * 6 + 3, 32 * 6 + 3
    assert tuple(picture[row, column]) == (255, 255, 255)
    assert tuple(picture[row, column + 6]) == ALIKE_RGB


@pytest.mark.parametrize("zoom", [ZOOM_MIN, ZOOM_MAX])
def test_a_model_keeps_its_mark(zoom: int) -> None:
    image = CleanedImage(SKY, "model")
    png = draw_attribution(image, np.zeros((70, 70), np.float32), 0.0, zoom)
    picture = np.asarray(Image.open(io.BytesIO(png)))
    assert picture.shape == (70 * zoom + BAR_PX, 70 * zoom, 3)
    assert tuple(picture[0, 0]) == MARK_RGB
    assert (picture[: 70 * zoom] == MARK_RGB).all(axis=2).sum() > 4 * 70
