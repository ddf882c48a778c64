"""The one table of a list's neighbours: whole, in order, and the same in every format."""

import csv
import io
import warnings
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from app.bundle.catalogue import ColumnInfo
from app.query.explorer import Explorer
from app.query.lists import EntryResult, ListEntry, ListSearchOptions, search_list
from app.query.ranking import SearchOptions
from app.tables.neighbours import (
    QUERY_COLUMNS,
    RESULT_COLUMNS,
    NeighbourTable,
    neighbour_table,
    write_unmatched,
)
from app.tables.write import write_table
from app.web.answers import describe_answer

K = 6
SAID = {"catalogue": "ours, doi:none", "entries": "3 listed"}
READ_AS = {"csv": "ascii.csv", "ecsv": "ascii.ecsv", "votable": "votable", "parquet": "parquet"}


@pytest.fixture(scope="module")
def outcomes(explorer: Explorer) -> list[EntryResult]:
    catalogue = explorer.space.catalogue
    entries = [
        ListEntry(
            row=30 - n,
            name='Ödd, "name"' if n == 1 else "",
            ra_deg=float(catalogue.ra_deg[n]),
            dec_deg=float(catalogue.dec_deg[n]),
            warnings=("Beware.",) if n == 2 else (),
        )
        for n in range(3)
    ]
    return list(search_list(explorer, entries, ListSearchOptions(SearchOptions(K))))


@pytest.fixture(scope="module")
def table(explorer: Explorer, outcomes: list[EntryResult]) -> pa.Table:
    found = NeighbourTable(explorer.space)
    for outcome in outcomes:
        found.add(outcome)
    found.add(EntryResult(ListEntry(99), reason="Nothing there."))
    return found.table()


def test_there_is_a_row_for_every_neighbour_in_the_order_of_the_list(
    explorer: Explorer, outcomes: list[EntryResult], table: pa.Table
) -> None:
    rows = table.to_pylist()
    assert [(row["query_row"], row["rank"]) for row in rows] == [
        (number, rank) for number in (28, 29, 30) for rank in range(1, K + 1)
    ]
    for outcome in outcomes:
        assert outcome.answer is not None
        result = describe_answer(explorer.space, outcome.answer)
        mine = [row for row in rows if row["query_row"] == outcome.listed.row]
        for row, neighbour in zip(mine, result.neighbours, strict=True):
            exact = [name for name in RESULT_COLUMNS if name != "separation_arcsec"]
            assert {name: row[name] for name in exact} == {
                name: getattr(neighbour, name) for name in exact
            }
            assert row["separation_arcsec"] == pytest.approx(neighbour.separation_arcsec, abs=1e-6)
            own = {name: value for name, value in neighbour.columns.items() if name in row}
            assert "label" in own
            assert {name: row[name] for name in own} == own
            assert row["query_source_id"] == result.query.source_id
            assert row["novelty_percentile"] == result.novelty_percentile
    assert {row["query_notes"] for row in rows if row["query_row"] == 28} == {"Beware."}


@pytest.mark.parametrize("fmt", READ_AS)
def test_every_format_reads_back_to_the_same_values(table: pa.Table, fmt: str) -> None:
    content = write_table(table, SAID, fmt)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = Table.read(io.BytesIO(content), format=READ_AS[fmt])
    assert read.colnames == table.column_names
    assert len(read) == table.num_rows
    for name in ("query_row", "rank", "similarity", "ra_deg", "query_separation_arcsec"):
        np.testing.assert_array_equal(np.asarray(read[name]), table[name].to_numpy())
    assert list(read["query_name"][K : 2 * K]) == ['Ödd, "name"'] * K
    assert list(read["source_id"]) == table["source_id"].to_pylist()
    if fmt != "csv":
        assert read["query_ra_deg"].unit == u.deg
        assert read["separation_arcsec"].unit == u.arcsec
    if fmt in ("ecsv", "parquet"):
        assert dict(read.meta)["catalogue"] == SAID["catalogue"]
    if fmt == "votable":
        assert SAID["catalogue"].encode() in content


def test_csv_is_a_header_and_rows_alone(table: pa.Table) -> None:
    lines = write_table(table, SAID, "csv").decode().splitlines()
    assert lines[0].split(",")[:2] == ["query_row", "query_text"]
    assert len(lines) == 1 + table.num_rows


def test_parquet_fields_carry_unit_and_ucd(table: pa.Table) -> None:
    schema = pq.read_schema(io.BytesIO(write_table(table, SAID, "parquet")))
    about = schema.field("ra_deg").metadata
    assert (about[b"unit"], about[b"ucd"]) == (b"deg", b"pos.eq.ra;meta.main")
    assert schema.metadata[b"entries"] == b"3 listed"


