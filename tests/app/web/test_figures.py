"""Figures, captions and Python for a view, over HTTP on a real socket."""

import io
import os
import re
import subprocess
import sys
from itertools import pairwise
from xml.etree import ElementTree

import httpx
import numpy as np
import pytest
from PIL import Image

from app.figures.caption import map_caption
from app.figures.contact_sheet import format_dissimilarity, format_similarity
from app.figures.map_figure import MapView, Marked
from app.images.draw import draw_png
from app.query.explorer import Explorer
from tests.problem import problem_of

SHEET, MAP = "/api/figures/contact-sheet", "/api/figures/map"
CAPTION, PYTHON = "/api/figures/caption", "/api/figures/python"
ID = {"source_id": "firstgalaxydata-1"}
SVG = "{http://www.w3.org/2000/svg}"
TYPES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}


def sent(site: httpx.Client, path: str, **params: object) -> httpx.Response:
    answer = site.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer


def words_of(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def pixels(answer: httpx.Response) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB")).astype(int)


@pytest.mark.parametrize("fmt", TYPES)
@pytest.mark.parametrize("path", [SHEET, MAP])
def test_the_same_figure_asked_twice_is_the_same_bytes(
    site: httpx.Client, path: str, fmt: str
) -> None:
    once, twice = (sent(site, path, **ID, k=3, format=fmt) for _ in range(2))
    assert once.headers["content-type"] == TYPES[fmt]
    assert once.content == twice.content
    assert len(once.content) > 10_000
    known = {"If-None-Match": once.headers["etag"]}
    same = site.get(path, params=ID | {"k": 3, "format": fmt}, headers=known)
    assert same.status_code == 304


@pytest.mark.parametrize("path", [SHEET, MAP])
def test_text_is_text_and_no_date_is_written(site: httpx.Client, path: str) -> None:
    svg = sent(site, path, **ID, k=3, format="svg").text
    assert len(words_of(svg)) > 3
    assert "dc:date" not in svg
    pdf = sent(site, path, **ID, k=3, format="pdf").content
    assert b"CreationDate" not in pdf
    assert b"/FontFile2" in pdf, "TrueType: its text can be searched and edited"
    assert b"/Type3" not in pdf


def test_a_contact_sheet_names_every_hit_with_rank_s_and_extent(site: httpx.Client) -> None:
    result = sent(site, "/api/sources/firstgalaxydata-1/neighbours", k=8).json()
    words = words_of(sent(site, SHEET, **ID, k=8, format="svg").text)
    assert "Query" in words
    for hit in result["neighbours"]:
        assert str(hit["rank"]) in words
        assert (hit["name"] or hit["source_id"]) in words
        line = words[words.index(hit["name"] or hit["source_id"]) + 1]
        assert line == (
            f"S = {format_similarity(hit['similarity'])}   "
            f"1 − S = {format_dissimilarity(hit['dissimilarity'])}"
        )
    assert sum("angular extent" in word for word in words) == 9
    assert words.count("30″") == 9


def test_a_sheet_takes_the_style_of_the_pictures(site: httpx.Client) -> None:
    dark = pixels(sent(site, SHEET, **ID, k=3))
    light = pixels(sent(site, SHEET, **ID, k=3, colours="grey", invert=True))
    assert dark.shape == light.shape
    assert light.mean() > dark.mean() + 80
    bare = {"contours": False, "scale_bar": False, "beam": False}
    assert (pixels(sent(site, SHEET, **ID, k=3, **bare)) != dark).any()
    barred = sent(site, SHEET, **ID, k=3, low=0, high=100, unit="percent", format="svg").text
    assert "Brightness (% of the peak)" in words_of(barred)


def test_a_sheet_of_a_position_and_of_a_fetched_image(
    site: httpx.Client, explorer: Explorer
) -> None:
    place = explorer.space.position(0)
    where = {"ra": place.ra.deg, "dec": place.dec.deg + 8 / 3600}
    words = words_of(sent(site, SHEET, **where, k=2, format="svg").text)
    assert "Query" in words
    caption = sent(site, CAPTION, **where, k=2).json()["caption"]
    assert caption.startswith("The VLA FIRST image at")
    assert "where the noise is known are at 3, 6, 12" in caption
    assert "The others are at 10, 20, 40, 80 % of the peak" in caption


def test_a_sheet_of_an_image_of_ones_own(site: httpx.Client, explorer: Explorer) -> None:
    row = explorer.row_of("firstgalaxydata-1")
    content = draw_png(explorer.space.image(row), 150, "inferno")
    answer = site.post(SHEET, params={"k": 3, "format": "svg"}, content=content)
    assert answer.status_code == 200, answer.text
    words = words_of(answer.text)
    nearest = words[words.index("firstgalaxydata-1") + 1]
    assert nearest.startswith(("S = 1 ", "S = 0.9999")), "itself"
    found = sent(site, "/api/sources/firstgalaxydata-1/neighbours", k=2).json()["neighbours"]
    for hit in found:
        assert (hit["name"] or hit["source_id"]) in words
    said = site.post(CAPTION, params={"k": 3}, content=content).json()["caption"]
    assert said.startswith("An image of our own and the 3 most similar of the 240 sources")
    assert problem_of(site.post(SHEET, content=b"GIF89a"))["status"] == 415


def test_the_map_has_a_colour_bar_with_its_unit(site: httpx.Client) -> None:
    words = words_of(sent(site, MAP, format="svg").text)
    assert "Angular extent (arcsec)" in words
    assert "Map X (no physical meaning)" in words
    by_label = words_of(sent(site, MAP, format="svg", colour="split").text)
    assert any(re.fullmatch(r"train \([\d,]+\)", word) for word in by_label)
    log = words_of(sent(site, MAP, format="svg", colour_log=True).text)
    assert {"10", "20", "50", "100"} & set(log)


def test_neighbours_and_a_selection_stand_out_on_the_map(site: httpx.Client) -> None:
    bare = pixels(sent(site, MAP))
    starred = pixels(sent(site, MAP, **ID, k=5))
    accent = (np.abs(starred - (0xD4, 0x14, 0x3C)).sum(-1) < 12).sum()
    assert accent > 100
    assert (np.abs(bare - (0xD4, 0x14, 0x3C)).sum(-1) < 12).sum() < accent / 5
    ringed = pixels(sent(site, MAP, rows="0,5,7"))
    assert (ringed != bare).any(-1).sum() > 30
    words = words_of(sent(site, MAP, **ID, k=5, format="svg").text)
    assert {"1", "2", "3", "4", "5"} <= set(words)


def test_a_frame_shows_its_part_of_the_map(site: httpx.Client, explorer: Explorer) -> None:
    x = explorer.space.xy[:, 0]
    middle = float(np.median(x))
    assert (pixels(sent(site, MAP, x_min=middle)).shape) != pixels(sent(site, MAP)).shape
    caption = sent(site, CAPTION, figure="map", x_min=middle).json()["caption"]
    assert caption.startswith(f"{(x >= middle).sum()} of the 240 sources")


@pytest.mark.parametrize("share", [0.2, 0.6])
def test_nothing_of_a_map_is_cut_off(site: httpx.Client, explorer: Explorer, share: float) -> None:
    """A part of it, around its middle source, as well as nearly all of it."""
    xy = explorer.space.xy
    middle = xy[np.argmin(np.linalg.norm(xy - np.median(xy, axis=0), axis=1))]
    half = share / 2 * (xy.max(axis=0) - xy.min(axis=0))
    corners = [*(middle - half), *(middle + half)]
    bounds = dict(zip(("x_min", "y_min", "x_max", "y_max"), map(float, corners), strict=True))
    drawn = pixels(sent(site, MAP, **bounds))
    edges = [drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]]
    assert all((edge > 250).all() for edge in edges)


