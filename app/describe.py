"""Answers and sources in the shapes that are sent. It computes nothing new."""

from typing import Any
from urllib.parse import quote, urlencode

from app.explorer import Answer, Neighbour, Subject
from app.latent_space import LatentSpace
from app.position import format_position
from app.schemas import MapPlace, Nearby, NeighbourRecord, QueryResult, QuerySubject, Source

SHOWN_APART = {
    "source_id",
    "name",
    "ra_deg",
    "dec_deg",
    "angular_extent_arcsec",
    "extent_origin",
    "extent_flag",
    "image_origin",
    "survey",
    "novelty",
}


def describe_source(space: LatentSpace, row: int) -> Source:
    """A source of the bundle."""
    return Source(
        **_common(space, row),
        survey=str(space.catalogue.row(row)["survey"]),
        novelty_percentile=space.novelty_percentile([], row),
    )


def describe_answer(space: LatentSpace, answer: Answer) -> QueryResult:
    """The answer to a query."""
    x, y = answer.xy
    return QueryResult(
        query=_subject(space, answer.subject),
        map=MapPlace(x=x, y=y, method=answer.placed_by),
        novelty_percentile=answer.novelty_percentile,
        neighbours=[_neighbour(space, neighbour) for neighbour in answer.neighbours],
    )


def cutout_url(source_id: str) -> str:
    """Where a source's picture is served."""
    return f"/api/sources/{quote(source_id, safe='')}/cutout.png"


def _subject(space: LatentSpace, subject: Subject) -> QuerySubject:
    ra_deg, dec_deg = float(subject.position.ra.deg), float(subject.position.dec.deg)
    known = _common(space, subject.row) if subject.row is not None else {}
    at = urlencode({"ra": f"{ra_deg:.6f}", "dec": f"{dec_deg:.6f}"})
    return QuerySubject(
        ra_deg=ra_deg,
        dec_deg=dec_deg,
        position=format_position(ra_deg, dec_deg),
        name=known.get("name", ""),
        source_id=known.get("source_id"),
        row=subject.row,
        survey=subject.survey,
        service=subject.service,
        cached=subject.cached,
        image_origin=subject.image_origin,
        angular_extent_arcsec=_finite(subject.angular_extent_arcsec),
        extent_origin=subject.extent_origin,
        extent_flag=subject.extent_flag,
        image_url=known.get("cutout_url", f"/api/cutout.png?{at}"),
        separation_arcsec=subject.separation_arcsec,
        also_nearby=[_nearby(space, row, arcsec) for row, arcsec in subject.also_nearby],
        warnings=list(subject.warnings),
        columns=known.get("columns", {}),
    )


def _neighbour(space: LatentSpace, neighbour: Neighbour) -> NeighbourRecord:
    match = neighbour.match
    return NeighbourRecord(
        **_common(space, match.row),
        rank=neighbour.rank,
        similarity=match.similarity,
        dissimilarity=1 - match.similarity,
        percentile=match.percentile,
        separation_arcsec=neighbour.separation_arcsec,
        duplicate_of=neighbour.duplicate_of,
    )


def _nearby(space: LatentSpace, row: int, separation_arcsec: float) -> Nearby:
    values = space.catalogue.row(row)
    return Nearby(
        source_id=str(values["source_id"]),
        name=str(values["name"] or ""),
        separation_arcsec=separation_arcsec,
    )


def _common(space: LatentSpace, row: int) -> dict[str, Any]:
    values = space.catalogue.row(row)
    x, y = space.xy[row]
    ra_deg, dec_deg = space.catalogue.ra_deg[row], space.catalogue.dec_deg[row]
    return {
        "row": row,
        "source_id": values["source_id"],
        "name": values["name"] or "",
        "ra_deg": float(ra_deg),
        "dec_deg": float(dec_deg),
        "position": format_position(float(ra_deg), float(dec_deg)),
        "angular_extent_arcsec": values["angular_extent_arcsec"],
        "extent_origin": values["extent_origin"],
        "extent_flag": values["extent_flag"],
        "image_origin": values["image_origin"],
        "x": float(x),
        "y": float(y),
        "cutout_url": cutout_url(str(values["source_id"])),
        "columns": {k: v for k, v in values.items() if k not in SHOWN_APART},
    }


def _finite(value: float) -> float | None:
    return value if value == value else None
