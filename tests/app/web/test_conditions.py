"""Conditions on neighbours over HTTP: the same on every query, said in the answer and in files."""

import io
from typing import Any

import httpx
import numpy as np
import pytest
from astropy.io.votable import parse_single_table

from app.query.explorer import Explorer
from app.web.schemas import QueryResult
from tests.problem import problem_of

SOURCE = "firstgalaxydata-1"
NEIGHBOURS = f"/api/sources/{SOURCE}/neighbours"


def rows_of(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [neighbour.row for neighbour in QueryResult.model_validate(answer.json()).neighbours]


def best(explorer: Explorer, fits: Any, k: int) -> list[int]:
    """By a loop: the k most similar rows of those that fit."""
    space = explorer.space
    own = explorer.row_of(SOURCE)
    y = np.asarray(space.y, np.float64)
    s = y @ y[own] / np.linalg.norm(y, axis=1) / np.linalg.norm(y[own])
    rows = [r for r in range(len(space)) if r != own and fits(space.catalogue.row(r))]
    return sorted(rows, key=lambda row: -s[row])[:k]


def test_the_same_conditions_hold_for_a_source_and_for_its_position(
    site: httpx.Client, explorer: Explorer
) -> None:
    conditions = {
        "where": ["source_catalogue:Capetti2017a", "dec_deg:0.."],
        "extent_percent": 80,
        "k": 6,
    }
    own = site.get(f"/api/sources/{SOURCE}").json()["angular_extent_arcsec"]
    wanted = best(
        explorer,
        lambda source: (
            source["source_catalogue"] == "Capetti2017a"
            and source["dec_deg"] >= 0
            and 0.2 * own <= source["angular_extent_arcsec"] <= 1.8 * own
        ),
        6,
    )
    by_id = site.get(NEIGHBOURS, params=conditions)
    by_position = site.get("/api/query", params={"position": SOURCE, **conditions})
    assert rows_of(by_id) == rows_of(by_position) == wanted
    told = by_id.json()["conditions"]
    assert told[:2] == ["Source catalogue Capetti2017a", "Declination at least 0 deg"]
    assert "of this catalogue, whatever the conditions" in by_id.json()["percentile_of"]


def test_conditions_hold_for_an_image_of_one_s_own(site: httpx.Client, explorer: Explorer) -> None:
    picture = site.get(f"/api/sources/{SOURCE}/cutout.png?colours=grey").content
    answer = site.post(
        "/api/query/image",
        params={"where": "source_catalogue:Gendre", "k": 9, "from_rank": 3},
        files={"file": ("a.png", picture)},
    )
    rows = rows_of(answer)
    assert {explorer.space.catalogue.row(row)["source_catalogue"] for row in rows} == {"Gendre"}
    assert [each["rank"] for each in answer.json()["neighbours"]] == list(range(3, 12))
    assert answer.json()["percentile_of"].startswith("the 240 sources")


def test_a_file_says_what_was_asked_of_its_rows(site: httpx.Client) -> None:
    params = {
        "where": "source_catalogue:Capetti2017a",
        "min_similarity": 0.5,
        "k": 3,
        "from_rank": 4,
    }
    population = site.get(NEIGHBOURS, params=params).json()["population"]
    for fmt in ("votable", "ecsv"):
        text = site.get(NEIGHBOURS, params={**params, "format": fmt}).text
        assert "Capetti2017a; S at least 0.5" in text
        assert f"{population} sources satisfy them" in text
    content = site.get(NEIGHBOURS, params={**params, "format": "votable"}).content
    assert parse_single_table(io.BytesIO(content)).array["rank"].tolist() == [4, 5, 6]


def test_other_conditions_have_another_etag(site: httpx.Client) -> None:
    asked = [
        {},
        {"where": "source_catalogue:Capetti2017a"},
        {"where": "source_catalogue:MiraBest"},
        {"extent_percent": 30},
    ]
    asked += [{"from_rank": 2}, {"within": "180,0,90"}, {"min_similarity": 0.1}]
    etags = {site.get(NEIGHBOURS, params=params).headers["etag"] for params in asked}
    assert len(etags) == len(asked)


@pytest.mark.parametrize(
    ("params", "status", "parameter", "said"),
    [
        ({"min_similarty": "0.9"}, 422, "min_similarty", "Perhaps min_similarity is meant."),
        ({"survey": "first"}, 422, "survey", "There are "),
        ({"where": "flavour:up"}, 404, "where", "'flavour'"),
        ({"where": "redshift:high"}, 422, "where", "'redshift:high'"),
        ({"within": "180,0"}, 422, "within", "'180,0'"),
        ({"where": "redshift:90.."}, 404, "conditions", "at least 90"),
        ({"selection": "nobody"}, 404, "selection", "'nobody'"),
        ({"extent_percent": "-1"}, 422, "extent_percent", "'-1'"),
        ({"min_similarity": "1.5"}, 422, "min_similarity", "'1.5'"),
        ({"from_rank": "0"}, 422, "from_rank", "'0'"),
    ],
)
def test_conditions_that_cannot_be_used_are_sentences(
    site: httpx.Client, params: dict[str, str], status: int, parameter: str, said: str
) -> None:
    problem = problem_of(site.get(NEIGHBOURS, params=params))
    assert (problem["status"], problem["parameter"]) == (status, parameter)
    assert said in problem["detail"]


def test_a_page_behind_the_last_rank_is_empty_and_says_so(site: httpx.Client) -> None:
    answer = site.get(NEIGHBOURS, params={"from_rank": 500}).json()
    assert (answer["neighbours"], answer["more"], answer["population"]) == ([], False, 239)
