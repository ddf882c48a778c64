"""The shapes of /api/meta: what the page and scripts know of the server.

They hold no logic.
"""

from typing import Literal

from pydantic import BaseModel

from app.bundle.files import SourceRecord
from app.bundle.map_columns import LayoutName
from app.images.colour_scales import Colours
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


class LabelKeeping(BaseModel):
    """Whether samples, tags and notes can be kept, and how long their words may be."""

    kept: bool
    problem: str
    """Why they cannot, in a sentence; empty if they can."""
    tag_max: int
    note_max: int
    author_max: int
    name_max: int


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
    labels: LabelKeeping
    examples: PositionExamples
    first_examples: list[FirstExample]
    """One of each kind that the catalogue names, else of several sizes; the first is opened."""
    surveys: dict[str, str]
    """As results name them, by their names in addresses."""
    first_terms: str
    """What FIRST's images may be used for, in its own words."""
