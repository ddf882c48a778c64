"""Positions of every accepted form against astropy, for any numbers; and texts of any kind."""

import pytest
from astropy import units as u
from astropy.coordinates import Angle, SkyCoord
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from app.errors import UnreadablePosition
from app.sky.resolve import from_coordinates, parse_position

# One text in the person's way of writing: separators of RA and of Dec, and what stands between.
SEXAGESIMAL = {
    "colons": (("", ":", ":", ""), ("", ":", ":", ""), " "),
    "colons, comma": (("", ":", ":", ""), ("", ":", ":", ""), ", "),
    "colons, nothing between": (("", ":", ":", ""), ("", ":", ":", ""), ""),
    "blanks": (("", " ", " ", ""), ("", " ", " ", ""), " "),
    "blanks, comma": (("", " ", " ", ""), ("", " ", " ", ""), ","),
    "units": (("", "h", "m", "s"), ("", "d", "m", "s"), " "),
    "units, nothing between": (("", "h", "m", "s"), ("", "d", "m", "s"), ""),
    "units and blanks": (("", "h ", "m ", "s"), ("", "d ", "m ", "s"), " "),
    "capitals": (("", "H", "M", "S"), ("", "D", "M", "S"), " "),
    "signs": (("", "h", "m", "s"), ("", "°", "'", '"'), " "),
    "typographic signs": (("", "ʰ", "ᵐ", "ˢ"), ("", "°", "′", "″"), " "),
    "words": (("", " hours ", " min ", " sec"), ("", " deg ", " arcmin ", " arcsec"), ", "),
    "labelled": (("RA=", ":", ":", ""), ("Dec=", ":", ":", ""), " "),
    "labelled, capitals": (("RA: ", "h", "m", "s"), ("DEC: ", "d", "m", "s"), ", "),
    "in brackets": (("(", ":", ":", ""), ("", ":", ":", ")"), ", "),
    "RA in degrees": (("", "d", "m", "s"), ("", "d", "m", "s"), " "),
}
DECIMAL = [
    "{} {}",
    "{}  {}",
    "{}, {}",
    "{},{}",
    "{};{}",
    "{}\t{}",
    "({}, {})",
    "{}d {}d",
    "{}° {}°",
]
DECIMAL += ["ra={} dec={}", "RA {} DEC {}", "{} deg {} deg", "  {} {}\n"]
MINUSES = "-\N{MINUS SIGN}\N{EN DASH}\N{HYPHEN}\N{NON-BREAKING HYPHEN}"
FRAMES = {
    "ICRS": "icrs",
    "J2000": "fk5",
    "FK5": "fk5",
    "FK5 J2000": "fk5",
    "j2000.0": "fk5",
    "B1950": "fk4",
    "FK4": "fk4",
    "b1950.0": "fk4",
    "Galactic": "galactic",
    "gal": "galactic",
}
NAMED = [
    "{frame} {lon} {lat}",
    "{lon} {lat} {frame}",
    "{frame}: {lon}, {lat}",
    "{lon} {lat} ({frame})",
]
CLOSE_ARCSEC = 1e-6

fractions = st.integers(0, 3).flatmap(
    lambda n: st.integers(0, 10**n - 1).map(lambda digits: f".{digits:0{n}d}" if n else "")
)
seconds = st.tuples(st.integers(0, 59), fractions).map(lambda s: f"{s[0]:02d}{s[1]}")
sixties = st.integers(0, 59).map(lambda number: f"{number:02d}")
signs = st.sampled_from(["+", "", *MINUSES])
ra_degrees = st.one_of(st.floats(0, 360, exclude_max=True), st.integers(0, 359).map(float))
dec_degrees = st.floats(-90, 90)


def assert_same(text: str, expected: SkyCoord) -> None:
    found = parse_position(text)
    assert found.frame.name == "icrs"
    assert found.separation(expected.icrs).arcsec < CLOSE_ARCSEC


def place_or_error(text: str) -> SkyCoord | UnreadablePosition:
    try:
        return parse_position(text)
    except UnreadablePosition as error:
        return error


