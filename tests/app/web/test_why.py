"""What makes S, over HTTP: the same S as the search's, the same map in numbers and in colour."""

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image

from app.images.attribution_picture import BAR_PX, colours_of
from app.query import attributions as query
from app.query.explorer import Explorer
from model.attribution import Attribution, explain_similarity
from tests.problem import problem_of

SOURCE, OTHER = "firstgalaxydata-1", "firstgalaxydata-3"
WHY = f"/api/sources/{SOURCE}/why"


def explained(site: httpx.Client, source: str = SOURCE, other: str = OTHER) -> dict[str, Any]:
    answer = site.get(f"/api/sources/{source}/why", params={"other": other})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_s_is_that_of_the_search(site: httpx.Client) -> None:
    nearest = site.get(f"/api/sources/{SOURCE}/neighbours?k=1").json()["neighbours"][0]
    found = explained(site, other=nearest["source_id"])
    assert found["similarity"] == pytest.approx(nearest["similarity"], abs=1e-5)
    assert found["dissimilarity"] == pytest.approx(1 - found["similarity"])


def test_cells_are_the_map_s_and_the_strongest_are_where_they_are_said(
    site: httpx.Client, explorer: Explorer
) -> None:
    found = explained(site)
    assert explorer.encoder is not None
    pixels = [explorer.space.image(explorer.row_of(each)) for each in (SOURCE, OTHER)]
    wanted = explain_similarity(explorer.encoder, *pixels)
    assert found["limit"] == pytest.approx(
        max(np.abs(each).max() for each in wanted.maps), rel=1e-3
    )
    for image, own, source in zip(found["images"], wanted.maps, (SOURCE, OTHER), strict=True):
        cells = np.array(image["cells"])
        assert image["source_id"] == source
        np.testing.assert_allclose(cells, own[::5, ::5], atol=1e-6)
        for name, value in (("most_alike", cells.max()), ("most_apart", cells.min())):
            cell = image[name]
            assert cell["difference"] == pytest.approx(value)
            row = (cell["north_arcsec"] / 1.8 + 35) / found["cell_arcsec"] * 1.8
            column = (35 - cell["east_arcsec"] / 1.8) / found["cell_arcsec"] * 1.8
            assert cells[int(row), int(column)] == pytest.approx(value)
        near = [
            abs(cells[row, column])
            for row, column in np.ndindex(cells.shape)
            if np.hypot(5 * row + 2 - 35, 5 * column + 2 - 35) * 1.8 <= 18
        ]
        assert image["central_share"] == pytest.approx(sum(near) / np.abs(cells).sum())


def test_both_sides_of_a_pair_say_the_same(site: httpx.Client) -> None:
    one, turned = explained(site), explained(site, OTHER, SOURCE)
    assert turned["images"] == one["images"][::-1]
    assert {k: v for k, v in one.items() if k != "images"} == {
        k: v for k, v in turned.items() if k != "images"
    }


def test_the_picture_has_the_cells_in_the_colours_of_the_bar(site: httpx.Client) -> None:
    found = explained(site)
    for image in found["images"]:
        sent = site.get(f"{image['picture_url']}&zoom=5")
        assert sent.headers["content-type"] == "image/png"
        picture = np.asarray(Image.open(io.BytesIO(sent.content)))
        assert picture.shape == (350 + BAR_PX, 350, 3)
        colours = colours_of(np.array(image["cells"]), found["limit"])[::-1]  # north up
        corners = picture[:300:25, :350:25]  # of cells; the scale bar lies below
        assert np.all(corners >= np.floor(colours[: len(corners)]))  # emission only lightens
        exact = np.abs(corners - colours[: len(corners)]).max(axis=2) <= 1
        assert exact.mean() > 0.8


def test_answers_are_kept_by_the_browser(site: httpx.Client) -> None:
    for path in (WHY, f"{WHY}.png"):
        first = site.get(path, params={"other": OTHER})
        known = {"If-None-Match": first.headers["etag"]}
        assert first.headers["cache-control"] == "public, max-age=3600"
        assert site.get(path, params={"other": OTHER}, headers=known).status_code == 304
        other = site.get(path, params={"other": "firstgalaxydata-5"}, headers=known)
        assert other.status_code == 200


@pytest.mark.parametrize("path", [WHY, f"{WHY}.png"])
def test_an_unknown_source_is_named(site: httpx.Client, path: str) -> None:
    assert "'nothing'" in problem_of(site.get(path, params={"other": "nothing"}))["detail"]
    assert problem_of(site.get(path))["parameter"] == "other"


@pytest.fixture
def fresh(application: FastAPI) -> Iterator[query.Attributions]:
    """Nothing is worked out yet, and what is is not kept for other tests."""
    usual = application.state.attributions
    application.state.attributions = query.Attributions(application.state.served.explorer)
    yield application.state.attributions
    application.state.attributions = usual


def test_a_pair_is_worked_out_once_one_at_a_time_and_too_many_are_told(
    fresh: query.Attributions, site: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, working, most, calls = threading.Event(), [0], [0], [0]
    lock = threading.Lock()

    def slow(encoder: Any, first: np.ndarray, second: np.ndarray) -> Attribution:
        with lock:
            calls[0] += 1
            working[0] += 1
            most[0] = max(most[0], working[0])
        assert go.wait(60)
        with lock:
            working[0] -= 1
        empty = np.zeros((70, 70), np.float32)
        return Attribution(0.5, (empty, empty), 2)

    monkeypatch.setattr(query, "explain_similarity", slow)
    pairs = [f"firstgalaxydata-{n}" for n in (3, 3, 5, 7, 9)]
    assert len(pairs) == 1 + query.WAITING
    with ThreadPoolExecutor(len(pairs)) as threads:
        asked = [threads.submit(site.get, WHY, params={"other": other}) for other in pairs]
        while fresh._places._value:
            threading.Event().wait(0.01)
        refused = site.get(WHY, params={"other": "firstgalaxydata-11"})
        assert refused.status_code == 503
        assert "5 pairs" in problem_of(refused)["detail"]
        assert site.get("/healthz").status_code == 200
        go.set()
        answers = [each.result() for each in asked]
    assert {each.status_code for each in answers} == {200}
    assert answers[0].json()["images"][0]["central_share"] is None
    assert (most[0], calls[0]) == (1, 4)


def test_a_bundle_made_elsewhere_says_why_nothing_can_be_worked_out(
    fresh: query.Attributions,
    site: httpx.Client,
    explorer: Explorer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(explorer, "encoder", None)
    problem = problem_of(site.get(WHY, params={"other": OTHER}))
    assert "what makes S" in problem["detail"]
