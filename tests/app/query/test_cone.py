"""The cone search: what a request means, which rows are inside, and the document that says so."""

import io
import math
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io.votable import parse, validate
from astropy.io.votable.tree import TableElement, VOTableFile

from app.bundle.catalogue import CORE_COLUMNS, ColumnInfo
from app.bundle.latent_space import LatentSpace
from app.query.cone import MAX_RECORDS, ConeQuery, UnusableCone, read_cone, search_cone
from app.query.explorer import Explorer
from app.tables.cone_votable import write_cone, write_cone_error
from tests.synthetic import make_space

HERE = [("RA", "180.5"), ("DEC", "-30.45"), ("SR", "0.0125")]


@pytest.fixture(autouse=True)
def nothing_is_warned_of() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture(scope="module")
def sky(tmp_path_factory: pytest.TempPathFactory) -> LatentSpace:
    """Sources at both poles, around RA 0, and 300 anywhere."""
    rng = np.random.default_rng(69)
    ra = [0.0, 120.0, 240.0, 359.9999, 0.0001, 0.0, *rng.uniform(0, 360, 300)]
    dec = [90.0, 89.999, -90.0, 0.0, 0.0, -0.0001, *np.degrees(np.arcsin(rng.uniform(-1, 1, 300)))]
    directory = tmp_path_factory.mktemp("bundle") / "version"
    directory.mkdir()
    return make_space(directory, ra_deg=ra, dec_deg=dec)


def document(content: bytes) -> VOTableFile:
    """The document, after astropy has read it with every warning an error, and validated it."""
    said = io.StringIO()
    assert validate(io.BytesIO(content), said), said.getvalue()
    return parse(io.BytesIO(content), verify="exception")


def table_of(space: LatentSpace, query: ConeQuery) -> TableElement:
    (resource,) = document(write_cone(space, query, search_cone(space, query))).resources
    (table,) = resource.tables
    return table


def infos_of(space: LatentSpace, query: ConeQuery) -> dict[str, str]:
    (resource,) = document(write_cone(space, query, search_cone(space, query))).resources
    return {info.name: info.value for info in resource.infos}


def test_names_of_parameters_are_read_in_any_case_and_others_are_ignored() -> None:
    query = read_cone([("ra", "180.5"), ("Dec", " 30.45"), ("sR", "1.5e-2"), ("FORMAT", "html")])
    assert query == ConeQuery(180.5, 30.45, 0.015, verbosity=2, max_records=MAX_RECORDS)


def test_right_ascension_360_is_0() -> None:
    assert read_cone([("RA", "360"), *HERE[1:]]).ra_deg == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("RA", value) for value in ("as3f", "-0.1", "360.001", "nan", "inf", "1_0", "12:30:00")],
        *[("DEC", value) for value in ("91", "-90.01", "NaN", "1e400", "1,5")],
        *[("SR", value) for value in ("-1", "180.1", "1 deg")],
        *[("VERB", value) for value in ("0", "4", "two", "1.0")],
        *[("MAXREC", value) for value in ("-1", "many", "9" * 12)],
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    given = dict(HERE) | {name: value}
    with pytest.raises(UnusableCone, match=re.escape(f"{name} cannot be '{value}'")):
        read_cone(given.items())


@pytest.mark.parametrize("name", ["RA", "DEC", "SR"])
@pytest.mark.parametrize("blank", [True, False])
def test_a_missing_parameter_is_named(name: str, blank: bool) -> None:
    given = [(key, "" if key == name else value) for key, value in HERE if blank or key != name]
    with pytest.raises(UnusableCone, match=f"{name} is missing"):
        read_cone(given)


def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(UnusableCone, match="RA is given twice"):
        read_cone([*HERE, ("ra", "1")])


