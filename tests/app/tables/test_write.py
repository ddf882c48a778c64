"""The neighbours as files: every format read back, with units, meaning and provenance."""

import io
import warnings
from collections.abc import Iterator

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.io.votable import parse_single_table, validate
from astropy.table import Table

from app.bundle.catalogue import ColumnInfo
from app.query.explorer import Explorer, SearchOptions
from app.tables.write import RESULT_COLUMNS, file_name, result_table, write_table_as
from app.web.answers import describe_answer
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
def result(explorer: Explorer) -> QueryResult:
    answer = explorer.neighbours_of("firstgalaxydata-7", SearchOptions(k=239))
    result = describe_answer(explorer.space, answer)
    assert any(n.columns["redshift"] is None for n in result.neighbours)
    return result


def table_of(explorer: Explorer, result: QueryResult, n: int) -> Table:
    few = result.model_copy(update={"neighbours": result.neighbours[:n]})
    return result_table(explorer.space, few, SearchOptions(k=n))


def read(content: bytes, fmt: str) -> Table:
    if fmt == "csv":
        return Table.read(content.decode(), format="ascii.csv", comment="#")
    if fmt == "ecsv":
        return Table.read(content.decode(), format="ascii.ecsv")
    return Table.read(io.BytesIO(content), format=fmt)


def comments(content: bytes) -> list[str]:
    return [line for line in content.decode().splitlines() if line.startswith("#")]


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("n", [239, 1, 0])
def test_every_format_reads_back_what_was_sent(
    explorer: Explorer, result: QueryResult, fmt: str, n: int
) -> None:
    sent = table_of(explorer, result, n)
    found = read(write_table_as(sent, fmt), fmt)
    assert found.colnames == sent.colnames
    assert len(found) == n
    for name in sent.colnames if n else []:
        numbers = sent[name].dtype.kind in "if"
        truth, back = (
            table[name].filled(np.nan if numbers else "") for table in map(full, (sent, found))
        )
        assert np.array_equal(truth.astype(back.dtype), back, equal_nan=numbers), name


def full(table: Table) -> Table:
    """Masked, with numbers as floats and what is unknown throughout as words."""
    masked = Table(table, masked=True)
    for name, column in masked.columns.items():
        words = column.dtype.kind == "U" or column.mask.all()
        masked[name] = column.astype("U40" if words else float)
    return masked


@pytest.mark.parametrize("fmt", FORMATS[1:])
@pytest.mark.parametrize("n", [12, 0])
def test_types_and_units_do_not_depend_on_what_was_found(
    explorer: Explorer, result: QueryResult, fmt: str, n: int
) -> None:
    found = read(write_table_as(table_of(explorer, result, n), fmt), fmt)
    for name, unit in UNITS.items():
        assert found[name].dtype == float
        if (fmt, name) != ("votable", "percentile"):
            assert found[name].unit == unit
    for name in ("source_id", "name", "duplicate_of", "label", "extent_flag"):
        assert found[name].dtype.kind == "U"
    assert found["rank"].dtype.kind == "i"
    assert found["redshift"].dtype == float


def test_columns_keep_their_order_the_documented_ones_first(
    explorer: Explorer, result: QueryResult
) -> None:
    names = table_of(explorer, result, 3).colnames
    assert names[: len(RESULT_COLUMNS)] == list(RESULT_COLUMNS)
    assert names[:2] == ["rank", "source_id"]
    assert names == table_of(explorer, result, 0).colnames
    own = explorer.space.catalogue.table.column_names
    assert names[len(RESULT_COLUMNS) :] == [name for name in own if name in names[14:]]


def test_csv_says_units_and_provenance_in_comments(explorer: Explorer, result: QueryResult) -> None:
    lines = comments(write_table_as(table_of(explorer, result, 2), "csv"))
    for name, unit in UNITS.items():
        assert any(line.startswith(f"# column {name} [{unit}]: ") for line in lines)
    text = "\n".join(lines)
    manifest = explorer.space.manifest
    for said in (manifest.encoder.sha256, manifest.source.doi, explorer.space.version, "FIRST"):
        assert said in text
    assert "# query: firstgalaxydata-7" in lines
    assert f"# query_ra_deg: {result.query.ra_deg:.6f}" in lines


@pytest.mark.parametrize("fmt", ["ecsv", "parquet"])
def test_astropy_finds_the_provenance_in_meta(
    explorer: Explorer, result: QueryResult, fmt: str
) -> None:
    found = read(write_table_as(table_of(explorer, result, 2), fmt), fmt)
    assert found.meta["query"] == "firstgalaxydata-7"
    assert found.meta["bundle"] == explorer.space.version


def test_votable_is_valid_and_carries_ucds_and_provenance(
    explorer: Explorer, result: QueryResult
) -> None:
    content = write_table_as(table_of(explorer, result, 5), "votable")
    said = io.StringIO()
    assert validate(io.BytesIO(content), said), said.getvalue()
    table = parse_single_table(io.BytesIO(content), verify="exception")
    fields = {field.name: field for field in table.fields}
    assert {name: fields[name].ucd for name in UCDS} == UCDS
    encoder = explorer.space.manifest.encoder.name
    assert f'<INFO ID="encoder" name="encoder" value="{encoder}'.encode() in content


def test_parquet_has_units_in_its_fields_and_nulls_for_unknown_numbers(
    explorer: Explorer, result: QueryResult
) -> None:
    content = write_table_as(table_of(explorer, result, 239), "parquet")
    table = pq.read_table(io.BytesIO(content))
    for name in UNITS:
        about = {k.decode(): v.decode() for k, v in table.schema.field(name).metadata.items()}
        assert u.Unit(about["unit"]) == UNITS[name]
        assert about["description"]
    unknown = sum(n.columns["redshift"] is None for n in result.neighbours)
    assert table["redshift"].null_count == unknown > 0
    assert table.schema.metadata[b"query"] == b"firstgalaxydata-7"


def test_words_that_would_break_a_file_come_through(
    explorer: Explorer, result: QueryResult
) -> None:
    nasty = '# a, "b"; <c> & é☃'
    worse = [n.model_copy(update={"name": nasty}) for n in result.neighbours[:2]]
    worst = result.model_copy(update={"neighbours": worse})
    table = result_table(explorer.space, worst, SearchOptions())
    table.meta["catalogue"] = "two\nlines"
    table["name"].description = "two\nlines"
    for fmt in FORMATS:
        found = read(write_table_as(table, fmt), fmt)
        assert list(found["name"]) == [nasty, nasty], fmt


def test_a_unit_that_astropy_does_not_know_is_still_written(
    explorer: Explorer, result: QueryResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = ColumnInfo("Speed", "furlong/fortnight^")
    monkeypatch.setitem(explorer.space.catalogue.info, "redshift", odd)
    table = table_of(explorer, result, 3)
    expected = "# column redshift [furlong/fortnight^]: Speed"
    assert expected in comments(write_table_as(table, "csv"))
    assert len(read(write_table_as(table, "parquet"), "parquet")) == 3


def test_the_file_name_tells_the_query(result: QueryResult) -> None:
    query = result.query
    expected = f"neighbours_{query.ra_deg:.5f}{query.dec_deg:+.5f}.vot"
    assert file_name(result, "votable") == expected
