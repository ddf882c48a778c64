"""Answers and sources in the shapes that are sent. It computes nothing new."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from app.bundle.latent_space import LatentSpace
from app.images.draw import draw_png
from app.query.examples import FORMULA, ExamplesAnswer
from app.query.explorer import Answer, Subject
from app.query.ranking import Neighbour, Ranks
from app.sky.coordinates import format_position, format_positions
from app.sky.resolve import Understood
from app.web.schemas import (
    ExamplesNeighbour,
    ExamplesQuery,
    ExamplesResult,
    ExampleSubject,
    MapPlace,
    Nearby,
    NeighbourRecord,
    QueryResult,
    QuerySubject,
    Source,
)

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
        **_common(space, [row])[0],
        survey=str(space.catalogue.row(row)["survey"]),
        novelty_percentile=space.novelty_percentile_of(row),
    )


def describe_answer(
    space: LatentSpace, answer: Answer, asked: Understood | None = None
) -> QueryResult:
    """The answer to a query, and how the position it asked about was understood."""
    x, y = answer.xy
    sources = _common(space, [neighbour.match.row for neighbour in answer.neighbours])
    return QueryResult(
        query=_subject(space, answer.subject, asked),
        map=MapPlace(x=x, y=y, method=answer.placed_by),
        novelty_percentile=answer.novelty_percentile,
        **_ranks(space, answer.ranks, n_own=answer.subject.row is not None),
        neighbours=[
            _neighbour(source, neighbour)
            for source, neighbour in zip(sources, answer.neighbours, strict=True)
        ],
    )


def describe_examples(
    space: LatentSpace, answer: ExamplesAnswer, asked: Mapping[int, Understood]
) -> ExamplesResult:
    """The answer to a search with several examples, and how their positions were understood."""
    x, y = answer.xy
    sources = _common(space, [neighbour.match.row for neighbour in answer.neighbours])
    n_own = len({one.subject.row for one in answer.examples if one.subject.row is not None})
    told = [
        ExampleSubject(
            **_subject(space, one.subject, asked.get(place)).model_dump(), weight=one.weight
        )
        for place, one in enumerate(answer.examples)
    ]
    return ExamplesResult(
        query=ExamplesQuery(
            wanted=told[: len(answer.wanted)],
            unwanted=told[len(answer.wanted) :],
            formula=FORMULA,
            angular_extent_arcsec=_finite(answer.extent_arcsec),
            warnings=list(answer.warnings),
        ),
        map=MapPlace(x=x, y=y, method="neighbours"),
        **_ranks(space, answer.ranks, n_own),
        neighbours=[
            ExamplesNeighbour(
                **_neighbour(source, neighbour).model_dump(),
                score=neighbour.score,
                similar_to=neighbour.similar_to,
            )
            for source, neighbour in zip(sources, answer.neighbours, strict=True)
        ],
    )


def _ranks(space: LatentSpace, ranks: Ranks, n_own: int) -> dict[str, Any]:
    """Among whom the neighbours were found."""
    n, other = len(space) - n_own, " other" if n_own else ""
    return {
        "conditions": list(ranks.conditions),
        "population": ranks.population,
        "percentile_of": f"the {n:,}{other} sources of this catalogue, whatever the conditions",
        "from_rank": ranks.from_rank,
        "more": ranks.more,
    }


def cutout_url(source_id: str) -> str:
    """Where a source's picture is served."""
    return f"/api/sources/{quote(source_id, safe='')}/cutout.png"


def _subject(space: LatentSpace, subject: Subject, asked: Understood | None) -> QuerySubject:
    place = subject.position
    ra_deg, dec_deg = (None, None) if place is None else (float(place.ra.deg), float(place.dec.deg))
    known = _common(space, [subject.row])[0] if subject.row is not None else {}
    return QuerySubject(
        ra_deg=ra_deg,
        dec_deg=dec_deg,
        position="" if ra_deg is None or dec_deg is None else format_position(ra_deg, dec_deg),
        understood=asked.sentence if asked else "",
        name=known.get("name", _object_name(asked)),
        source_id=known.get("source_id"),
        row=subject.row,
        survey=subject.survey,
        service=subject.service,
        cached=subject.cached,
        image_origin=subject.image_origin,
        angular_extent_arcsec=_finite(subject.angular_extent_arcsec),
        extent_origin=subject.extent_origin,
        extent_flag=subject.extent_flag,
        blank_fraction=subject.blank_fraction,
        image_url=known.get("cutout_url", _image_url(subject, ra_deg, dec_deg)),
        separation_arcsec=subject.separation_arcsec,
        also_nearby=[_nearby(space, row, arcsec) for row, arcsec in subject.also_nearby],
        warnings=[*(asked.warnings if asked else ()), *subject.warnings],
        columns=known.get("columns", {}),
    )


def _image_url(subject: Subject, ra_deg: float | None, dec_deg: float | None) -> str:
    """Where the image of no source is served; the picture itself if it is kept nowhere."""
    if subject.image is not None:
        picture = draw_png(subject.image, len(subject.image), "inferno")
        return f"data:image/png;base64,{b64encode(picture).decode()}"
    named = {"survey": subject.survey_asked} if subject.survey_asked else {}
    # unrounded: the same image, and never RA 360
    return f"/api/cutout.png?{urlencode({'ra': ra_deg, 'dec': dec_deg} | named)}"


def _object_name(asked: Understood | None) -> str:
    """What a name service calls the object that was asked for, at a position of no source."""
    return asked.name if asked and asked.kind == "object name" else ""


def _neighbour(source: dict[str, Any], neighbour: Neighbour) -> NeighbourRecord:
    match = neighbour.match
    return NeighbourRecord(
        **source,
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


def _common(space: LatentSpace, rows: list[int]) -> list[dict[str, Any]]:
    """What every description of a source says."""
    if not rows:
        return []
    catalogue = space.catalogue
    ra_deg, dec_deg = catalogue.ra_deg[rows], catalogue.dec_deg[rows]
    positions = format_positions(ra_deg, dec_deg)
    return [
        {
            "row": row,
            "source_id": values["source_id"],
            "name": values["name"] or "",
            "ra_deg": float(ra),
            "dec_deg": float(dec),
            "position": position,
            "angular_extent_arcsec": values["angular_extent_arcsec"],
            "extent_origin": values["extent_origin"],
            "extent_flag": values["extent_flag"],
            "image_origin": values["image_origin"],
            "x": float(space.xy[row, 0]),
            "y": float(space.xy[row, 1]),
            "cutout_url": cutout_url(str(values["source_id"])),
            "columns": {k: v for k, v in values.items() if k not in SHOWN_APART},
        }
        for row, ra, dec, position, values in zip(
            rows, ra_deg, dec_deg, positions, catalogue.rows(rows), strict=True
        )
    ]


def _finite(value: float) -> float | None:
    return value if value == value else None
