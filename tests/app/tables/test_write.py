"""The neighbours as files: every format read back, with units, meaning and provenance."""

import io
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.io.votable import parse, parse_single_table, validate
from astropy.io.votable.ucd import check_ucd
from astropy.table import Table

from app.bundle.catalogue import CORE_COLUMNS, ColumnInfo, make_table
from app.query.explorer import Answer, Explorer, SearchOptions
from app.tables.neighbours import QUERY_COLUMNS, RESULT_COLUMNS, bundle_provenance, neighbour_table
from app.tables.write import (
    as_astropy,
    plain_cell,
    read_plain_csv,
    write_plain_csv,
    write_table,
)
from app.web.answers import describe_answer
from app.web.query import file_name, query_provenance
from app.web.schemas import QueryResult

FORMATS = ["csv", "ecsv", "votable", "parquet"]
UNITS = {
    "ra_deg": u.deg,
    "dec_deg": u.deg,
    "percentile": u.percent,
    "angular_extent_arcsec": u.arcsec,
    "separation_arcsec": u.arcsec,
    "catalogued_las_arcsec": u.arcsec,
}
UCDS = {
    "source_id": "meta.id;meta.main",
    "ra_deg": "pos.eq.ra;meta.main",
    "dec_deg": "pos.eq.dec;meta.main",
    "angular_extent_arcsec": "phys.angSize",
    "separation_arcsec": "pos.angDistance",
}


@pytest.fixture(autouse=True)
def nothing_is_warned_of() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture(scope="module")
def answer(explorer: Explorer) -> Answer:
    found = explorer.neighbours_of("firstgalaxydata-7", SearchOptions(k=239))
    redshifts = explorer.space.catalogue.numbers("redshift")
    assert any(np.isnan(redshifts[neighbour.match.row]) for neighbour in found.neighbours)
    return found


@pytest.fixture(scope="module")
def result(explorer: Explorer, answer: Answer) -> QueryResult:
    return describe_answer(explorer.space, answer)


@pytest.fixture(scope="module")
def provenance(explorer: Explorer, result: QueryResult) -> dict[str, str]:
    return query_provenance(result.query) | bundle_provenance(explorer.space, SearchOptions())


def table_of(explorer: Explorer, answer: Answer, n: int) -> pa.Table:
    return neighbour_table(explorer.space, replace(answer, neighbours=answer.neighbours[:n]))


def read(content: bytes, fmt: str) -> Table:
    if fmt in ("csv", "ecsv"):
        return Table.read(content.decode(), format=f"ascii.{fmt}")
    return Table.read(io.BytesIO(content), format=fmt)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("n", [239, 1, 0])
def test_every_format_reads_back_what_was_sent(
    explorer: Explorer, answer: Answer, provenance: dict[str, str], fmt: str, n: int
) -> None:
    sent = table_of(explorer, answer, n)
    found = read(write_table(sent, provenance, fmt), fmt)
    assert found.colnames == sent.column_names
    assert len(found) == n
    truth = as_astropy(sent, {})
    for name in sent.column_names if n else []:
        numbers = truth[name].dtype.kind in "if"
        one, other = (
            table[name].filled(np.nan if numbers else "") for table in map(full, (truth, found))
        )
        assert np.array_equal(one.astype(other.dtype), other, equal_nan=numbers), name


def full(table: Table) -> Table:
    """Masked, with numbers as floats and what is unknown throughout as words."""
    masked = Table(table, masked=True)
    for name, column in masked.columns.items():
        words = column.dtype.kind in "UO" or column.mask.all()
        masked[name] = column.astype("U40" if words else float)
    return masked


def test_pandas_pyarrow_and_pyvo_read_without_options(
    explorer: Explorer, answer: Answer, provenance: dict[str, str], tmp_path: Path
) -> None:
    sent = table_of(explorer, answer, 24)
    ra_deg = sent["ra_deg"].to_numpy()
    files = {fmt: write_table(sent, provenance, fmt) for fmt in FORMATS}
    frames = [
        pd.read_csv(io.BytesIO(files["csv"])),
        pd.read_parquet(io.BytesIO(files["parquet"])),
        pyarrow.csv.read_csv(io.BytesIO(files["csv"])).to_pandas(),
        pq.read_table(io.BytesIO(files["parquet"])).to_pandas(),
        parse(io.BytesIO(files["votable"])).get_first_table().to_table().to_pandas(),
    ]
    for frame in frames:
        np.testing.assert_array_equal(frame["ra_deg"].to_numpy(), ra_deg)
        assert list(frame["source_id"]) == sent["source_id"].to_pylist()


@pytest.mark.parametrize("fmt", FORMATS[1:])
@pytest.mark.parametrize("n", [12, 0])
def test_types_and_units_do_not_depend_on_what_was_found(
    explorer: Explorer, answer: Answer, fmt: str, n: int
) -> None:
    found = read(write_table(table_of(explorer, answer, n), {}, fmt), fmt)
    for name, unit in UNITS.items():
        assert found[name].dtype == float
        if (fmt, name) != ("votable", "percentile"):
            assert found[name].unit == unit
    for name in ("source_id", "name", "duplicate_of", "label", "extent_flag"):
        assert found[name].dtype.kind in "UO"
    assert found["rank"].dtype.kind == "i"
    assert found["redshift"].dtype == float


def test_columns_keep_their_order_the_documented_ones_first(
    explorer: Explorer, answer: Answer
) -> None:
    names = table_of(explorer, answer, 3).column_names
    assert names[: len(RESULT_COLUMNS)] == list(RESULT_COLUMNS)
    assert names[:2] == ["rank", "source_id"]
    assert names == table_of(explorer, answer, 0).column_names
    own = explorer.space.catalogue.table.column_names
    assert names[len(RESULT_COLUMNS) :] == [name for name in own if name in names[14:]]


