"""Searches with several examples over HTTP: what is sent, files, and what is refused."""

import io
from typing import Any

import httpx
import pytest
from astropy.table import Table

from app.query.explorer import Explorer
from app.web.schemas import ExamplesResult
from tests.problem import problem_of

PATH = "/api/query/examples"


def source(number: int) -> str:
    return f"firstgalaxydata-{number}"


def ask(site: httpx.Client, body: Any, **params: Any) -> httpx.Response:
    return site.post(PATH, json=body, params=params)


BODY = {
    "wanted": [{"source_id": source(1), "weight": 2}, {"source_id": source(5)}],
    "unwanted": [{"source_id": source(9)}],
}


def test_an_answer_says_what_was_understood_and_how_it_is_scored(site: httpx.Client) -> None:
    answer = ask(site, BODY, k=7, from_rank=2)
    result = ExamplesResult.model_validate(answer.json())
    assert [(one.source_id, one.weight) for one in result.query.wanted] == [
        (source(1), 2.0),
        (source(5), 1.0),
    ]
    assert [one.source_id for one in result.query.unwanted] == [source(9)]
    assert result.query.formula.startswith("score = ")
    assert [neighbour.rank for neighbour in result.neighbours] == list(range(2, 9))
    assert {neighbour.similar_to for neighbour in result.neighbours} <= {source(1), source(5)}
    scores = [neighbour.score for neighbour in result.neighbours]
    assert scores == sorted(scores, reverse=True)
    assert result.population == 237
    assert result.percentile_of.startswith("the 237 other sources")


def test_a_position_is_the_source_at_it(site: httpx.Client, explorer: Explorer) -> None:
    place = explorer.space.catalogue.row(explorer.row_of(source(5)))
    there = {"position": f"{place['ra_deg']} {place['dec_deg']}"}
    same = {**BODY, "wanted": [BODY["wanted"][0], there]}
    by_id, by_position = (ask(site, body).json() for body in (BODY, same))
    assert by_position["neighbours"] == by_id["neighbours"]
    assert "decimal degrees" in by_position["query"]["wanted"][1]["understood"]


def test_a_position_of_no_source_is_fetched(site: httpx.Client) -> None:
    result = ask(site, {"wanted": [{"position": "150.0 30.0"}, {"source_id": source(1)}]}).json()
    first = result["query"]["wanted"][0]
    assert (first["source_id"], first["service"]) == (None, "FIRST server")
    assert result["population"] == 239


def test_conditions_stand_in_the_address(site: httpx.Client) -> None:
    result = ask(site, BODY, where="source_catalogue:Gendre", k=30).json()
    found = {neighbour["columns"]["source_catalogue"] for neighbour in result["neighbours"]}
    assert found == {"Gendre"}
    assert result["conditions"] == ["Source catalogue Gendre"]


@pytest.mark.parametrize("fmt", ["csv", "ecsv", "votable", "parquet"])
def test_files_hold_score_and_examples(site: httpx.Client, fmt: str) -> None:
    rows = ask(site, BODY, k=4).json()["neighbours"]
    answer = ask(site, BODY, k=4, format=fmt)
    assert answer.status_code == 200
    if fmt == "csv":
        table = Table.read(answer.text, format="ascii.csv", comment="#")
    elif fmt == "ecsv":
        table = Table.read(answer.text, format="ascii.ecsv")
    else:
        table = Table.read(io.BytesIO(answer.content), format=fmt)
    assert list(table["score"]) == [row["score"] for row in rows]
    assert [str(each) for each in table["similar_to"]] == [row["similar_to"] for row in rows]
    if fmt in ("ecsv", "votable"):
        assert f"{source(1)} (weight 2), {source(5)} (weight 1)" in answer.text
        assert "score = sum(w S) / sum(w)" in answer.text


@pytest.mark.parametrize(
    ("body", "status", "parameter", "said"),
    [
        ({"wanted": []}, 422, "wanted", "1 or more are needed"),
        ({}, 422, "wanted", "'wanted' is missing"),
        ({"wanted": [{"source_id": "nobody"}]}, 404, "wanted[0]", "'nobody'"),
        ({"wanted": [{}]}, 422, "wanted[0]", "either a source_id or a position"),
        (
            {"wanted": [{"source_id": source(1), "weight": 0}]},
            422,
            "wanted[0].weight",
            "more than 0.0 is needed",
        ),
        (
            {"wanted": [{"source_id": source(1), "wieght": 2}]},
            422,
            "wanted[0].wieght",
            "called 'wanted[0].wieght'",
        ),
        ({"wanted": [{"source_id": source(1)}] * 2}, 422, "wanted", "twice"),
        (
            {"wanted": [{"source_id": source(1)}], "unwanted": [{"position": "1 99"}]},
            422,
            "unwanted[0]",
            "99",
        ),
        ({"wanted": [{"position": "1 2"}] * 11}, 422, "wanted[10]", "There are 11"),
    ],
)
def test_unusable_examples_are_sentences(
    site: httpx.Client, body: Any, status: int, parameter: str, said: str
) -> None:
    problem = problem_of(ask(site, body))
    assert (problem["status"], problem["parameter"]) == (status, parameter)
    assert said in problem["detail"]


def test_a_body_that_is_no_json_or_too_long_is_a_sentence(site: httpx.Client) -> None:
    header = {"Content-Type": "application/json"}
    broken = problem_of(site.post(PATH, content=b'{"wanted": [', headers=header))
    assert broken["status"] == 422
    assert "JSON" in broken["detail"]
    long = problem_of(site.post(PATH, content=b" " * (2**22 + 1), headers=header))
    assert long["status"] == 413
    assert "more than 4 MiB" in long["detail"]
