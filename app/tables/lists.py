"""A list of sources, whatever file it came from: positions, names, its own columns, its rejects.

It never fetches, and it never holds pixels: the build gives those.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.bundle.catalogue import ColumnInfo, column_info
from app.bundle.files import SourceRecord
from app.errors import UnreadableList

ROWS_AT_ONCE = 10_000


class UnreadableCatalogue(UnreadableList):
    """A file or name that gives no list of sources; the sentence says why and what to try."""


@dataclass(frozen=True)
class Reject:
    """A row of the list that cannot be used."""

    row: int
    """Number of the row in the file, the first row of data being 1."""
    source_id: str
    name: str
    reason: str
    ra_deg: float = np.nan
    dec_deg: float = np.nan


@dataclass(frozen=True, eq=False)
class SourceList:
    """Sources with usable positions, in the order of the file, and the rows that have none."""

    record: SourceRecord
    """Where the list is from; n_listed counts all rows, n_rejected those in `rejects`."""
    source_ids: list[str]
    """Unique, made by us, fit for a URL."""
    names: list[str]
    """As the list gives them: may repeat, may be empty."""
    ra_deg: NDArray[np.float64]  # (N,) ICRS
    dec_deg: NDArray[np.float64]  # (N,) ICRS
    rows: NDArray[np.int64]  # (N,) numbers of the rows in the file, from 1
    extents_arcsec: NDArray[np.float64] | None = None
    """(N,) angular extents that the list gives, NaN where it gives none; None: it has no such
    column."""
    own: pa.Table = field(default_factory=lambda: pa.table({}))
    """The list's own columns, N rows, null where unknown; fields carry their `ColumnInfo`."""
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Sentences for the user: which columns were taken, in which units, what was left out."""

    def __len__(self) -> int:
        return len(self.source_ids)

    @property
    def own_columns(self) -> Mapping[str, ColumnInfo]:
        """What the list's own columns mean."""
        return {each.name: column_info(each) for each in self.own.schema}

    def own_rows(self) -> Iterator[dict[str, object]]:
        """The own values of each source, in order, None where unknown."""
        if not self.own.num_columns:
            yield from ({} for _ in range(len(self)))
        for batch in self.own.to_batches(max_chunksize=ROWS_AT_ONCE):
            yield from batch.to_pylist()


class ListOptions(TypedDict, total=False):
    """What a user may say of a list; a name that is absent or None is decided by rule."""

    ra_column: str | None
    dec_column: str | None
    position_column: str | None
    """One column with a whole position or a name that holds one."""
    id_column: str | None
    """Its values, where unique, become the end of our source ids; else the row's number does."""
    name_column: str | None
    extent_column: str | None
    ra_unit: str | None
    """deg, hourangle or rad: overrides the file's own unit."""
    dec_unit: str | None
    frame: str | None
    """icrs, fk5 (J2000), fk4 (B1950), galactic, or with an equinox ("fk5 J1975"): overrides the
    file's own."""
