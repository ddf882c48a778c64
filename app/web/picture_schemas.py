"""The shapes of what pictures and figures show.

They hold no logic.
"""

from pydantic import BaseModel

from app.images.colour_scales import Colours
from app.images.picture_style import Stretch, Unit


class TickInfo(BaseModel):
    """A round value on a colour bar."""

    value: float
    place: float
    """0: at the first colour, 1: at the last."""


class ContourInfo(BaseModel):
    """Where contours run."""

    words: str
    """As a caption has it."""
    levels: list[float]
    unit: Unit
    unit_label: str


class ScaleBarInfo(BaseModel):
    """The round length that a scale bar has."""

    arcsec: int
    label: str


class BeamInfo(BaseModel):
    """A restoring beam: full widths at half maximum; position angle north through east."""

    major_arcsec: float
    minor_arcsec: float
    pa_deg: float


class PictureInfo(BaseModel):
    """What a picture shows, or would show: for its caption and its colour bar."""

    stretch: Stretch
    stretch_label: str
    range_label: str
    """Where low and high come from."""
    low: float
    high: float
    """Brightness of the first and of the last colour, in `unit`; they can be asked for again, of
    this image or of others."""
    peak: float
    """Of the brightest pixel of the square, in `unit`."""
    unit: Unit
    unit_label: str
    flux_known: bool
    """Whether unit=mjy_beam can be asked for."""
    ticks: list[TickInfo]
    """Along the strip of /api/colours."""
    colours: Colours
    invert: bool
    contours: ContourInfo | None
    """Null where nothing reaches the lowest level."""
    rms_mjy_beam: float | None
    scale_bar: ScaleBarInfo
    beam: BeamInfo | None
    """Null where it is not known; then none is drawn."""
    image_origin: str
    size_px: int
    zoom: int
    side_px: int
    """Of the picture."""
    field_arcsec: float


class FigureCaption(BaseModel):
    """What to write under a figure, and what to cite."""

    caption: str
    bibtex: str
