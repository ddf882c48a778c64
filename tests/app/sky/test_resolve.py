"""In which order a text is understood, who is asked for it, and what the person reads of that."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import ExplorerError, NameNotFound, UnreadablePosition
from app.sky.names import BundleNames
from app.sky.resolve import (
    MOST_LISTED,
    NameService,
    ObjectPlace,
    Understood,
    understand_here,
    understand_there,
)
from tests.app.sky.test_properties import loose_pairs

IDS = ["demo-1", "demo-2", "demo-3", "M 87", "J0000.0+1"]
NAMES = ["RGZ J134541.2+232253", "3C 31", "3C 31", "", "J120000.0+100000"]
NAMES += ["twin"] * 8
IDS += [f"twin-{n}" for n in range(8)]
COMA, BEAR = SkyCoord(176.27087 * u.deg, 19.60632 * u.deg), SkyCoord(140.4 * u.deg, 62.26 * u.deg)
PLACES = {
    "3C 264": ObjectPlace(COMA, "3C 264", "Sesame (Simbad)", 0.1),
    "B0917+624": ObjectPlace(BEAR, "OK 630", "Sesame (NED)", 20.0),
}


class Register:
    """A name service that knows a few places and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def resolve(self, name: str) -> ObjectPlace:
        self.asked.append(name)
        if name not in PLACES:
            raise NameNotFound(f"'{name}' is not known.", parameter="position")
        return PLACES[name]


def understand(text: str, *, names: BundleNames, service: NameService | None) -> Understood:
    return understand_here(text, names=names) or understand_there(text, service)


@pytest.fixture(scope="module")
def names() -> BundleNames:
    degrees = np.arange(len(IDS), dtype=float)
    return BundleNames(IDS, NAMES, 10 + degrees, 20 + degrees)


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.mark.parametrize(
    ("text", "kind", "sentence"),
    [
        (
            "12h34m56.7s +01d23m45s",
            "coordinates",
            "12h34m56.7s +01d23m45s (ICRS), read as RA in hours, minutes and seconds, "
            "Dec in degrees, arcmin and arcsec",
        ),
        (
            "12 34 56.7 01 23 45",
            "coordinates",
            "12h34m56.7s +01d23m45s (ICRS), read as RA in hours, minutes and seconds, "
            "Dec in degrees, arcmin and arcsec",
        ),
        (
            "188.73625 -1.5",
            "coordinates",
            "12h34m56.7s -01d30m00s (ICRS), read as RA and Dec in decimal degrees",
        ),
        (
            "galactic 18.932 +77.183",
            "coordinates",
            "13h45m41.3s +23d22m55s (ICRS), read as l and b in decimal degrees, Galactic",
        ),
        (
            "188d44m -1.5",
            "coordinates",
            "12h34m56.0s -01d30m00s (ICRS), read as RA in degrees and arcmin, "
            "Dec in decimal degrees",
        ),
        (
            "DEMO-2",
            "bundle source",
            "00h44m00.0s +21d00m00s (ICRS), the source demo-2 of this bundle",
        ),
        ("m87", "bundle source", "00h52m00.0s +23d00m00s (ICRS), the source M 87 of this bundle"),
        (
            "FIRST J134541.2+232253",
            "bundle source",
            "00h40m00.0s +20d00m00s (ICRS), the source demo-1 of this bundle",
        ),
        (
            "FIRST J134541.3+232253",
            "designation",
            "13h45m41.3s +23d22m53s (ICRS), from the name FIRST J134541.3+232253, whose truncated "
            'coordinates are good to 1.4" in RA and 1" in Dec',
        ),
        (
            "3C 264",
            "object name",
            "11h45m05.0s +19d36m23s (ICRS), where Sesame (Simbad) has 3C 264",
        ),
    ],
)
def test_a_text_is_said_back_as_it_was_understood(
    names: BundleNames, register: Register, text: str, kind: str, sentence: str
) -> None:
    found = understand(text, names=names, service=register)
    assert (found.kind, found.sentence) == (kind, sentence)
    assert register.asked == (["3C 264"] if kind == "object name" else [])


def test_the_nearest_meaning_needs_no_network(names: BundleNames) -> None:
    for text in ("10.5 +20", "demo-3", "J134541.3+232253"):
        assert understand_here(text, names=names) is not None
    for text in ("3C 264", "B0917+624", "J1234+0123", "somewhere nice"):
        assert understand_here(text, names=names) is None


