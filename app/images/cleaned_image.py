"""A cleaned image with what is known of its brightness, and the values that its pixels stand for.

It never draws.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.errors import UnusableStyle
from app.images.picture_style import Unit
from app.images.prepare import PreparedImage
from model.beam import Beam
from model.preprocess import centre_crop

MJY = 1000.0


@dataclass(frozen=True, eq=False)
class CleanedImage:
    """An image of the bundle, of a survey or of a person's own, ready to be drawn."""

    pixels: NDArray[np.uint8]  # (150, 150), row 0 south, column 0 east
    origin: str = "observed"
    """observed | uploaded | model | none."""
    rms_jy_beam: float | None = None
    scale_min_jy_beam: float | None = None
    scale_max_jy_beam: float | None = None
    """Brightness of 0 and of 255; None, as of the noise: not known."""
    beam: Beam | None = None

    @property
    def flux_known(self) -> bool:
        """Whether pixel values can be told in mJy/beam."""
        return _is_known(self.scale_min_jy_beam) and _is_known(self.scale_max_jy_beam)

    @property
    def rms_mjy_beam(self) -> float | None:
        """The noise of the cutout, where it can be compared with the pixels."""
        rms = self.rms_jy_beam
        return MJY * rms if rms and self.flux_known and _is_known(rms) else None

    @property
    def unit(self) -> Unit:
        """The unit in which this image's brightness is told, where none is asked for."""
        return "mjy_beam" if self.flux_known else "percent"

    def square(self, size_px: int) -> NDArray[np.uint8]:
        """The central square (S, S), row 0 south."""
        return np.ascontiguousarray(centre_crop(self.pixels, size_px))

    def brightness(self, size_px: int, unit: Unit) -> NDArray[np.float64]:
        """What the values 0 to 255 of a pixel stand for, (256,).

        Parameters
        ----------
        size_px : int
            Side of the central square: its brightest pixel is the peak.
        unit : {"percent", "mjy_beam"}
            Per cent of that peak, or mJy/beam.

        Raises
        ------
        UnusableStyle
            If the unit is mJy/beam and the image's flux scale is not known.
        """
        levels = np.arange(256, dtype=np.float64)
        if self.flux_known:
            assert self.scale_min_jy_beam is not None
            assert self.scale_max_jy_beam is not None
            span = self.scale_max_jy_beam - self.scale_min_jy_beam
            levels = MJY * (self.scale_min_jy_beam + levels / 255 * span)
        elif unit == "mjy_beam":
            raise UnusableStyle(
                "The flux scale of this image is not known: ask for unit=percent (of its peak).",
                parameter="unit",
            )
        if unit == "mjy_beam":
            return levels
        return 100 * levels / levels[int(self.square(size_px).max()) or 255]


def of_prepared(image: PreparedImage, beam: Beam | None = None) -> CleanedImage:
    """A fetched or uploaded image; a picture (PNG, JPEG) has neither noise nor flux scale."""
    if image.is_picture:
        return CleanedImage(image.pixels, "uploaded")
    return CleanedImage(
        image.pixels,
        "observed",
        image.rms_jy_beam,
        image.scale_min_jy_beam,
        image.scale_max_jy_beam,
        beam,
    )


def _is_known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
