"""Samples and labels over HTTP: chosen, changed, undone, taken away and read back."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.table import Table
from fastapi import FastAPI

from app.main import create_app
from app.query.explorer import Explorer
from app.settings import Settings
from tests.app.bundle.test_map_columns import decode
from tests.problem import problem_of
from tests.site import serving

FORMATS = ("csv", "ecsv", "votable", "parquet")
ID = "firstgalaxydata-{}".format


@pytest.fixture(scope="module")
def shop(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server of its own: what other tests tag is not in the way."""
    settings = Settings(bundle=bundle, data_dir=tmp_path_factory.mktemp("data"))
    with serving(create_app(settings)) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def done(answer: httpx.Response) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def new_sample(site: httpx.Client, name: str, **chosen: Any) -> Any:
    return done(site.post("/api/samples", json={"name": name, "author": "Ann", **chosen}))


def rows_of(site: httpx.Client, sample: int) -> list[int]:
    found: list[int] = done(site.get(f"/api/samples/{sample}"))["rows"]
    return found


def test_a_sample_is_made_of_ids_rows_filters_and_selections(shop: httpx.Client) -> None:
    chosen = done(shop.post("/api/select", json={"where": ["source_catalogue:Gendre"]}))
    by_filter = new_sample(shop, "by filter", where=["source_catalogue:Gendre"])
    by_selection = new_sample(shop, "by selection", selection=chosen["selection"])
    assert by_filter["sample"]["count"] == by_selection["sample"]["count"] == chosen["count"] > 0
    assert "Gendre" in by_filter["change"]["said"]
    assert rows_of(shop, by_filter["sample"]["id"]) == chosen["rows"]
    by_id = new_sample(shop, "by id", source_ids=[ID(3), "nobody", ID(1)])
    assert by_id["not_found"] == ["nobody"]
    assert by_id["n_changed"] == 2
    report = done(shop.get(f"/api/samples/{by_id['sample']['id']}"))
    assert (report["kept"], report["problem"], report["n_missing"]) == (True, "", 0)
    version = done(shop.get("/api/meta"))["version"]
    assert report["sample"]["made_from"] == version
    assert version.endswith(report["sample"]["digest"][:8])
    hits = shop.get(f"/api/sources/{ID(5)}/neighbours", params={"selection": report["selection"]})
    assert sorted(each["row"] for each in done(hits)["neighbours"]) == report["rows"]


def test_the_tags_are_a_column_of_the_map(bundle: Path, tmp_path: Path) -> None:
    settings = Settings(bundle=bundle, data_dir=tmp_path / "data")
    with serving(create_app(settings)) as url, httpx.Client(base_url=url, timeout=60) as client:
        for author, tag, rows in (
            ("Ann", "FRI", [3, 5]),
            ("Ben", "FRI", [3]),
            ("Ben", "bent", [5]),
        ):
            done(client.post("/api/labels/tag", json={"author": author, "tag": tag, "rows": rows}))
        column = decode(client.get("/api/labels/column").content)
        assert column.header["column"]["categories"] == ["FRI", "FRI + bent"]
        assert np.flatnonzero(column.codes[0] != 65535).tolist() == [3, 5]
        assert column.codes[0][[3, 5]].tolist() == [0, 1]
        for row in (3, 5):
            gone = {"author": "Ann", "tag": "FRI", "rows": [row]}
            done(client.post("/api/labels/untag", json=gone))
        column = decode(client.get("/api/labels/column").content)
        assert column.header["column"]["categories"] == ["FRI", "bent"]
        assert column.codes[0][[3, 5]].tolist() == [0, 1]


def test_the_history_says_how_sources_were_chosen_in_the_callers_words(shop: httpx.Client) -> None:
    how = "the 2 nearest neighbours of 3C 285; S at least 0.9"
    made = new_sample(shop, "told", rows=[4, 5], how=how)
    assert made["change"]["said"] == f"Made the sample 'told' of 2 sources ({how})."
    refused = shop.post(
        "/api/samples", json={"name": "x", "author": "Ann", "rows": [1], "how": "a\nb"}
    )
    assert problem_of(refused)["parameter"] == "how"
    sample = made["sample"]["id"]
    assert sample in done(shop.get(f"/api/sources/{ID(4)}/labels"))["samples"]
    done(shop.delete(f"/api/samples/{sample}", params={"author": "Ann"}))
    assert sample not in done(shop.get(f"/api/sources/{ID(4)}/labels"))["samples"]


