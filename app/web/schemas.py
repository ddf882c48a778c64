"""The shapes of all JSON that the server sends. They hold no logic."""

from typing import Any, Literal

from pydantic import BaseModel

from app.bundle.files import SourceRecord
from app.bundle.map_columns import LayoutName
from app.images.draw import Colours
from app.tables.write import TableFormat


class Column(BaseModel):
    """A column by which the map can be coloured."""

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


class ImageInfo(BaseModel):
    """Geometry of the stored images."""

    pixel_scale_arcsec: float
    size_px: int
    input_size_px: int
    """Of the central square that the encoder sees."""
    colours: list[Colours]
    """Palettes of the pictures, the usual one first."""
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
    similarity: float
    dissimilarity: float
    percentile: float
    separation_arcsec: float | None
    duplicate_of: str | None


class QueryResult(BaseModel):
    """The answer to a query."""

    query: QuerySubject
    map: MapPlace
    novelty_percentile: float
    neighbours: list[NeighbourRecord]


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


class Problem(BaseModel):
    """An error in words (RFC 9457, application/problem+json)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    parameter: str | None = None


class Health(BaseModel):
    """Whether the server is there."""

    status: str
