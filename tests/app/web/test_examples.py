"""The examples that pages and sentences show can be searched for: they lie where FIRST observed."""

import html
import re
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from app.errors import UnreadableList
from app.sky.coordinates import ACCEPTED, EXAMPLES
from app.sky.names import BundleNames
from app.sky.resolve import parse_position
from app.surveys.footprint import first_footprint
from app.tables.entries import read_list

ROOT = Path(__file__).parents[3]
OBJECTS = {
    "3C 31": (16.85400, 32.41256),
    "3C 285": (200.32454, 42.58750),
    "Cygnus A": (299.86815, 40.73392),
    "M87": (187.70593, 12.39112),
}
"""Degrees, ICRS; a test that finds another object on a page asks for its place here."""
OBJECT = re.compile(r"\b(?:[345]C|NGC|IC|PKS|Abell|M) ?\d[\d.+-]*\b|\bCygnus A\b")
COORDINATES = re.compile(
    r"(?:\b(?:B1950|galactic) )?\b\d[\dhms.: ]* [+-]\d[\ddms.:]*(?: \d\d){0,2}"
    r"|\bJ\d[\d.]+[+-][\d.]+"
)
DRAWING = re.compile(r"""\b(?:d|viewBox)(?:=|: )["`][^"`]*["`]|"M\d[^"]*[vhzHV][^"]*\"""")
"""A path's moves, and the box of a drawing, look like both."""


def texts() -> dict[str, str]:
    """What a person can come to read: pages, scripts, and sentences with examples."""
    pages = [*(ROOT / "templates").glob("*.html"), *(ROOT / "static" / "js").rglob("*.js")]
    read = {path.name: html.unescape(DRAWING.sub("", path.read_text())) for path in pages}
    with pytest.raises(UnreadableList) as empty:
        read_list(b"", "list", BundleNames([], [], np.empty(0), np.empty(0)))
    said = {"what is accepted": ACCEPTED, "an empty list": str(empty.value)}
    return read | said | {"of the pages": ", ".join(astuple(EXAMPLES))}


def examples(text: str) -> dict[str, SkyCoord]:
    """The objects and positions in a text, with their places."""
    names, written = OBJECT.findall(text), COORDINATES.findall(text)
    found = {name: SkyCoord(*OBJECTS[name], unit="deg") for name in names}
    return found | {each.strip(): parse_position(each) for each in written}


def observed(place: SkyCoord) -> bool:
    return first_footprint().reaches(place, 0.1)


@pytest.mark.parametrize(
    ("name", "some"),
    [
        ("index.html", {"M87"}),
        ("of the pages", {"3C 285", "131.194 +11.915", "J084446.5+115454"}),
        ("what is accepted", {"3C 285", "galactic 214.795 +30.494", "J084446.5+115454"}),
        ("an empty list", {"3C 285", "131.194 +11.915"}),
    ],
)
def test_the_examples_of_a_text_are_found(name: str, some: set[str]) -> None:
    assert some <= examples(texts()[name]).keys()


@pytest.mark.parametrize("name", texts())
def test_every_example_lies_where_first_observed(name: str) -> None:
    assert [each for each, place in examples(texts()[name]).items() if not observed(place)] == []


def test_what_first_never_observed_is_told_apart() -> None:
    outside = "3C 31 or Cygnus A, 83.6 +22.0"
    assert [observed(place) for place in examples(outside).values()] == [False] * 3


def test_the_forms_of_the_readme_are_one_source_of_the_demo_bundle() -> None:
    """Those of firstgalaxydata-251, which every position within 5" is."""
    table = (ROOT / "README.md").read_text().partition("| form | examples")[2].partition("\n\n")[0]
    rows = [line.split("|")[2] for line in table.splitlines()[2:] if "source or name" not in line]
    forms = [form for row in rows for form in re.findall("`([^`]+)`", row)]
    assert len(forms) == 12
    source = SkyCoord(131.194, 11.915, unit="deg")
    far = {form: parse_position(form).separation(source).arcsec for form in forms}
    assert {form: arcsec for form, arcsec in far.items() if arcsec > 4} == {}


def test_the_examples_of_one_place_are_one_place() -> None:
    *forms, name = astuple(EXAMPLES)
    places = [parse_position(form) for form in forms]
    assert all(places[0].separation(place).arcsec < 3 for place in places)
    assert name in OBJECTS