def test_members_change_and_the_change_is_undone(shop: httpx.Client) -> None:
    sample = new_sample(shop, "changing", rows=[1, 2, 3])["sample"]["id"]
    path = f"/api/samples/{sample}"
    done(shop.post(f"{path}/add", json={"author": "Ben", "rows": [9, 10]}))
    gone = done(shop.post(f"{path}/remove", json={"author": "Ben", "rows": [1]}))
    assert gone["sample"]["count"] == 4
    assert rows_of(shop, sample) == [2, 3, 9, 10]
    done(shop.post("/api/labels/undo", json={"author": "Ben"}))
    assert rows_of(shop, sample) == [1, 2, 3, 9, 10]
    done(shop.patch(path, json={"author": "Ben", "name": "changed"}))
    done(shop.delete(path, params={"author": "Ben"}))
    assert problem_of(shop.get(path))["status"] == 404
    done(shop.post("/api/labels/undo", json={"author": "Ben"}))
    assert done(shop.get(path))["sample"]["name"] == "changed"
    said = done(shop.get("/api/labels/history", params={"sample": sample}))["changes"]
    assert [each["author"] for each in said] == ["Ben"] * 6 + ["Ann"]


def test_tags_and_notes_have_authors_and_times(shop: httpx.Client) -> None:
    tag = {"tag": "bent", "author": "Ann"}
    done(shop.post("/api/labels/tag", json={**tag, "source_ids": [ID(7), ID(8)]}))
    done(shop.post("/api/labels/tag", json={**tag, "author": "Ben", "source_ids": [ID(8)]}))
    note = {"author": "Ben", "text": "a jet to the south"}
    done(shop.put(f"/api/sources/{ID(8)}/note", json=note))
    report = done(shop.get(f"/api/sources/{ID(8)}/labels"))
    assert [(each["word"], each["author"]) for each in report["tags"]] == [
        ("bent", "Ann"),
        ("bent", "Ben"),
    ]
    assert report["notes"][0]["word"] == "a jet to the south"
    assert all(each["at_utc"].endswith("Z") for each in (*report["tags"], *report["notes"]))
    (bent,) = [each for each in done(shop.get("/api/labels"))["tags"] if each["tag"] == "bent"]
    assert (bent["count"], bent["authors"], len(bent["rows"])) == (2, ["Ann", "Ben"], 2)
    done(shop.post("/api/labels/untag", json={**tag, "source_ids": [ID(7), ID(8)]}))
    (bent,) = [each for each in done(shop.get("/api/labels"))["tags"] if each["tag"] == "bent"]
    assert bent["authors"] == ["Ben"]
    done(shop.put(f"/api/sources/{ID(8)}/note", json={**note, "text": ""}))
    assert not done(shop.get(f"/api/sources/{ID(8)}/labels"))["notes"]


def table_of(content: bytes, fmt: str) -> Table:
    if fmt == "csv":
        return Table.from_pandas(pd.read_csv(io.BytesIO(content), keep_default_na=False))
    formats = {"ecsv": "ascii.ecsv", "votable": "votable", "parquet": "parquet"}
    return Table.read(io.BytesIO(content), format=formats[fmt])


def known_labels(site: httpx.Client) -> set[tuple[str, ...]]:
    """All labels, as the table of them says."""
    content = done_bytes(site.get("/api/labels/table", params={"format": "parquet"}))
    columns = ("source_id", "tag", "note", "author", "at_utc", "bundle")
    data = pq.read_table(io.BytesIO(content)).select(columns).to_pylist()
    return {tuple(each[name] or "" for name in columns) for each in data}


