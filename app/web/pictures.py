"""HTTP routes of pictures and of what they show. They decide nothing: they receive, ask and send.

Nothing of a posted image is kept.
"""

from typing import Annotated, Any, Literal

import anyio
import anyio.to_thread
from fastapi import APIRouter, Query, Request, Response

from app.bundle.source_fits import stored_fits
from app.bundle.stored_image import stored_image
from app.errors import NoStoredImage, UploadTimeout, UploadTooLarge
from app.images.cleaned_image import CleanedImage
from app.images.colour_scales import Colours, draw_strip
from app.images.overlays import angle_label, scale_bar_arcsec
from app.images.own_picture import MAX_BYTES, read_own_picture
from app.images.picture_style import CUTS_LABELS, STRETCH_LABELS, UNIT_LABELS, PictureStyle
from app.images.styled import describe, draw_picture
from app.sky.coordinates import position_from_degrees
from app.web import caching
from app.web.dependencies import ExplorerDep
from app.web.file_names import at_place, disposition, file_name
from app.web.picture_schemas import BeamInfo, ContourInfo, PictureInfo, ScaleBarInfo, TickInfo
from app.web.picture_style import StyleDep
from app.web.query import PROBLEM, PROBLEMS, SurveyName, threads_for
from model.preprocess import PIXEL_SCALE_ARCSEC

router = APIRouter(prefix="/api", responses={s: PROBLEMS[s] for s in (404, 422)})

PICTURE = {"content": {"image/png": {}}, "description": "North up, east left."}
FITS = {"content": {"application/fits": {}}, "description": 'TAN, 1.8" a pixel, row 0 south.'}
STRIP = {"content": {"image/png": {}}, "description": "256 x 1 px, the faintest at the left."}
EITHER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "image/png": {},
            "application/json": {"schema": {"$ref": "#/components/schemas/PictureInfo"}},
        },
        "description": "North up, east left; with format=json what the picture shows.",
    }
}
ARRIVES_WITHIN_S = 20.0
REFUSED: dict[int | str, dict[str, Any]] = {
    status: {"description": words, "content": PROBLEM}
    for status, words in {
        408: "It did not arrive in time",
        413: "Too many bytes",
        415: "No PNG",
    }.items()
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The PNG that an answer gave of an image of one's own (image_url).",
    }
}
Right = Annotated[float, Query(description="ICRS, degrees.")]


@router.get("/sources/{source_id}/cutout.png", response_class=Response, responses={200: PICTURE})
def source_picture(
    explorer: ExplorerDep, request: Request, source_id: str, style: StyleDep
) -> Response:
    """The stored image of a source: 1.8" a pixel, north up, east left."""
    row = explorer.row_of(source_id)
    etag = caching.etag_of(explorer.space.version, row, style)
    if same := caching.unchanged(request, etag, caching.AN_HOUR):
        return same
    return _png(
        draw_picture(stored_image(explorer.space, row), style),
        caching.headers(etag, caching.AN_HOUR),
    )


@router.get("/sources/{source_id}/picture", response_model=PictureInfo)
def source_picture_info(
    explorer: ExplorerDep, request: Request, response: Response, source_id: str, style: StyleDep
) -> PictureInfo | Response:
    """What the picture of a source shows: range, contours, ticks of its colour bar, beam."""
    row = explorer.row_of(source_id)
    etag = caching.etag_of("picture", explorer.space.version, row, style)
    if same := caching.unchanged(request, etag, caching.AN_HOUR):
        return same
    image = stored_image(explorer.space, row)
    if image.origin == "none":
        raise NoStoredImage(f"The bundle holds no image of its source '{source_id}'.")
    response.headers.update(caching.headers(etag, caching.AN_HOUR))
    return picture_info(image, style)


@router.get("/sources/{source_id}/cutout.fits", response_class=Response, responses={200: FITS})
def source_fits(explorer: ExplorerDep, request: Request, source_id: str) -> Response:
    """The stored image of a source as FITS, with its WCS and its origin."""
    space, row = explorer.space, explorer.row_of(source_id)
    etag = caching.etag_of(space.version, row, "fits")
    if same := caching.unchanged(request, etag, caching.AN_HOUR):
        return same
    position = space.position(row)
    stem = f"source_{at_place(position.ra.deg, position.dec.deg)}"
    return Response(
        stored_fits(space, row),
        media_type="application/fits",
        headers=caching.headers(etag, caching.AN_HOUR)
        | disposition(file_name(space, stem, "fits")),
    )


@router.get("/cutout.png", response_class=Response, responses={200: PICTURE, **PROBLEMS})
async def position_picture(
    explorer: ExplorerDep, ra: Right, dec: Right, style: StyleDep, survey: SurveyName = None
) -> Response:
    """The cleaned image of a position, as a query would use it."""
    place = position_from_degrees(ra, dec)
    content = await anyio.to_thread.run_sync(
        lambda: draw_picture(explorer.image_at(place, survey), style),
        limiter=await threads_for(explorer, place, survey),
    )
    return _png(content, {"Cache-Control": caching.AN_HOUR})


