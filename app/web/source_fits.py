"""HTTP route of a source's stored image as FITS. It decides nothing: it asks and sends."""

from fastapi import APIRouter, Request, Response

from app.bundle.source_fits import file_name, stored_fits
from app.web import caching
from app.web.dependencies import ExplorerDep
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
    disposition = f'attachment; filename="{file_name(space, row)}"'
    return Response(
        stored_fits(space, row),
        media_type="application/fits",
        headers=caching.headers(etag, caching.AN_HOUR) | {"Content-Disposition": disposition},
    )
