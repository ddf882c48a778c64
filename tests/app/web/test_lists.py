"""Lists over a real socket: sent, followed to their end, and taken away as files."""

import bz2
import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from astropy.table import Table

from app.jobs.list_searches import ListLimits, ListSearches
from app.main import create_app
from app.query.explorer import Explorer
from app.settings import Settings
from app.web import lists as bulk
from tests.replay.server import ReplayServer
from tests.site import HUNG_S, serving

LIMITS = ListLimits(max_bytes=20_000, max_entries=60, max_rows=300, survey_max=3, kept=4)


@pytest.fixture(scope="module")
def lists(
    bundle: Path, survey: ReplayServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A client of an application with low limits that reads tables and looks up no names."""
    settings = Settings(
        bundle=bundle,
        data_dir=tmp_path_factory.mktemp("data"),
        first_server=survey.first_url,
        skyview_server=survey.url + "/none",
        sesame_url="",
        cutout_cache_mb=0,
    )
    app = create_app(settings)
    bulk.serve_lists(app, ListSearches(app.state.served.explorer, None, LIMITS))
    with serving(app) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client


def places(explorer: Explorer, n: int) -> str:
    catalogue = explorer.space.catalogue
    return "\n".join(f"{catalogue.ra_deg[i]:.6f} {catalogue.dec_deg[i]:+.6f}" for i in range(n))


def begin(lists: httpx.Client, content: str | bytes, **options: Any) -> dict[str, Any]:
    answer = lists.post("/api/bulk", params={"k": 5} | options, content=content)
    assert answer.status_code == 202, answer.text
    status: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/bulk/{status['id']}"
    return status


def ended(lists: httpx.Client, status: dict[str, Any]) -> dict[str, Any]:
    ends_s = time.monotonic() + HUNG_S
    while not status["ended"]:
        assert time.monotonic() < ends_s, status
        time.sleep(0.02)
        status = lists.get(f"/api/bulk/{status['id']}").json()
    return status


def test_a_list_is_answered_counted_and_shown(lists: httpx.Client, explorer: Explorer) -> None:
    text = f"{places(explorer, 3)}\nfirstgalaxydata-7\n200 95\n3C 31\n10 -60\n"
    status = ended(lists, begin(lists, text))
    assert (status["state"], status["problem"]) == ("done", "")
    assert (status["n_listed"], status["n_bundle"], status["n_service"]) == (7, 4, 0)
    assert status["n_unmatched"] == len(status["unmatched"]) == 3
    assert [each["row"] for each in status["unmatched"]] == [5, 6, 7]
    assert all(each["reason"] for each in status["unmatched"])
    assert [each["row"] for each in status["answers"]] == [1, 2, 3, 4]
    assert status["answers"][3]["source_id"] == "firstgalaxydata-7"
    alone = lists.get("/api/sources/firstgalaxydata-7/neighbours", params={"k": 5}).json()
    assert [each["source_id"] for each in status["answers"][3]["neighbours"]] == [
        each["source_id"] for each in alone["neighbours"]
    ]
    assert status["n_rows"] == 4 * 5


def test_every_entry_has_its_place_on_the_map_or_none(
    lists: httpx.Client, explorer: Explorer
) -> None:
    space = explorer.space
    sky = space.catalogue
    beside = f"{sky.ra_deg[9]:.6f} {sky.dec_deg[9] + 20 / 3600:+.6f}"
    text = f"{places(explorer, 2)}\nfirstgalaxydata-7\n{beside}\n10 -60\nno place\n"
    job = ended(lists, begin(lists, text, ask_survey=False))
    placed = lists.get(f"/api/bulk/{job['id']}/places").json()
    assert placed["counts"] == {"matched": 3, "imaged": 0, "near": 1, "absent": 2}
    kinds = [each["kind"] for each in placed["entries"]]
    assert kinds == ["matched", "matched", "matched", "near", "absent", "absent"]
    rows = [each["source_row"] for each in placed["entries"][:4]]
    assert rows == [0, 1, sky.table["source_id"].to_pylist().index("firstgalaxydata-7"), 9]
    for each, row in zip(placed["entries"], rows, strict=False):
        assert (each["x"], each["y"]) == tuple(map(float, space.xy[row]))
    assert placed["entries"][3]["separation_arcsec"] == pytest.approx(20, abs=0.1)
    assert placed["entries"][4]["x"] is None


def test_an_image_that_was_fetched_stands_among_its_neighbours(
    lists: httpx.Client, explorer: Explorer
) -> None:
    job = ended(lists, begin(lists, "201.2 35.12", k=12))
    (entry,) = lists.get(f"/api/bulk/{job['id']}/places").json()["entries"]
    assert (entry["kind"], entry["source_row"]) == ("imaged", None)
    middle = np.median(explorer.space.xy[entry["neighbour_rows"]], axis=0)
    assert (entry["x"], entry["y"]) == pytest.approx(tuple(middle))


@pytest.mark.parametrize(
    ("fmt", "form"), [("ecsv", "ascii.ecsv"), ("votable", "votable"), ("parquet", "parquet")]
)
def test_the_table_is_taken_away_in_every_format(
    lists: httpx.Client, explorer: Explorer, fmt: str, form: str
) -> None:
    job = ended(lists, begin(lists, places(explorer, 4), name="my list.txt"))
    answer = lists.get(f"/api/bulk/{job['id']}/neighbours", params={"format": fmt})
    assert answer.headers["content-disposition"].startswith(
        'attachment; filename="neighbours_of_my_list_'
    )
    table = Table.read(io.BytesIO(answer.content), format=form)
    assert len(table) == 20
    assert list(table["query_row"][::5]) == [1, 2, 3, 4]
    assert b"my list.txt" in answer.content
    assert b"4 = 4 answered from the bundle + 0 by the survey + 0 unmatched" in answer.content


def test_a_table_file_is_a_list_too_and_says_how_it_was_read(
    lists: httpx.Client, explorer: Explorer
) -> None:
    content = io.BytesIO()
    ra, dec = (getattr(explorer.space.catalogue, name)[:6] for name in ("ra_deg", "dec_deg"))
    Table({"source": list("abcdef"), "RAJ2000": ra, "DEJ2000": dec}).write(
        content, format="votable"
    )
    status = ended(lists, begin(lists, content.getvalue(), name="list.vot"))
    assert status["n_bundle"] == 6
    assert [each["name"] for each in status["answers"]] == list("abcdef")
    assert any("RAJ2000" in note for note in status["notes"])


def test_a_preview_says_how_a_table_would_be_understood(lists: httpx.Client) -> None:
    content = "#id,RA_hours,DEC_deg,RAB1950\na,12.5,30.25,1\nb,12.6,95,1\n"
    answer = lists.post("/api/bulk/preview", params={"name": "my.csv"}, content=content)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["kind"], found["form"], found["problem"]) == ("table", "CSV", "")
    assert [found[key] for key in ("n_listed", "n_usable", "n_rejected", "n_to_look_up")] == [
        2, 1, 1, 0,
    ]  # fmt: skip
    assert [(column["name"], column["kind"]) for column in found["columns"]][:2] == [
        ("id", "text"),
        ("RA_hours", "number"),
    ]
    understood = found["understood"]
    assert (understood["ra_column"], understood["dec_column"]) == ("RA_hours", "DEC_deg")
    assert (understood["ra_unit"], understood["frame"]) == ("hours", "icrs")
    first, second = found["rows"]
    assert first["cells"] == ["a", "12.5", "30.25", "1"]
    assert (first["ra_deg"], first["dec_deg"]) == (187.5, 30.25)
    assert first["position"] == "12h30m00.0s +30d15m00s"
    assert (second["ra_deg"], second["row"]) == (None, 2)
    assert [each["reason"] for each in found["rejects"]] == [second["reason"]]
    assert "outside -90" in second["reason"]


def test_a_preview_of_a_table_without_known_columns_asks_for_them(lists: httpx.Client) -> None:
    content = "x,y\n18.932,77.183\n"
    found = lists.post("/api/bulk/preview", content=content).json()
    assert found["understood"] is None
    assert "ra_column and dec_column" in found["problem"]
    assert found["rows"][0]["cells"] == ["18.932", "77.183"]
    told = {"ra_column": "x", "dec_column": "y", "frame": "galactic"}
    found = lists.post("/api/bulk/preview", params=told, content=content).json()
    assert (found["problem"], found["understood"]["frame"]) == ("", "galactic")
    assert found["rows"][0]["position"].startswith("13h45m")
    status = ended(lists, begin(lists, content, ask_survey=False, **told))
    assert status["unmatched"][0]["position"] == found["rows"][0]["position"]


def test_a_preview_of_lines_says_which_would_be_looked_up(lists: httpx.Client) -> None:
    found = lists.post("/api/bulk/preview", content="180.5 +30.25\n3C 31\nnan nan\n").json()
    assert (found["kind"], found["columns"]) == ("lines", [])
    assert [row["to_look_up"] for row in found["rows"]] == [False, True, False]
    assert "decimal degrees" in found["rows"][0]["understood"]
    assert (found["n_usable"], found["n_to_look_up"], found["n_rejected"]) == (1, 1, 1)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\0\0", b"PK\x03\x04" + bytes(99)])
def test_a_preview_of_no_list_is_a_problem(lists: httpx.Client, content: bytes) -> None:
    answer = lists.post("/api/bulk/preview", content=content)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_list_may_be_packed(lists: httpx.Client, explorer: Explorer) -> None:
    packed = bz2.compress(places(explorer, 3).encode("utf-16"))
    assert ended(lists, begin(lists, packed))["n_bundle"] == 3


def test_the_survey_is_asked_within_the_limit_or_not_at_all(
    lists: httpx.Client, survey: ReplayServer
) -> None:
    text = "\n".join(f"{190 + 2 * n} +33.3" for n in range(5))
    survey.requests.clear()
    survey.most_at_once = 0
    asked = ended(lists, begin(lists, text))
    assert (asked["n_service"], asked["n_unmatched"]) == (3, 2)
    assert survey.count() == 3
    assert survey.most_at_once == 1
    not_asked = ended(lists, begin(lists, text, ask_survey=False))
    assert not_asked["n_unmatched"] == 5
    assert survey.count() == 3


def test_unmatched_entries_are_a_file(lists: httpx.Client) -> None:
    job = ended(lists, begin(lists, "200 95\n", ask_survey=False))
    answer = lists.get(f"/api/bulk/{job['id']}/unmatched.csv")
    assert answer.text.splitlines()[1].startswith("1,200 95,,,,")
    empty = lists.get(f"/api/bulk/{job['id']}/neighbours")
    assert empty.status_code == 200
    assert empty.text.splitlines()[-1].startswith("query_row,")


@pytest.mark.parametrize(
    ("content", "options", "status", "said"),
    [
        ("", {}, 422, "The list is empty"),
        ("a,b\n1,2\n", {"name": "x.csv"}, 422, "No position columns"),
        ("1 2\n" * 61, {}, 413, "has 61 entries; the page takes 60"),
        ("1 2\n" * 60, {"k": 6}, 413, "Ask for 5 at most"),
        ("1 2\n" * 9000, {}, 413, "larger than 0.02 MB"),
        ("1 2\n", {"k": 0}, 422, "'k' cannot be used"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_a_sentence(
    lists: httpx.Client, content: str, options: dict[str, Any], status: int, said: str
) -> None:
    answer = lists.post("/api/bulk", params={"k": 5} | options, content=content)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


def test_an_unknown_search_is_a_problem(lists: httpx.Client) -> None:
    for url in ("/api/bulk/nix", "/api/bulk/nix/neighbours", "/api/bulk/nix/unmatched.csv"):
        answer = lists.get(url)
        assert answer.status_code == 404
        assert "There is no search 'nix'" in answer.json()["detail"]


def test_a_stopped_search_keeps_what_it_found(
    lists: httpx.Client, explorer: Explorer, survey: ReplayServer
) -> None:
    survey.delay_s = 0.3
    try:
        text = f"{places(explorer, 2)}\n" + "\n".join(f"{192 + 2 * n} +35.3" for n in range(3))
        job = begin(lists, text)
        while lists.get(f"/api/bulk/{job['id']}").json()["n_done"] < 2:
            time.sleep(0.01)
        assert lists.delete(f"/api/bulk/{job['id']}").status_code == 200
        status = ended(lists, job)
    finally:
        survey.delay_s = 0.0
    assert status["state"] == "stopped"
    assert 2 <= status["n_done"] < 5
    assert status["n_rows"] == 5 * (status["n_bundle"] + status["n_service"])
    table = lists.get(f"/api/bulk/{job['id']}/neighbours", params={"format": "ecsv"})
    assert "not tried" in table.text


def test_a_long_list_holds_up_nobody_and_old_searches_are_forgotten(
    lists: httpx.Client, explorer: Explorer, survey: ReplayServer
) -> None:
    survey.delay_s = 0.2
    try:
        slow = begin(lists, "\n".join(f"{194 + 2 * n} +37.3" for n in range(3)))
        quick = ended(lists, begin(lists, places(explorer, 1)))
        assert quick["state"] == "done"
        assert not lists.get(f"/api/bulk/{slow['id']}").json()["ended"]
        assert lists.get("/api/sources/firstgalaxydata-7").status_code == 200
    finally:
        survey.delay_s = 0.0
    ended(lists, slow)
    for _ in range(LIMITS.kept + 1):
        ended(lists, begin(lists, places(explorer, 1)))
    assert lists.get(f"/api/bulk/{slow['id']}").status_code == 404


def test_no_more_lists_wait_than_may(explorer: Explorer) -> None:
    from app.errors import ServerBusy
    from app.query.lists import EntryList, ListSearchOptions
    from app.tables.entries import read_lines

    jobs = ListSearches(explorer, None, ListLimits(at_once=1, waiting=1))
    jobs._workers.shutdown()
    jobs._workers = _Idle()  # type: ignore[assignment]
    entries = EntryList(read_lines("1 2", None))  # type: ignore[arg-type]
    jobs.begin(entries, "a", ListSearchOptions())
    jobs.begin(entries, "b", ListSearchOptions())
    with pytest.raises(ServerBusy, match="2 lists are searched or wait already"):
        jobs.begin(entries, "c", ListSearchOptions())


class _Idle:
    """Workers that never begin."""

    def submit(self, *_: object) -> None:
        """Take the work in."""
