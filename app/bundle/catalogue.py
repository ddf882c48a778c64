"""The catalogue of a bundle: its columns, their units and meaning, in a Parquet file.

It never computes a value: columns come from the build and go to the page as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from app.sky.names import BundleNames
from model.whole_file import whole_file

ROBUST_PERCENTILES = (2, 98)
NO_IMAGE = "none"
"""Origin of the image of a source that has none."""


@dataclass(frozen=True)
class ColumnInfo:
    """What a column means, as kept in the Parquet field's metadata."""

    label: str
    unit: str = ""
    ucd: str = ""
    description: str = ""


CORE_COLUMNS: Mapping[str, ColumnInfo] = {
    "source_id": ColumnInfo("Source id", ucd="meta.id;meta.main", description="Unique, ours."),
    "name": ColumnInfo("Name", ucd="meta.id", description="As the source catalogue gives it."),
    "ra_deg": ColumnInfo("Right ascension", "deg", "pos.eq.ra;meta.main", "ICRS."),
    "dec_deg": ColumnInfo("Declination", "deg", "pos.eq.dec;meta.main", "ICRS."),
    "angular_extent_arcsec": ColumnInfo(
        "Angular extent",
        "arcsec",
        "phys.angSize",
        "Largest angular size; extent_origin says where from, extent_flag its limits.",
    ),
    "extent_origin": ColumnInfo("Extent origin", description="measured | catalogue | none"),
    "extent_flag": ColumnInfo(
        "Extent flag", ucd="meta.code", description="ok | unresolved | beyond field | unknown"
    ),
    "image_origin": ColumnInfo("Image origin", description="observed | model | none"),
    "survey": ColumnInfo("Survey", ucd="meta.dataset"),
    "beam_major_arcsec": ColumnInfo(
        "Beam major axis (FWHM)", "arcsec", "phys.angSize.smajAxis;instr.beam"
    ),
    "beam_minor_arcsec": ColumnInfo(
        "Beam minor axis (FWHM)", "arcsec", "phys.angSize.sminAxis;instr.beam"
    ),
    "beam_pa_deg": ColumnInfo(
        "Beam position angle", "deg", "pos.posAng;instr.beam", "North through east."
    ),
    "rms_jy_beam": ColumnInfo("Noise of the cutout", "Jy/beam", "instr.background"),
    "scale_min_jy_beam": ColumnInfo("Flux density of pixel value 0", "Jy/beam"),
    "scale_max_jy_beam": ColumnInfo("Flux density of pixel value 255", "Jy/beam"),
    "blanked_percent": ColumnInfo(
        "Not observed", "%", description="Share of the cutout without a value; null where unknown."
    ),
    "edge_to_centre": ColumnInfo(
        "Edge to centre",
        description="Brightest pixel of the outermost 9 arcsec of the square that the network "
        "sees, over the brightest within 36 arcsec of its middle (a value of 1 of 255 at least).",
    ),
    "faint_islands": ColumnInfo(
        "Faint islands",
        description="Islands of 6 pixels or more above the clip, beside the one with most flux "
        "and fainter than a fifth of the brightest pixel: many where there are side lobes.",
    ),
    "artefact_flags": ColumnInfo(
        "Artefact flags",
        ucd="meta.code",
        description="none, or of these: bright edge (edge_to_centre over 1), many islands "
        "(faint_islands 5 or more), blanked (blanked_percent over 5).",
    ),
    "novelty": ColumnInfo(
        "Novelty (mean 1 - S to 10 nearest)",
        description="Mean of 1 - S to the 10 nearest other sources; large: unlike the rest.",
    ),
}

NOVELTY_PERCENTILE = ColumnInfo(
    "Novelty percentile",
    "%",
    description="Share of the other sources that lie nearer to their neighbours than this one.",
)
MOST_CATEGORIES = 20
HIDDEN_FROM_COLOUR = {"source_id", "name"}


