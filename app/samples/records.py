"""What is kept of samples and labels, as values. They hold no logic."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LabelledSource:
    """A source as its bundle gave it when it was first labelled or made a member."""

    source_id: str
    name: str
    ra_deg: float
    dec_deg: float
    row: int | None
    """Of the served bundle: it holds that id within 5" of that place; None: it does not."""


@dataclass(frozen=True)
class Label:
    """A tag, a note or a membership, with who gave it, when, and with which bundle before them."""

    source: LabelledSource
    word: str
    """The tag or the note; empty of a membership."""
    author: str
    at_utc: str
    bundle: str


@dataclass(frozen=True)
class Sample:
    """A named set of sources."""

    id: int
    name: str
    author: str
    """Who made it."""
    created_utc: str
    made_from: str
    """Bundle version that was served when it was made."""
    digest: str
    """Of that bundle."""
    count: int


@dataclass(frozen=True)
class Change:
    """One change, as it was acknowledged."""

    id: int
    at_utc: str
    author: str
    said: str
    bundle: str
    undoes: int | None
    undone_by: int | None


@dataclass(frozen=True)
class Changed:
    """What a change did."""

    change: Change | None
    """None where everything was so already."""
    n_changed: int
    sample: int | None = None


@dataclass(frozen=True)
class Given:
    """A tag, note or membership that a file gives, to be kept with its own author and time."""

    row: int
    word: str = ""
    author: str = ""
    at_utc: str = ""
    bundle: str = ""