def done_bytes(answer: httpx.Response) -> bytes:
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.parametrize("fmt", FORMATS)
def test_labels_are_taken_away_and_read_back_the_same(
    bundle: Path, tmp_path: Path, fmt: str
) -> None:
    there, back = (Settings(bundle=bundle, data_dir=tmp_path / name) for name in "ab")
    with serving(create_app(there)) as url, httpx.Client(base_url=url, timeout=60) as one:
        for author in ("Ann", "Slijepčević, I."):
            for tag, row in (("FRII", 1), ('-bent, "wide"', 2), ("=1+a", 3), ("'quoted", 4)):
                json = {"tag": tag, "author": author, "rows": [row, row + 20]}
                done(one.post("/api/labels/tag", json=json))
            note = {"author": author, "text": f"+ by {author}: z < 0.1 & 'odd'"}
            done(one.put(f"/api/sources/{ID(30)}/note", json=note))
        wanted = known_labels(one)
        answer = one.get("/api/labels/table", params={"format": fmt})
        content = done_bytes(answer)
    assert len(wanted) == 18
    table = table_of(content, fmt)
    assert len(table) == 18
    assert {"source_id", "ra_deg", "dec_deg", "tag", "note", "author", "at_utc"} <= set(
        table.colnames
    )
    if fmt == "votable":
        assert "Slijepčević" in table.meta["description"]
    elif fmt != "csv":
        assert table["ra_deg"].unit == "deg"
        assert table.meta["labels"].startswith("16 tags and 2 notes")
        assert "Slijepčević" in table.meta["label_authors"]
        assert table.meta["bundle"] == table["bundle"][0]
    with serving(create_app(back)) as url, httpx.Client(base_url=url, timeout=60) as two:
        asked = {"author": "Eve", "name": f"labels.{fmt}"}
        report = done(two.post("/api/labels/import", params=asked, content=content))
        assert (report["n_listed"], report["n_by_id"], report["n_unmatched"]) == (18, 18, 0)
        assert report["n_changed"] == 18
        assert known_labels(two) == wanted
        (change,) = done(two.get("/api/labels/history"))["changes"]
        assert change["author"] == "Eve"
        again = done(two.post("/api/labels/import", params=asked, content=content))
        assert (again["n_changed"], again["change"]) == (0, None)
        done(two.post("/api/labels/undo", json={"author": "Eve"}))
        assert not known_labels(two)


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_sample_is_taken_away_and_read_back_the_same(shop: httpx.Client, fmt: str) -> None:
    sample = new_sample(shop, f"away as {fmt}", rows=[4, 5, 200])["sample"]
    content = done_bytes(shop.get(f"/api/samples/{sample['id']}/table", params={"format": fmt}))
    table = table_of(content, fmt)
    assert list(table["author"]) == ["Ann"] * 3
    assert "redshift" in table.colnames
    if fmt in ("ecsv", "parquet"):
        assert table.meta["sample"] == f"away as {fmt}"
        assert table.meta["sample_author"] == "Ann"
        assert sample["digest"] in table.meta["sample_made_from"]
        assert table.meta["sample_created_utc"] == sample["created_utc"]
    asked = {"author": "Eve", "sample_name": f"back from {fmt}"}
    back = done(shop.post("/api/samples/import", params=asked, content=content))
    assert (back["n_by_id"], back["n_unmatched"], back["sample"]["count"]) == (3, 0, 3)
    report = done(shop.get(f"/api/samples/{back['sample']['id']}"))
    assert (report["rows"], report["authors"]) == ([4, 5, 200], ["Ann"])


def test_a_list_of_positions_becomes_a_sample_with_a_reason_for_the_rest(
    shop: httpx.Client, explorer: Explorer
) -> None:
    catalogue = explorer.space.catalogue
    at = [(catalogue.ra_deg[row], catalogue.dec_deg[row]) for row in (10, 20)]
    content = (
        "name,RA,DEC\n"
        f"first,{at[0][0]:.6f},{at[0][1] + 2 / 3600:.6f}\n"
        "nowhere,10.5,-80.25\n"
        f"second,{at[1][0]:.6f},{at[1][1]:.6f}\n"
        "bad,400,20\n"
    )
    asked = {"author": "Ann", "sample_name": "by position", "name": "mine.csv"}
    back = done(shop.post("/api/samples/import", params=asked, content=content.encode()))
    assert (back["n_listed"], back["n_by_position"], back["n_unmatched"]) == (4, 2, 2)
    assert rows_of(shop, back["sample"]["id"]) == [10, 20]
    reasons = {each["row"]: each["reason"] for each in back["unmatched"]}
    assert reasons[2] == 'No source of this bundle lies within 5" of its position.'
    assert set(reasons) == {2, 4}
    assert "400" in reasons[4]
    assert all(reason.endswith(".") for reason in reasons.values())