@pytest.mark.parametrize("ra_deg", [0.0, 77.0, 359.99999])
@pytest.mark.parametrize("dec_deg", [90.0, 89.9995, 0.0, -90.0, 12.3])
@pytest.mark.parametrize("radius_deg", [1e-4, 0.01, 5.0, 90.0, 179.0, 180.0])
def test_the_rows_inside_are_those_that_astropy_finds_inside(
    sky: LatentSpace, ra_deg: float, dec_deg: float, radius_deg: float
) -> None:
    everything = SkyCoord(sky.catalogue.ra_deg, sky.catalogue.dec_deg, unit="deg")
    separation = SkyCoord(ra_deg, dec_deg, unit="deg").separation(everything)
    clear = np.abs(separation.deg - radius_deg) > 1e-9  # not within 4 micro-arcsec of the edge
    answer = search_cone(sky, ConeQuery(ra_deg, dec_deg, radius_deg))
    inside = np.isin(np.arange(len(sky)), answer.rows)
    assert np.array_equal(inside[clear], (separation.deg < radius_deg)[clear])
    assert answer.separation_arcsec == pytest.approx(separation.arcsec[answer.rows], abs=1e-5)
    assert np.all(np.diff(answer.separation_arcsec) >= 0)


def test_radius_180_is_the_whole_sky(sky: LatentSpace) -> None:
    assert search_cone(sky, ConeQuery(10, -40, 180)).n_inside == len(sky)


def test_radius_0_gives_the_columns_and_no_row(sky: LatentSpace) -> None:
    query = ConeQuery(sky.catalogue.ra_deg[7], sky.catalogue.dec_deg[7], 0)
    table = table_of(sky, query)
    assert len(table.array) == 0
    assert [field.name for field in table.fields][:3] == ["source_id", "ra_deg", "dec_deg"]
    assert infos_of(sky, query)["QUERY_STATUS"] == "OK"


@pytest.mark.parametrize("verbosity", [1, 2, 3])
@pytest.mark.parametrize("radius_deg", [0.0, 180.0])
def test_each_ucd_of_the_standard_is_on_exactly_one_column(
    explorer: Explorer, verbosity: int, radius_deg: float
) -> None:
    table = table_of(explorer.space, ConeQuery(10, 10, radius_deg, verbosity))
    wanted = {"ID_MAIN": "char", "POS_EQ_RA_MAIN": "double", "POS_EQ_DEC_MAIN": "double"}
    for ucd, datatype in wanted.items():
        (field,) = (field for field in table.fields if field.ucd == ucd)
        assert field.datatype == datatype
        assert field.unit == (None if ucd == "ID_MAIN" else u.deg)
        assert (field.ref == "icrs") == (ucd != "ID_MAIN")
    assert not any(";meta.main" in (field.ucd or "") for field in table.fields)
    assert all(field.description for field in table.fields)


def test_more_verbosity_gives_more_columns_and_each_tells_observed_from_model(
    explorer: Explorer,
) -> None:
    names = [
        [field.name for field in table_of(explorer.space, ConeQuery(0, 0, 0, verbosity)).fields]
        for verbosity in (1, 2, 3)
    ]
    assert set(names[0]) < set(names[1]) < set(names[2])
    assert {"image_origin", "survey", "separation_arcsec"} <= set(names[0])
    assert set(names[2]) == {*explorer.space.catalogue.table.column_names, "separation_arcsec"}


def test_every_value_comes_through_with_its_unit(explorer: Explorer) -> None:
    space = explorer.space
    query = ConeQuery(200.0, 20.0, 180, 3)
    answer = search_cone(space, query)
    sent = table_of(space, query).to_table()
    assert len(sent) == len(space)
    truth = space.catalogue.rows([int(row) for row in answer.rows])
    for name in space.catalogue.table.column_names:
        known = [
            None if value is np.ma.masked or value == "" or _nan(value) else value
            for value in sent[name].tolist()
        ]
        assert known == [row[name] if row[name] != "" else None for row in truth], name
    assert np.array_equal(sent["separation_arcsec"], answer.separation_arcsec)
    assert sent["separation_arcsec"].unit == u.arcsec
    assert sent["angular_extent_arcsec"].unit == u.arcsec


