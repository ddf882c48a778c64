"""The pane in a real Chromium: ranks as one scrolls, examples, sources side by side, sessions."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from matplotlib.path import Path as Outline
from playwright.sync_api import Browser, Page, Route, expect

from app.bundle.latent_space import LatentSpace
from tests.browser.page import new_page, open_ready, served_by_command

pytestmark = pytest.mark.browser

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    with new_page(chromium) as page:
        open_ready(page, address)
        expect(page.locator("#neighbours .card").first).to_be_visible()
        yield page


def shown_ids(page: Page) -> list[str]:
    cards = page.locator("#neighbours .card")
    return list(cards.evaluate_all("(all) => all.map((card) => card.dataset.sourceId)"))


def ids(space: LatentSpace) -> list[str]:
    return [str(each) for each in space.catalogue.table["source_id"].to_pylist()]


def neighbours_of(address: str, source_id: str, k: int) -> list[str]:
    answer = httpx.get(f"{address}/api/sources/{source_id}/neighbours?k={k}").json()
    return [each["source_id"] for each in answer["neighbours"]]


def hover(page: Page, row: int | None) -> None:
    """What the map says when the pointer is over a source, or over none."""
    page.evaluate(
        """(row) => document.getElementById("map").dispatchEvent(new CustomEvent(
            row === null ? "explorer:leave" : "explorer:hover", {detail: {row}, bubbles: true}))""",
        row,
    )


def mark(page: Page, card: int, way: str) -> None:
    item = page.locator("#neighbours .cards > li").nth(card)
    item.hover()
    item.locator(f"[data-mark={way}]").click()


def test_ranks_come_as_one_scrolls_to_the_last_and_are_announced(
    page: Page, address: str, space: LatentSpace
) -> None:
    source = ids(space)[3]
    open_ready(page, f"{address}/?source={source}")
    expect(page.locator("#neighbours .card")).to_have_count(12)
    page.wait_for_timeout(500)
    expect(page.locator("#neighbours .card")).to_have_count(12)  # as many as were asked for
    page.locator("#details").hover()
    page.mouse.wheel(0, 100)
    expect(page.locator("#neighbours .card").nth(59)).to_be_attached()
    expect(page.locator("#live")).to_have_text(re.compile(r"Neighbours \d+ to \d+ loaded\."))
    assert page.locator("#details").evaluate("(pane) => pane.scrollTop") == 100  # nothing moved
    for _ in range(12):
        page.mouse.wheel(0, 20_000)
        page.wait_for_timeout(150)
    expect(page.locator("#gallery-end")).to_have_text("These are all.")
    assert shown_ids(page) == neighbours_of(address, source, 1000)
    assert "k=" not in page.url
    page.locator("#take-away summary").click()
    link = page.locator("#download-csv").get_attribute("href") or ""
    assert f"k={len(space) - 1}&" in link  # what is taken away is what is shown


def test_further_ranks_are_reached_by_keyboard(page: Page) -> None:
    page.locator("#neighbours .card").nth(10).focus()
    page.keyboard.press("Tab")
    expect(page.locator("#neighbours .card").nth(40)).to_be_attached()
    page.keyboard.press("Tab")
    expect(page.locator("#neighbours .card").nth(12)).to_be_focused()


def test_wanted_and_unwanted_examples_are_searched_with_and_linked(
    page: Page, address: str, chromium: Browser
) -> None:
    before = shown_ids(page)
    mark(page, 2, "wanted")
    mark(page, 4, "unwanted")
    wanted = page.get_by_role("group", name="Wanted examples", exact=True)
    expect(wanted.locator(".example")).to_have_count(2)  # what was open, and the one marked
    assert shown_ids(page)[: len(before)] == before  # nothing moves until it is asked for
    weight = wanted.locator("input").nth(1)
    weight.fill("none")
    weight.press("Enter")
    expect(page.locator("#examples-error")).to_contain_text("“none” is no weight")
    weight.fill("3")
    weight.press("Enter")
    expect(page.locator("#source-title")).to_have_text(
        "Like 2 wanted examples, unlike 1 unwanted example"
    )
    expect(page.locator("#examples-search")).to_be_disabled()
    body = {
        "wanted": [
            {"source_id": page.evaluate("new URLSearchParams(location.search).get('wanted')")[2:]},
            {"source_id": before[2], "weight": 3},
        ],
        "unwanted": [{"source_id": before[4]}],
    }
    found: dict[str, Any] = httpx.post(f"{address}/api/query/examples?k=12", json=body).json()
    expected = [each["source_id"] for each in found["neighbours"]]
    assert shown_ids(page)[:12] == expected
    expect(page.locator("#neighbours .card").first).to_contain_text(
        f"Score {found['neighbours'][0]['score']:.4f}"
    )
    with new_page(chromium) as again:
        open_ready(again, page.url)
        expect(again.locator("#source-title")).to_contain_text("unlike 1 unwanted")
        assert shown_ids(again)[:12] == expected
    page.locator("#neighbours .card").first.click()  # the examples stay beside what is opened
    expect(page).to_have_url(re.compile(r"source=.*wanted=.*unwanted="))
    page.go_back()
    expect(page.locator("#source-title")).to_contain_text("Like 2 wanted")
    page.locator("#examples-clear").click()
    expect(page.locator("#examples")).to_be_hidden()


def test_examples_are_marked_by_keyboard_and_none_wanted_is_said(page: Page) -> None:
    page.locator("#neighbours .card").nth(1).focus()
    page.keyboard.press("+")
    page.keyboard.press("-")
    pressed = page.locator("#neighbours [data-mark=unwanted][aria-pressed=true]")
    expect(pressed).to_have_count(1)
    page.locator("#source [data-mark=wanted]").click()
    expect(page.locator("#examples .hint")).to_contain_text("An unwanted example alone")
    expect(page.locator("#examples-search")).to_be_disabled()


def test_what_was_found_with_examples_is_taken_away(page: Page, tmp_path: Path) -> None:
    mark(page, 0, "wanted")
    page.locator("#examples-search").click()
    expect(page.locator("#source-title")).to_have_text("Like 2 wanted examples")
    page.locator("#take-away summary").click()
    with page.expect_download() as started:
        page.locator("#download-csv").click()
    path = tmp_path / "found.csv"
    started.value.save_as(path)
    header, *rows = path.read_text().splitlines()
    assert "score" in header
    assert len(rows) == page.locator("#neighbours .card").count()
    with page.expect_download() as started:
        page.locator("#contact-sheet-pdf").click()
    assert Path(started.value.path()).read_bytes().startswith(b"%PDF")
    page.locator("#take-caption").click()
    expect(page.locator("#text pre")).to_contain_text("2 wanted examples and the ")


def test_sources_stand_side_by_side_with_s_whatever_their_rank(
    page: Page, address: str, space: LatentSpace
) -> None:
    source, far = ids(space)[3], ids(space)[40]
    open_ready(page, f"{address}/?source={source}&compare={far}")
    mark(page, 1, "compare")
    near = shown_ids(page)[1]
    page.locator("#compare-open").click()
    table = page.locator("#compare table")
    heads = table.locator("thead th")
    expect(heads).to_have_count(3)
    expect(heads.first).to_contain_text("open now")
    answer = httpx.get(f"{address}/api/sources/{source}/neighbours?k=1000").json()
    s = {each["source_id"]: each["similarity"] for each in answer["neighbours"]}
    row = table.locator("tbody tr").first.locator("td")
    expect(row).to_have_text(["—", f"{s[far]:.4f}", f"{s[near]:.4f}"])
    images = table.locator("thead img")
    assert images.evaluate_all(
        "(all) => new Set(all.map((img) => new URL(img.src).search)).size === 1"
        " && new Set(all.map((img) => img.getBoundingClientRect().width)).size === 1"
    )  # one style, one field, one size
    expect(table).to_contain_text("Label (literature)")
    assert f"compare={far}&compare={near}" in page.url
    heads.nth(1).get_by_role("button").click()
    expect(heads).to_have_count(2)
    page.locator("#map").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#compare")).to_be_hidden()


def test_the_source_under_the_pointer_is_seen_in_the_pane_and_nothing_moves(
    page: Page, space: LatentSpace
) -> None:
    own = page.locator("#source figure .picture").bounding_box()
    gallery = page.locator("#neighbours").bounding_box()
    hover(page, 77)
    peek = page.locator("#peek")
    expect(peek).to_contain_text(ids(space)[77])
    hovered = peek.locator(".picture").bounding_box()
    assert own
    assert hovered
    assert abs(hovered["y"] - own["y"]) <= 1  # in the place of the open one: the eye compares
    assert (hovered["x"], hovered["width"]) == (own["x"], own["width"])
    assert page.locator("#neighbours").bounding_box() == gallery
    hover(page, None)
    expect(peek).to_be_hidden()


def test_the_viewer_shows_the_other_surveys_at_one_field_of_view(page: Page) -> None:
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if "/racs" in route.request.url:
            problem = '{"detail": "It ends in the north.", "survey_state": "no image"}'
            route.fulfill(status=404, content_type="application/problem+json", body=problem)
        else:
            told = {"X-Service": "hips2fits server", "X-Blank-Fraction": "0"}
            route.fulfill(body=PIXEL, content_type="image/png", headers=told)

    page.route("**/api/surveys/*/cutout.png*", answer)
    page.keyboard.press("Space")
    page.keyboard.press("s")
    figures = page.locator("#viewer figure")
    expect(figures).to_have_count(6)
    expect(page.locator("#viewer [data-survey=vlass]")).to_contain_text("from the hips2fits server")
    expect(page.locator("#viewer [data-survey=racs-low]")).to_contain_text("It ends in the north.")
    assert all("size_arcsec=126" in url for url in asked)  # what the network sees, as in ours
    sides = page.locator("#viewer figure img").evaluate_all(
        "(all) => all.map((img) => img.getBoundingClientRect().width)"
    )
    assert len(set(sides)) == 1
    box = figures.first.locator("img").bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    expect(page.locator("#viewer .cross")).to_have_count(6)
    page.keyboard.press("ArrowRight")  # the first neighbour, in the same surveys
    expect(page.locator("#viewer h2")).to_contain_text("1: ")
    expect(figures).to_have_count(6)
    page.keyboard.press("Escape")


@pytest.mark.slow
def test_a_long_selection_is_linked_by_its_id_and_outlives_the_server(
    bundle: Path, space: LatentSpace, chromium: Browser, tmp_path: Path
) -> None:
    turns = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    path = space.xy.mean(axis=0) + 3 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    inside = int(Outline(path[::3]).contains_points(space.xy).sum())  # with as few corners as kept
    assert 0 < inside < len(space)
    with served_by_command(bundle, tmp_path) as first, new_page(chromium) as page:
        open_ready(page, first)
        page.evaluate(
            """(path) => document.body.dispatchEvent(new CustomEvent("explorer:shape",
                { detail: { path, mode: "new" }, bubbles: true }))""",
            path.tolist(),
        )
        expect(page.locator("#selection-title")).to_be_visible()
        page.wait_for_function(
            "/^A!.@[0-9a-f]{16}$/.test(new URLSearchParams(location.search).get('drawn'))"
        )
        search = page.evaluate("location.search")
    with served_by_command(bundle, tmp_path) as second, new_page(chromium) as page:
        open_ready(page, second + search)
        page.locator("#rail-selections").click()
        expect(page.locator(".picked-head span")).to_have_text(f"{inside:,}")
        open_ready(page, second + "/?drawn=A!%2B@0000000000000000")
        expect(page.locator("#toast")).to_contain_text("There is no selection '0000000000000000'")


def test_a_session_is_saved_and_opened_again(
    page: Page, address: str, chromium: Browser, tmp_path: Path
) -> None:
    page.evaluate(
        """() => document.body.dispatchEvent(
            new CustomEvent("explorer:pick", { detail: { rows: [1, 2, 30] }, bubbles: true }))"""
    )
    page.locator("#selection").get_by_role("button", name="Close the selection").click()
    mark(page, 2, "unwanted")
    mark(page, 3, "compare")
    opened = shown_ids(page)[1]
    page.locator("#neighbours .card").nth(1).click()
    expect(page).to_have_url(re.compile(f"source={opened}"))
    expect(page.locator("#source .section-sub").first).to_contain_text(opened)
    title = page.locator("#source-title").inner_text()
    page.locator("#session summary").click()
    with page.expect_download() as started:
        page.locator("#session-save").click()
    path = tmp_path / started.value.suggested_filename
    started.value.save_as(path)
    saved = json.loads(path.read_text())
    assert saved["bundle"]["version"] == httpx.get(f"{address}/api/meta").json()["version"]
    with new_page(chromium) as again:
        open_ready(again, address)
        again.locator("#session-file").set_input_files(path)
        expect(again.locator("#toast")).to_contain_text("Session opened: 1 selection, 2 examples")
        expect(again.locator("#source-title")).to_have_text(title)
        expect(again.locator("#examples .example")).to_have_count(2)
        expect(again.locator("#compare-open")).to_have_text("Compare 1")
        again.locator("#rail-selections").click()
        expect(again.locator(".picked-head span")).to_have_text("3")

        saved["bundle"]["version"] = "another"
        saved["selections"][0]["source_ids"][0] = "gone-1"
        saved["compared"] = ["gone-2"]
        saved["filters"] = {"unheard": {"kind": "range", "low": 1, "high": 2, "unknown": False}}
        other = tmp_path / "other.json"
        other.write_text(json.dumps(saved))
        again.locator("#session-file").set_input_files(other)
        told = again.locator("#text pre")
        expect(told).to_contain_text("Selection A: 1 of 3 sources are not here: gone-1.")
        expect(told).to_contain_text("gone-2")
        expect(told).to_contain_text("unheard")
        again.locator("#text").get_by_role("button", name="Close").click()
        expect(again.locator(".picked-head span")).to_have_text("2")
        expect(again.locator("#compare-open")).to_be_hidden()
        other.write_text('{"format": "something else"}')
        again.locator("#session-file").set_input_files(other)
        expect(again.locator("#toast")).to_contain_text("is no session of this explorer")
