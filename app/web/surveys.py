"""HTTP routes of the surveys: which there are, and their images of any position.

It decides nothing: it asks and sends.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.errors import SurveyState
from app.images.draw import StretchKind, choose_stretch, draw_stretched
from app.images.fits import fits_bytes
from app.sky.coordinates import position_from_degrees
from app.surveys.cutouts import Cutout
from app.surveys.surveys import FIELD_ARCMIN, SURVEYS, Survey, find_survey
from app.web import caching
from app.web.dependencies import ExplorerDep
from app.web.file_names import at_place, disposition
from app.web.pictures import PICTURE
from app.web.query import PROBLEMS, in_survey_thread
from app.web.schemas import SurveyInfo
from model.preprocess import IMAGE_SIZE_PX, PIXEL_SCALE_ARCSEC, centre_crop

router = APIRouter(prefix="/api/surveys", responses=PROBLEMS)

Degrees = Annotated[float, Query(description="ICRS, degrees.")]
SizeArcsec = Annotated[
    float, Query(ge=18, le=FIELD_ARCMIN * 60, description="Side of the square, arcsec.")
]
HAS_IMAGE: SurveyState = "has image"
"""A problem of these routes says `survey_state`: no image, or unreachable."""
FITS = {
    "content": {"application/fits": {}},
    "description": f"A {FIELD_ARCMIN:g}' field, north up, east left.",
}


@router.get("", response_model=list[SurveyInfo])
def surveys() -> list[SurveyInfo]:
    """The surveys that can be shown beside FIRST, and searched with."""
    return [_describe(survey) for survey in SURVEYS]


@router.get("/{name}/cutout.png", response_class=Response, responses={200: PICTURE})
async def survey_picture(
    explorer: ExplorerDep,
    name: str,
    ra: Degrees,
    dec: Degrees,
    size_arcsec: SizeArcsec = IMAGE_SIZE_PX * PIXEL_SCALE_ARCSEC,
    stretch: StretchKind = "asinh",
) -> Response:
    """A survey's image of a position, 1.8" a pixel: grey, unobserved pixels blue.

    The range of brightness is the picture's own: the headers X-Stretch and X-Blank-Fraction say it.
    """
    place = position_from_degrees(ra, dec)
    cutout = await in_survey_thread(lambda: explorer.cutouts.fetch(place, name))
    pixels = centre_crop(cutout.image, round(size_arcsec / find_survey(name).pixel_scale_arcsec))
    chosen = choose_stretch(pixels, stretch)
    return Response(
        draw_stretched(pixels, chosen),
        media_type="image/png",
        headers=_told(cutout) | {"X-Stretch": str(chosen)},
    )


@router.get("/{name}/cutout.fits", response_class=Response, responses={200: FITS})
async def survey_fits(explorer: ExplorerDep, name: str, ra: Degrees, dec: Degrees) -> Response:
    """A survey's image of a position as FITS: the service's pixels and header, with provenance."""
    place = position_from_degrees(ra, dec)
    cutout = await in_survey_thread(lambda: explorer.cutouts.fetch(place, name))
    kept_as = f"{name}_{at_place(place.ra.deg, place.dec.deg)}.fits"
    return Response(
        _with_provenance(cutout, find_survey(name)),
        media_type="application/fits",
        headers=_told(cutout) | disposition(kept_as),
    )


def _told(cutout: Cutout) -> dict[str, str]:
    return {
        "Cache-Control": caching.AN_HOUR,
        "X-Survey": cutout.survey,
        "X-Survey-State": HAS_IMAGE,
        "X-Service": cutout.service,
        "X-Blank-Fraction": f"{cutout.blank_fraction:.5f}",
    }


def _with_provenance(cutout: Cutout, survey: Survey) -> bytes:
    header = cutout.header.copy()
    header["SURVEY"] = (survey.survey, f"{survey.frequency_mhz:g} MHz")
    header["BEAM"] = (survey.beam, "FWHM")
    header["REFERENC"] = survey.reference
    header["CREDIT"] = survey.credit
    if "BUNIT" not in header:
        header["BUNIT"] = ("Jy/beam", "by the survey; the service does not state it")
    return fits_bytes(cutout.image, header)


def _describe(survey: Survey) -> SurveyInfo:
    services = ["FIRST server"] * (survey.hips is None)
    services += ["hips2fits server"] * bool(survey.hips) + ["SkyView server"] * bool(survey.skyview)
    return SurveyInfo(
        name=survey.name,
        label=survey.label,
        survey=survey.survey,
        frequency_mhz=survey.frequency_mhz,
        beam_arcsec=survey.beam_arcsec,
        beam=survey.beam,
        pixel_scale_arcsec=survey.pixel_scale_arcsec,
        service=", ".join(services),
        identifier=survey.hips or survey.skyview,
        reference=survey.reference,
        credit=survey.credit,
        embeddable=True,
    )