def _nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def test_maxrec_keeps_the_nearest_and_says_that_there_are_more(sky: LatentSpace) -> None:
    whole = ConeQuery(50, 20, 60)
    cut = replace(whole, max_records=3)
    n = search_cone(sky, whole).n_inside
    assert n > 3
    assert list(table_of(sky, cut).array["source_id"]) == list(
        table_of(sky, whole).array["source_id"][:3]
    )
    assert infos_of(sky, whole)["QUERY_STATUS"] == "OK"
    said = infos_of(sky, cut)
    assert said["QUERY_STATUS"] == "OVERFLOW"
    assert said["rows"].startswith(f"3 of {n} inside the cone; the {n - 3} farthest")
    assert infos_of(sky, replace(whole, max_records=n))["QUERY_STATUS"] == "OK"
    assert infos_of(sky, replace(whole, max_records=0))["QUERY_STATUS"] == "OVERFLOW"


def test_a_cone_without_sources_is_no_error(sky: LatentSpace) -> None:
    query = ConeQuery(33.3, 33.3, 1e-6)
    assert len(table_of(sky, query).array) == 0
    assert "Error" not in infos_of(sky, query)


def test_the_document_is_the_votable_that_the_standard_asks_for(sky: LatentSpace) -> None:
    query = ConeQuery(50, 20, 60)
    content = write_cone(sky, query, search_cone(sky, query))
    assert document(content).version == "1.1"
    assert content.count(b"<RESOURCE") == content.count(b"<TABLE>") == 1


def test_an_error_is_one_info_below_the_root_and_hostile_words_stay_words() -> None:
    nasty = "\"><TABLE/> & \u2603 ' as3f"
    found = document(write_cone_error(nasty))
    assert [(info.name, info.value) for info in found.infos] == [("Error", nasty)]
    assert len(found.resources) == 1
    assert found.resources[0].tables == []


def test_a_column_of_the_catalogue_cannot_take_the_ucd_of_the_position(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = explorer.space.catalogue.info
    monkeypatch.setitem(info, "redshift", ColumnInfo("z", "furlong^", "POS_EQ_RA_MAIN"))
    monkeypatch.setitem(info, "label", ColumnInfo("Label", "", "not a ucd: <x>"))
    table = table_of(explorer.space, ConeQuery(0, 0, 180, 3))
    fields = {field.name: field for field in table.fields}
    assert fields["redshift"].ucd is None
    assert fields["redshift"].description == "z. Unit: furlong^"
    assert fields["label"].ucd is None
    assert fields["rms_jy_beam"].description.endswith("Unit: Jy/beam")


def test_types_do_not_depend_on_what_was_found(explorer: Explorer) -> None:
    none, all_ = (
        table_of(explorer.space, ConeQuery(0, 0, radius, 3)).fields for radius in (0, 180)
    )
    kinds = [(field.name, field.datatype, field.arraysize) for field in none]
    assert kinds == [(field.name, field.datatype, field.arraysize) for field in all_]


@pytest.mark.parametrize("words", [["\u00e9toile", "b"], ["a", None]])
def test_words_beyond_ascii_and_absent_words_come_through(
    tmp_path: Path, words: list[str | None]
) -> None:
    space = make_space(tmp_path, ra_deg=[1.0, 2.0], dec_deg=[0.0, 0.0])
    names = pa.field("name", pa.string())
    space.catalogue.table = space.catalogue.table.append_column(names, pa.array(words, pa.string()))
    space.catalogue.info["name"] = CORE_COLUMNS["name"]
    table = table_of(space, ConeQuery(1, 0, 5, 2))
    assert [str(value) for value in table.array["name"]] == [word or "" for word in words]
