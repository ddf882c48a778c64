"""Names that hold a position: truncated, any catalogue's, refused where they are too coarse."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.errors import UnreadablePosition
from app.sky.designation import COARSEST_ARCSEC, bare_designation, read_designation
from app.sky.resolve import from_designation, parse_position

ACRONYMS = [
    "",
    "RGZ ",
    "FIRST ",
    "RGZ",
    "FIRST",
    "SDSS ",
    "2MASX ",
    "WISEA ",
    "NVSS ",
    "[VV2006c] ",
]
ACRONYMS += ["GB6 ", "ILT", "MRC ", "87GB ", "LoTSS-DR2 ", "1RXS ", "LEDA:"]


def truncated(
    ra_deg: float, dec_deg: float, ra_decimals: int, dec_decimals: int
) -> tuple[str, SkyCoord]:
    """The name of a place after the IAU's rule, in whole units of its last digits, and its corner.

    Declination is truncated toward the equator, as its digits are cut.
    """
    ra_units = int(np.floor(ra_deg / 15 * 3600 * 10**ra_decimals))
    dec_units = int(np.floor(abs(dec_deg) * 3600 * 10**dec_decimals))
    sign = "-" if dec_deg < 0 else "+"
    name = f"J{_digits(ra_units, ra_decimals)}{sign}{_digits(dec_units, dec_decimals)}"
    corner = SkyCoord(
        ra_units / 10**ra_decimals / 240 * u.deg,
        (-1 if sign == "-" else 1) * dec_units / 10**dec_decimals / 3600 * u.deg,
    )
    return name, corner


def _digits(units: int, decimals: int) -> str:
    whole, fraction = divmod(units, 10**decimals)
    text = f"{whole // 3600:02d}{whole // 60 % 60:02d}{whole % 60:02d}"
    return f"{text}.{fraction:0{decimals}d}" if decimals else text


@pytest.mark.parametrize("acronym", ACRONYMS)
@settings(max_examples=20)
@given(
    ra_deg=st.floats(0, 360, exclude_max=True),
    dec_deg=st.floats(-89.9, 89.9),
    ra_decimals=st.integers(1, 3),
    dec_decimals=st.integers(0, 2),
    lost_plus=st.booleans(),
)
@example(ra_deg=0.0, dec_deg=-0.0001, ra_decimals=1, dec_decimals=0, lost_plus=False)
def test_the_source_is_in_the_cell_whose_corner_the_name_writes(
    acronym: str,
    ra_deg: float,
    dec_deg: float,
    ra_decimals: int,
    dec_decimals: int,
    lost_plus: bool,
) -> None:
    name, corner = truncated(ra_deg, dec_deg, ra_decimals, dec_decimals)
    found = read_designation(acronym + (name.replace("+", " ") if lost_plus else name))
    assert found is not None
    assert found.bare == name
    assert found.name == " ".join(f"{acronym} {name}".split())
    assert found.position.separation(corner).arcsec < 1e-6
    east, north = corner.spherical_offsets_to(SkyCoord(ra_deg, dec_deg, unit="deg"))
    outward = north.arcsec if dec_deg >= 0 else -north.arcsec
    assert -1e-6 <= outward <= found.dec_cell_arcsec + 1e-6
    assert -1e-6 <= east.arcsec <= found.ra_cell_arcsec * 1.02 + 1e-6


@pytest.mark.parametrize(
    ("text", "ra_deg", "dec_deg"),
    [
        ("RGZ J134541.2+232253", 206.421666667, 23.381388889),
        ("RGZJ134541.2+232253", 206.421666667, 23.381388889),
        ("rgz j134541.2 232253", 206.421666667, 23.381388889),
        ("FIRST J123456.7-012345", 188.73625, -1.395833333),
        ("FIRST J123456.7\N{MINUS SIGN}012345", 188.73625, -1.395833333),
        ("J000000.0-000001", 0.0, -1 / 3600),
        ("2MASX J13454131+2322549", 206.422125, 23.381916667),
        ("SDSSJ123456.78+012345.6", 188.736583333, 1.396),
    ],
)
def test_names_are_read_without_rounding(text: str, ra_deg: float, dec_deg: float) -> None:
    found = parse_position(text)
    assert (found.ra.deg, found.dec.deg) == pytest.approx((ra_deg, dec_deg), abs=1e-8)


def test_b_is_the_equinox_of_1950() -> None:
    expected = SkyCoord("12h26m33.2s +12d23m28s", frame="fk4").icrs
    assert parse_position("B122633.2+122328").separation(expected).arcsec < 1e-6


@pytest.mark.parametrize(
    ("name", "ra_arcsec", "dec_arcsec"),
    [
        ("J1234+0123", 900, 60),
        ("J1234+012", 900, 360),
        ("J1234-01", 900, 3600),
        ("J12345+0123", 90, 60),
        ("J1234.5+0123", 90, 60),
        ("B0917+624", 417.0, 360),
        ("J123456+0123", 15, 60),
        ("PKS B1234+012", 900, 360),
    ],
)
def test_a_name_too_coarse_for_an_image_is_refused_with_its_precision(
    name: str, ra_arcsec: float, dec_arcsec: float
) -> None:
    found = read_designation(name)
    assert found is not None
    assert found.coarse
    assert found.ra_cell_arcsec == pytest.approx(ra_arcsec, rel=0.01)
    assert found.dec_cell_arcsec == pytest.approx(dec_arcsec)
    with pytest.raises(UnreadablePosition, match="says only to") as caught:
        parse_position(name)
    assert name in str(caught.value)
    assert "08:44:46.6 +11:54:54" in str(caught.value)


def test_a_name_of_middling_precision_is_used_with_a_warning() -> None:
    middling, fine = from_designation("NVSS J123456+012345"), from_designation("J123456.7+012345")
    assert middling is not None
    assert fine is not None
    assert "farther east" in middling.warnings[0]
    assert '15"' in middling.sentence
    assert fine.warnings == ()
    assert COARSEST_ARCSEC > 15


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("J243456.7+012345", "24 h of RA"),
        ("J236056.7+012345", "60 min of RA"),
        ("J235960.7+012345", "60.7 s of RA"),
        ("J123456.7+912345", "91 deg of Dec"),
        ("J123456.7+016045", "60 arcmin of Dec"),
        ("J123456.7-012360", "60 arcsec of Dec"),
        ("J243456.7+912345", "24 h of RA and 91 deg of Dec"),
        ("J123456.7+900001", "90.0002777"),
    ],
)
def test_digits_that_are_no_angle_are_named(text: str, said: str) -> None:
    with pytest.raises(UnreadablePosition) as caught:
        parse_position(text)
    assert said in str(caught.value)
    assert "131.194 +11.915" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["3C 273", "J123456.7", "J12+01", "NGC 4151", "K123456+012345", "J123456.7++012345"]
)
def test_another_name_holds_no_position(text: str) -> None:
    assert read_designation(text) is None
    assert bare_designation(text) is None


@settings(max_examples=300)
@given(
    st.from_regex(
        r"([A-Z0-9\[\]: -]{0,9} ?)?[JBjb]\d{3,9}(\.\d{0,3})?[+ -]{0,2}\d{1,8}(\.\d{0,3})?",
        fullmatch=True,
    )
)
def test_any_text_is_a_cell_on_the_sky_or_nothing_or_a_refusal(text: str) -> None:
    try:
        found = read_designation(text)
    except UnreadablePosition:
        return
    if found is None:
        return
    assert -90 <= found.position.dec.deg <= 90
    assert found.ra_cell_arcsec >= 0
    assert found.dec_cell_arcsec > 0