def plain_minus(sign: str) -> str:
    return "-" if sign in MINUSES and sign else sign


@pytest.mark.parametrize("form", SEXAGESIMAL)
@settings(max_examples=40)
@given(
    ra=st.tuples(st.integers(0, 23), sixties, seconds),
    dec=st.tuples(signs, st.integers(0, 89), sixties, seconds),
    pad=st.booleans(),
)
@example(ra=(0, "00", "00"), dec=("-", 0, "00", "00.1"), pad=True)
@example(ra=(23, "59", "59.999"), dec=("\N{MINUS SIGN}", 0, "59", "59.999"), pad=False)
def test_sexagesimal_is_what_astropy_reads(
    form: str,
    ra: tuple[int, str, str],
    dec: tuple[str, int, str, str],
    pad: bool,
) -> None:
    (r0, r1, r2, r3), (d0, d1, d2, d3), between = SEXAGESIMAL[form]
    sign, degrees, *rest = dec
    assume(between != "" or sign != "" or d1 == "d")
    width = 2 if pad else 1
    in_degrees = form == "RA in degrees"
    text = (
        f"{r0}{ra[0]:0{width}d}{r1}{ra[1]}{r2}{ra[2]}{r3}{between}"
        f"{d0}{sign}{degrees:0{width}d}{d1}{rest[0]}{d2}{rest[1]}{d3}"
    )
    expected = SkyCoord(
        Angle(":".join(map(str, ra)), u.deg if in_degrees else u.hourangle),
        Angle(f"{plain_minus(sign)}{degrees}:{rest[0]}:{rest[1]}", u.deg),
    )
    assert_same(text, expected)


@pytest.mark.parametrize("form", DECIMAL)
@settings(max_examples=40)
@given(ra_deg=ra_degrees, dec_deg=dec_degrees, sign=st.sampled_from(["+", ""]))
def test_decimal_degrees_are_what_astropy_reads(
    form: str, ra_deg: float, dec_deg: float, sign: str
) -> None:
    written = (f"{ra_deg:.12f}", f"{dec_deg:{sign}.12f}")
    assume(float(written[0]) < 360)
    assert_same(form.format(*written), SkyCoord(*map(float, written), unit="deg"))


@given(hours=st.floats(0, 24, exclude_max=True), dec_deg=dec_degrees)
def test_decimal_hours_are_hours(hours: float, dec_deg: float) -> None:
    written = (f"{hours:.12f}", f"{dec_deg:.12f}")
    assume(float(written[0]) < 24)
    expected = SkyCoord(float(written[0]) * u.hourangle, float(written[1]) * u.deg)
    assert_same("{}h {}d".format(*written), expected)
    assert "decimal hours" in from_coordinates("{}h {}".format(*written)).sentence


@pytest.mark.parametrize("frame", FRAMES)
@settings(max_examples=30)
@given(lon=ra_degrees, lat=dec_degrees, form=st.sampled_from(NAMED))
def test_a_named_frame_is_transformed_as_astropy_does(
    frame: str, lon: float, lat: float, form: str
) -> None:
    written = f"{lon:.9f}", f"{lat:+.9f}"
    assume(float(written[0]) < 360)
    text = form.format(frame=frame, lon=written[0], lat=written[1])
    assert_same(text, SkyCoord(*map(float, written), unit="deg", frame=FRAMES[frame]))


@pytest.mark.parametrize("frame", ["fk5", "fk4"])
@settings(max_examples=25)
@given(ra=st.tuples(st.integers(0, 23), sixties, seconds), degrees=st.integers(-89, 89))
def test_frames_hold_for_sexagesimal_too(
    frame: str, ra: tuple[int, str, str], degrees: int
) -> None:
    hours = ":".join(map(str, ra))
    expected = SkyCoord(f"{hours} {degrees}", unit=(u.hourangle, u.deg), frame=frame)
    assert_same(f"{frame} {hours} {degrees:+03d}:00:00", expected)


