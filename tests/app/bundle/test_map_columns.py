"""The map's binary columns: what they decode to, and how small they are."""

import json
import struct
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from app.bundle.catalogue import Catalogue, ColumnInfo, make_table
from app.bundle.latent_space import LatentSpace
from app.bundle.map_columns import layouts, listed_places, pack_added, pack_column, pack_map
from app.jobs.list_searches import ListLimits
from app.query.explorer import Explorer
from app.web.meta import build_meta

HALF_A_CODE = 0.5 / 65534


@dataclass(frozen=True)
class Decoded:
    """What a reader who only knows the documentation makes of the bytes."""

    header: dict[str, Any]
    codes: list[NDArray[np.uint16]]

    def axis(self, number: int, name: str) -> NDArray[np.float64]:
        low, high = self.header[name]["min"], self.header[name]["max"]
        return low + self.codes[number] / 65535 * (high - low)


def decode(packed: bytes) -> Decoded:
    (length,) = struct.unpack_from("<I", packed)
    assert (4 + length) % 8 == 0
    header = json.loads(packed[4 : 4 + length].decode(), parse_constant=pytest.fail)
    codes = np.frombuffer(packed, "<u2", offset=4 + length)
    return Decoded(header, list(codes.reshape(-1, header["n"])))


def colours(column: dict[str, Any], codes: NDArray[np.uint16]) -> list[Any]:
    if column["kind"] == "category":
        return [None if code == 65535 else column["categories"][code] for code in codes]
    span = column["max"] - column["min"]
    values = column["min"] + codes / 65534 * span
    return [None if code == 65535 else value for code, value in zip(codes, values, strict=True)]


def made_up(**columns: list[object]) -> LatentSpace:
    """A space of made-up columns at made-up places."""
    n = len(next(iter(columns.values())))
    everything = {
        "source_id": [f"s{row}" for row in range(n)],
        "ra_deg": [0.0] * n,
        "dec_deg": [0.0] * n,
        **columns,
    }
    info = {name: ColumnInfo(name, unit="arcsec") for name in everything}
    catalogue = Catalogue(make_table(everything, info))
    xy = np.random.default_rng(1).normal(size=(n, 2)).astype(np.float32)
    space = SimpleNamespace(catalogue=catalogue, xy=xy, version="v1")
    return cast(LatentSpace, _WithLength(space))


class _WithLength:
    def __init__(self, space: SimpleNamespace) -> None:
        self.catalogue, self.xy, self.version = space.catalogue, space.xy, space.version

    def __len__(self) -> int:
        return len(self.catalogue)


def test_the_map_is_at_most_8_bytes_a_source_beside_its_header(explorer: Explorer) -> None:
    packed = pack_map(explorer.space, "angular_extent_arcsec")
    (length,) = struct.unpack_from("<I", packed)
    assert len(packed) - 4 - length <= 8 * len(explorer.space)
    assert length < 1000


def test_the_map_decodes_to_the_true_places(explorer: Explorer) -> None:
    decoded = decode(pack_map(explorer.space, "angular_extent_arcsec"))
    assert decoded.header["n"] == len(explorer.space) == len(decoded.codes[0])
    assert decoded.header["version"] == explorer.space.version
    for number, name in enumerate("xy"):
        truth = explorer.space.xy[:, number]
        error = np.abs(decoded.axis(number, name) - truth)
        assert error.max() <= 1.01 * HALF_A_CODE * np.ptp(truth)


def test_every_colour_column_decodes_to_the_catalogue_nulls_included(explorer: Explorer) -> None:
    catalogue = explorer.space.catalogue
    names = catalogue.colour_columns()
    kinds = set()
    for name in names:
        decoded = decode(pack_map(explorer.space, name))
        column = decoded.header["colour"]
        assert column["name"] == name
        kinds.add(column["kind"])
        found = colours(column, decoded.codes[2])
        for row in range(len(catalogue)):
            truth = catalogue.row(row)[name]
            if column["kind"] == "category" or truth is None:
                assert found[row] == truth
            else:
                span = column["max"] - column["min"]
                assert found[row] == pytest.approx(truth, abs=1.01 * HALF_A_CODE * span)
    assert kinds == {"number", "category"}
    assert any(catalogue.row(row)["redshift"] is None for row in range(len(catalogue)))


def test_every_number_and_category_of_the_catalogue_is_listed(explorer: Explorer) -> None:
    catalogue = explorer.space.catalogue
    listed = {column.name for column in build_meta(explorer.space, 20.0, ListLimits()).columns}
    for name in catalogue.table.column_names:
        values = {catalogue.row(row)[name] for row in range(len(catalogue))} - {None, ""}
        words = not catalogue.is_number(name)
        id_like = words and (len(values) > 20 or name in ("source_id", "name"))
        assert (name in listed) == (bool(values) and not id_like), name
    assert {"ra_deg", "dec_deg", "redshift", "survey", "novelty_percentile"} <= listed


