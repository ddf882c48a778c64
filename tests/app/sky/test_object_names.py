"""What may go to a name service: names as astronomers write them, and never a position."""

import re
from contextlib import suppress

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.errors import UnreadablePosition
from app.sky.object_names import MOST_WORDS, object_name
from app.sky.resolve import from_coordinates
from tests.app.sky.test_properties import loose_pairs

NAMES = """
M 87|M87|m 87|W 51 N|W49|S 106|N 49|L 1551|B 335|Cygnus A|Hydra A|Sgr A*|BL Lac|Coma Cluster
3C 285|3C285|3C 31 N|4C 12.50|4C+12.50|NGC 4038/9|Abell 2256|UGC 5101|III Zw 2|DA 240|NRAO 530
ESO 137-006|ESO 137-G006|ESO 137-G 006|MCG +07-18-045|Galactic Center|W 3(OH)|2dFGRS 123
PKS 1345+12|PKS B1345+125|S5 0836+71|1E 0657-56|1E0657-558|H 1426+428|E 1821+643|4U 1700-37
[HB89] 1345+125|IRAS F13451+1232|PSR B1919+21|B0917+624|J1234+0123|NVSS J1345+2322|SN 1987A
G021.50-00.88|SNR G189.1+03.0|MSX6C G021.5016-00.8878
ESO 137 006|eso 137 6|ESO 137 G 006|NGC 4038 4039|3 C 285|3 CR 285|4 C 12.50|4 C +12.50
""".replace("\n", "|").strip("|")
PLUS_PUT_BACK = {
    "PKS 1345 12": "PKS 1345+12",
    "TXS 1345 125": "TXS 1345+125",
    "B2 0902 34": "B2 0902+34",
    "IRAS F13451 1232": "IRAS F13451+1232",
    "PSR B1919 21": "PSR B1919+21",
    "B0917 624": "B0917+624",
    "B 0917+624": "B0917+624",
}
NO_NAMES = """
12 34|nan nan|inf -inf|1e400 0|1345 12|0917+624|187 deg|12h|187.7d|12d30m|12h30m|12 30 N|J2000
RA 12 30 Dec +5|RA 187.7|Dec +12.39|ra187.7 dec12.4|l 12 b 30|l12 b30|l 12.5|alpha 187.7 delta 12
187.70593N 12.4E|12.5 N|N 12 30|S12 W30|h12 d30|galactic 120.5|ICRS 12|J2000 187|B1950 12 30
S0 208.07420 31.44630|target 208 31|circle 208 31 5|s_187.70593_12.39112|mine 187.70593-12.39112
mine 187.7+12|mine 187+12.391|src 13:45:41.3 23:22:55|src13:45:41.3|x 12h30m +5
J134541.2+232253|J 134541.2+232253|RGZ J 134541.2+232253
ESO 137.5 12.3|PKS 208.07420 31.44630|PKS 13 45 12|IC 208.1 31|PKS 134541 232253
""".replace("\n", "|").strip("|")


@pytest.mark.parametrize("name", NAMES.split("|"))
def test_a_name_as_astronomers_write_it_is_asked_for_as_written(name: str) -> None:
    assert object_name(f"  {name} ") == name


@pytest.mark.parametrize("typed", PLUS_PUT_BACK)
def test_a_blank_for_the_plus_of_a_name_of_coordinates_is_the_plus(typed: str) -> None:
    assert object_name(typed) == PLUS_PUT_BACK[typed]


@pytest.mark.parametrize("text", NO_NAMES.split("|"))
def test_what_may_be_a_position_or_a_row_is_no_name(text: str) -> None:
    assert object_name(text) is None


FRAMES = "ICRS|FK5|FK4|J2000|B1950|galactic|gal|J2000.0"
LABELS = "RA|Dec|dec.|DECL|glon|glat|lon|lat|l|b|alpha|delta|R.A."
UNITS = "h|d|m|s|deg|degrees|hours|min|arcmin|sec|arcsec|rad|N|S|E|W"
frames = st.sampled_from([f" {name} " for name in FRAMES.split("|")])
labels, units = st.sampled_from(LABELS.split("|")), st.sampled_from(UNITS.split("|"))
decimal = st.floats(0, 360).map("{:.5f}".format)
whole = st.integers(0, 360).map(str)
odd = st.sampled_from(["nan", "inf", "-inf", "1e400", "1.5e2", "-0", "+5", ".5"])
numbers = st.one_of(decimal, whole, odd, st.integers(-90, 90).map("{:+03d}".format))
pieces = st.one_of(numbers, numbers, frames, labels, units)
joins = st.sampled_from([" ", " ", "  ", "", ": ", " - "])
words = st.from_regex(r"[A-Za-z][A-Za-z_]{0,6}", fullmatch=True)
A_NUMBER = re.compile(r"\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+|nan|inf")


@settings(max_examples=600)
@given(st.lists(st.tuples(pieces, joins), min_size=2, max_size=9))
def test_numbers_and_letters_of_coordinates_alone_are_no_name(
    parts: list[tuple[str, str]],
) -> None:
    glued = "~".join(piece + join for piece, join in parts)
    text = re.sub(r"(?<=[A-Za-z])~(?=[A-Za-z])|~(?=nan|inf)", " ", glued).replace("~", "")
    assume(len(A_NUMBER.findall(text)) > 1)
    assume(
        not re.search(r"[A-Za-z] ?\d{4}", re.sub("J2000|B1950", "", text))
    )  # B0917+624, H 1426+428
    assert object_name(text) is None


@settings(max_examples=400)
@given(label=words, pair=loose_pairs(), behind=st.sampled_from(["", " 0.3", " mJy", " x"]))
def test_a_row_of_a_list_is_no_name(label: str, pair: str, behind: str) -> None:
    with suppress(UnreadablePosition):  # of the form, and a number out of its range
        assume(from_coordinates(pair) is not None)
    assume(re.search(r"[ .:hd]", pair))  # glued whole numbers are the number of a name
    found = object_name(f"{label} {pair}{behind}")
    assert found is None or re.fullmatch(r"[A-Za-z]+ ?\d+ \d+", found)


@given(label=words, ra=decimal, dec=st.floats(-90, 90).map("{:+.4f}".format), join=joins)
def test_decimal_degrees_behind_any_word_are_no_name(
    label: str, ra: str, dec: str, join: str
) -> None:
    assume(not re.search(r"[jbg]$", label, re.IGNORECASE))
    for between in (" ", "", ",", "_"):
        assert object_name(f"{label}{join}{ra}{between}{dec}") is None
        assert object_name(f"{label}{join}{ra}{between or ' '}{dec.lstrip('+-')}") is None


@given(st.text(max_size=120))
def test_any_text_is_one_tidy_name_or_none(text: str) -> None:
    name = object_name(text)
    if name is not None:
        assert name.isascii()
        assert name.isprintable()
        assert len(name.split(" ")) <= MOST_WORDS
