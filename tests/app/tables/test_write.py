"""The neighbours as files: every format read back, with units, meaning and provenance."""

import csv
import io
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.io.votable import parse, parse_single_table
from astropy.io.votable.ucd import check_ucd
from astropy.table import Table

from app.bundle.catalogue import CORE_COLUMNS, ColumnInfo, make_table
from app.query.explorer import Answer, Explorer
from app.query.ranking import SearchOptions
from app.tables.neighbours import (
    QUERY_COLUMNS,
    QUERY_POSITION,
    RESULT_COLUMNS,
    bundle_provenance,
    neighbour_table,
)
from app.tables.write import (
    as_astropy,
    plain_cell,
    read_plain_csv,
    write_plain_csv,
    write_table,
)
from app.web.answers import describe_answer
from app.web.query import file_stem, query_provenance
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
        assert str(found[name].unit) == str(unit)
    for name in ("source_id", "name", "duplicate_of", "label", "extent_flag"):
        assert found[name].dtype.kind == "U"
    assert found["rank"].dtype.kind == "i"
    assert found["redshift"].dtype == float


def test_columns_keep_their_order_the_documented_ones_first(
    explorer: Explorer, answer: Answer
) -> None:
    names = table_of(explorer, answer, 3).column_names
    documented = [*RESULT_COLUMNS, *QUERY_POSITION]
    assert names[: len(documented)] == documented
    assert names[:2] == ["rank", "source_id"]
    assert names == table_of(explorer, answer, 0).column_names
    own = explorer.space.catalogue.table.column_names
    assert names[len(documented) :] == [name for name in own if name in names[14:]]


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
    said = warnings_of(content)
    assert len(said) == 1, said
    assert "Invalid unit string '%'" in said[0]  # astropy's strict reading: VOUnits has it
    table = parse_single_table(io.BytesIO(content))
    fields = {field.name: field for field in table.fields}
    assert {name: fields[name].ucd for name in UCDS} == UCDS
    placed = ["ra_deg", "dec_deg", "query_ra_deg", "query_dec_deg"]
    assert [field.name for field in table.fields if field.ref == "icrs"] == placed
    systems = list(parse(io.BytesIO(content)).iter_coosys())
    assert [(system.ID, system.system) for system in systems] == [("icrs", "ICRS")]
    infos = {info.name: info.value for info in parse(io.BytesIO(content)).resources[0].infos}
    assert infos == provenance
    lines = read(content, "votable").meta["description"].splitlines()
    assert lines == [f"{name}: {' '.join(value.split())}" for name, value in provenance.items()]


def warnings_of(content: bytes) -> list[str]:
    """What astropy warns of in a document when it is asked to be strict."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        parse(io.BytesIO(content), verify="warn")
    return [str(each.message) for each in said]


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


def small(**columns: list | pa.Array) -> pa.Table:
    return make_table(columns, {name: ColumnInfo(name.title()) for name in columns})


def test_words_that_would_break_a_file_come_through() -> None:
    nasty = '# a, "b"; <c> & é☃'
    for fmt in FORMATS:
        content = write_table(small(name=[nasty, "]]>"], n=[1, 2]), {"a": "two\nlines"}, fmt)
        assert list(read(content, fmt)["name"]) == [nasty, "]]>"], fmt


RUN = ["=1+1", "+cmd", "-2 3", "@x", "\t=1", "\n=1", "-", "+1\n", "--3", "-1e", "+1,5"]
LEFT = ["+12.5", "-3", "-.5e-3", "+1.", "plain", "3C 31", "a=b", " =1", ""]


def test_what_a_spreadsheet_would_run_is_a_word_and_can_be_had_back() -> None:
    words = [*RUN, "'tis", *LEFT]
    table = small(name=words, x=[-float(n) for n in range(len(words))])
    content = write_table(table, {}, "csv").decode()
    rows = list(csv.reader(io.StringIO(content, newline="")))[1:]
    assert [name for name, _ in rows] == [f"'{word}" for word in RUN] + ["''tis", *LEFT]
    assert [plain_cell(word) for word in words] == [name for name, _ in rows]
    assert [name.removeprefix("'") for name, _ in rows] == words
    assert [float(x) for _, x in rows] == table["x"].to_pylist()  # numbers are numbers
    for fmt in ("ecsv", "votable", "parquet"):
        found = read(write_table(table, {}, fmt), fmt)["name"]
        names = np.ma.filled(found, "") if isinstance(found, np.ma.MaskedArray) else found
        # astropy takes blanks off the ends of a word in ECSV
        assert [word.strip() for word in names] == [word.strip() for word in words], fmt


def test_names_of_columns_may_hold_anything() -> None:
    table = small(**{"a,b": [1, 2], 'c "d"': [3, 4], "=x": [5, 6]})
    assert write_table(table, {}, "csv") == b'"a,b","c ""d""",\'=x\n1,3,5\n2,4,6\n'
    for fmt in ("ecsv", "parquet"):
        assert read(write_table(table, {}, fmt), fmt).colnames == table.column_names
    votable = parse_single_table(io.BytesIO(write_table(table, {}, "votable")))
    assert [field.name for field in votable.fields] == table.column_names


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_type_of_number_comes_through(fmt: str) -> None:
    kinds = [pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.uint32(), pa.float32()]
    table = small(**{str(kind): pa.array([0, 127, None], kind) for kind in kinds})
    content = write_table(table, {}, fmt)
    if fmt == "parquet":
        stored = pq.read_table(io.BytesIO(content))
        assert [stored[str(kind)].to_pylist() for kind in kinds] == [[0, 127, None]] * len(kinds)
        assert stored.schema.types == kinds
        return
    found = read(content, fmt)
    for kind in kinds:
        assert found[str(kind)].tolist() == [0, 127, None], kind
        assert found[str(kind)].dtype.kind in (
            "f" if kind == pa.float32() and fmt != "csv" else "iu"
        )


