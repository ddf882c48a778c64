"""The catalogue table: units and unknown values survive the disc, and a kill does not harm it."""

import math
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.bundle.catalogue import (
    CORE_COLUMNS,
    Catalogue,
    ColumnInfo,
    make_table,
    read_table,
    robust_range,
    write_table,
)
from app.bundle.latent_space import LatentSpace, open_latent_space

OWN = {
    "kind": ColumnInfo("Kind", description="FRI | FRII"),
    "votes": ColumnInfo("Votes"),
    "redshift": ColumnInfo("Redshift", ucd="src.redshift"),
    "comment": ColumnInfo("Comment"),
    "flux_jy": ColumnInfo("Flux", "Jy", "phot.flux"),
}


def small_table() -> pa.Table:
    """Four sources with every kind of value that a catalogue can give."""
    columns = {
        "source_id": ["a", "b", "c", "d"],
        "name": ["", "3C 31", "3C 31", ""],
        "ra_deg": np.array([0.0, 10.0, 359.9, 180.0]),
        "dec_deg": [-90, 0.5, 20.25, 90.0],
        "beam_pa_deg": [0.0, 0.0, 0.0, 0.0],
        "rms_jy_beam": [math.nan] * 4,
        "kind": ["FRII", "FRI", "FRII", None],
        "votes": [3, None, 5, 3],
        "redshift": [math.nan, 0.1, math.nan, 0.3],
        "comment": [None] * 4,
        "flux_jy": np.array([np.nan] * 4),
    }
    return make_table(columns, {**CORE_COLUMNS, **OWN})


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """The small table, once written and read."""
    write_table(small_table(), tmp_path / "catalogue.parquet")
    return Catalogue(read_table(tmp_path / "catalogue.parquet"))


def test_units_and_meaning_lie_in_the_file_for_anyone_to_read(tmp_path: Path) -> None:
    write_table(small_table(), tmp_path / "catalogue.parquet")
    schema = pq.read_schema(tmp_path / "catalogue.parquet")
    assert schema.field("ra_deg").metadata[b"unit"] == b"deg"
    assert schema.field("ra_deg").metadata[b"ucd"] == b"pos.eq.ra;meta.main"
    assert schema.field("flux_jy").metadata[b"unit"] == b"Jy"
    assert schema.field("kind").metadata[b"description"] == b"FRI | FRII"


def test_a_written_table_is_read_as_it_was(catalogue: Catalogue) -> None:
    assert catalogue.table.equals(small_table(), check_metadata=True)
    assert catalogue.info["redshift"] == OWN["redshift"]
    assert len(catalogue) == 4


def test_every_number_with_a_unit_in_its_name_has_that_unit() -> None:
    units = {"_deg": "deg", "_arcsec": "arcsec", "_jy_beam": "Jy/beam"}
    checked = 0
    for name, info in CORE_COLUMNS.items():
        for ending, unit in units.items():
            if name.endswith(ending):
                assert info.unit == unit, name
                checked += 1
    assert checked == 9


def test_what_is_not_known_is_null_and_never_nan(catalogue: Catalogue) -> None:
    assert catalogue.table["redshift"].null_count == 2
    assert catalogue.row(0)["redshift"] is None
    assert catalogue.row(0)["rms_jy_beam"] is None
    assert catalogue.row(3)["kind"] is None
    assert np.isnan(catalogue.numbers("redshift")).tolist() == [True, False, True, False]
    assert np.isnan(catalogue.numbers("votes")).tolist() == [False, True, False, False]


def test_a_column_of_nothing_known_is_still_one_of_numbers(catalogue: Catalogue) -> None:
    for name in ("rms_jy_beam", "flux_jy", "comment"):
        assert catalogue.table.schema.field(name).type == pa.float64()
        assert catalogue.is_number(name)
        assert np.isnan(catalogue.numbers(name)).all()


def test_names_may_repeat_or_be_empty_and_ids_lead_to_rows(catalogue: Catalogue) -> None:
    assert [catalogue.row(row)["name"] for row in range(4)] == ["", "3C 31", "3C 31", ""]
    assert [catalogue.row_of(name) for name in "abcd"] == [0, 1, 2, 3]
    assert catalogue.row_of("3C 31") is None


def test_only_columns_that_show_something_colour_the_map(catalogue: Catalogue) -> None:
    colours = catalogue.colour_columns()
    assert colours == ["ra_deg", "dec_deg", "kind", "votes", "redshift"]


def test_a_column_of_too_many_words_colours_nothing() -> None:
    base = {"source_id": [str(i) for i in range(30)], "ra_deg": [0.0] * 30, "dec_deg": [0.0] * 30}
    for words, fits in ((20, True), (21, False), (1, False)):
        table = make_table(
            base | {"kind": [f"k{i % words}" for i in range(30)]}, {**CORE_COLUMNS, **OWN}
        )
        assert ("kind" in Catalogue(table).colour_columns()) == fits


def test_categories_come_with_the_most_frequent_first(catalogue: Catalogue) -> None:
    assert catalogue.categories("kind") == ["FRII", "FRI"]
    assert not catalogue.is_number("kind")
    assert catalogue.is_number("votes")


def test_the_robust_range_leaves_out_outliers_and_unknown_values() -> None:
    values = np.concatenate([np.linspace(0, 100, 101), [np.nan, np.inf]])
    assert robust_range(values) == pytest.approx((2, 98))


def test_a_kill_while_writing_leaves_the_table_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "catalogue.parquet"
    write_table(small_table(), path)
    before = path.read_bytes()

    def half_written(table: pa.Table, where: IO[bytes], **_: object) -> None:
        where.write(before[: len(before) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(pq, "write_table", half_written)
    with pytest.raises(KeyboardInterrupt):
        write_table(small_table().slice(0, 2), path)
    assert path.read_bytes() == before
    monkeypatch.undo()
    write_table(small_table().slice(0, 2), path)
    assert read_table(path).num_rows == 2
    assert [file.name for file in tmp_path.iterdir()] == ["catalogue.parquet"]


@pytest.fixture(scope="module")
def space(bundle: Path) -> LatentSpace:
    """The small real bundle."""
    return open_latent_space(bundle)


def test_a_real_bundle_has_every_core_column_with_its_meaning(space: LatentSpace) -> None:
    info = space.catalogue.info
    assert {name: info[name] for name in CORE_COLUMNS} == CORE_COLUMNS
    for name in ("rms_jy_beam", "scale_min_jy_beam", "scale_max_jy_beam"):
        assert space.catalogue.table.schema.field(name).type == pa.float64()
        assert np.isnan(space.catalogue.numbers(name)).all()  # the package does not say


def test_the_colours_of_a_real_bundle_begin_with_its_default(space: LatentSpace) -> None:
    colours = space.catalogue.colour_columns()
    assert space.manifest.default_column in colours
    assert {"redshift", "novelty", "dec_deg"} <= set(colours)
    assert not {"source_id", "name", "package_entry", "survey", "rms_jy_beam"} & set(colours)
