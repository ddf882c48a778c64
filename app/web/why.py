"""HTTP routes of what makes S of two sources. They decide nothing: they receive, ask and send."""

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from app.images.attribution_picture import ZOOM_MIN, draw_attribution
from app.images.picture_style import ZOOM_MAX
from app.query.attributions import (
    CENTRE_ARCSEC,
    Attributions,
    CellDifference,
    ExplainedImage,
    ExplainedPair,
)
from app.web import caching
from app.web.dependencies import ExplorerDep
from app.web.picture_schemas import CellInfo, ExplainedImageInfo, Explanation
from app.web.pictures import PICTURE
from app.web.query import PROBLEM, PROBLEMS
from model.attribution import CELL_ARCSEC, PATCH_ARCSEC

BUSY: dict[int | str, dict[str, Any]] = {
    503: {"description": "Too many pairs are waiting", "content": PROBLEM}
}
ZOOM = 6
MEANS = (
    f"A square of {PATCH_ARCSEC:g}″ of empty sky is moved over one image while the other stays as "
    "it is. Orange: S falls without that part, it makes the two alike. Blue: S rises without it, "
    "it sets them apart."
)
LIMITS = (
    "This shows what S is sensitive to with all else in place, not why. What two parts do only "
    "together is not seen, an image without a part may be unlike any that the encoder knows, and "
    "the differences do not add up to S."
)
router = APIRouter(
    prefix="/api/sources", responses={**{s: PROBLEMS[s] for s in (404, 422)}, **BUSY}
)


async def _attributions(request: Request) -> Attributions:
    found: Attributions = request.app.state.attributions
    return found


AttributionsDep = Annotated[Attributions, Depends(_attributions)]
Other = Annotated[str, Query(description="Id of the source that S is to.")]
Zoom = Annotated[int, Query(ge=ZOOM_MIN, le=ZOOM_MAX, description="Picture pixels an image pixel.")]


@router.get("/{source_id}/why", response_model=Explanation)
def explanation(
    explorer: ExplorerDep,
    attributions: AttributionsDep,
    request: Request,
    response: Response,
    source_id: str,
    other: Other,
) -> Explanation | Response:
    """Which parts of the images of two sources make their S, by blanking each in turn."""
    rows = explorer.row_of(source_id), explorer.row_of(other)
    etag = caching.etag_of("why", explorer.space.version, rows)
    if same := caching.unchanged(request, etag, caching.AN_HOUR):
        return same
    answer = _explanation(attributions.of(*rows), (source_id, other))
    response.headers.update(caching.headers(etag, caching.AN_HOUR))
    return answer


@router.get("/{source_id}/why.png", response_class=Response, responses={200: PICTURE})
def explanation_picture(
    explorer: ExplorerDep,
    attributions: AttributionsDep,
    request: Request,
    source_id: str,
    other: Other,
    zoom: Zoom = ZOOM,
) -> Response:
    """The source's image in grey, and in colour which of its parts make S to the other.

    Its colour bar has the same ends as that of the other's picture.
    """
    rows = explorer.row_of(source_id), explorer.row_of(other)
    etag = caching.etag_of("why.png", explorer.space.version, rows, zoom)
    if same := caching.unchanged(request, etag, caching.AN_HOUR):
        return same
    pair = attributions.of(*rows)
    own = pair.images[0]
    content = draw_attribution(own.image, own.map, pair.limit, zoom)
    headers = caching.headers(etag, caching.AN_HOUR)
    return Response(content, media_type="image/png", headers=headers)


def _explanation(pair: ExplainedPair, ids: tuple[str, str]) -> Explanation:
    return Explanation(
        similarity=min(pair.similarity, 1.0),
        dissimilarity=max(1 - pair.similarity, 0.0),
        limit=pair.limit,
        square_arcsec=PATCH_ARCSEC,
        cell_arcsec=CELL_ARCSEC,
        central_radius_arcsec=CENTRE_ARCSEC,
        images=[
            _image(image, *names)
            for image, names in zip(pair.images, (ids, ids[::-1]), strict=True)
        ],
        embedded=pair.embedded,
        means=MEANS,
        limits=LIMITS,
    )


def _image(image: ExplainedImage, source_id: str, other: str) -> ExplainedImageInfo:
    alike, apart = image.strongest
    return ExplainedImageInfo(
        source_id=source_id,
        picture_url=_picture_url(source_id, other),
        cells=image.cells.tolist(),
        most_alike=_cell(alike),
        most_apart=_cell(apart),
        central_share=image.central_share,
    )


def _picture_url(source_id: str, other: str) -> str:
    return f"/api/sources/{quote(source_id, safe='')}/why.png?{urlencode({'other': other})}"


def _cell(cell: CellDifference) -> CellInfo:
    return CellInfo(
        difference=cell.difference, east_arcsec=cell.east_arcsec, north_arcsec=cell.north_arcsec
    )