def test_captions_say_what_the_manifest_holds(site: httpx.Client) -> None:
    meta = site.get("/api/meta").json()
    sheet = sent(site, CAPTION, **ID, k=4).json()
    on_map = sent(site, CAPTION, **ID, k=4, figure="map").json()
    for said in (sheet, on_map):
        caption = said["caption"]
        assert meta["encoder"]["sha256"][:12] in caption
        assert meta["version"] in caption
        assert meta["catalogue"]["name"] in caption
        assert meta["catalogue"]["terms"] in caption
        assert meta["encoder"]["name"] in caption
        assert "{" not in caption
        assert "  " not in caption
    assert "the 4 most similar of the 239 other sources" in sheet["caption"]
    assert "10, 20, 40, 80 % of the peak" in sheet["caption"]
    assert "All 240 sources" in on_map["caption"]
    assert "n_neighbors" in on_map["caption"]


def test_a_caption_says_how_many_sources_could_be_used(explorer: Explorer) -> None:
    space, manifest = explorer.space, explorer.space.manifest
    update = {"n_listed": 250, "n_rejected": 10}
    source = manifest.source.model_copy(update=update)
    try:
        space.manifest = manifest.model_copy(update={"source": source})
        words = map_caption(space, MapView("angular_extent_arcsec"), Marked(), None)
    finally:
        space.manifest = manifest
    assert "240 of 250 listed sources could be used" in words


