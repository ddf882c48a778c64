"""HTTP route of the query by image. It decides nothing: it receives, asks and sends.

Nothing of an image is kept: not the file, not what was made of it.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from app.images.bounds import KINDS, MAX_PIXELS, MAX_UPLOAD_BYTES
from app.images.prepare import prepare_image
from app.web import caching
from app.web.dependencies import ExplorerDep, OptionsDep
from app.web.query import FILES, PROBLEM, PROBLEMS, Format, send_answer
from app.web.schemas import QueryResult
from app.web.upload_form import UploadForms
from app.web.worker_pool import WorkerPool
from model.preprocess import PIXEL_SCALE_ARCSEC

router = APIRouter(prefix="/api")

_FAILURES = {
    400: "The form cannot be read",
    408: "It did not arrive in time",
    413: "Too many bytes or pixels",
    415: "No FITS, PNG or JPEG",
    503: "Too busy, or it took too long to read",
    507: "No room to keep it while it arrives",
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    422: PROBLEMS[422],
    **{status: {"description": words, "content": PROBLEM} for status, words in _FAILURES.items()},
}
_NUMBER = {"type": "number"}
FORM = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {
                        "type": "string",
                        "format": "binary",
                        "description": f"{KINDS}; at most {MAX_UPLOAD_BYTES // 2**20} MiB, and "
                        f"{MAX_PIXELS:,} pixels.",
                    },
                    "ra": _NUMBER
                    | {"description": "ICRS, degrees: where to look in a FITS image, or where the "
                       "middle of a picture is."},
                    "dec": _NUMBER | {"description": "ICRS, degrees."},
                    "pixel_scale_arcsec": _NUMBER
                    | {"description": "Of an image without coordinates; "
                       f"{PIXEL_SCALE_ARCSEC:g} is assumed."},
                    "extension": {
                        "type": "string",
                        "description": "Name or number of the FITS extension with the image; by "
                        "default the first that is not noise, a mask or a weight.",
                    },
                },
            }
        }
    },
}  # fmt: skip


async def _upload_forms(request: Request) -> UploadForms:
    found: UploadForms = request.app.state.upload_forms
    return found


async def _image_workers(request: Request) -> WorkerPool:
    found: WorkerPool = request.app.state.image_workers
    return found


@router.post(
    "/query/image",
    response_model=QueryResult,
    responses=FILES | _PROBLEMS,
    openapi_extra={"requestBody": FORM},
)
async def query_image(
    explorer: ExplorerDep,
    options: OptionsDep,
    forms: Annotated[UploadForms, Depends(_upload_forms)],
    workers: Annotated[WorkerPool, Depends(_image_workers)],
    request: Request,
    response: Response,
    format: Format = "json",
) -> QueryResult | Response:
    """The sources most similar to an image of your own.

    A FITS image is brought to FIRST's sampling and resolution where it needs it; what was done,
    and what to beware of, is in the answer's warnings.
    """
    async with forms.receive(request) as upload:

        def answer() -> QueryResult | Response:
            image = prepare_image(
                upload.file.read(), upload.pixel_scale_arcsec, upload.position, upload.extension
            )
            found = explorer.query_image(image, options)
            return send_answer(explorer.space, found, options, format)

        result = await workers.run(answer)
    target = result if isinstance(result, Response) else response
    target.headers["Cache-Control"] = caching.LIVE
    return result
