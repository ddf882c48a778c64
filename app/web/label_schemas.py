"""The shapes of samples, tags, notes and their history. They hold no logic."""

from pydantic import BaseModel, ConfigDict, Field

from app.samples.words import LONGEST_AUTHOR, LONGEST_HOW, LONGEST_NAME, LONGEST_NOTE, LONGEST_TAG
from app.web.schemas import SelectRequest

_SPARE = 1_000
"""Characters beyond a limit, so that the sentence that refuses a word can count them."""


class Authored(BaseModel):
    """A change and who makes it."""

    model_config = ConfigDict(extra="forbid")

    author: str = Field(max_length=LONGEST_AUTHOR + _SPARE)


class ChosenSources(SelectRequest):
    """Which sources, and who asks: those that satisfy all that is given, as for /api/select."""

    author: str = Field(max_length=LONGEST_AUTHOR + _SPARE)
    source_ids: list[str] | None = Field(None, max_length=500_000)
    """Ids; those that the bundle does not hold are told."""
    how: str = Field("", max_length=LONGEST_HOW + _SPARE)
    """How they were chosen, for the history, in place of our own words."""


class NewSample(ChosenSources):
    """A sample to make; empty where nothing says of which sources."""

    name: str = Field(max_length=LONGEST_NAME + _SPARE)


class NewName(Authored):
    """Another name for a sample."""

    name: str = Field(max_length=LONGEST_NAME + _SPARE)


class ChosenTag(ChosenSources):
    """A tag, and on which sources."""

    tag: str = Field(max_length=LONGEST_TAG + _SPARE)


class NewNote(Authored):
    """A note on a source."""

    text: str = Field(max_length=LONGEST_NOTE + _SPARE)
    """One line; empty takes the note away."""


class Kept(BaseModel):
    """What every reading says."""

    kept: bool
    """Whether changes can be kept."""
    problem: str
    """Why not, in a sentence; empty if they can."""


class SampleInfo(BaseModel):
    """A named set of sources."""

    id: int
    name: str
    author: str
    """Who made it."""
    created_utc: str
    made_from: str
    """Bundle version that was served then."""
    digest: str
    """Of that bundle."""
    count: int


class SampleList(Kept):
    """All samples, the last made first."""

    samples: list[SampleInfo]


class MissingSource(BaseModel):
    """A source that the served bundle does not hold: its id and place are of another one."""

    source_id: str
    name: str
    ra_deg: float
    dec_deg: float
    bundle: str
    """Version that was served when it was chosen."""


class SampleReport(Kept):
    """A sample as the served bundle sees it."""

    sample: SampleInfo
    authors: list[str]
    """Of its members."""
    rows: list[int]
    """Of the served bundle, ascending."""
    selection: str
    """Id of these rows, as a condition of a query."""
    n_missing: int
    missing: list[MissingSource]
    """Members that the served bundle does not hold within 5 arcsec of their place; they stay."""


class TagReport(BaseModel):
    """A tag and its sources in the served bundle."""

    tag: str
    count: int
    """Sources that have it, whoever gave it, in the bundle or not."""
    authors: list[str]
    rows: list[int]
    """Of the served bundle, ascending."""
    missing: list[MissingSource]


class TagList(Kept):
    """All tags, the most frequent first."""

    tags: list[TagReport]
    n_notes: int


class LabelInfo(BaseModel):
    """A tag or a note on a source."""

    word: str
    author: str
    at_utc: str
    bundle: str
    """Version that was served when it was given."""


class SourceLabels(Kept):
    """What people say of a source."""

    source_id: str
    row: int | None
    """Null where the served bundle does not hold it."""
    tags: list[LabelInfo]
    notes: list[LabelInfo]
    samples: list[int]
    """Of which it is a member."""


class ChangeInfo(BaseModel):
    """A change that was acknowledged."""

    id: int
    at_utc: str
    author: str
    said: str
    """What it did, in a sentence."""
    bundle: str
    undoes: int | None
    """Number of the change that it undid."""
    undone_by: int | None


class History(Kept):
    """Changes, the last first."""

    changes: list[ChangeInfo]


class ChangeReport(BaseModel):
    """What a request changed."""

    change: ChangeInfo | None
    """Null where all was so already, and nothing was changed."""
    n_changed: int
    sample: SampleInfo | None
    """Of a change to a sample, how it is now; null of any other, and of one that is gone."""
    not_found: list[str]
    """Ids that the served bundle does not hold; nothing was done with them."""


class UnmatchedRow(BaseModel):
    """A row of a file that is no source of the bundle."""

    row: int
    """In the file, from 1."""
    reason: str


class ImportReport(ChangeReport):
    """What became of a file."""

    n_listed: int
    n_by_id: int
    n_by_position: int
    """By place, within 5 arcsec."""
    n_unmatched: int
    unmatched: list[UnmatchedRow]
    """All of them."""
    notes: list[str]
    """How its columns were understood."""
