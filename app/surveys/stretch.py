"""A survey's field as a picture: brightness stretched for the eye, and how, in numbers.

It never cleans, clips at the noise or resamples: search images are drawn elsewhere.
"""

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

StretchKind = Literal["asinh", "linear"]

LOW_PERCENTILE, HIGH_PERCENTILE = 0.5, 99.8
SOFTENING = 10.0
"""The asinh stretch is linear up to about a tenth of the range."""
UNOBSERVED_RGB = (64, 72, 112)


@dataclass(frozen=True)
class Stretch:
    """Which brightness became black, which white, and how it runs between them."""

    kind: StretchKind
    low_jy_beam: float
    high_jy_beam: float

    def __str__(self) -> str:
        return f"{self.kind} from {self.low_jy_beam:.3e} to {self.high_jy_beam:.3e} Jy/beam"


def choose_stretch(pixels: NDArray[np.float32], kind: StretchKind) -> Stretch:
    """Take the range from the picture's own observed pixels; NaN where none was observed."""
    observed = pixels[np.isfinite(pixels)]
    if observed.size == 0:
        return Stretch(kind, float("nan"), float("nan"))
    low, high = np.percentile(observed, (LOW_PERCENTILE, HIGH_PERCENTILE))
    return Stretch(kind, float(low), float(high))


def draw_stretched(pixels: NDArray[np.float32], stretch: Stretch) -> bytes:
    """Draw a field as PNG, north up and east left, grey; what was not observed is blue.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        Jy/beam, row 0 south, column 0 east, NaN where unobserved.
    stretch : Stretch
        It is written into the file too, as its text "Stretch".
    """
    span = stretch.high_jy_beam - stretch.low_jy_beam
    share = np.clip((pixels - stretch.low_jy_beam) / (span or 1.0), 0, 1)
    if stretch.kind == "asinh":
        share = np.arcsinh(SOFTENING * share) / np.arcsinh(SOFTENING)
    grey = np.nan_to_num(255 * share).round().astype(np.uint8)
    colours = np.repeat(grey[..., None], 3, axis=-1)  # (H, W, 3)
    colours[~np.isfinite(pixels)] = UNOBSERVED_RGB
    words = PngInfo()
    words.add_text("Stretch", str(stretch))
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(colours[::-1])).save(buffer, "PNG", pnginfo=words)
    return buffer.getvalue()
