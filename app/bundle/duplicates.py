"""Likely duplicates of a whole catalogue: the rule, and the table that a build keeps of them.

It never decides which of two entries is right, and it finds nothing itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from app.bundle.catalogue import ColumnInfo, read_table

DUPLICATES_FILE = "duplicates.parquet"
"""Versions that were built before duplicates were looked for have none."""
DUPLICATES_ALGORITHM = "duplicates 1"


@dataclass(frozen=True)
class Band:
    """Pairs of a range of separations, and what makes them likely duplicates."""

    up_to_arcsec: float | None
    meaning: str
    least_likeness: float = 0.0
    least_pattern_likeness: float = 0.0


BANDS: Mapping[str, Band] = {
    "same place": Band(5, "at most 5\", about FIRST's beam: one place listed twice"),
    "same view": Band(
        63, '5" to 63": each lies in the square that the network sees of the other', 0.9
    ),
    "shared sky": Band(126, '63" to 126": the two squares overlap', 0.9),
    "elsewhere": Band(
        None,
        'more than 126": no sky in common, so that one image stands under two positions',
        0.998,
        0.99,
    ),
}
"""From the nearest on. Where sky is shared, the positions must explain the shift; elsewhere two
unresolved sources are alike by chance, and the pattern of the noise peaks must agree as well."""
PAIR = ("source_id", "other_id")
MEASURES = {
    "band": ColumnInfo("Band of separation", description=" | ".join(BANDS)),
    "separation_arcsec": ColumnInfo("Separation", "arcsec", "pos.angDistance", "Great circle."),
    "similarity": ColumnInfo("S", description="Cosine of the representations, eq. 3."),
    "pixel_likeness": ColumnInfo(
        "Pixel likeness",
        description="Cosine of the pixels that the network sees of both after the best shift by "
        "whole pixels; null where an image is blank.",
    ),
    "pattern_likeness": ColumnInfo(
        "Pattern likeness",
        description="Cosine of which pixels stand above the clip, after that shift, where both "
        "images were observed: 1 of copies of one image.",
    ),
    "shift_east_arcsec": ColumnInfo(
        "Shift to the east",
        "arcsec",
        description="From where the first image has something to where the second has it.",
    ),
    "shift_north_arcsec": ColumnInfo("Shift to the north", "arcsec", description="Likewise."),
}


def read_duplicates(version_dir: Path) -> pa.Table | None:
    """The pairs of a version; None: it was built before they were looked for."""
    path = version_dir / DUPLICATES_FILE
    return read_table(path) if path.is_file() else None
