"""HTTP route of the likely duplicates of the catalogue, as the build found them.

It decides nothing: it asks and sends.
"""

from collections import Counter
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from app.bundle.duplicates import BANDS, PAIR
from app.bundle.latent_space import LatentSpace
from app.tables.duplicates import (
    STATEMENT,
    duplicate_provenance,
    duplicate_table,
    not_looked_for,
    of_band,
)
from app.tables.neighbours import bundle_provenance
from app.tables.write import EXTENSIONS, MEDIA_TYPES, TableFormat, write_table
from app.web import caching
from app.web.answers import describe_source
from app.web.dependencies import SpaceDep, only_known_parameters
from app.web.file_names import as_part, disposition, file_name
from app.web.query import FILES, PROBLEMS
from app.web.schemas import Source

MOST_PAIRS = 200
router = APIRouter(prefix="/api", responses={s: PROBLEMS[s] for s in (404, 422)})
BandName = Literal["same place", "same view", "shared sky", "elsewhere"]


class DuplicateBand(BaseModel):
    """Pairs of a range of separations."""

    name: BandName
    up_to_arcsec: float | None
    """Null: without end."""
    meaning: str
    least_likeness: float
    """Pixel likeness from which such a pair is reported; 0: whatever the pixels."""
    least_pattern_likeness: float
    count: int


class DuplicatePair(BaseModel):
    """Two entries that are likely one source, or one image, twice."""

    first: Source
    second: Source
    band: BandName
    separation_arcsec: float
    similarity: float
    """S of eq. 3."""
    pixel_likeness: float | None
    """Cosine of the pixels that the network sees of both, after the shift; null: one is blank."""
    pattern_likeness: float | None
    """Cosine of which pixels stand above the clip, after the shift."""
    shift_east_arcsec: float
    """From where the first image has something to where the second has it."""
    shift_north_arcsec: float


class DuplicateReport(BaseModel):
    """Likely duplicates, a page of them: the nearest band first, in it the most alike."""

    looked_for: bool
    """False: the bundle was built before duplicates were looked for."""
    statement: str
    bands: list[DuplicateBand]
    total: int
    """Pairs of the band that is asked for, or of all."""
    first: int
    pairs: list[DuplicatePair]


@router.get(
    "/duplicates",
    response_model=DuplicateReport,
    responses=FILES,
    dependencies=[Depends(only_known_parameters)],
)
def duplicates(
    space: SpaceDep,
    request: Request,
    response: Response,
    band: Annotated[BandName | None, Query(description="Of separation; none: all.")] = None,
    first: Annotated[int, Query(ge=1, le=10**9, description="The first pair given.")] = 1,
    most: Annotated[int, Query(ge=1, le=MOST_PAIRS, description="Pairs at once, as JSON.")] = 20,
    format: Literal["json", TableFormat] = "json",
) -> DuplicateReport | Response:
    """Pairs of entries that are likely one source twice: a page as JSON, or all as a table."""
    etag = caching.etag_of("duplicates", space.version, band, first, most, format)
    if same := caching.unchanged(request, etag, caching.REVALIDATE):
        return same
    sent = _file(space, band, format) if format != "json" else _report(space, band, first, most)
    target = sent if isinstance(sent, Response) else response
    target.headers.update(caching.headers(etag, caching.REVALIDATE))
    return sent


def _report(space: LatentSpace, band: str | None, first: int, most: int) -> DuplicateReport:
    found = space.duplicates
    counts = Counter([] if found is None else found["band"].to_pylist())
    pairs = [] if found is None else of_band(found, band)[first - 1 :][:most].to_pylist()
    return DuplicateReport(
        looked_for=found is not None,
        statement=STATEMENT if found is not None else not_looked_for(space),
        bands=[
            DuplicateBand(name=name, count=counts[name], **asdict(each))
            for name, each in BANDS.items()
        ],
        total=counts.total() if band is None else counts[band],
        first=first,
        pairs=[_pair(space, each) for each in pairs],
    )


def _pair(space: LatentSpace, pair: dict[str, Any]) -> DuplicatePair:
    first, second = (space.catalogue.row_of(pair.pop(name)) for name in PAIR)
    assert first is not None
    assert second is not None
    return DuplicatePair(
        first=describe_source(space, first), second=describe_source(space, second), **pair
    )


def _file(space: LatentSpace, band: str | None, fmt: TableFormat) -> Response:
    provenance = duplicate_provenance(band) | bundle_provenance(space)
    stem = "duplicates" if band is None else f"duplicates_{as_part(band)}"
    return Response(
        write_table(duplicate_table(space, band), provenance, fmt),
        media_type=MEDIA_TYPES[fmt],
        headers=disposition(file_name(space, stem, EXTENSIONS[fmt])),
    )
