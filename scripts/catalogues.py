"""What a catalogue gives to a build: candidates one by one, and a record of where they come from.

It never embeds or reduces.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.catalogue import ColumnInfo
from app.manifest import SourceRecord


@dataclass(frozen=True)
class Candidate:
    """One row of a source catalogue with its cleaned image."""

    source_id: str
    name: str
    ra_deg: float
    dec_deg: float
    image: NDArray[np.uint8]  # (150, 150), row 0 south
    reason: str | None = None
    """Why it cannot be used; None if it can."""
    own: Mapping[str, object] = field(default_factory=dict)
    """Values of the catalogue's own columns."""
    catalogued_extent_arcsec: float | None = None
    """Angular extent as the catalogue gives it; None: it is measured from the image."""
    extent_flag: str = "ok"
    """Limit of the catalogued extent."""
    image_origin: str = "observed"
    survey: str = "VLA FIRST"
    rms_jy_beam: float = np.nan
    scale_min_jy_beam: float = np.nan
    scale_max_jy_beam: float = np.nan


@dataclass(frozen=True)
class CatalogueSource:
    """A catalogue that a bundle can be built from."""

    record: SourceRecord
    input_kind: str
    """raw | published | pedestal, as in the manifest."""
    demo: bool
    own_columns: Mapping[str, ColumnInfo]
    read: Callable[[], Iterator[Candidate]]
    """Yields every candidate, usable or not, always in the same order."""
