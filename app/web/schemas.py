"""The shapes of all JSON that the server sends. They hold no logic."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from app.bundle.files import SourceRecord
from app.bundle.map_columns import LayoutName
from app.errors import SurveyState
from app.images.colour_scales import Colours
from app.images.picture_style import Stretch, Unit
from app.query.examples import EXAMPLES_MAX
from app.tables.write import TableFormat


class Column(BaseModel):
    """A column of numbers or categories: to colour the map by, to filter by, and for `where=`."""

    name: str
    label: str
    unit: str | None
    kind: Literal["number", "category"]
    min: float | None = None
    max: float | None = None
    low: float | None = None
    """2nd percentile, for the colour bar."""
    high: float | None = None
    """98th percentile, for the colour bar."""
    categories: list[str] | None = None
    description: str


class EncoderInfo(BaseModel):
    """The encoder of bundle and queries."""

    name: str
    sha256: str
    origin: str
    trained: bool
    engine: str
    """What computed y of the bundle: library and precision."""
    features: int
    """Numbers in each y."""
    statement: str


class BundleInfo(BaseModel):
    """The version that serves."""

    version: str
    created_utc: str
    schema_version: int
    preprocessing: str
    extent_algorithm: str


class Choice(BaseModel):
    """A value of a parameter."""

    name: str
    label: str


class ImageInfo(BaseModel):
    """Geometry of the stored images."""

    pixel_scale_arcsec: float
    size_px: int
    input_size_px: int
    """Of the central square that the encoder sees."""
    colours: list[Colours]
    """Palettes of the pictures, the usual one first."""
    stretches: list[Choice]
    cuts: list[Choice]
    units: list[Choice]
    """Of pictures (`stretch=`, `cuts=`, `unit=`), the usual one first."""
    size_min_px: int
    zoom_max: int
    model_statement: str
    """What an image drawn from a catalogue is, in a sentence."""


class UmapInfo(BaseModel):
    """Parameters of the map."""

    n_neighbors: int
    min_dist: float
    metric: str
    seed: int


class ReductionInfo(BaseModel):
    """How 512 numbers became two."""

    pca_components: int
    pca_variance_kept: float
    umap: UmapInfo


class Limits(BaseModel):
    """Bounds and defaults of query parameters."""

    k_max: int
    k_default: int
    duplicates_arcsec_default: float
    duplicates_arcsec_max: float
    same_source_arcsec: float
    """A position so close to a source of the bundle is that source."""
    survey_deadline_s: float
    placed_by: int
    """So many nearest neighbours give a query's novelty, and its place on a map that has none."""


class FileFormat(BaseModel):
    """A format in which tables can be taken away."""

    name: TableFormat
    """As in `format=`."""
    label: str
    extension: str
    """Of a file's name."""


class FirstExample(BaseModel):
    """A source that a first visit is shown."""

    source_id: str
    label: str
    cutout_url: str


class Uploads(BaseModel):
    """What an image of one's own may be."""

    kinds: str
    """In words."""
    file_types: list[str]
    """Ends of file names, and media types."""
    max_bytes: int
    max_pixels: int


class Lists(BaseModel):
    """What a list of positions may be, and how much of it is answered."""

    formats: str
    """Of tables, in words."""
    max_bytes: int
    max_entries: int
    max_rows: int
    """Neighbours in all: entries times k."""
    survey_max: int
    """Positions for which the survey is asked."""
    names_max: int
    """Names that are looked up."""
    k_default: int
    """What the page asks for."""
    previewed: int
    """Answers that are shown with their images."""


class PositionExamples(BaseModel):
    """One place in every form that is read, and an object that only a name service knows."""

    degrees: str
    colons: str
    units: str
    blanks: str
    b1950: str
    galactic: str
    designation: str
    name: str


class MapLayout(BaseModel):
    """A map of all sources that can be shown."""

    name: LayoutName
    label: str
    description: str


class Meta(BaseModel):
    """What is being served."""

    n: int
    version: str
    columns: list[Column]
    default_column: str
    layouts: list[MapLayout]
    """Maps to choose from: the bundle's own, and the catalogue's where it has one."""
    encoder: EncoderInfo
    catalogue: SourceRecord
    input_kind: str
    input_statement: str
    image_origin_statement: str
    """Of a bundle with models in it; empty where all images are observed."""
    bundle: BundleInfo
    image: ImageInfo
    reduction: ReductionInfo
    limits: Limits
    formats: list[FileFormat]
    extent_statements: dict[str, str]
    """What an `extent_flag` means, in a sentence."""
    uploads: Uploads
    lists: Lists
    examples: PositionExamples
    first_examples: list[FirstExample]
    """One of each kind that the catalogue names, else of several sizes; the first is opened."""
    surveys: dict[str, str]
    """As results name them, by their names in addresses."""
    first_terms: str
    """What FIRST's images may be used for, in its own words."""


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


class TickInfo(BaseModel):
    """A round value on a colour bar."""

    value: float
    place: float
    """0: at the first colour, 1: at the last."""


class ContourInfo(BaseModel):
    """Where contours run."""

    words: str
    """As a caption has it."""
    levels: list[float]
    unit: Unit
    unit_label: str


class ScaleBarInfo(BaseModel):
    """The round length that a scale bar has."""

    arcsec: int
    label: str


class BeamInfo(BaseModel):
    """A restoring beam: full widths at half maximum; position angle north through east."""

    major_arcsec: float
    minor_arcsec: float
    pa_deg: float


class PictureInfo(BaseModel):
    """What a picture shows, or would show: for its caption and its colour bar."""

    stretch: Stretch
    stretch_label: str
    range_label: str
    """Where low and high come from."""
    low: float
    high: float
    """Brightness of the first and of the last colour, in `unit`; they can be asked for again, of
    this image or of others."""
    peak: float
    """Of the brightest pixel of the square, in `unit`."""
    unit: Unit
    unit_label: str
    flux_known: bool
    """Whether unit=mjy_beam can be asked for."""
    ticks: list[TickInfo]
    """Along the strip of /api/colours."""
    colours: Colours
    invert: bool
    contours: ContourInfo | None
    """Null where nothing reaches the lowest level."""
    rms_mjy_beam: float | None
    scale_bar: ScaleBarInfo
    beam: BeamInfo | None
    """Null where it is not known; then none is drawn."""
    image_origin: str
    size_px: int
    zoom: int
    side_px: int
    """Of the picture."""
    field_arcsec: float


class FigureCaption(BaseModel):
    """What to write under a figure, and what to cite."""

    caption: str
    bibtex: str


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
    """Of this catalogue, where no usable image was had of the position asked for; else absent."""
    close_names: list[str] | None = None
    """Names and ids of this catalogue that are spelt much like what was asked for; else absent."""


class Health(BaseModel):
    """Whether the server is there."""

    status: str
