"""A survey's field as a picture: its range is said, and what was not observed is not black."""

import io

import numpy as np
import pytest
from PIL import Image

from app.images.draw import UNOBSERVED_RGB, Stretch, StretchKind, choose_stretch, draw_stretched


def drawn(pixels: np.ndarray, stretch: Stretch) -> tuple[np.ndarray, str]:
    """Pixels of the PNG, (H, W, 3), and what its text says."""
    picture = Image.open(io.BytesIO(draw_stretched(pixels.astype(np.float32), stretch)))
    return np.asarray(picture), str(picture.info["Stretch"])


@pytest.mark.parametrize("kind", ["asinh", "linear"])
def test_brighter_is_never_darker_and_the_range_reaches_from_black_to_white(
    kind: StretchKind,
) -> None:
    ramp = np.linspace(-1e-3, 5e-3, 1000).reshape(1, -1)
    stretch = choose_stretch(ramp.astype(np.float32), kind)
    picture, said = drawn(ramp, stretch)
    grey = picture[0, :, 0].astype(int)
    assert (np.diff(grey) >= 0).all()
    assert (grey[0], grey[-1]) == (0, 255)
    assert said == str(stretch)
    assert said.startswith(f"{kind} from -9.7")
    assert said.endswith("e-03 Jy/beam")


def test_asinh_lifts_what_is_faint() -> None:
    ramp = np.linspace(0, 1, 101).reshape(1, -1)
    bright = {
        kind: drawn(ramp, Stretch(kind, 0.0, 1.0))[0][0, 10, 0] for kind in ("asinh", "linear")
    }
    assert bright["linear"] == 26
    assert bright["asinh"] > 2 * bright["linear"]


def test_north_is_up_and_the_unobserved_is_blue() -> None:
    pixels = np.zeros((4, 4))
    pixels[0, 0] = 1.0  # south-east
    pixels[3, 3] = np.nan  # north-west
    picture, _ = drawn(pixels, Stretch("linear", 0.0, 1.0))
    assert tuple(picture[3, 0]) == (255, 255, 255)
    assert tuple(picture[0, 3]) == UNOBSERVED_RGB


@pytest.mark.parametrize("pixels", [np.full((3, 3), np.nan), np.full((3, 3), 2.0)])
def test_nothing_to_stretch_is_still_a_picture(pixels: np.ndarray) -> None:
    picture, _ = drawn(pixels, choose_stretch(pixels.astype(np.float32), "asinh"))
    assert picture.shape == (3, 3, 3)
    assert (picture == (UNOBSERVED_RGB if np.isnan(pixels).all() else 0)).all()