def test_a_name_of_several_sources_says_which_was_taken(names: BundleNames) -> None:
    found = understand("3c31", names=names, service=None)
    assert (found.row, found.name) == (1, "3C 31")
    assert found.warnings == (
        "'3c31' names 2 sources of this bundle. This is demo-2; the others: demo-3.",
    )
    (warning,) = understand("twin", names=names, service=None).warnings
    assert warning.count("twin-") == 1 + MOST_LISTED
    assert warning.endswith("and 2 more.")


def test_a_coarse_name_is_looked_up_and_used_where_it_is_known(
    names: BundleNames, register: Register
) -> None:
    found = understand("B0917+624", names=names, service=register)
    assert (found.kind, found.name) == ("object name", "OK 630")
    assert '20"' in found.warnings[0]


@pytest.mark.parametrize("service", [Register(), None])
def test_a_coarse_name_that_nobody_knows_is_refused_as_such(
    names: BundleNames, service: Register | None
) -> None:
    with pytest.raises(UnreadablePosition, match="says only to 15' in RA and 1' in Dec"):
        understand("J1234+0123", names=names, service=service)


def test_without_a_name_service_that_is_said(names: BundleNames) -> None:
    with pytest.raises(UnreadablePosition, match="not looked up here"):
        understand("3C 264", names=names, service=None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "206.42212",
        "1 2 3",
        "<script>",
        "M\x0087",
        "M\x1b[31m87",
        "\N{GREEK SMALL LETTER BETA} Cyg",
        "x" * 101,
        "0917+624",
        "{}",
        "nan nan",
        "inf -inf",
        "1e400 0",
        "S0 208.07420 31.44630",
        "S0,208.07420,31.44630",
        "src 13:45:41.3 23:22:55",
        "circle 208 31 5",
        "one row of my own list of targets",
        "target 208 31",
    ],
)
def test_what_cannot_be_a_name_is_never_looked_up(
    names: BundleNames, register: Register, text: str
) -> None:
    with pytest.raises(UnreadablePosition) as caught:
        understand(text, names=names, service=register)
    assert register.asked == []
    assert "131.194 +11.915" in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_name_of_two_numbers_can_be_written_as_one(
    names: BundleNames, register: Register
) -> None:
    with pytest.raises(UnreadablePosition, match="Write 'target 208-31' if it is the name"):
        understand("target 208 31", names=names, service=register)
    with pytest.raises(NameNotFound):
        understand("target 208-31", names=names, service=register)
    assert register.asked == ["target 208-31"]


@pytest.mark.parametrize("text", ["nan nan", "RA 187.7", "S0 208.07420 31.44630"])
def test_not_even_an_entry_that_was_kept_as_a_name_sends_a_position(
    register: Register, text: str
) -> None:
    with pytest.raises(UnreadablePosition, match="is not a sky position"):
        understand_there(text, register)
    assert register.asked == []


def test_a_lost_plus_of_a_name_is_put_back(names: BundleNames, register: Register) -> None:
    assert understand("B0917 624", names=names, service=register).name == "OK 630"
    with pytest.raises(NameNotFound):
        understand("PKS 1345 12", names=names, service=register)
    assert register.asked == ["B0917+624", "PKS 1345+12"]


def test_a_designation_without_its_letter_is_recognised(names: BundleNames) -> None:
    with pytest.raises(UnreadablePosition, match=r"Write J or B before '0917[+]624'"):
        understand("0917+624", names=names, service=None)


def test_a_name_is_asked_for_with_single_blanks_and_plain_signs(
    names: BundleNames, register: Register
) -> None:
    understand(" 3C\t 264\N{ZERO WIDTH SPACE}\n", names=names, service=register)
    assert register.asked == ["3C 264"]


def outcome(text: str, names: BundleNames) -> Understood | ExplorerError:
    try:
        return understand(text, names=names, service=Register())
    except ExplorerError as error:
        return error


@settings(max_examples=400)
@given(
    text=st.one_of(
        st.text(max_size=110),
        st.text("0123456789 +-.:,hdmsJBRGZ'\"\u2212\u00b0[]()=", max_size=40),
        loose_pairs(),
        st.sampled_from([*IDS, *NAMES, *PLACES]).flatmap(
            lambda name: st.sampled_from([name, name.lower(), f" {name}", name + "\0", name * 2])
        ),
    )
)
def test_any_text_is_a_place_or_a_named_error(names: BundleNames, text: str) -> None:
    found = outcome(text, names)
    if isinstance(found, Understood):
        assert found.position.isscalar
        assert np.isfinite([found.position.ra.deg, found.position.dec.deg]).all()
        assert found.sentence.isprintable()
    else:
        assert found.parameter == "position"
        assert str(found).isprintable()
