"""Sesame's text answers: where an object is, that there is none, and what is no answer."""

import pytest
from astropy.coordinates.name_resolve import _parse_response
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadNameAnswer, NameNotFound, NameServiceError, NameServiceUnavailable
from app.sky.resolve import ObjectPlace
from app.sky.sesame import read_answer
from tests.replay.sesame import DONE, SECTIONS, sesame_text

SERVICE = "Sesame server at localhost"


def place_of(name: str) -> ObjectPlace:
    return read_answer(sesame_text(name), name, SERVICE)


@pytest.mark.parametrize("name", ["3C 31", "Cygnus B", "NGC 3642", "NED only"])
def test_the_position_is_the_one_that_astropy_takes(name: str) -> None:
    ra_deg, dec_deg = map(float, _parse_response(sesame_text(name)))
    position = place_of(name).position
    assert (position.ra.deg, position.dec.deg) == pytest.approx((ra_deg, dec_deg), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "main_name", "service", "precision_arcsec"),
    [
        ("3C 31", "NGC 383", "Sesame (Simbad)", 0.00041),
        ("NGC 3642", "NGC 3642", "Sesame (VizieR)", 36.0),
        ("NED only", "NGC 6079", "Sesame (NED)", 1.25),
        ("Vague", "NAME Vague", "Sesame (Simbad)", 360.0),
    ],
)
def test_name_database_and_precision_are_said(
    name: str, main_name: str, service: str, precision_arcsec: float
) -> None:
    place = place_of(name)
    assert (place.name, place.service) == (main_name, service)
    assert place.precision_arcsec == pytest.approx(precision_arcsec)


@pytest.mark.parametrize(("name", "said"), [("Xyzzy 7", "knows"), ("Nowhere", "has no position")])
def test_an_unknown_object_is_said_to_be_unknown(name: str, said: str) -> None:
    with pytest.raises(NameNotFound, match=said) as caught:
        place_of(name)
    assert f"'{name}'" in str(caught.value)
    assert "131.194 +11.915" in str(caught.value)


def test_a_database_that_was_not_reached_may_know_the_object() -> None:
    with pytest.raises(NameServiceUnavailable, match="could not ask NED"):
        place_of("Half asked")


def test_a_database_that_was_not_reached_does_not_matter_where_another_knows() -> None:
    text = sesame_text("Half asked").replace(DONE, SECTIONS["3C 31"] + DONE)
    assert read_answer(text, "3C 31", SERVICE).name == "NGC 383"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html><body>Scheduled maintenance</body></html>",
        "<html>#====Done</html>",
        "# M 87\t#Q1\n",
        "# M 87\t#Q1\n#=Sc=Simbad (CDS):   1   4ms\n%J 187.7",
        "# M 87\t#Q1\n#=Sc=Simbad (CDS):   1   4ms\n%J 187.7 +123.9 = \n#====Done",
        sesame_text("Xyzzy 7").replace(DONE, ""),
    ],
)
def test_what_is_no_whole_answer_is_never_an_unknown_object(text: str) -> None:
    with pytest.raises(BadNameAnswer, match="breaks off"):
        read_answer(text, "M 87", SERVICE)


@given(st.sampled_from(sorted(SECTIONS)), st.integers(0, 400), st.text(max_size=8))
def test_a_damaged_answer_gives_a_place_or_a_sentence(name: str, cut: int, junk: str) -> None:
    text = sesame_text(name)
    for damaged in (text[:cut], text[:cut] + junk + text[cut:], text[:cut] + junk):
        try:
            place = read_answer(damaged, name, SERVICE)
        except NameServiceError:
            continue
        assert -90 <= place.position.dec.deg <= 90
        assert place.precision_arcsec > 0