def test_the_novelty_percentile_is_that_of_each_source(explorer: Explorer) -> None:
    space = explorer.space
    decoded = decode(pack_column(space, "novelty_percentile"))
    found = colours(decoded.header["column"], decoded.codes[0])
    wanted = [space.novelty_percentile_of(row) for row in range(len(space))]
    assert found == pytest.approx(wanted, abs=1.01 * HALF_A_CODE * 100)
    assert "novelty_percentile" not in space.catalogue.row(0)


def test_a_column_of_which_nothing_is_known_is_sent_as_unknown(explorer: Explorer) -> None:
    decoded = decode(pack_column(explorer.space, "rms_jy_beam"))
    assert (decoded.codes[0] == 65535).all()
    assert decoded.header["column"]["min"] is None


def test_a_column_alone_has_the_same_codes_as_on_the_map(explorer: Explorer) -> None:
    for name in explorer.space.catalogue.colour_columns():
        on_map, alone = (decode(pack(explorer.space, name)) for pack in (pack_map, pack_column))
        assert np.array_equal(on_map.codes[2], alone.codes[0])
        assert on_map.header["colour"] == alone.header["column"]


def test_the_header_agrees_with_the_columns_of_meta(explorer: Explorer) -> None:
    for column in build_meta(explorer.space, 20.0, ListLimits()).columns:
        header = decode(pack_column(explorer.space, column.name)).header["column"]
        for key in ("name", "kind", "unit", "categories"):
            assert header[key] == getattr(column, key)
        if column.kind == "number":
            assert column.min is not None
            assert (header["min"], header["max"]) == (column.min, column.max)


@pytest.mark.parametrize(
    "values",
    [
        [1.0, None, 3.0],
        [1.0, float("nan"), 3.0],
        [1.0, float("inf"), 3.0, float("-inf")],
        [5, None, -7],
        [2.5, 2.5, None],
        ["a", None, "b", "a"],
        ["é☃", '"quoted", with comma', None],
        [True, False, None],
    ],
)
def test_odd_values_keep_their_place_and_the_unknown_are_null(values: list[object]) -> None:
    space = made_up(odd=values)
    decoded = decode(pack_column(space, "odd"))
    found = colours(decoded.header["column"], decoded.codes[0])
    for value, back in zip(values, found, strict=True):
        if isinstance(value, bool | str):
            assert back == str(value)
        elif value is None or not np.isfinite(cast(float, value)):
            assert back is None
        else:
            assert back == pytest.approx(value, abs=1e-3)


def test_an_added_column_is_as_one_of_the_bundle_and_says_what_it_is(explorer: Explorer) -> None:
    space = explorer.space
    for name in space.catalogue.colour_columns():
        info = space.catalogue.info[name]
        values: Any = (
            space.catalogue.numbers(name)
            if space.catalogue.is_number(name)
            else space.catalogue.table[name].to_pylist()
        )
        added = decode(pack_added(space, name, info, values))
        alone = decode(pack_column(space, name))
        column, known = added.header["column"], alone.header["column"]
        assert colours(column, added.codes[0]) == colours(known, alone.codes[0])
        assert (column["label"], column["description"]) == (info.label, info.description)
        if known["kind"] == "number":
            assert known["min"] <= column["low"] <= column["high"] <= known["max"]


def test_one_source_alone_is_a_map() -> None:
    decoded = decode(pack_map(made_up(size=[3.0]), "size"))
    assert colours(decoded.header["colour"], decoded.codes[2]) == [3.0]
    assert decoded.axis(0, "x") == pytest.approx([decoded.header["x"]["min"]])


def test_the_catalogues_own_map_is_offered_only_where_every_source_has_a_place() -> None:
    whole = made_up(umap_x=[1.0, 2.0, 3.0], umap_y=[4.0, 5.0, 7.0])
    places = listed_places(whole.catalogue)
    assert places is not None
    assert [layout.name for layout in layouts(whole.catalogue)] == ["ours", "listed"]
    packed = decode(pack_map(whole, "umap_x", places))
    assert packed.axis(1, "y") == pytest.approx([4, 5, 7], abs=1e-4)
    for lacking in (
        made_up(umap_x=[1.0, 2.0, None], umap_y=[4.0, 5.0, 7.0]),
        made_up(umap_x=[1.0, 2.0, 3.0]),
        made_up(umap_x=["a", "b", "c"], umap_y=["a", "b", "c"]),
    ):
        assert listed_places(lacking.catalogue) is None
        assert [layout.name for layout in layouts(lacking.catalogue)] == ["ours"]
