"""The figure, its caption and Python for a search with several examples, over HTTP."""

import os
import subprocess
import sys
from xml.etree import ElementTree

import httpx

from tests.problem import problem_of

BASE = "/api/figures/examples"
GIVEN = {
    "wanted": [{"source_id": "firstgalaxydata-1", "weight": 2}, {"source_id": "firstgalaxydata-3"}],
    "unwanted": [{"source_id": "firstgalaxydata-7"}],
}
SVG = "{http://www.w3.org/2000/svg}"


def neighbours(site: httpx.Client, k: int) -> list[dict]:
    return site.post("/api/query/examples", params={"k": k}, json=GIVEN).json()["neighbours"]


def test_the_sheet_shows_the_examples_and_then_what_was_found(site: httpx.Client) -> None:
    sheet = site.post(f"{BASE}/contact-sheet", params={"k": 3, "format": "svg"}, json=GIVEN)
    assert sheet.status_code == 200, sheet.text
    written = [
        "".join(each.itertext()) for each in ElementTree.fromstring(sheet.text).iter(f"{SVG}text")
    ]
    for words, count in (("Wanted", 2), ("Unwanted", 1), ("Query", 0), ("3", 1), ("4", 0)):
        assert written.count(words) == count, words
    assert "neighbours_of_examples" in sheet.headers["content-disposition"]


def test_its_caption_says_the_score_and_whose_s_is_written(site: httpx.Client) -> None:
    caption = site.post(f"{BASE}/caption", params={"k": 3}, json=GIVEN).json()["caption"]
    assert caption.startswith("2 wanted and 1 unwanted examples and the 3 sources of ")
    assert "score = sum(w S) / sum(w) over the wanted examples" in caption
    assert "that to the wanted example that it is most like" in caption


def test_python_for_it_prints_the_server_s_numbers(site: httpx.Client) -> None:
    code = site.post(f"{BASE}/python", params={"k": 4}, json=GIVEN).text
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"NO_PROXY": "127.0.0.1"},
    )
    assert run.returncode == 0, run.stderr
    printed = [line.split() for line in run.stdout.splitlines()]
    expected = neighbours(site, 4)
    assert [line[1] for line in printed] == [hit["source_id"] for hit in expected]
    assert [float(line[2]) for line in printed] == [hit["similarity"] for hit in expected]


def test_too_many_panels_are_refused_in_words(site: httpx.Client) -> None:
    refused = site.post(f"{BASE}/contact-sheet", params={"k": 61}, json=GIVEN)
    assert "holds at most 60 neighbours" in problem_of(refused)["detail"]
