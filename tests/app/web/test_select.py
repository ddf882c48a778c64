"""Selections over HTTP: against loops over the catalogue, and as conditions of a query."""

from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from app.errors import UnknownSelection
from app.query.explorer import Explorer
from app.query.selections import Selections
from tests.problem import problem_of

PATH = "/api/select"
NEIGHBOURS = "/api/sources/firstgalaxydata-1/neighbours"


def select(site: httpx.Client, **body: Any) -> Any:
    answer = site.post(PATH, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def crossings(place: Any, outline: Any) -> bool:
    """Even-odd rule, edge by edge: whether a ray to the right meets an odd number of edges."""
    x, y = place
    inside = False
    for (x1, y1), (x2, y2) in zip(outline, [*outline[1:], outline[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


@pytest.mark.parametrize("n_vertices", [3, 5, 40])
def test_a_polygon_holds_what_a_ray_says(
    site: httpx.Client, explorer: Explorer, n_vertices: int
) -> None:
    xy = explorer.space.xy.astype(np.float64)
    rng = np.random.default_rng(n_vertices)  # crossing itself as often as not
    outline = rng.uniform(xy.min(axis=0), xy.max(axis=0), (n_vertices, 2)).tolist()
    wanted = [row for row in range(len(xy)) if crossings(xy[row], outline)]
    found = select(site, polygon=outline)
    assert 0 < len(wanted) < len(xy)
    assert found["rows"] == wanted
    assert found["count"] == len(wanted)
    assert found["conditions"] == [f"inside a polygon of {n_vertices} vertices on the map"]


def test_a_filter_is_the_condition_of_a_query(site: httpx.Client, explorer: Explorer) -> None:
    found = select(site, where=["source_catalogue:Gendre", "redshift:..0.1"], within="180,20,90")
    catalogue, centre = explorer.space.catalogue, (180, 20)
    wanted = []
    for row in range(len(catalogue)):
        source = catalogue.row(row)
        z = source["redshift"]
        near = angular_distance_deg(source["ra_deg"], source["dec_deg"], *centre) <= 90
        if source["source_catalogue"] == "Gendre" and z is not None and z <= 0.1 and near:
            wanted.append(row)
    assert found["rows"] == wanted
    assert len(found["conditions"]) == 3


def angular_distance_deg(ra: Any, dec: Any, ra0: float, dec0: float) -> float:
    ra, dec, ra0, dec0 = np.radians([ra, dec, ra0, dec0])
    cosine = np.sin(dec) * np.sin(dec0) + np.cos(dec) * np.cos(dec0) * np.cos(ra - ra0)
    return float(np.degrees(np.arccos(cosine)))


def test_rows_become_a_condition_of_every_query(site: httpx.Client) -> None:
    chosen = select(site, rows=[5, 9, 100, 9, 231])
    assert (chosen["count"], chosen["rows"]) == (4, [5, 9, 100, 231])
    asked = {"selection": chosen["selection"], "k": 50}
    answer = site.get(NEIGHBOURS, params=asked).json()
    assert sorted(each["row"] for each in answer["neighbours"]) == [5, 9, 100, 231]
    assert answer["population"] == 4
    text = site.get(NEIGHBOURS, params={**asked, "format": "ecsv"}).text
    assert f"in the selection {chosen['selection']} of 4 sources" in text
    inside = select(site, selection=chosen["selection"], rows=[9, 10])
    assert inside["rows"] == [9]


def test_the_same_rows_have_the_same_id_however_they_were_chosen(site: httpx.Client) -> None:
    by_filter = select(site, where=["source_catalogue:Gendre"])
    by_rows = select(site, rows=by_filter["rows"][::-1])
    assert by_rows["selection"] == by_filter["selection"]
    assert select(site, rows=by_filter["rows"][1:])["selection"] != by_filter["selection"]


def test_rows_are_also_had_as_numbers_of_four_bytes(site: httpx.Client) -> None:
    body = {"where": ["source_catalogue:Gendre"]}
    plain = select(site, **body)
    answer = site.post(PATH, json=body, params={"format": "binary"})
    assert answer.headers["content-type"] == "application/octet-stream"
    assert np.frombuffer(answer.content, "<u4").tolist() == plain["rows"]
    assert answer.headers["x-selection"] == plain["selection"]
    assert answer.headers["x-count"] == str(plain["count"])


def test_nothing_may_satisfy_a_filter(site: httpx.Client) -> None:
    nothing = select(site, where=["redshift:9.."])
    assert (nothing["count"], nothing["rows"]) == (0, [])
    problem = problem_of(site.get(NEIGHBOURS, params={"selection": nothing["selection"]}))
    assert problem["status"] == 404
    assert "of 0 sources" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "status", "parameter", "said"),
    [
        ({}, 422, None, "Nothing was given"),
        ({"rows": [240]}, 422, "rows", "no row 240"),
        ({"rows": [-1]}, 422, "rows", "no row -1"),
        ({"rows": [10**30]}, 422, "rows", "no row 1000"),
        ({"polygon": [[0, 0], [1, 1]]}, 422, "polygon", "polygon"),
        ({"where": ["nothing:1"]}, 404, "where", "'nothing'"),
        ({"polygon": [[0, 0], [1, 1], [1, 0]], "layout": "listed"}, 404, "layout", "no map"),
        ({"selection": "gone"}, 404, "selection", "'gone'"),
        ({"filter": "x"}, 422, "filter", "filter"),
    ],
)
def test_what_cannot_be_selected_is_a_sentence(
    site: httpx.Client, body: Any, status: int, parameter: str | None, said: str
) -> None:
    problem = problem_of(site.post(PATH, json=body))
    assert (problem["status"], problem["parameter"]) == (status, parameter)
    assert said in problem["detail"]


def test_the_least_recently_used_selection_goes_first() -> None:
    kept = Selections(n=10, version="v", most=2)
    masks = np.eye(10, dtype=bool)
    first, second = kept.keep(masks[0]), kept.keep(masks[1])
    assert np.array_equal(kept.get(first.id).mask, masks[0])
    kept.keep(masks[2])
    assert kept.get(first.id) == first
    with pytest.raises(UnknownSelection, match="There is no selection"):
        kept.get(second.id)
    assert Selections(10, "w").keep(masks[0]).id != first.id


def test_selections_outlive_the_server_within_a_bound(tmp_path: Path) -> None:
    masks = np.eye(10, dtype=bool)
    before = Selections(10, "v", tmp_path / "kept", most=3)
    ids = [before.keep(mask).id for mask in masks[:5]]
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == sorted(ids[2:])
    after = Selections(10, "v", tmp_path / "kept", most=3)
    assert np.array_equal(after.get(ids[4]).mask, masks[4])
    (tmp_path / "kept" / ids[3]).write_bytes(b"\x00\x00")
    for gone in (ids[0], ids[3], "../kept", "0" * 16):
        with pytest.raises(UnknownSelection):
            after.get(gone)
    with pytest.raises(UnknownSelection):
        Selections(10, "w", tmp_path / "kept").get(ids[4])


def test_a_selection_is_kept_in_memory_where_the_disk_refuses(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kept = Selections(10, "v", tmp_path / "file" / "below")
    mask = np.arange(10) < 3
    assert np.array_equal(kept.get(kept.keep(mask).id).mask, mask)


def test_ids_are_selected_and_those_that_are_not_here_are_told(
    site: httpx.Client, explorer: Explorer
) -> None:
    ids = explorer.space.catalogue.table["source_id"].to_pylist()
    found = select(site, source_ids=[ids[7], "elsewhere-1", ids[2], "elsewhere-1"])
    assert found["rows"] == [2, 7]
    assert found["missing"] == ["elsewhere-1"]
    assert select(site, source_ids=[])["rows"] == []
    told = site.post("/api/rows/ids", json={"rows": [7, 2]}).json()
    assert told == {"source_ids": [ids[7], ids[2]]}
    answer = site.post("/api/rows/ids", json={"rows": [len(ids)]})
    assert answer.status_code == 404
    assert "There is no row" in problem_of(answer)["detail"]
