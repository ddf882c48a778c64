"""The route of chosen rows: their sources, and one table of them."""

import io

import httpx
import pytest
from astropy.table import Table

from app.query.explorer import Explorer
from tests.problem import problem_of


def test_rows_give_their_sources_in_the_order_asked(site: httpx.Client, explorer: Explorer) -> None:
    sources = site.post("/api/rows", json={"rows": [5, 2, 5]}).json()
    ids = explorer.space.catalogue.table["source_id"].to_pylist()
    assert [each["source_id"] for each in sources] == [ids[5], ids[2], ids[5]]
    assert sources[0] == site.get("/api/rows/5").json()


@pytest.mark.parametrize(
    ("fmt", "reader"), [("ecsv", "ascii.ecsv"), ("votable", "votable"), ("csv", "ascii.csv")]
)
def test_rows_are_taken_away_as_the_catalogue_has_them(
    site: httpx.Client, explorer: Explorer, fmt: str, reader: str
) -> None:
    answer = site.post(f"/api/rows?format={fmt}", json={"rows": [7, 1]})
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    table = Table.read(io.BytesIO(answer.content), format=reader)
    catalogue = explorer.space.catalogue
    assert list(table["ra_deg"]) == [catalogue.ra_deg[7], catalogue.ra_deg[1]]
    assert set(catalogue.table.column_names) <= set(table.colnames)


def test_the_whole_catalogue_is_one_table(site: httpx.Client, explorer: Explorer) -> None:
    n = len(explorer.space)
    answer = site.post("/api/rows?format=ecsv", json={"rows": list(range(n))})
    assert len(Table.read(io.BytesIO(answer.content), format="ascii.ecsv")) == n


@pytest.mark.parametrize("row", [-1, 10**6])
def test_a_row_that_is_not_there_is_named(site: httpx.Client, row: int) -> None:
    problem = problem_of(site.post("/api/rows", json={"rows": [0, row]}))
    assert problem["status"] == 404
    assert f"There is no row {row}" in problem["detail"]
    assert problem["parameter"] == "rows"


def test_too_many_sources_at_once_are_refused_in_words(site: httpx.Client) -> None:
    problem = problem_of(site.post("/api/rows", json={"rows": [0] * 501}))
    assert problem["status"] == 422
    assert "At most 500" in problem["detail"]
