"""The parameters of a picture's style, the same for every picture and figure.

It decides nothing: it receives.
"""

from typing import Annotated

from fastapi import Depends, Query

from app.images.colour_scales import USUAL_COLOURS, Colours
from app.images.picture_style import SIZE_MIN_PX, ZOOM_MAX, Cuts, PictureStyle, Stretch, Unit
from model.preprocess import IMAGE_SIZE_PX, INPUT_SIZE_PX

StretchParam = Annotated[
    Stretch, Query(description="From brightness to colour, as in astropy.visualization.")
]
CutsParam = Annotated[
    Cuts | None,
    Query(
        description="Range of brightness, measured on the square that is drawn: minmax, zscale "
        "or the middle so many per cent of its pixels. By default minmax; where no other style "
        "is asked for, the stored values 0 to 255 as they are."
    ),
]
LowParam = Annotated[
    float | None,
    Query(allow_inf_nan=False, description="Brightness of the first colour, in `unit`."),
]
HighParam = Annotated[
    float | None,
    Query(allow_inf_nan=False, description="Brightness of the last colour, in `unit`."),
]
UnitParam = Annotated[
    Unit | None,
    Query(
        description="percent: of the brightest pixel of the square that is drawn, the image's "
        "own peak; mjy_beam: only where the bundle knows the flux scale. Needed with `low` and "
        "`high`; by default mjy_beam where known."
    ),
]
ColoursParam = Annotated[Colours, Query(description="Colour scale.")]
InvertParam = Annotated[bool, Query(description="Reverse the colour scale.")]
SizeParam = Annotated[
    int,
    Query(
        ge=SIZE_MIN_PX,
        le=IMAGE_SIZE_PX,
        description=f"Central square, pixels; {INPUT_SIZE_PX} is what the network sees.",
    ),
]
ZoomParam = Annotated[
    int, Query(ge=1, le=ZOOM_MAX, description="Picture pixels an image pixel, no smoothing.")
]
ContoursParam = Annotated[
    bool,
    Query(
        description="At 3, 6, 12, ... sigma where the noise is known, else at 10, 20, 40, 80 % "
        "of the peak."
    ),
]
ScaleBarParam = Annotated[bool, Query(description="A round length on the sky.")]
BeamParam = Annotated[bool, Query(description="Half-maximum ellipse, where it is known.")]
CompassParam = Annotated[bool, Query(description="North and east.")]


async def picture_style(
    stretch: StretchParam = "linear",
    cuts: CutsParam = None,
    low: LowParam = None,
    high: HighParam = None,
    unit: UnitParam = None,
    colours: ColoursParam = USUAL_COLOURS,
    invert: InvertParam = False,
    size_px: SizeParam = IMAGE_SIZE_PX,
    zoom: ZoomParam = 1,
    contours: ContoursParam = False,
    scale_bar: ScaleBarParam = False,
    beam: BeamParam = False,
    compass: CompassParam = False,
) -> PictureStyle:
    """How a picture is to look."""
    return PictureStyle(
        stretch, cuts, low, high, unit, colours, invert, size_px, zoom,
        contours, scale_bar, beam, compass,
    )  # fmt: skip


async def figure_style(
    stretch: StretchParam = "linear",
    cuts: CutsParam = "minmax",
    low: LowParam = None,
    high: HighParam = None,
    unit: UnitParam = None,
    colours: ColoursParam = USUAL_COLOURS,
    invert: InvertParam = False,
    size_px: SizeParam = INPUT_SIZE_PX,
    contours: ContoursParam = True,
    scale_bar: ScaleBarParam = True,
    beam: BeamParam = True,
    compass: CompassParam = False,
) -> PictureStyle:
    """How the images of a figure are to look."""
    return PictureStyle(
        stretch, cuts or "minmax", low, high, unit, colours, invert, size_px, 1,
        contours, scale_bar, beam, compass,
    )  # fmt: skip


StyleDep = Annotated[PictureStyle, Depends(picture_style)]
FigureStyleDep = Annotated[PictureStyle, Depends(figure_style)]