@pytest.mark.parametrize("fmt", FORMATS)
def test_dates_are_words_of_iso_8601_and_timestamps_in_parquet(fmt: str) -> None:
    when = datetime(2024, 2, 29, 23, 59, 58, 250_000)
    table = small(t=pa.array([when, None], pa.timestamp("ms")), n=[1, 2])
    found = read(write_table(table, {}, fmt), fmt)["t"]
    if fmt == "parquet":
        assert found[0] == np.datetime64(when)
        assert np.isnat(found[1])
    else:
        assert found[0] == "2024-02-29T23:59:58.250"
        assert np.ma.is_masked(found[1]) or found[1] == ""


@pytest.mark.parametrize("fmt", FORMATS)
def test_infinities_come_through_and_nan_is_unknown(fmt: str) -> None:
    y = np.array([[np.inf, -np.inf], [np.nan, 1e-7], [0.5, 2], [3, 4]], np.float32)
    arrays = pa.FixedSizeListArray.from_arrays(pa.array(y.ravel()), 2)
    x = pa.array(np.array([np.inf, -np.inf, np.nan, 1.5]))
    columns = {"x": x, "n": pa.array([1, 2, 3, 4])} | ({} if fmt == "csv" else {"y": arrays})
    content = write_table(pa.table(columns), {}, fmt)
    found = read(content, fmt)
    values = np.ma.filled(np.ma.asarray(found["x"]).astype(float), np.nan)
    assert np.array_equal(values, [np.inf, -np.inf, np.nan, 1.5], equal_nan=True)
    if fmt == "votable":
        assert b"<TD>+Inf</TD>" in content
        assert b"<TD>-Inf</TD>" in content
        assert b"<TD>NaN</TD>" in content
        assert b"<TD>NaN 1e-7</TD>" in content
    if fmt != "csv":
        read_y = np.ma.filled(np.ma.asarray(found["y"]).astype(float), np.nan)
        np.testing.assert_array_equal(read_y.astype(np.float32), y)


@pytest.mark.parametrize("values", [[1.5, None, 3.0], [1, None, 3], ["a", "", "c"], [None, None]])
def test_a_lone_unknown_cell_is_a_row(values: list) -> None:
    for fmt in ("csv", "ecsv"):
        content = write_table(small(x=values), {}, fmt)
        assert len(read(content, fmt)) == len(values), fmt
        if fmt == "csv":
            assert len(pd.read_csv(io.BytesIO(content))) == len(values)
            assert pyarrow.csv.read_csv(io.BytesIO(content)).num_rows == len(values)
            assert pd.read_csv(io.BytesIO(content))["x"].dtype.kind in "fO"


