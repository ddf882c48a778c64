"""A bundle's sources by id and name, however they are typed; several of one name are all there."""

import difflib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bundle.catalogue import bundle_names
from app.query.explorer import Explorer
from app.sky.names import CLOSE, BundleNames, _key

IDS = ["demo-1", "DEMO-1", "demo-2", "rgz+5", "5", "x y", "demo-3", "a+b", "ab"]
NAMES = [
    "3C 31",
    "RGZ J134541.2+232253",
    "3c31",
    "",
    None,
    "FIRST J134541.2+232253",
    "demo-2",
    "",
    "",
]


@pytest.fixture(scope="module")
def names() -> BundleNames:
    degrees = np.arange(len(IDS), dtype=float)
    return BundleNames(IDS, NAMES, degrees, -degrees)


@pytest.mark.parametrize(
    ("typed", "rows"),
    [
        ("demo-1", [0, 1]),
        ("DEMO-1", [1, 0]),
        ("Demo-1", [0, 1]),
        (" demo-1\t", [0, 1]),
        ("demo\N{NON-BREAKING HYPHEN}1", [0, 1]),
        ("demo-2", [2, 6]),
        ("rgz+5", [3]),
        ("rgz 5", [3]),
        ("XY", [5]),
        ("3C31", [0, 2]),
        ("3c  31", [0, 2]),
        ("rgzj134541.2+232253", [1]),
        ("RGZ J134541.2 232253", [1]),
        ("", []),
        ("demo", []),
        ("3C 310", []),
        ("rgz5", [3]),
        ("a+b", [7]),
        ("ab", [8]),
        ("a b", [8]),
    ],
)
def test_ids_come_before_names_and_case_and_blanks_do_not_count(
    names: BundleNames, typed: str, rows: list[int]
) -> None:
    assert names.rows_of(typed) == rows


def test_a_designation_is_found_under_any_acronym(names: BundleNames) -> None:
    assert names.rows_of_designation("J134541.2+232253") == [1, 5]
    assert names.rows_of_designation("J134541.2-232253") == []


def test_a_row_gives_back_what_it_is(names: BundleNames) -> None:
    assert (names.source_id(3), names.name(3), names.name(4)) == ("rgz+5", "", "")
    position = names.position(3)
    assert (position.ra.deg, position.dec.deg) == (3.0, -3.0)


@given(st.lists(st.text(max_size=12), min_size=1, max_size=8, unique=True), st.data())
def test_every_source_is_found_by_its_id_as_written(ids: list[str], data: st.DataObject) -> None:
    degrees = np.zeros(len(ids))
    row = data.draw(st.integers(0, len(ids) - 1))
    found = BundleNames(ids, [None] * len(ids), degrees, degrees).rows_of(ids[row])
    assert found[:1] == [row] or not _key(ids[row])


def test_every_source_of_a_real_bundle_is_found_by_id_and_by_name(explorer: Explorer) -> None:
    space = explorer.space
    names = bundle_names(space.catalogue)
    table: pa.Table = space.catalogue.table
    for row in range(0, len(space), 7):
        assert names.rows_of(table["source_id"][row].as_py()) == [row]
        if name := table["name"][row].as_py():
            assert row in names.rows_of(name.lower().replace(" ", ""))
        apart = names.position(row).separation(space.position(row))
        assert apart.arcsec < 1e-6


def test_close_spellings_are_those_of_difflib() -> None:
    rng = np.random.default_rng(2)
    names = [f"RGZ J{n:06d}.{n % 10}+{n % 7919:06d}" for n in rng.integers(0, 240_000, 3000)]
    names += ["3C 31", "Cygnus A", ""]
    ids = [f"s-{row}" for row in range(len(names))]
    held = BundleNames(ids, names, np.zeros(len(names)), np.zeros(len(names)))
    folded = {"".join(name.casefold().split()): name for name in (*ids, *names) if name}
    one = names[1234]
    for typed in ("3C 311", "Cignus A", "cygnusa", one.replace("J", "I"), one[:-1], "Xyzzy", ""):
        key = "".join(typed.casefold().split())
        wanted = difflib.get_close_matches(key, list(folded), 1, CLOSE)
        assert held.close_to(typed)[:1] == tuple(folded[each] for each in wanted)
    assert held.close_to("3C 311") == ("3C 31",)
    assert one in held.close_to(one.replace("J", "I"))
    assert BundleNames([], [], np.zeros(0), np.zeros(0)).close_to("3C 31") == ()
