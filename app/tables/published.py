"""Published tables, recognised by their columns: what is known of them beyond the file.

It never reads a file, and it drops no row without a reason.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.bundle.catalogue import ColumnInfo
from app.bundle.files import SourceRecord
from app.tables.lists import ListOptions
from app.tables.table import FileTable


@dataclass(frozen=True)
class TableFacts:
    """How to read a table, and where it is from."""

    prefix: str
    """Source ids begin with it."""
    record: SourceRecord
    """Its n_listed, n_rejected and version are filled in."""
    options: ListOptions = field(default_factory=ListOptions)
    extent_unit: str = ""
    about: Mapping[str, ColumnInfo] = field(default_factory=dict)
    """Labels and units that the file does not carry, by column name."""


RGZ_DR1_DOI = "10.5281/zenodo.10656393"
RGZ_CITATION = "Wong et al., Radio Galaxy Zoo Data Release 1 (arXiv:2412.14502)"
MAP_CITATION = "Slijepcevic et al. 2024, RAS Techniques and Instruments 3, 19"
MAP_COLUMNS = {
    "umap_x": ColumnInfo("Published map, x", description="No physical meaning."),
    "umap_y": ColumnInfo("Published map, y", description="No physical meaning."),
}


@dataclass(frozen=True)
class PublishedTable:
    """A table that is known: its columns tell it from any other."""

    columns: tuple[str, ...]
    presets: TableFacts
    dropped: Callable[[FileTable], dict[int, str]] = lambda _: {}
    """Rows (from 0) that are left out, with the reason."""


def published_table(table: FileTable) -> PublishedTable | None:
    """The published table that this one is, by its columns."""
    for known in PUBLISHED:
        if all(table.find(name) for name in known.columns):
            return known
    return None


def repeated_ids(table: FileTable) -> dict[int, str]:
    """Rows whose RGZID another row has with a higher consensus level; the first wins a draw."""
    ids, levels = (_values(table, name) for name in ("RGZID", "CL"))
    rows_of: dict[object, list[int]] = defaultdict(list)
    for row, rgz_id in enumerate(ids):
        if rgz_id is not None:
            rows_of[rgz_id].append(row)
    dropped = {}
    for rgz_id, rows in rows_of.items():
        best = max(rows, key=lambda row: _level(levels[row]))
        for row in rows:
            if row != best:
                dropped[row] = (
                    f"{rgz_id} is repeated: row {table.rows[best]} has the consensus level "
                    f"{_written(levels[best])}, this one {_written(levels[row])}"
                )
    return dropped


def _values(table: FileTable, name: str) -> list[object]:
    column = table.find(name)
    assert column is not None
    values: list[object] = column.values.to_pylist()
    return values


def _level(value: object) -> float:
    return float(value) if isinstance(value, int | float) else -math.inf


def _written(value: object) -> str:
    return "none" if value is None else f"{value}"


def _record(name: str, description: str, doi: str, url: str, citation: str) -> SourceRecord:
    return SourceRecord(
        name=name,
        description=description,
        version="",
        doi=doi,
        url=url,
        citation=citation,
        terms="",
        n_listed=0,
        n_rejected=0,
    )


RGZ_DR1 = PublishedTable(
    columns=("CatID", "RGZID", "ZooniverseID", "RA", "Dec", "CL", "LAE"),
    presets=TableFacts(
        prefix="rgz-dr1",
        record=_record(
            "RGZ DR1",
            "Radio Galaxy Zoo Data Release 1: radio sources of FIRST put together by citizen "
            "scientists",
            RGZ_DR1_DOI,
            "https://zenodo.org/records/10656393",
            RGZ_CITATION,
        ),
        options=ListOptions(
            ra_column="RA",
            dec_column="Dec",
            id_column="CatID",
            name_column="RGZID",
            extent_column="LAE",
        ),
        extent_unit="arcsec",
        about={
            "CatID": ColumnInfo("CatID", ucd="meta.id", description="Of RGZ DR1."),
            "ZooniverseID": ColumnInfo("Zooniverse id", ucd="meta.id"),
            "N_votes": ColumnInfo("Votes", description="For this arrangement of components."),
            "N_total": ColumnInfo("Votes in all"),
            "CL": ColumnInfo("Consensus level", description="Weighted, 0 to 1."),
            "N_comp": ColumnInfo("Radio components"),
            "N_peaks": ColumnInfo("Radio peaks"),
            "LAE": ColumnInfo("Largest angular extent (RGZ DR1)", "arcsec", "phys.angSize"),
        },
    ),
    dropped=repeated_ids,
)
RGZ_DR1_MAP = PublishedTable(
    columns=("rgz_name", "umap_x", "umap_y", "ra", "dec", "size"),
    presets=TableFacts(
        prefix="rgz-map",
        record=_record(
            "RGZ DR1, published map",
            "the sources of Radio Galaxy Zoo DR1 on the map of the published explorer",
            RGZ_DR1_DOI,
            "https://arxiv.org/abs/2305.16127",
            f"{MAP_CITATION}; {RGZ_CITATION}",
        ),
        options=ListOptions(
            ra_column="ra", dec_column="dec", name_column="rgz_name", extent_column="size"
        ),
        extent_unit="arcsec",
        about=MAP_COLUMNS
        | {
            "size": ColumnInfo("Size (published map)", "arcsec", "phys.angSize"),
            "fr_prediction": ColumnInfo(
                "FR class, predicted", description="1 or 2, as the published table has it."
            ),
            "fr_vote_fraction": ColumnInfo(
                "FR vote fraction", description="Of the predicting models, as published."
            ),
        },
    ),
)
MIGHTEE_MAP = PublishedTable(
    columns=("mightee_name", "umap_x", "umap_y", "ra", "dec"),
    presets=TableFacts(
        prefix="mightee-map",
        record=_record(
            "MIGHTEE, published map",
            "sources of the MIGHTEE survey on the map of the published explorer",
            "",
            "https://arxiv.org/abs/2305.16127",
            f"{MAP_CITATION}; MIGHTEE: Heywood et al. 2022",
        ),
        options=ListOptions(ra_column="ra", dec_column="dec", name_column="mightee_name"),
        about=MAP_COLUMNS,
    ),
)
PUBLISHED = (RGZ_DR1, RGZ_DR1_MAP, MIGHTEE_MAP)