def test_an_id_at_another_place_is_another_source(shop: httpx.Client, explorer: Explorer) -> None:
    catalogue = explorer.space.catalogue
    there = f"{catalogue.ra_deg[50]:.6f},{catalogue.dec_deg[50]:.6f}"
    ids = [catalogue.row(row)["source_id"] for row in (1, 2)]
    content = f"source_id,ra,dec,tag\n{ids[0]},{there},bent\n{ids[1]},10.5,-80.25,bent\n"
    asked = {"author": "Ida"}
    back = done(shop.post("/api/labels/import", params=asked, content=content.encode()))
    assert (back["n_by_id"], back["n_by_position"], back["n_changed"]) == (0, 1, 1)
    (reason,) = back["unmatched"]
    assert "not at the position in the row" in reason["reason"]
    done(shop.post("/api/labels/undo", json={"author": "Ida"}))


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/api/samples", {"name": "a\0b", "author": "Ann"}, 422, "U+0000"),
        ("POST", "/api/samples", {"name": "x" * 101, "author": "Ann"}, 422, "101 characters"),
        ("POST", "/api/samples", {"name": "x"}, 422, "author"),
        ("POST", "/api/samples", {"name": "x", "author": " "}, 422, "cannot be empty"),
        ("POST", "/api/samples/999/add", {"author": "A", "rows": [1]}, 404, "no sample 999"),
        ("POST", "/api/labels/tag", {"author": "A", "tag": "t"}, 422, "which sources"),
        ("POST", "/api/labels/tag", {"author": "A", "tag": "7", "rows": [1]}, 422, "letter"),
        ("POST", "/api/labels/tag", {"author": "A", "tag": "t", "rows": [999]}, 422, "no row 999"),
        ("POST", "/api/labels/undo", {"author": "Nobody"}, 422, "nothing left to undo"),
        ("PUT", "/api/sources/nobody/note", {"author": "A", "text": "x"}, 404, "nobody"),
        ("GET", "/api/sources/nobody/labels", None, 404, "nobody"),
        ("GET", "/api/samples/10000000000000000000000", None, 422, "or less"),
        ("GET", "/api/samples/9007199254740992", None, 404, "no sample"),
        ("GET", "/api/labels/history?before=9223372036854775808", None, 422, "or less"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    shop: httpx.Client, method: str, path: str, body: Any, status: int, said: str
) -> None:
    problem = problem_of(shop.request(method, path, json=body))
    assert problem["status"] == status, problem
    assert said in problem["detail"]


def test_a_table_without_tags_says_which_columns_it_has(shop: httpx.Client) -> None:
    content = b"source_id,morphology\nfirstgalaxydata-1,FRII\n"
    refused = problem_of(shop.post("/api/labels/import", params={"author": "A"}, content=content))
    assert "'morphology'" in refused["detail"]
    asked = {"author": "Ida", "tag_column": "morphology"}
    assert done(shop.post("/api/labels/import", params=asked, content=content))["n_changed"] == 1


def test_two_people_do_not_make_one_sample_twice(shop: httpx.Client) -> None:
    new_sample(shop, "Only one", rows=[1])
    json = {"name": "only  ONE", "author": "Ben", "rows": [2]}
    assert problem_of(shop.post("/api/samples", json=json))["status"] == 409


@pytest.fixture(scope="module")
def unwritable(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    (place := tmp_path_factory.mktemp("nowhere") / "file").touch()
    return create_app(Settings(bundle=bundle, data_dir=place / "data", cutout_cache_mb=0))


def test_without_a_writable_volume_it_is_said_and_nothing_is_written(unwritable: FastAPI) -> None:
    with serving(unwritable) as url, httpx.Client(base_url=url, timeout=60) as client:
        about = done(client.get("/api/meta"))["labels"]
        assert about["kept"] is False
        assert about["problem"].startswith("Samples, tags and notes cannot be kept on this server")
        for path in ("/api/samples", "/api/labels", f"/api/sources/{ID(1)}/labels"):
            read = done(client.get(path))
            assert (read["kept"], read["problem"]) == (False, about["problem"])
        for path, body in (
            ("/api/samples", {"name": "x", "rows": [1]}),
            ("/api/labels/tag", {"tag": "x", "rows": [1]}),
            ("/api/labels/undo", {}),
        ):
            refused = problem_of(client.post(path, json={"author": "Ann", **body}))
            assert (refused["status"], refused["detail"]) == (503, about["problem"])
        content = b"source_id,tag\nfirstgalaxydata-1,FRII\n"
        sent = client.post("/api/labels/import", params={"author": "Ann"}, content=content)
        assert problem_of(sent)["status"] == 503
        assert len(done_bytes(client.get("/api/labels/table")).splitlines()) == 1


def test_meta_says_that_labels_are_kept(shop: httpx.Client) -> None:
    assert done(shop.get("/api/meta"))["labels"]["kept"] is True
