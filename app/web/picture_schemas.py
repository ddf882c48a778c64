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


class CellInfo(BaseModel):
    """One cell of an image: what it does to S, and where its middle is."""

    difference: float
    """S less S without it: positive where it makes the two alike."""
    east_arcsec: float
    """From the middle of the image, the position of the catalogue."""
    north_arcsec: float


class ExplainedImageInfo(BaseModel):
    """How S depends on the parts of one image."""

    source_id: str
    picture_url: str
    cells: list[list[float]]
    """Differences of S. The first row is the southernmost, the first column the easternmost."""
    most_alike: CellInfo
    """The cell with the largest difference."""
    most_apart: CellInfo
    """The cell with the smallest, or most negative."""
    central_share: float | None
    """Share of the sum of |difference| in the cells whose middle is within
    `central_radius_arcsec` of the image's; null where every difference is 0."""


class Explanation(BaseModel):
    """Which parts of two images make their similarity."""

    similarity: float
    dissimilarity: float
    """1 - S."""
    limit: float
    """The largest |difference|: the end of the colour bar of both pictures."""
    square_arcsec: float
    """Side of the square that is blanked."""
    cell_arcsec: float
    """By how much it moves; a cell has the mean of the squares that cover it."""
    central_radius_arcsec: float
    images: list[ExplainedImageInfo]
    """Of the source, and of the other."""
    embedded: int
    """How many images the network saw for this."""
    means: str
    """How to read it, in a sentence."""
    limits: str
    """What it does not show."""