@given(lon=st.floats(-180, 0, exclude_max=True), lat=dec_degrees)
def test_a_galactic_longitude_may_be_negative(lon: float, lat: float) -> None:
    written = f"{lon:.9f}", f"{lat:.9f}"
    expected = SkyCoord(*map(float, written), unit="deg", frame="galactic")
    assert_same("l={} b={}".format(*written), expected)


@pytest.mark.parametrize("sep", [":", " ", "hms"])
@settings(max_examples=60)
@given(ra_deg=ra_degrees, dec_deg=dec_degrees, precision=st.integers(0, 6), pad=st.booleans())
def test_what_astropy_writes_is_read_with_and_without_its_plus(
    sep: str, ra_deg: float, dec_deg: float, precision: int, pad: bool
) -> None:
    sky = SkyCoord(ra_deg, dec_deg, unit="deg")
    ra = sky.ra.to_string(u.hourangle, sep=sep, precision=precision, pad=pad)
    dec = sky.dec.to_string(
        u.deg, sep=sep.replace("h", "d"), precision=precision, pad=pad, alwayssign=True
    )
    assume(not ra.startswith("24"))
    expected = SkyCoord(Angle(ra, u.hourangle), Angle(dec, u.deg))
    for text in (f"{ra} {dec}", f"{ra} {dec.replace('+', ' ')}", f"{ra}, {dec}"):
        assert_same(text, expected)


near_grammar = st.text("0123456789 +-.:,;hdms°'\"()=/JBralbgecfkiFK", max_size=40)
number = st.from_regex(r"[+-]? ?\d{1,3}(\.\d{0,3})?", fullmatch=True)
glue = st.sampled_from([" ", ":", "h", "d", "m", "s", "°", "'", '"', ",", "+", "-", " +", " -", ""])
stitched = st.lists(st.one_of(number, glue), min_size=2, max_size=12).map("".join)
parts = st.lists(st.integers(0, 59).map(str), min_size=1, max_size=3)
styles = st.sampled_from([":::", "   ", "hms", "dms", "h m s ", "d'\""])
betweens = st.sampled_from([" ", ", ", " +", " -", "+", "-", ",-", ""])


@st.composite
def loose_pairs(draw: st.DrawFn) -> str:
    """Two angles of any number of parts, each in some style, with something between.

    Never 19h.5: that is 19.5 h as printed tables have it, and 19h 0.5m to astropy.
    """
    angles = []
    for _ in range(2):
        style = draw(styles)
        width = 2 if len(style) > 3 else 1
        marks = [style[start : start + width] for start in range(0, len(style), width)]
        written = "".join(part + mark for part, mark in zip(draw(parts), marks, strict=False))
        bare = written.rstrip(": ")
        angles.append(
            bare + draw(st.sampled_from(["", ".5"]) if bare[-1].isdigit() else st.just(""))
        )
    return draw(betweens).join(angles)


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=120), near_grammar, stitched))
@example("\x00")
@example("1\x002 3")
@example("\ud800 12")
@example("१२ ३४")
@example("²³ 4")
@example("1_0 2")
@example("inf nan")
@example("0x10 1")
def test_any_text_is_a_place_or_a_sentence_that_shows_what_is_accepted(text: str) -> None:
    found = place_or_error(text)
    if isinstance(found, UnreadablePosition):
        assert "131.194 +11.915" in str(found)
        assert str(found).isprintable()
        assert found.parameter == "position"
    else:
        assert 0 <= found.ra.deg < 360
        assert -90 <= found.dec.deg <= 90


@settings(max_examples=400)
@given(loose_pairs())
def test_where_astropy_and_we_both_read_a_text_we_read_the_same(text: str) -> None:
    try:
        ours = from_coordinates(text)
    except UnreadablePosition:
        return
    if ours is None:
        return
    in_hours = "RA in hours" in ours.sentence or "RA in decimal hours" in ours.sentence
    try:
        theirs = SkyCoord(text, unit=(u.hourangle if in_hours else u.deg, u.deg))
    except (ValueError, TypeError):
        return
    assert ours.position.separation(theirs).arcsec < CLOSE_ARCSEC