@router.get("/picture", response_model=PictureInfo, responses=PROBLEMS)
async def position_picture_info(
    explorer: ExplorerDep,
    response: Response,
    ra: Right,
    dec: Right,
    style: StyleDep,
    survey: SurveyName = None,
) -> PictureInfo:
    """What the picture of a position shows."""
    place = position_from_degrees(ra, dec)
    info = await anyio.to_thread.run_sync(
        lambda: picture_info(explorer.image_at(place, survey), style),
        limiter=await threads_for(explorer, place, survey),
    )
    response.headers["Cache-Control"] = caching.AN_HOUR
    return info


@router.post(
    "/picture",
    response_class=Response,
    responses=EITHER | REFUSED,
    openapi_extra=BODY,
)
async def own_picture(
    request: Request, style: StyleDep, format: Literal["png", "json"] = "png"
) -> Response:
    """An image of one's own in another style: the PNG that the answer to it gave is sent back.

    Brightness is known relative to the peak only. Nothing is kept.
    """
    content = await receive_picture(request)

    def drawn() -> Response:
        image = CleanedImage(read_own_picture(content), "uploaded")
        if format == "json":
            info = picture_info(image, style).model_dump_json()
            return Response(info, media_type="application/json")
        return _png(draw_picture(image, style), {})

    answer = await anyio.to_thread.run_sync(drawn)
    answer.headers["Cache-Control"] = caching.LIVE
    return answer


@router.get("/colours/{name}.png", response_class=Response, responses={200: STRIP})
def colour_strip(request: Request, name: Colours, invert: bool = False) -> Response:
    """A colour scale as a strip, for a colour bar; ticks are placed along it by /picture."""
    etag = caching.etag_of("colours", name, invert)
    if same := caching.unchanged(request, etag, caching.AN_HOUR):
        return same
    return _png(draw_strip(name, invert), caching.headers(etag, caching.AN_HOUR))


def picture_info(image: CleanedImage, style: PictureStyle) -> PictureInfo:
    """What a picture shows, in the shape that is sent."""
    drawn = describe(image, style)
    scale, contours = drawn.scale, drawn.contours
    bar_arcsec = scale_bar_arcsec(style.size_px)
    return PictureInfo(
        stretch=scale.stretch,
        stretch_label=STRETCH_LABELS[scale.stretch],
        range_label=_range_label(style),
        low=scale.low,
        high=scale.high,
        peak=drawn.peak,
        unit=scale.unit,
        unit_label=UNIT_LABELS[scale.unit],
        flux_known=image.flux_known,
        ticks=[TickInfo(value=value, place=place) for value, place in scale.ticks()],
        colours=style.colours,
        invert=style.invert,
        contours=None if contours is None else ContourInfo(
            words=contours.words,
            levels=list(contours.levels),
            unit=contours.unit,
            unit_label=UNIT_LABELS[contours.unit],
        ),
        rms_mjy_beam=image.rms_mjy_beam,
        scale_bar=ScaleBarInfo(arcsec=bar_arcsec, label=angle_label(bar_arcsec)),
        beam=None if image.beam is None else BeamInfo(
            major_arcsec=image.beam.major_arcsec,
            minor_arcsec=image.beam.minor_arcsec,
            pa_deg=image.beam.pa_deg,
        ),
        image_origin=image.origin,
        size_px=style.size_px,
        zoom=style.zoom,
        side_px=style.side_px,
        field_arcsec=style.size_px * PIXEL_SCALE_ARCSEC,
    )  # fmt: skip


def _range_label(style: PictureStyle) -> str:
    """Where the range comes from."""
    if style.is_plain:
        return "stored values as they are"
    if style.low is not None and style.high is not None:
        return "given"
    cuts = CUTS_LABELS[style.cuts or "minmax"]
    return cuts if style.low is None and style.high is None else f"partly given, else {cuts}"


async def receive_picture(request: Request) -> bytes:
    """The body; no more of it is kept than an image of ours can have."""
    content = b""
    try:
        with anyio.fail_after(ARRIVES_WITHIN_S):
            async for part in request.stream():
                content += part
                if len(content) > MAX_BYTES:
                    raise UploadTooLarge(
                        f"The picture has more than {MAX_BYTES:,} bytes. Send the PNG that the "
                        "answer gave (image_url), unchanged."
                    )
    except TimeoutError as exc:
        raise UploadTimeout(
            f"The picture did not arrive within {ARRIVES_WITHIN_S:g} s. Send it again."
        ) from exc
    return content


def _png(content: bytes, headers: dict[str, str]) -> Response:
    return Response(content, media_type="image/png", headers=headers)
