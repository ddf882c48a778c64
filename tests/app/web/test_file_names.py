"""The names of the files that are sent: what each holds, and the bundle that it is from."""

import io
import re
import time

import httpx
import pytest
from astropy.table import Table

from app.query.explorer import Explorer
from app.web.file_names import as_part

SOURCE = "/api/sources/firstgalaxydata-1"
GIVEN: dict[str, tuple[str, str, str]] = {
    "neighbours of a source": ("GET", f"{SOURCE}/neighbours?k=3&format=csv", "neighbours_*.csv"),
    "neighbours of a place": (
        "GET",
        "/api/query?position=167.886+16.439&k=3&format=ecsv",
        "neighbours_167.88600+16.43900_*.ecsv",
    ),
    "the image of a source": ("GET", f"{SOURCE}/cutout.fits", "source_*.fits"),
    "a cone": (
        "GET",
        "/api/cone?RA=167.886&DEC=16.439&SR=0.1",
        "cone_167.88600+16.43900_*.vot",
    ),
    "a contact sheet": (
        "GET",
        "/api/figures/contact-sheet?source_id=firstgalaxydata-1&k=2",
        "neighbours_*.png",
    ),
    "a map": ("GET", "/api/figures/map?format=pdf", "map_by_*.pdf"),
}


def name_of(answer: httpx.Response, explorer: Explorer) -> str:
    """The file's name without the bundle's, which must be there."""
    assert answer.status_code == 200, answer.text
    found = re.fullmatch(
        r'(?:attachment|inline); filename="([^"]+)"', answer.headers["content-disposition"]
    )
    assert found
    bundle = f"_firstgalaxydata-0-2-1_{explorer.space.version[-8:]}."
    assert found[1].count(bundle) == 1
    return found[1].replace(bundle, "_*.")


@pytest.mark.parametrize("what", GIVEN)
def test_every_file_names_the_bundle_it_is_from(
    site: httpx.Client, explorer: Explorer, what: str
) -> None:
    method, path, name = GIVEN[what]
    found = name_of(site.request(method, path), explorer)
    assert re.fullmatch(re.escape(name).replace(r"\*", ".*"), found)
    assert found.isascii()


def test_a_selection_is_named_as_its_owner_calls_it(site: httpx.Client, explorer: Explorer) -> None:
    for name, said in (("", "sources_2_*.csv"), ('b/"é\x01 nt', "selection_b_nt_*.csv")):
        answer = site.post("/api/rows?format=csv", json={"rows": [7, 1], "name": name})
        assert name_of(answer, explorer) == said


def test_an_odd_name_of_a_selection_is_kept_in_a_file_that_can_be_read(site: httpx.Client) -> None:
    for fmt, form in (("ecsv", "ascii.ecsv"), ("votable", "votable"), ("parquet", "parquet")):
        body = {"rows": [7, 1], "name": 'b <&"\x01\n: é'}
        answer = site.post(f"/api/rows?format={fmt}", json=body)
        assert answer.status_code == 200
        assert len(Table.read(io.BytesIO(answer.content), format=form)) == 2


def test_examples_and_images_name_the_bundle(site: httpx.Client, explorer: Explorer) -> None:
    wanted = [{"source_id": "firstgalaxydata-1"}, {"source_id": "firstgalaxydata-7"}]
    answer = site.post("/api/query/examples?k=3&format=csv", json={"wanted": wanted})
    assert name_of(answer, explorer) == "neighbours_of_2_examples_*.csv"
    png = site.get(f"{SOURCE}/cutout.png").content
    answer = site.post("/api/query/image?k=3&format=csv", files={"file": ("a.png", png)})
    assert name_of(answer, explorer) == "neighbours_of_an_image_*.csv"


def test_tables_of_a_list_name_the_bundle(site: httpx.Client, explorer: Explorer) -> None:
    begun = site.post("/api/bulk?k=3&name=my%20list%20(v2).txt", content="firstgalaxydata-1\n")
    place = begun.headers["location"]
    while not site.get(place).json()["ended"]:
        time.sleep(0.02)
    for file, name in (("neighbours", "neighbours_of"), ("unmatched.csv", "unmatched")):
        answer = site.get(f"{place}/{file}")
        assert name_of(answer, explorer) == f"{name}_my_list_v2_*.csv"


@pytest.mark.parametrize(
    ("text", "part"),
    [("a b", "a_b"), ("../x", "x"), ("é", "unnamed"), ("", "unnamed"), ("x" * 99, "x" * 40)],
)
def test_a_part_of_a_file_name_is_safe_everywhere(text: str, part: str) -> None:
    assert as_part(text) == part
