"""The PNG of an answer, read back: value by value, and nothing else is taken."""

import io

import numpy as np
import pytest
from PIL import Image

from app.errors import UnreadablePicture, UnsupportedImage
from app.images.colour_scales import COLOURS, Colours
from app.images.draw import draw_png
from app.images.own_picture import MAX_BYTES, read_own_picture

RAMP = np.arange(150 * 150).reshape(150, 150).astype(np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (150, 150)).astype(np.uint8)


@pytest.mark.parametrize("colours", COLOURS)
def test_a_drawn_picture_is_read_back_value_by_value(colours: Colours) -> None:
    content = draw_png(NOISE, 150, colours)
    assert np.array_equal(read_own_picture(content), NOISE)
    assert len(content) < MAX_BYTES


def saved(picture: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def test_what_is_not_ours_is_refused_in_words() -> None:
    ours = Image.open(io.BytesIO(draw_png(RAMP, 150, "inferno")))
    other = ours.copy()
    other.putpalette(bytes(range(256)) * 3)
    for picture in (ours.convert("RGB"), other, ours.convert("1")):
        with pytest.raises(UnreadablePicture, match="colours"):
            read_own_picture(saved(picture))
    with pytest.raises(UnreadablePicture, match="70 x 70"):
        read_own_picture(draw_png(RAMP, 70, "grey"))
    with pytest.raises(UnsupportedImage, match="no PNG"):
        read_own_picture(saved(ours.convert("RGB"), "JPEG"))
    with pytest.raises(UnreadablePicture, match="damaged"):
        read_own_picture(draw_png(NOISE, 150, "grey")[:-9000])
