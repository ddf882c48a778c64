"""HTTP route of a source's stored image as FITS. It decides nothing: it asks and sends."""

from fastapi import APIRouter, Request, Response

from app.bundle.source_fits import stored_fits
from app.web import caching
from app.web.dependencies import ExplorerDep
from app.web.file_names import at_place, disposition, file_name
from app.web.query import PROBLEMS

router = APIRouter(prefix="/api/sources", responses={s: PROBLEMS[s] for s in (404, 422)})
FITS = {"content": {"application/fits": {}}, "description": 'TAN, 1.8" a pixel, row 0 south.'}


@router.get("/{source_id}/cutout.fits", response_class=Response, responses={200: FITS})
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
