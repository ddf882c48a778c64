"""Lists as people keep them: every entry comes out, with a position, a question or a reason."""

import csv
import io
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

from app.errors import NameNotFound, UnreadableList
from app.query.lists import look_up_names
from app.sky.names import BundleNames
from app.sky.resolve import ObjectPlace
from app.tables.entries import read_lines, read_list

NAMES = BundleNames(
    ["src-0", "src-1", "src-2"],
    ["3C 270", "", "3C 270"],
    np.array([10.0, 20.0, 10.0]),
    np.array([5.0, -5.0, 5.0]),
)
LINES = """# a comment
180.5 +30.25

12h34m56.7s -01d23m45s
src-1
3C 270
NGC 4261
200 95
a <b>
"""


class Almanac:
    """A name service that knows one object, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()

    def resolve(self, name: str) -> ObjectPlace:
        with self._lock:
            self.asked[name] += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        threading.Event().wait(0.01)
        with self._lock:
            self.at_once -= 1
        if name != "NGC 4261":
            raise NameNotFound(f"Nobody knows '{name}'.")
        return ObjectPlace(SkyCoord(184.8467, 5.8252, unit="deg"), name, "Almanac", 0.1)


def test_every_line_is_an_entry_with_its_number_and_what_it_was_understood_as() -> None:
    entries = read_lines(LINES, NAMES)
    assert [entry.row for entry in entries] == [2, 4, 5, 6, 7, 8, 9]
    degrees, sexagesimal, by_id, by_name, unknown, outside, nonsense = entries
    assert (degrees.ra_deg, degrees.dec_deg, degrees.reason) == (180.5, 30.25, "")
    assert "decimal degrees" in degrees.understood
    assert sexagesimal.dec_deg == pytest.approx(-(1 + 23 / 60 + 45 / 3600))
    assert (by_id.source_row, by_id.name, by_id.ra_deg) == (1, "src-1", 20.0)
    assert by_name.source_row == 0
    assert "names 2 sources" in by_name.warnings[0]
    assert (unknown.to_look_up, unknown.reason) == (True, "")
    assert "95" in outside.reason
    assert "is not a sky position" in nonsense.reason


def test_names_are_looked_up_once_each_a_few_at_a_time() -> None:
    service = Almanac()
    entries = read_lines(
        "\n".join(["NGC 4261", "Nix 1", "NGC 4261", "1 2", "Nix 2", "Nix 3"]), NAMES
    )
    found = look_up_names(entries, service, at_once=2)
    assert set(service.asked.values()) == {1}
    assert service.most_at_once == 2
    assert [entry.row for entry in found] == [1, 2, 3, 4, 5, 6]
    assert found[0].ra_deg == found[2].ra_deg == pytest.approx(184.8467)
    assert found[0].name == "NGC 4261"
    assert found[1].reason == "Nobody knows 'Nix 1'."
    assert not any(entry.to_look_up for entry in found)


def test_no_more_names_are_looked_up_than_allowed_and_the_rest_are_told_so() -> None:
    service = Almanac()
    entries = read_lines("\n".join(f"Nix {n}" for n in range(5)), NAMES)
    found = look_up_names(entries, service, most=2)
    assert sum(service.asked.values()) == 2
    assert all("looked up for 2 entries of one list at most" in each.reason for each in found[2:])
    none = look_up_names(entries, service, most=0)
    assert sum(service.asked.values()) == 2
    assert all("names of objects were not to be looked up" in each.reason for each in none)
    assert "not looked up here" in look_up_names(entries, None)[0].reason


@pytest.mark.parametrize("form", ["ascii.csv", "ascii.ecsv", "votable", "fits", "parquet"])
def test_a_table_of_any_format_is_a_list_by_its_columns(tmp_path: Path, form: str) -> None:
    path = tmp_path / "list"
    table = Table({"name": ["a", "b"], "ra": [180.5, 181.5], "dec": [3.0, -4.0]})
    table.write(path, format=form)
    found = read_list(path.read_bytes(), "list", NAMES)
    assert [(e.row, e.name, e.ra_deg, e.dec_deg) for e in found.entries] == [
        (1, "a", 180.5, 3.0),
        (2, "b", 181.5, -4.0),
    ]
    assert "Positions: ra" in found.notes[0]


def test_rows_of_a_table_without_a_position_stay_in_their_place_with_the_reason() -> None:
    text = io.StringIO()
    csv.writer(text).writerows(
        [["id", "ra", "dec"], ["x", "", "1"], ["y", "2", "3"], ["z", "4", "95"]]
    )
    found = read_list(text.getvalue().encode(), "mine.csv", NAMES)
    assert [(entry.row, bool(entry.reason)) for entry in found.entries] == [
        (1, True),
        (2, False),
        (3, True),
    ]
    assert found.entries[0].reason == "It has no ra."


def test_lines_with_commas_are_no_table() -> None:
    found = read_list(b"180.5, 30.25\n181.5, 31.25\n", "list.csv", NAMES)
    assert [entry.ra_deg for entry in found.entries] == [180.5, 181.5]


@pytest.mark.parametrize("content", [b"", b"  \n", b"# only a comment\n"])
def test_an_empty_list_is_refused_with_an_example(content: bytes) -> None:
    with pytest.raises(UnreadableList, match="The list is empty"):
        read_list(content, "list", NAMES)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n", r"No position columns were recognised"),
        (b"SIMPLE  = garbage", r"'odd\.bin' cannot be read as a table"),
        (b"\x89PNG\0\0\0", r"'odd\.bin' cannot be read as a table"),
        (b"PAR1 but no more", r"'odd\.bin' cannot be read as a table"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_by_its_own_name(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableList, match=said):
        read_list(content, "odd.bin", NAMES)