class Catalogue:
    """The table of a bundle, in row order, with its columns' meaning.

    Parameters
    ----------
    table : pyarrow.Table
        Fields carry label, unit, ucd and description in their metadata.
    """

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.info = {field.name: column_info(field) for field in table.schema}
        self._computed: dict[str, NDArray[np.float64]] = {}
        self.ra_deg: NDArray[np.float64] = self.numbers("ra_deg")
        self.dec_deg: NDArray[np.float64] = self.numbers("dec_deg")
        self._rows = {name: row for row, name in enumerate(table["source_id"].to_pylist())}

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def row_of(self, source_id: str) -> int | None:
        """Row of a source, or None."""
        return self._rows.get(source_id)

    def row(self, row: int) -> dict[str, object]:
        """All values of one row, null and NaN as None."""
        return self.rows([row])[0]

    def rows(self, rows: Sequence[int]) -> list[dict[str, object]]:
        """All values of some rows, null and NaN as None."""
        taken = self.table.take(pa.array(rows, pa.int64())).to_pylist()
        return [
            {key: None if _is_nan(value) else value for key, value in values.items()}
            for values in taken
        ]

    def image_origins(self, rows: Sequence[int] | None = None) -> list[str]:
        """Whether the images of some rows, or of all, are observed or models."""
        column = self.table["image_origin"]
        taken = column if rows is None else column.take(pa.array(rows, pa.int64()))
        return [str(value) for value in taken.to_pylist()]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A number column as float64 (N,), null as NaN."""
        if name in self._computed:
            return self._computed[name]
        values: NDArray = self.table[name].to_numpy(zero_copy_only=False)
        return values.astype(np.float64)

    def compute(self, name: str, values: NDArray[np.float64], info: ColumnInfo) -> None:
        """Add a column of numbers that the file does not hold: for maps and conditions alone."""
        if name not in self.info:
            self._computed[name], self.info[name] = values, info

    def map_columns(self) -> list[str]:
        """Columns that can be drawn and filtered by: numbers, and words that repeat.

        Of columns in which nothing is known there is nothing to draw.
        """
        names = [name for name in self.info if name not in HIDDEN_FROM_COLOUR]
        return [name for name in names if self._maps(name)]

    def colour_columns(self) -> list[str]:
        """Columns by which the map can be coloured: numbers, and words that repeat."""
        names = [name for name in self.table.column_names if name not in HIDDEN_FROM_COLOUR]
        return [name for name in names if self._colours(name)]

    def is_number(self, name: str) -> bool:
        """Whether the column holds numbers (else categories)."""
        if name in self._computed:
            return True
        kind = self.table.schema.field(name).type
        return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))

    def categories(self, name: str) -> list[str]:
        """The words of a category column, the most frequent first."""
        counts = self.table[name].value_counts().to_pylist()
        known = [c for c in counts if c["values"] is not None]
        ordered = sorted(known, key=lambda c: (-c["counts"], str(c["values"])))
        return [str(count["values"]) for count in ordered]

    def _maps(self, name: str) -> bool:
        if self.is_number(name):
            return bool(np.isfinite(self.numbers(name)).any())
        return 1 <= len(self.categories(name)) <= MOST_CATEGORIES

    def _colours(self, name: str) -> bool:
        """Whether a colour would show anything: more than one value, not too many words."""
        if self.is_number(name):
            return len(np.unique(self.numbers(name)[np.isfinite(self.numbers(name))])) > 1
        return 1 < len(self.categories(name)) <= MOST_CATEGORIES


def make_table(columns: Mapping[str, object], info: Mapping[str, ColumnInfo]) -> pa.Table:
    """Build the table from arrays or lists; NaN becomes null, every column needs its info.

    A column of which nothing is known is one of numbers, all null.
    """
    arrays, fields = [], []
    for name, values in columns.items():
        array = pa.array(values, from_pandas=True)
        if pa.types.is_null(array.type):
            array = array.cast(pa.float64())
        arrays.append(array)
        fields.append(info_field(name, array.type, info[name]))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def info_field(name: str, kind: pa.DataType, info: ColumnInfo) -> pa.Field:
    """The field of a column that carries what it means."""
    said = {"label": info.label, "unit": info.unit, "ucd": info.ucd}
    return pa.field(name, kind, metadata=said | {"description": info.description})


def write_table(table: pa.Table, path: Path) -> None:
    """Write the table with its units, zstd-compressed; a table of that name stays until then."""
    with whole_file(path) as file:
        pq.write_table(table, file, compression="zstd")


def read_table(path: Path) -> pa.Table:
    """Read a table that `write_table` wrote."""
    return pq.read_table(path)


def bundle_names(catalogue: Catalogue) -> BundleNames:
    """What the sources of a bundle's catalogue are called."""
    source_ids, names = (catalogue.table[name].to_pylist() for name in ("source_id", "name"))
    return BundleNames(source_ids, names, catalogue.ra_deg, catalogue.dec_deg)


def robust_range(values: NDArray[np.float64]) -> tuple[float, float]:
    """2nd and 98th percentile of the finite values, for colour bars."""
    low, high = np.nanpercentile(values[np.isfinite(values)], ROBUST_PERCENTILES)
    return float(low), float(high)


def column_info(field: pa.Field) -> ColumnInfo:
    """What a field's metadata say of its column."""
    stored = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    return ColumnInfo(
        stored.get("label", field.name),
        stored.get("unit", ""),
        stored.get("ucd", ""),
        stored.get("description", ""),
    )


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and value != value
