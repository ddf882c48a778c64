"""The route of likely duplicates: pages, tables, and bundles in which none were looked for."""

import io
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table
from fastapi import FastAPI

from app.bundle.duplicates import BANDS, MEASURES
from tests.problem import problem_of


@pytest.fixture
def three_pairs(application: FastAPI, monkeypatch: pytest.MonkeyPatch) -> pa.Table:
    """The bundle as if three pairs had been found in it."""
    space = application.state.served.explorer.space
    ids = space.catalogue.table["source_id"].to_pylist()
    numbers: dict[str, Any] = {name: [1.0, 0.95, 0.9] for name in MEASURES if name != "band"}
    columns = {"source_id": ids[:3], "other_id": ids[3:6], **numbers}
    columns["band"] = ["same place", "same place", "shared sky"]
    pairs = pa.table({name: columns[name] for name in ("source_id", "other_id", *MEASURES)})
    monkeypatch.setattr(space, "duplicates", pairs)
    return pairs


@pytest.mark.usefixtures("three_pairs")
def test_pairs_come_in_pages_with_both_sources(site: httpx.Client) -> None:
    report = site.get("/api/duplicates?most=2").json()
    assert report["looked_for"]
    assert (report["total"], len(report["pairs"])) == (3, 2)
    assert {band["name"]: band["count"] for band in report["bands"]} == {
        "same place": 2,
        "same view": 0,
        "shared sky": 1,
        "elsewhere": 0,
    }
    assert report["pairs"][1]["second"] == site.get("/api/rows/4").json()
    last = site.get("/api/duplicates?most=2&first=3").json()["pairs"]
    assert [pair["band"] for pair in last] == ["shared sky"]
    assert site.get("/api/duplicates?band=elsewhere").json()["pairs"] == []


@pytest.mark.parametrize("fmt", ["csv", "ecsv", "votable", "parquet"])
def test_all_pairs_are_taken_away_in_every_form(
    site: httpx.Client, three_pairs: pa.Table, fmt: str
) -> None:
    answer = site.get(f"/api/duplicates?format={fmt}")
    assert "duplicates_" in answer.headers["content-disposition"]
    body = io.BytesIO(answer.content)
    if fmt == "parquet":
        table = Table.from_pandas(pq.read_table(body).to_pandas())
    else:
        table = Table.read(body, format={"csv": "ascii.csv", "ecsv": "ascii.ecsv"}.get(fmt, fmt))
    assert [str(each) for each in table["other_id"]] == three_pairs["other_id"].to_pylist()
    assert {"other_ra_deg", "separation_arcsec", "pattern_likeness"} <= set(table.colnames)
    if fmt == "ecsv":
        assert table.meta["duplicates"].startswith("duplicates 1")
        assert all(name in table.meta["bands"] for name in BANDS)


def test_a_bundle_of_before_says_so_and_serves(
    site: httpx.Client, application: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application.state.served.explorer.space, "duplicates", None)
    report = site.get("/api/duplicates").json()
    assert not report["looked_for"]
    assert "--reembed" in report["statement"]
    problem = problem_of(site.get("/api/duplicates?format=csv"))
    assert problem["status"] == 404
    assert "before duplicates were looked for" in problem["detail"]