@pytest.mark.parametrize("fmt", READ_AS)
def test_a_list_without_any_answer_gives_a_table_without_rows(
    explorer: Explorer, table: pa.Table, fmt: str
) -> None:
    empty = NeighbourTable(explorer.space).table()
    assert empty.column_names == table.column_names
    assert empty.schema.field("similarity").type == table.schema.field("similarity").type
    content = write_table(empty, SAID, fmt)
    assert len(Table.read(io.BytesIO(content), format=READ_AS[fmt])) == 0


@pytest.mark.parametrize("fmt", READ_AS)
@pytest.mark.parametrize("of", ["a list", "one query"])
def test_separations_are_those_of_the_coordinates_in_the_row(
    explorer: Explorer, table: pa.Table, fmt: str, of: str
) -> None:
    if of == "one query":  # 3" off the source that answers, so that no separation is 0
        place = explorer.space.position(5).directional_offset_by(40 * u.deg, 3 * u.arcsec)
        table = neighbour_table(explorer.space, explorer.query(place, SearchOptions(k=40)))
    read = Table.read(io.BytesIO(write_table(table, SAID, fmt)), format=READ_AS[fmt])
    degrees = [np.asarray(read[f"{end}_deg"]) for end in ("query_ra", "query_dec", "ra", "dec")]
    here, there = SkyCoord(*degrees[:2], unit="deg"), SkyCoord(*degrees[2:], unit="deg")
    found = np.asarray(read["separation_arcsec"])
    np.testing.assert_allclose(found, here.separation(there).arcsec, rtol=1e-12, atol=1e-9)
    assert found.max() > 3600


def test_an_image_without_a_position_has_no_separations(
    explorer: Explorer, outcomes: list[EntryResult]
) -> None:
    answer = outcomes[0].answer
    assert answer is not None
    nowhere = replace(answer, subject=replace(answer.subject, position=None))
    made = neighbour_table(explorer.space, nowhere)
    for name in ("separation_arcsec", "query_ra_deg", "query_dec_deg"):
        assert made[name].null_count == K


def test_the_main_position_and_id_of_a_row_are_ours(
    explorer: Explorer, outcomes: list[EntryResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = ColumnInfo("Their RA", "deg", "pos.eq.ra;meta.main")
    monkeypatch.setitem(explorer.space.catalogue.info, "redshift", theirs)
    answer = outcomes[0].answer
    assert answer is not None
    schema = neighbour_table(explorer.space, answer).schema
    assert schema.field("redshift").metadata[b"ucd"] == b"pos.eq.ra"
    ucds = [field.metadata[b"ucd"] for field in schema]
    assert ucds.count(b"pos.eq.ra;meta.main") == ucds.count(b"meta.id;meta.main") == 1


def test_a_column_of_the_catalogue_never_hides_one_of_the_table(
    explorer: Explorer, outcomes: list[EntryResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = explorer.space.catalogue
    index = catalogue.table.column_names.index("label")
    renamed = catalogue.table.rename_columns(
        ["rank" if i == index else name for i, name in enumerate(catalogue.table.column_names)]
    )
    monkeypatch.setattr(catalogue, "table", renamed)
    monkeypatch.setitem(catalogue.info, "rank", catalogue.info["label"])
    found = NeighbourTable(explorer.space)
    found.add(outcomes[0])
    made = found.table()
    assert made["rank"].to_pylist() == list(range(1, K + 1))
    assert set(made["catalogue_rank"].to_pylist()) <= {"FRI", "FRII", "Compact", "Bent"}


def test_the_unmatched_come_in_the_order_of_the_list_with_their_reasons() -> None:
    content = write_unmatched(
        [
            EntryResult(ListEntry(7, text="a, b"), reason='He said "no".'),
            EntryResult(ListEntry(2, "n", 1.5, -2.5), reason="Nothing there."),
        ]
    )
    assert list(csv.reader(io.StringIO(content.decode()))) == [
        ["row", "entry", "name", "ra_deg", "dec_deg", "reason"],
        ["2", "", "n", "1.5", "-2.5", "Nothing there."],
        ["7", "a, b", "", "", "", 'He said "no".'],
    ]


def test_every_column_says_what_it_means(table: pa.Table) -> None:
    for field in table.schema:
        assert field.metadata[b"label"]
    assert all(about.label for about in QUERY_COLUMNS.values())
