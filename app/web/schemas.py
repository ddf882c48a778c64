"""The shapes of all JSON that the server sends. They hold no logic."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from app.bundle.map_columns import LayoutName
from app.errors import SurveyState
from app.query.examples import EXAMPLES_MAX


class SourceFacts(BaseModel):
    """What every answer says of a source of the bundle."""

    row: int
    source_id: str
    name: str
    ra_deg: float
    dec_deg: float
    position: str
    angular_extent_arcsec: float | None
    extent_origin: str
    extent_flag: str
    image_origin: str
    x: float
    y: float
    cutout_url: str
    columns: dict[str, Any]
    """The catalogue's own columns."""


class Source(SourceFacts):
    """One source of the bundle."""

    survey: str
    novelty_percentile: float


class Nearby(BaseModel):
    """Another bundle source at the same position."""

    source_id: str
    name: str
    separation_arcsec: float


class QuerySubject(BaseModel):
    """What the query was understood as, and the image that was used."""

    ra_deg: float | None
    """Null for an image of which nobody said where it is."""
    dec_deg: float | None
    position: str
    understood: str
    """How the position asked about was read or looked up, in words; empty for a source by id."""
    name: str
    source_id: str | None
    row: int | None
    survey: str
    service: str
    cached: bool
    image_origin: str
    angular_extent_arcsec: float | None
    extent_origin: str
    extent_flag: str
    blank_fraction: float | None
    """Share of the fetched field that was not observed; null where it is not known."""
    image_url: str
    separation_arcsec: float | None
    """Of the bundle's source from the position asked; null where no position was."""
    also_nearby: list[Nearby]
    warnings: list[str]
    columns: dict[str, Any]


class MapPlace(BaseModel):
    """A place on the map; it has no physical meaning."""

    x: float
    y: float
    method: Literal["catalogue", "neighbours"]


class NeighbourRecord(SourceFacts):
    """One neighbour, best first."""

    rank: int
    """Among the sources that satisfy the conditions, from 1."""
    similarity: float
    dissimilarity: float
    percentile: float
    """Share (per cent) of `percentile_of` with a lower S to this query, whatever the conditions."""
    separation_arcsec: float | None
    duplicate_of: str | None


class RankedResult(BaseModel):
    """What every answer says of its ranks."""

    conditions: list[str]
    """What every neighbour had to satisfy, in words; empty: nothing."""
    population: int
    """Sources that satisfy the conditions, the query left out, near-duplicates counted."""
    percentile_of: str
    """The sources of which `percentile` is a share, in words: the whole catalogue."""
    from_rank: int
    more: bool
    """Whether further ranks follow: ask again with from_rank behind the last."""


class QueryResult(RankedResult):
    """The answer to a query."""

    query: QuerySubject
    map: MapPlace
    novelty_percentile: float
    neighbours: list[NeighbourRecord]


class ExampleRequest(BaseModel):
    """A source that hits should be like, or should not: by id, or by position or name."""

    model_config = ConfigDict(extra="forbid")

    source_id: str | None = None
    position: str | None = None
    """As in /api/query."""
    survey: str | None = None
    """Of the position's image, as in /api/query."""
    weight: float = Field(1.0, gt=0, le=1e6)


class ExamplesRequest(BaseModel):
    """What to search with: its options and conditions stand in the address."""

    model_config = ConfigDict(extra="forbid")

    wanted: list[ExampleRequest] = Field(min_length=1, max_length=EXAMPLES_MAX)
    unwanted: list[ExampleRequest] = Field(default=[], max_length=EXAMPLES_MAX)


class ExampleSubject(QuerySubject):
    """An example as it was understood, with its weight."""

    weight: float


class ExamplesQuery(BaseModel):
    """What several examples were understood as."""

    wanted: list[ExampleSubject]
    unwanted: list[ExampleSubject]
    formula: str
    """How `score` is computed."""
    angular_extent_arcsec: float | None
    """Weighted mean of the wanted examples' known extents, which `extent_percent` compares with."""
    warnings: list[str]


class ExamplesNeighbour(NeighbourRecord):
    """One hit, the largest score first; `percentile` is of the score.

    `similarity`, `dissimilarity` and `separation_arcsec` are to `similar_to`.
    """

    score: float
    similar_to: str
    """Source id or position of the wanted example with the largest S."""


class ExamplesResult(RankedResult):
    """The answer to a search with several examples."""

    query: ExamplesQuery
    map: MapPlace
    neighbours: list[ExamplesNeighbour]


class SelectRequest(BaseModel):
    """Which rows: those that satisfy all that is given."""

    model_config = ConfigDict(extra="forbid")

    where: list[str] = Field(default=[], max_length=100)
    """COLUMN:VALUE, as the parameter of a query."""
    within: str | None = Field(None, max_length=200)
    """RA,DEC,RADIUS in degrees."""
    polygon: list[tuple[FiniteFloat, FiniteFloat]] | None = Field(
        None, min_length=3, max_length=10_000
    )
    """Vertices in map coordinates; what an even number of its lines encloses is outside."""
    layout: LayoutName = "ours"
    """Whose map the polygon lies on."""
    rows: list[int] | None = None
    source_ids: list[str] | None = None
    """Those that this bundle has no source of are told as `missing`."""
    selection: str | None = Field(None, max_length=64)
    """Id of an earlier answer."""


class Selected(BaseModel):
    """Rows, and the id under which they can be a condition of a query."""

    selection: str
    count: int
    n: int
    """Of all sources."""
    conditions: list[str]
    version: str
    """Of the bundle that the rows are of."""
    rows: list[int]
    missing: list[str]
    """Ids of `source_ids` that this bundle has no source of."""


class SurveyInfo(BaseModel):
    """A survey whose images can be shown and searched with."""

    name: str
    label: str
    survey: str
    """As results name it."""
    frequency_mhz: float
    beam_arcsec: float | None
    """Full width at half maximum; null where it is not the same in all images."""
    beam: str
    pixel_scale_arcsec: float
    service: str
    """Asked in this order."""
    identifier: str | None
    """What the first service with such names calls it."""
    reference: str
    credit: str
    embeddable: bool


class NearestSource(BaseModel):
    """The source of the catalogue that is nearest on the sky to a position."""

    source_id: str
    name: str
    ra_deg: float
    dec_deg: float
    separation_arcsec: float


class Problem(BaseModel):
    """An error in words (RFC 9457, application/problem+json)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    parameter: str | None = None
    survey_state: SurveyState | None = None
    """Where a survey gave no cutout; absent elsewhere. A picture of a survey that has an image says
    so in its header X-Survey-State."""
    nearest: NearestSource | None = None
    """Within 10 arcmin of a position of which no usable image was had; else absent."""
    close_names: list[str] | None = None
    """Names and ids of this catalogue that are spelt much like what was asked for; else absent."""


class Health(BaseModel):
    """Whether the server is there."""

    status: str