def test_bibtex_holds_only_what_is_known(site: httpx.Client) -> None:
    bibtex = sent(site, CAPTION, **ID).json()["bibtex"]
    keys = re.findall(r"^@(\w+)\{(\w+),", bibtex, re.MULTILINE)
    assert keys == [
        ("article", "slijepcevic2024"),
        ("article", "becker1995"),
        ("misc", "catalogue"),
    ]
    assert bibtex.count("{") == bibtex.count("}")
    record = site.get("/api/meta").json()["catalogue"]
    assert record["doi"] in bibtex
    assert record["citation"].replace("&", r"\&") in bibtex
    entries = bibtex.split("\n\n")
    for entry in entries:
        fields = re.findall(r"^  (\w+)\s*=", entry, re.MULTILINE)
        assert len(fields) == len(set(fields)) > 3
        for one, after in pairwise([line for line in entry.splitlines() if "= {" in line]):
            assert one.rstrip().endswith((",", "and", "radio", "astronomy")), (one, after)


@pytest.mark.parametrize("by", ["source", "position", "degrees"])
def test_python_for_a_view_prints_the_server_s_numbers(
    site: httpx.Client, explorer: Explorer, by: str
) -> None:
    place = explorer.space.position(7)
    source_id = explorer.space.catalogue.row(7)["source_id"]
    query = {
        "source": {"source_id": source_id},
        "position": {"position": f"{place.ra.deg:.6f} {place.dec.deg:+.6f}"},
        "degrees": {"ra": place.ra.deg, "dec": place.dec.deg},
    }[by]
    code = sent(site, PYTHON, **query, k=6, hide_duplicates=True).text
    environment = os.environ | {"NO_PROXY": "127.0.0.1"}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert run.returncode == 0, run.stderr
    printed = [line.split() for line in run.stdout.splitlines()]
    expected = sent(site, f"/api/sources/{source_id}/neighbours", k=6, hide_duplicates=True).json()[
        "neighbours"
    ]
    assert len(printed) == 6
    for (rank, name, similarity, dissimilarity), hit in zip(printed, expected, strict=True):
        assert (int(rank), name) == (hit["rank"], hit["source_id"])
        assert float(similarity) == hit["similarity"]
        assert float(dissimilarity) == pytest.approx(hit["dissimilarity"], abs=1e-15)


def test_python_quotes_what_comes_from_the_request(site: httpx.Client) -> None:
    text = '116.785 17.291\'\n"""import os'
    answer = site.get(PYTHON, params={"ra": 116.785, "dec": 17.291, "note": text})
    compile(answer.text, "snippet", "exec")
    assert "\nimport os" not in answer.text


@pytest.mark.parametrize(
    ("path", "params", "parameter"),
    [
        (SHEET, {}, "source_id"),
        (SHEET, ID | {"position": "1 1"}, "source_id"),
        (SHEET, ID | {"k": 61}, "k"),
        (SHEET, ID | {"low": 0, "high": 1, "unit": "mjy_beam"}, "unit"),
        (SHEET, ID | {"format": "eps"}, "format"),
        (PYTHON, {}, "source_id"),
        (CAPTION, {}, "source_id"),
        (MAP, {"colour": "nothing"}, "colour"),
        (MAP, {"rows": "1,x"}, "rows"),
        (MAP, {"rows": "240"}, "rows"),
        (MAP, {"x_min": 3, "x_max": 2}, "x_min"),
        (MAP, {"x_min": 1e6}, "x_min"),
        (MAP, {"colour_log": True, "colour_low": -1}, "low"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(
    site: httpx.Client, path: str, params: dict[str, object], parameter: str
) -> None:
    problem = problem_of(site.get(path, params=params))
    assert problem["status"] in (404, 422)
    assert problem["parameter"] == parameter
    unknown = problem_of(site.get(path, params={"source_id": "nobody"}))
    assert (unknown["status"], "nobody" in unknown["detail"]) == (404, True)
