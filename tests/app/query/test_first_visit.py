"""The sources that a first visit is shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from app.bundle.catalogue import CORE_COLUMNS, Catalogue, ColumnInfo, make_table
from app.bundle.search import Match
from app.query.explorer import Explorer
from app.query.first_visit import CANDIDATES, first_examples

LABEL = ColumnInfo("Label", description="")


@dataclass
class Space:
    """Of a latent space, what the choice needs: the nearest rows are the next ones."""

    catalogue: Catalogue

    def search_rows(self, rows: list[int], k: int) -> Any:
        n = len(self.catalogue)
        for row in rows:
            yield [Match((row + i) % n, 1.0, 0.0) for i in range(1, k + 1)]


def space_of(extents: list[float], labels: list[str] | None = None) -> Space:
    n = len(extents)
    columns: dict[str, object] = {
        "source_id": [f"s{row}" for row in range(n)],
        "name": [""] * n,
        "ra_deg": np.arange(n, dtype=float),
        "dec_deg": np.zeros(n),
        "angular_extent_arcsec": extents,
        "extent_flag": ["ok"] * n,
        "image_origin": ["observed"] * n,
        "novelty": np.zeros(n),
    }
    info = dict(CORE_COLUMNS)
    if labels is not None:
        columns["label"], info["label"] = labels, LABEL
    table = make_table(columns, info)
    assert isinstance(table, pa.Table)
    return Space(Catalogue(table))


def test_each_kind_has_the_source_whose_neighbours_are_of_its_kind() -> None:
    kinds = ["FRI"] * 20 + ["FRII", "FRI"] * 10 + ["FRII"] * 20
    found = first_examples(space_of([70.0] * 60, kinds))  # type: ignore[arg-type]
    assert [example.label for example in found] == ["FRII", "FRI"]
    assert [kinds[example.row] for example in found] == ["FRII", "FRI"]
    assert found[0].row >= 40  # among its own
    assert found[1].row < 20


def test_candidates_are_those_of_a_typical_extent() -> None:
    extents = [6.0] * 100 + [75.0] * CANDIDATES * 2
    kinds = ["Bent", "FRI"] * (len(extents) // 2)
    found = first_examples(space_of(extents, kinds))  # type: ignore[arg-type]
    assert all(example.row >= 100 for example in found)


def test_a_catalogue_without_kinds_shows_its_range_of_extents() -> None:
    found = first_examples(space_of([float(i) for i in range(1, 101)]))  # type: ignore[arg-type]
    assert [example.label for example in found] == ["99″", "86″", "61″", "31″"]


def test_the_real_bundle_has_examples_that_are_its_sources(explorer: Explorer) -> None:
    found = first_examples(explorer.space)
    assert found
    assert found == first_examples(explorer.space)
    flags = explorer.space.catalogue.table["extent_flag"].to_pylist()
    assert {flags[example.row] for example in found} == {"ok"}
