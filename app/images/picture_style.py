"""How a picture of a cleaned image is wanted: stretch, cuts, colours, size and what is drawn on it.

It never looks at an image.
"""

from dataclasses import dataclass
from typing import Literal

from app.errors import UnusableStyle
from app.images.colour_scales import USUAL_COLOURS, Colours
from model.preprocess import IMAGE_SIZE_PX

Stretch = Literal["linear", "sqrt", "log", "asinh"]
Cuts = Literal["minmax", "zscale", "99.8", "99.5", "99"]
Unit = Literal["percent", "mjy_beam"]

STRETCH_LABELS: dict[Stretch, str] = {
    "linear": "linear",
    "sqrt": "square root",
    "log": "logarithmic",
    "asinh": "asinh",
}
CUTS_LABELS: dict[Cuts, str] = {
    "minmax": "min to max",
    "zscale": "zscale",
    "99.8": "99.8 %",
    "99.5": "99.5 %",
    "99": "99 %",
}
UNIT_LABELS: dict[Unit, str] = {"percent": "% of the peak", "mjy_beam": "mJy/beam"}
SIZE_MIN_PX, ZOOM_MAX = 10, 8


@dataclass(frozen=True)
class PictureStyle:
    """What a picture is asked to look like; `None` is: as is usual."""

    stretch: Stretch = "linear"
    cuts: Cuts | None = None
    """Of the pixels of the square that is drawn. None: the stored values as they are, 0 to 255,
    where nothing else of this is asked for, else minmax."""
    low: float | None = None
    high: float | None = None
    """Brightness of the first and of the last colour, in `unit`; they go before the cuts."""
    unit: Unit | None = None
    """None: mJy/beam where the image's flux scale is known, else per cent of the peak."""
    colours: Colours = USUAL_COLOURS
    invert: bool = False
    size_px: int = IMAGE_SIZE_PX
    """Side of the central square that is drawn, image pixels."""
    zoom: int = 1
    """Picture pixels an image pixel."""
    contours: bool = False
    scale_bar: bool = False
    beam: bool = False
    compass: bool = False

    def __post_init__(self) -> None:
        if (self.low is not None or self.high is not None) and self.unit is None:
            raise UnusableStyle(
                "Say in which unit 'low' and 'high' are: unit=percent (of the peak) or "
                "unit=mjy_beam.",
                parameter="unit",
            )
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise UnusableStyle(
                f"'low' ({self.low:g}) must be below 'high' ({self.high:g}).", parameter="low"
            )

    @property
    def is_plain(self) -> bool:
        """Whether the stored values are drawn as they are."""
        return self == PictureStyle(size_px=self.size_px, colours=self.colours)

    @property
    def side_px(self) -> int:
        """Side of the picture."""
        return self.size_px * self.zoom
