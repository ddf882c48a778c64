"""Verdicts: a quarantined source leaves searches, comes back, and the queue is in order."""

from collections.abc import Iterator

import httpx
import numpy as np
import pytest

from app.query.conditions import Conditions, Selection
from app.query.explorer import Explorer
from app.query.ranking import SearchOptions

ANN = {"author": "Ann"}


@pytest.fixture
def judged_site(site: httpx.Client) -> Iterator[httpx.Client]:
    """The site; every verdict that a test gave is undone after it."""
    before = len(site.get("/api/labels/history").json()["changes"])
    yield site
    for change in site.get("/api/labels/history").json()["changes"][: -before or None]:
        if change["undoes"] is None and change["undone_by"] is None:
            site.post("/api/labels/undo", json={"author": change["author"]})
    assert site.get("/api/verdicts").json()["n_quarantined"] == 0


def judge(site: httpx.Client, source_id: str, verdict: str, author: str = "Ann") -> None:
    given = {"source_ids": [source_id], "verdict": verdict, "author": author}
    assert site.post("/api/verdicts", json=given).status_code == 200


def neighbours(site: httpx.Client, source_id: str, **asked: object) -> tuple[list[str], list[str]]:
    """Ids of the nearest, and the conditions that they satisfy."""
    answer = site.get(f"/api/sources/{source_id}/neighbours", params={"k": 3, **asked}).json()
    return [each["source_id"] for each in answer["neighbours"]], answer["conditions"]


def test_a_quarantined_source_leaves_searches_and_comes_back(
    judged_site: httpx.Client, explorer: Explorer
) -> None:
    source = explorer.space.catalogue.table["source_id"][0].as_py()
    first, told = neighbours(judged_site, source)
    assert told == []
    judge(judged_site, first[0], "quarantine")
    after, told = neighbours(judged_site, source)
    assert first[0] not in after
    assert after[:2] == first[1:]
    assert told == ["without the 1 quarantined"]
    assert neighbours(judged_site, source, with_quarantined=True) == (first, [])
    file = judged_site.get(f"/api/sources/{source}/neighbours?format=ecsv").text
    assert "quarantined: 1 sources left out" in file
    judge(judged_site, first[0], "keep", author="Bob")  # the last verdict holds
    assert neighbours(judged_site, source) == (first, [])
    judged_site.post("/api/labels/undo", json={"author": "Bob"})
    assert first[0] not in neighbours(judged_site, source)[0]
    judged_site.post("/api/labels/undo", json={"author": "Ann"})
    assert neighbours(judged_site, source) == (first, [])


def test_a_verdict_takes_the_place_of_its_authors_earlier_one(judged_site: httpx.Client) -> None:
    source = judged_site.get("/api/verdicts?most=1").json()["sources"][0]["source_id"]
    for verdict in ("discard", "quarantine", "keep"):
        judge(judged_site, source, verdict)
    tags = judged_site.get(f"/api/sources/{source}/labels").json()["tags"]
    assert [tag["word"] for tag in tags] == ["verdict: keep"]
    judged = judged_site.get("/api/verdicts?judged=true").json()
    assert [(each["source_id"], each["verdict"], each["author"]) for each in judged["sources"]] == [
        (source, "keep", "Ann")
    ]
    judged_site.post("/api/labels/undo", json=ANN)
    assert judged_site.get("/api/verdicts").json()["n_quarantined"] == 1


def test_the_queue_begins_with_the_most_novel_or_the_flagged(
    judged_site: httpx.Client, explorer: Explorer
) -> None:
    space = explorer.space
    queue = judged_site.get("/api/verdicts?most=100").json()
    assert queue["total"] == len(space)
    rows = [each["row"] for each in queue["sources"]]
    assert rows == np.argsort(-space.novelty, kind="stable")[:100].tolist()
    flags = space.catalogue.table["artefact_flags"].to_pylist()
    n_flagged = sum(each != "none" for each in flags)
    assert queue["n_flagged"] == n_flagged > 0
    flagged = judged_site.get("/api/verdicts?order=flagged&most=100").json()["sources"]
    marks = [each["artefact_flags"] != "none" for each in flagged]
    assert marks == sorted(marks, reverse=True)
    assert sum(marks) == n_flagged
    judge(judged_site, queue["sources"][0]["source_id"], "discard")
    after = judged_site.get("/api/verdicts?most=99").json()
    assert [each["row"] for each in after["sources"]] == rows[1:]


def test_a_list_leaves_quarantined_sources_out(explorer: Explorer) -> None:
    subjects = [explorer.bundle_subject(row) for row in (0, 1)]

    def rows(conditions: Conditions) -> list[list[int]]:
        answers = explorer.answers_of(subjects, SearchOptions(k=3, conditions=conditions))
        return [[each.match.row for each in answer.neighbours] for answer in answers]

    free = rows(Conditions())
    mask = np.zeros(len(explorer.space), bool)
    mask[free[0][0]] = True
    after = rows(Conditions(quarantine=Selection("one", mask)))
    assert after[0][:2] == free[0][1:]
    assert free[0][0] not in after[0] + after[1]
