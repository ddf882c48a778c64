"""Likely duplicates as one table to take away, with what the catalogue says of both entries.

It never leaves a pair out but by the band that is asked for.
"""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from app.bundle.catalogue import CORE_COLUMNS, ColumnInfo, info_field
from app.bundle.duplicates import BANDS, DUPLICATES_ALGORITHM, MEASURES, PAIR
from app.bundle.latent_space import LatentSpace
from app.errors import NotInThisBundle

OF_EACH = (
    *("source_id", "name", "ra_deg", "dec_deg"),
    *("angular_extent_arcsec", "extent_flag", "image_origin", "survey"),
)
STATEMENT = (
    "Pairs of entries that are likely one source, or one image, twice. They are candidates: two "
    "sources can lie close together, and none is removed."
)


def not_looked_for(space: LatentSpace) -> str:
    """Why a bundle has no report."""
    return (
        "This bundle was built before duplicates were looked for; `rgz-explorer build --reembed "
        f"--bundle {space.bundle}` looks for them."
    )


def of_band(pairs: pa.Table, band: str | None) -> pa.Table:
    """The pairs of a band of separation; None: all."""
    return pairs if band is None else pairs.filter(pc.equal(pairs["band"], band))


def duplicate_table(space: LatentSpace, band: str | None) -> pa.Table:
    """The pairs of a band, or all, a row each.

    Raises
    ------
    NotInThisBundle
        If the bundle was built before they were looked for.
    """
    if space.duplicates is None:
        raise NotInThisBundle(not_looked_for(space))
    pairs = of_band(space.duplicates, band)
    fields, values = [], []
    for identity, prefix in zip(PAIR, ("", "other_"), strict=True):
        rows = [space.catalogue.row_of(each) for each in pairs[identity].to_pylist()]
        for name in OF_EACH:
            info = CORE_COLUMNS[name] if not prefix else _of_other(CORE_COLUMNS[name])
            values.append(space.catalogue.table[name].take(pa.array(rows, pa.int64())))
            shown = identity if name == "source_id" else f"{prefix}{name}"
            fields.append(info_field(shown, values[-1].type, info))
    table = pa.Table.from_arrays(values, schema=pa.schema(fields))
    for name in MEASURES:
        table = table.append_column(pairs.schema.field(name), pairs[name])
    return table.combine_chunks()


def duplicate_provenance(band: str | None) -> dict[str, str]:
    """What the table says of how its pairs were found."""
    rules = (
        f"{name} ({each.meaning}; pixel likeness at least {each.least_likeness:g}, pattern "
        f"likeness at least {each.least_pattern_likeness:g})"
        for name, each in BANDS.items()
        if band in (None, name)
    )
    return {"duplicates": f"{DUPLICATES_ALGORITHM}. {STATEMENT}", "bands": "; ".join(rules)}


def _of_other(info: ColumnInfo) -> ColumnInfo:
    """The meaning of a column of the second entry; a row's main id and position are the first's."""
    words = [word for word in info.ucd.split(";") if word != "meta.main"]
    return replace(info, label=f"{info.label} of the other", ucd=";".join(words))