def test_columns_of_codes_are_words() -> None:
    table = pa.table({"c": pa.array(["x", "y", None]).dictionary_encode(), "n": [1, 2, 3]})
    for fmt in FORMATS:
        found = read(write_table(table, {}, fmt), fmt)["c"]
        assert [str(word) for word in found[:2]] == ["x", "y"], fmt


def test_plain_csv_reads_back_to_the_same_words() -> None:
    rows = [["a-1", "=HYPERLINK(1)", 'He said "no",\nthen left.'], ["'b", "", "−"]]
    content = write_plain_csv(("id", "name", "reason"), rows)
    assert [list(row.values()) for row in read_plain_csv(content)] == rows
    assert write_plain_csv(("x", "y"), [[float("nan"), -1.0]]) == b"x,y\n,-1.0\n"
    assert plain_cell("=") == "'="


def test_what_votable_cannot_say_of_a_column_stands_in_its_description() -> None:
    odd = ColumnInfo("Speed", "furlong/fortnight^", "NO_SUCH_UCD", "As logged.")
    table = make_table({"v": [1.0]}, {"v": odd})
    for fmt in ("csv", "ecsv", "parquet"):
        assert len(read(write_table(table, {}, fmt), fmt)) == 1
    content = write_table(table, {}, "votable")
    assert warnings_of(content) == []
    (field,) = parse_single_table(io.BytesIO(content)).fields
    assert (field.unit, field.ucd) == (None, None)
    said = "Speed. As logged. Unit: furlong/fortnight^. UCD as given: NO_SUCH_UCD"
    assert field.description == said
    about = pq.read_schema(io.BytesIO(write_table(table, {}, "parquet"))).field("v").metadata
    assert about[b"unit"] == b"furlong/fortnight^"


@pytest.mark.parametrize(
    ("unit", "written"),
    [("%", "%"), ("mJy/beam", "mJy.beam**-1"), ("W Hz-1", "W.Hz**-1"), ("10**22 W/Hz", None)],
)
def test_units_are_spelled_as_votable_does(unit: str, written: str | None) -> None:
    content = write_table(make_table({"v": [1.0]}, {"v": ColumnInfo("V", unit)}), {}, "votable")
    if written:
        assert f'unit="{written}"'.encode() in content
    found = read(content, "votable")["v"].unit
    assert str(found) == unit if unit == "%" else found == u.Unit(unit)


def test_only_our_positions_are_said_to_be_icrs() -> None:
    info = {"ra_deg": CORE_COLUMNS["ra_deg"], "RAB1950": ColumnInfo("RA", "deg", "pos.eq.ra")}
    content = write_table(make_table({"ra_deg": [1.0], "RAB1950": [2.0]}, info), {}, "votable")
    refs = {field.name: field.ref for field in parse_single_table(io.BytesIO(content)).fields}
    assert refs == {"ra_deg": "icrs", "RAB1950": None}


def test_characters_that_xml_cannot_hold_are_seen_to_be_missing() -> None:
    words = ["bell\x07", "a\r\nb", "two\nlines"]
    content = write_table(small(name=words), {"a\x00b": "c\x0bd"}, "votable")
    assert list(read(content, "votable")["name"]) == ["bell\ufffd", *words[1:]]


def test_parquet_holds_a_votable_of_its_columns(
    explorer: Explorer, answer: Answer, provenance: dict[str, str]
) -> None:
    content = write_table(table_of(explorer, answer, 3), provenance, "parquet")
    held = pq.read_schema(io.BytesIO(content)).metadata[b"IVOA.VOTable-Parquet.content"]
    assert b"<DATA>" not in held
    fields = {field.name: field for field in parse_single_table(io.BytesIO(held)).fields}
    assert {name: fields[name].ucd for name in UCDS} == UCDS
    assert fields["ra_deg"].ref == "icrs"


def test_rows_written_in_blocks_are_all_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.tables.votable.ROWS_AT_ONCE", 7)
    y = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(48.0)), 2)
    found = read(write_table(small(n=list(range(24)), y=y), {}, "votable"), "votable")
    assert list(found["n"]) == list(range(24))
    np.testing.assert_array_equal(np.asarray(found["y"]).ravel(), np.arange(48.0))


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
    assert file_stem(query) == f"neighbours_{query.ra_deg:.5f}{query.dec_deg:+.5f}"