@pytest.mark.parametrize("fmt", ["ecsv", "parquet"])
def test_astropy_finds_the_provenance_in_meta(
    explorer: Explorer, answer: Answer, provenance: dict[str, str], fmt: str
) -> None:
    found = read(write_table(table_of(explorer, answer, 2), provenance, fmt), fmt)
    assert dict(found.meta) == provenance
    assert found.meta["query"] == "firstgalaxydata-7"
    assert explorer.space.manifest.encoder.sha256 in found.meta["encoder"]
    assert found.meta["bundle"] == explorer.space.version


def test_votable_is_valid_and_carries_frame_ucds_and_provenance(
    explorer: Explorer, answer: Answer, provenance: dict[str, str]
) -> None:
    content = write_table(table_of(explorer, answer, 5), provenance, "votable")
    said = io.StringIO()
    assert validate(io.BytesIO(content), said), said.getvalue()
    table = parse_single_table(io.BytesIO(content), verify="exception")
    fields = {field.name: field for field in table.fields}
    assert {name: fields[name].ucd for name in UCDS} == UCDS
    assert (fields["ra_deg"].ref, fields["dec_deg"].ref) == ("icrs", "icrs")
    systems = list(parse(io.BytesIO(content)).iter_coosys())
    assert [(system.ID, system.system) for system in systems] == [("icrs", "ICRS")]
    encoder = explorer.space.manifest.encoder.name
    assert f'<INFO ID="encoder" name="encoder" value="{encoder}'.encode() in content


def test_every_ucd_is_one_of_the_vocabulary() -> None:
    columns = CORE_COLUMNS | RESULT_COLUMNS | QUERY_COLUMNS
    for name, about in ((name, about) for name, about in columns.items() if about.ucd):
        assert check_ucd(about.ucd, check_controlled_vocabulary=True), (name, about.ucd)


def test_parquet_has_units_in_its_fields_and_nulls_for_unknown_numbers(
    explorer: Explorer, answer: Answer, result: QueryResult, provenance: dict[str, str]
) -> None:
    content = write_table(table_of(explorer, answer, 239), provenance, "parquet")
    table = pq.read_table(io.BytesIO(content))
    for name in UNITS:
        about = {k.decode(): v.decode() for k, v in table.schema.field(name).metadata.items()}
        assert u.Unit(about["unit"]) == UNITS[name]
        assert about["label"]
    unknown = sum(n.columns["redshift"] is None for n in result.neighbours)
    assert table["redshift"].null_count == unknown > 0
    assert table.schema.metadata[b"query"] == b"firstgalaxydata-7"


def small(**columns: list) -> pa.Table:
    return make_table(columns, {name: ColumnInfo(name.title()) for name in columns})


def test_words_that_would_break_a_file_come_through() -> None:
    nasty = '# a, "b"; <c> & é☃'
    for fmt in FORMATS:
        content = write_table(small(name=[nasty, "]]>"], n=[1, 2]), {"a": "two\nlines"}, fmt)
        assert list(read(content, fmt)["name"]) == [nasty, "]]>"], fmt


def test_what_a_spreadsheet_would_run_is_a_word_and_can_be_had_back() -> None:
    words = ["=1+1", "+cmd", "-2 3", "@x", "'tis", "plain", "3C 31"]
    table = small(name=words, x=[-1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
    found = read(write_table(table, {}, "csv"), "csv")
    assert list(found["name"])[:5] == ["'=1+1", "'+cmd", "'-2 3", "'@x", "''tis"]
    assert [word.removeprefix("'") for word in found["name"]] == words
    assert found["x"][0] == -1.5  # numbers are numbers
    for fmt in ("ecsv", "votable", "parquet"):
        assert list(read(write_table(table, {}, fmt), fmt)["name"]) == words


def test_plain_csv_reads_back_to_the_same_words() -> None:
    rows = [["a-1", "=HYPERLINK(1)", 'He said "no",\nthen left.'], ["'b", "", "−"]]
    content = write_plain_csv(("id", "name", "reason"), rows)
    assert [list(row.values()) for row in read_plain_csv(content)] == rows
    assert write_plain_csv(("x", "y"), [[float("nan"), -1.0]]) == b"x,y\n,-1.0\n"
    assert plain_cell("=") == "'="


def test_a_unit_that_astropy_does_not_know_is_still_written() -> None:
    table = make_table({"v": [1.0]}, {"v": ColumnInfo("Speed", "furlong/fortnight^")})
    for fmt in ("csv", "ecsv", "parquet"):
        assert len(read(write_table(table, {}, fmt), fmt)) == 1
    assert b'unit="furlong/fortnight^"' in write_table(table, {}, "votable")
    about = pq.read_schema(io.BytesIO(write_table(table, {}, "parquet"))).field("v").metadata
    assert about[b"unit"] == b"furlong/fortnight^"


def test_true_false_and_unknown_whole_numbers_come_through() -> None:
    table = small(flag=[True, False, True], n=[1, None, 3])
    for fmt in FORMATS:
        found = read(write_table(table, {}, fmt), fmt)
        assert [str(value) in ("True", "true") for value in found["flag"]] == [True, False, True]
        if fmt != "parquet":
            assert np.ma.getmaskarray(found["n"]).tolist() == [False, True, False], fmt
    stored = pq.read_table(io.BytesIO(write_table(table, {}, "parquet")))
    assert stored["n"].to_pylist() == [1, None, 3]


def test_the_file_name_tells_the_query(result: QueryResult) -> None:
    query = result.query
    expected = f"neighbours_{query.ra_deg:.5f}{query.dec_deg:+.5f}.vot"
    assert file_name(query, "votable") == expected
