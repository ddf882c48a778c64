"""The map as small binary columns for the page: six bytes a source.

Layout, little-endian: uint32 length of the header; the header, UTF-8 JSON padded with spaces so
that the data starts at a multiple of 8; then one uint16 array per column, in row order.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.bundle.catalogue import Catalogue, ColumnInfo, robust_range
from app.bundle.latent_space import LatentSpace

COLUMNS = ("umap_x", "umap_y")
LayoutName = Literal["ours", "listed"]


@dataclass(frozen=True)
class MapLayout:
    """One of the maps that can be shown of the same sources."""

    name: LayoutName
    label: str
    description: str


OURS = MapLayout(
    name="ours",
    label="Ours",
    description="PCA and UMAP of the representations in this bundle.",
)
LISTED = MapLayout(
    name="listed",
    label="Catalogue's",
    description="The map that came with the catalogue (its columns umap_x and umap_y): made by "
    "others, from other images and with another encoder. Neighbours and S are still this bundle's, "
    "so that numbered sources may lie far apart here.",
)


def layouts(catalogue: Catalogue) -> list[MapLayout]:
    """The maps to choose from; the catalogue's only if it has a place for every source."""
    return [OURS] if listed_places(catalogue) is None else [OURS, LISTED]


def listed_places(catalogue: Catalogue) -> NDArray[np.float64] | None:
    """The catalogue's own places (N, 2), or None."""
    names = catalogue.table.column_names
    if not all(name in names and catalogue.is_number(name) for name in COLUMNS):
        return None
    places = np.stack([catalogue.numbers(name) for name in COLUMNS], axis=1)
    return places if np.isfinite(places).all() else None


TOP = 65535
NULL = 65535


def pack_map(space: LatentSpace, colour: str, places: NDArray[np.floating] | None = None) -> bytes:
    """x, y and one colour column; other places (N, 2) than the bundle's own if given.

    Positions: ``min + code / 65535 * (max - min)``. Colours: see `pack_column`.
    """
    header: dict[str, object] = {"n": len(space), "version": space.version}
    arrays = []
    for axis, name in enumerate(("x", "y")):
        values = (space.xy if places is None else places)[:, axis].astype(np.float64)
        low, high = float(values.min()), float(values.max())
        header[name] = {"min": low, "max": high}
        arrays.append(_quantise(values, low, high, TOP))
    header["colour"], codes = _encode(space.catalogue, colour)
    return _frame(header, [*arrays, codes])


def pack_column(space: LatentSpace, name: str) -> bytes:
    """One column.

    Numbers: ``min + code / 65534 * (max - min)``; categories: index into the header's
    ``categories``; 65535 is null.
    """
    column, codes = _encode(space.catalogue, name)
    return _frame({"n": len(space), "column": column, "version": space.version}, [codes])


def pack_added(
    space: LatentSpace,
    name: str,
    info: ColumnInfo,
    values: NDArray[np.floating] | Sequence[str | None],
) -> bytes:
    """A column that the bundle does not hold, as `pack_column` has those that it does.

    Parameters
    ----------
    space : LatentSpace
        With N sources.
    name : str
        Of no column of the bundle.
    info : ColumnInfo
        Its label, unit and description stand in the header too: the page has them nowhere else.
    values : ndarray of float, shape (N,), or sequence of N str or None
        Numbers, NaN where unknown; or categories, None where unknown.
    """
    header: dict[str, object] = {"name": name, "label": info.label, "unit": info.unit or None}
    header["description"] = info.description
    if isinstance(values, np.ndarray):
        column, codes = _numbers(values.astype(np.float64))
        if column["min"] is not None:
            column["low"], column["high"] = robust_range(values.astype(np.float64))
    else:
        column, codes = _categories(values, sorted({v for v in values if v is not None}))
    return _frame({"n": len(space), "column": header | column, "version": space.version}, [codes])


def _encode(catalogue: Catalogue, name: str) -> tuple[dict[str, object], NDArray[np.uint16]]:
    header: dict[str, object] = {"name": name, "unit": catalogue.info[name].unit or None}
    if catalogue.is_number(name):
        column, codes = _numbers(catalogue.numbers(name))
    else:
        texts = [None if v is None else str(v) for v in catalogue.table[name].to_pylist()]
        column, codes = _categories(texts, catalogue.categories(name))
    return header | column, codes


def _categories(
    values: Sequence[str | None], categories: list[str]
) -> tuple[dict[str, object], NDArray[np.uint16]]:
    index = {category: code for code, category in enumerate(categories)}
    codes = np.array([NULL if v is None else index[v] for v in values], np.uint16)
    return {"kind": "category", "categories": categories}, codes


def _numbers(numbers: NDArray[np.float64]) -> tuple[dict[str, object], NDArray[np.uint16]]:
    header: dict[str, object] = {"kind": "number", "min": None, "max": None, "categories": None}
    known = numbers[np.isfinite(numbers)]
    if not known.size:
        return header, np.full(len(numbers), NULL, np.uint16)
    low, high = float(known.min()), float(known.max())
    return header | {"min": low, "max": high}, _quantise(numbers, low, high, TOP - 1)


def _quantise(values: NDArray, low: float, high: float, top: int) -> NDArray[np.uint16]:
    known = np.isfinite(values)
    span = high - low or 1.0
    codes = np.full(len(values), NULL, np.uint16)
    codes[known] = np.round((values[known] - low) / span * top).astype(np.uint16)
    return codes


def _frame(header: Mapping[str, object], arrays: list[NDArray[np.uint16]]) -> bytes:
    text = json.dumps(header).encode()
    text += b" " * (-(4 + len(text)) % 8)
    return b"".join(
        [struct.pack("<I", len(text)), text, *(a.astype("<u2").tobytes() for a in arrays)]
    )
