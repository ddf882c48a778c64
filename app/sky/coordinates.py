"""Coordinates in a text, of any frame: what they are and how they were read.

It never guesses: a text that could be two positions is none.

The rule for right ascension: sexagesimal is hours unless its first number is marked d or °; a
decimal number is degrees unless marked h. Galactic longitude is degrees.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from math import inf
from typing import Literal

import numpy as np
from astropy import units as u
from astropy.coordinates import Angle, SkyCoord
from numpy.typing import NDArray

from app.errors import UnreadablePosition

Style = Literal["decimal", "colons", "blanks", "units"]
Unit = Literal["", "h", "d"]

_LAST = r"\d{1,2}(?:\.\d*)?"
_DECIMAL = re.compile(r"([+-]?) ?(\d+(?:\.\d*)?|\.\d+) ?([hd°]?)", re.ASCII)
_SEXAGESIMAL: dict[Style, re.Pattern[str]] = {
    "colons": re.compile(rf"([+-]?) ?(\d{{1,3}})() ?: ?({_LAST})(?: ?: ?({_LAST}))?", re.ASCII),
    "blanks": re.compile(rf"([+-]?) ?(\d{{1,3}})() ({_LAST})(?: ({_LAST}))?", re.ASCII),
    "units": re.compile(
        rf"([+-]?) ?(\d{{1,3}}) ?([hd°]) ?({_LAST})(?: ?[m'](?: ?({_LAST}) ?[s\"]?)?"
        rf"| ({_LAST}) ?[s\"]?)?",
        re.ASCII,
    ),
}


@dataclass(frozen=True)
class WrittenAngle:
    """An angle's sign, one to three numbers, and the unit of the first."""

    sign: str
    parts: tuple[str, ...]
    unit: Unit
    style: Style

    @property
    def complete(self) -> bool:
        """Whether nothing more can belong to it: it has seconds, or is a number with a unit."""
        return len(self.parts) == 3 or (self.style == "decimal" and self.unit != "")

    @property
    def value(self) -> float:
        """The number in the unit of its first part; -00 30 00 is -0.5."""
        size = sum(float(part) / 60**power for power, part in enumerate(self.parts))
        return -size if self.sign == "-" else size


def read_angle(text: str) -> WrittenAngle | None:
    """Read one angle, or None; only the last of its numbers may have a fraction."""
    if decimal := _DECIMAL.fullmatch(text):
        return WrittenAngle(decimal[1], (decimal[2],), _unit(decimal[3]), "decimal")
    for style, pattern in _SEXAGESIMAL.items():
        if found := pattern.fullmatch(text):
            sign, whole, unit, *rest = found.groups()
            parts = (whole, *(part for part in rest if part is not None))
            if any("." in part for part in parts[:-1]):
                return None
            return WrittenAngle(sign, parts, _unit(unit), style)
    return None


def _unit(written: str) -> Unit:
    if not written:
        return ""
    return "h" if written == "h" else "d"


Pair = tuple[WrittenAngle, WrittenAngle]

_AFTER_UNIT = re.compile(r"(?<=[ms'\"hd°])(?=\d)")


def read_pair(text: str) -> Pair | None:
    """Read longitude and latitude.

    A comma or a sign separates them. Without either, as where a URL lost its plus, the blank
    that does is the one that leaves two angles of one style, or a complete first one.

    Parameters
    ----------
    text : str
        As `plain` gives it, frame and labels taken off.

    Returns
    -------
    pair : (WrittenAngle, WrittenAngle) or None
    """
    marks = re.findall("[,;]", text)
    signs = [found.start() for found in re.finditer(r"[+-]", text) if found.start() > 0]
    if marks:
        left, _, right = text.replace(";", ",").partition(",")
        return _pair(left.strip(), right.strip()) if len(marks) == 1 else None
    if signs:
        return _pair(text[: signs[0]].strip(), text[signs[0] :]) if len(signs) == 1 else None
    return _unseparated(text)


def _unseparated(text: str) -> Pair | None:
    blanks = [(found.start(), found.end()) for found in re.finditer(" ", text)]
    bare = [(found.start(), found.start()) for found in _AFTER_UNIT.finditer(text)]
    pairs = [_pair(text[:end], text[start:]) for end, start in blanks]
    pairs = [pair for pair in pairs if pair and _blank_separates(*pair)]
    glued = [_pair(text[:end], text[start:]) for end, start in bare]
    pairs += [pair for pair in glued if pair and pair[1].unit]
    return pairs[0] if len(pairs) == 1 else None


def _blank_separates(lon: WrittenAngle, lat: WrittenAngle) -> bool:
    """Whether a blank alone shows where the second angle begins."""
    if {lon.style, lat.style} <= {"blanks", "decimal"} and not lon.unit:
        return len(lon.parts) == len(lat.parts)
    return lon.style == lat.style or lon.complete


def _pair(left: str, right: str) -> Pair | None:
    """The two angles; a bare number is degrees, which a sexagesimal latitude leaves in doubt."""
    lon, lat = read_angle(left), read_angle(right)
    if lon is None or lat is None or lat.unit == "h":
        return None
    if lon.style == "decimal" and not lon.unit and lat.style != "decimal":
        return None
    return lon, lat


@dataclass(frozen=True)
class Frame:
    """A frame, as it is shown and as astropy calls it."""

    shown: str
    astropy_name: str
    lon_symbol: str = "RA"
    lat_symbol: str = "Dec"
    longitude: str = "right ascension"
    latitude: str = "declination"


ICRS = Frame("ICRS", "icrs")
FK5 = Frame("FK5 J2000", "fk5")  # astropy's default equinoxes: J2000 for FK5, B1950 for FK4
FK4 = Frame("FK4 B1950", "fk4")
GALACTIC = Frame("Galactic", "galactic", "l", "b", "Galactic longitude", "Galactic latitude")

_NAMES = {
    r"icrs": ICRS,
    r"(?:fk5[ ,/]{0,2})?\(?j2000(?:\.0)?\)?|fk5": FK5,
    r"(?:fk4[ ,/]{0,2})?\(?b1950(?:\.0)?\)?|fk4": FK4,
    r"galactic|gal": GALACTIC,
}
_LABELLED = re.compile(
    r"(?P<lon>ra|r\.a\.|glon|l)(?![a-z]) ?[=:]? ?(?P<first>[^a-z=][^=]*?) ?[,;]? ?"
    r"(?P<lat>decl?|dec\.|glat|b)(?![a-z]) ?[=:]? ?(?P<second>[^a-z=][^=]*)"
)
_EQUATORIAL, _GALACTIC = {"ra", "r.a."}, {"l", "glon"}


def take_frame(plain: str) -> tuple[Frame | None, str]:
    """Take a frame's name off the beginning or the end of a text.

    Parameters
    ----------
    plain : str
        As `plain` gives it.

    Returns
    -------
    frame : Frame or None
        None where none is named.
    rest : str
    """
    for names, frame in _NAMES.items():
        before = re.fullmatch(rf"\(?(?:{names})\)?(?: ?[:=,] ?| )(.+)", plain)
        after = re.fullmatch(rf"(.+?)(?: ?, ?| )\(?(?:{names})\)?", plain)
        if found := before or after:
            return frame, found[1]
    return None, plain


def take_labels(rest: str) -> tuple[Frame | None, str]:
    """Replace labels ("ra=... dec=...", "l ... b ...") by a comma, and tell what they imply.

    Returns
    -------
    frame : Frame or None
        Galactic for l and b, ICRS for RA and Dec, None where nothing is labelled.
    rest : str
        The two angles with a comma between, or the text as it was.
    """
    found = _LABELLED.fullmatch(rest)
    if not found or (found["lon"] in _EQUATORIAL) != found["lat"].startswith("d"):
        return None, rest
    frame = GALACTIC if found["lon"] in _GALACTIC else ICRS
    return frame, f"{found['first']},{found['second']}"


_SAME: dict[str, str] = {
    "-": "\u2212\u2010\u2011\u2012\u2013\u2014\ufe63\uff0d",  # minus, hyphens, dashes
    "+": "\uff0b",
    "'": "\u2032\u2018\u2019\u00b4\u02b9",
    '"': "\u2033\u201c\u201d\u02ba",
    "°": "\u00ba\u02da",
    ":": "\u2236\uff1a",
    ",": "\uff0c",
    "h": "\u02b0",
    "d": "\u1d48",
    "m": "\u1d50",
    "s": "\u02e2",
    "": "\u200b\u200e\u200f\u2060\ufeff\u00ad",  # what copying takes along unseen
}
_CHARACTERS = {ord(odd): usual for usual, many in _SAME.items() for odd in many}
_UNIT_WORDS = {
    "d": "degrees|degree|degs|deg",
    "h": "hours|hour|hrs|hr",
    "m": "arcminutes|arcminute|arcmins|arcmin|minutes|minute|mins|min",
    "s": "arcseconds|arcsecond|arcsecs|arcsec|seconds|second|secs|sec",
}


def tidy(text: str) -> str:
    """Blanks folded to one, typographic signs to ASCII ones; case as typed."""
    return " ".join(text.translate(_CHARACTERS).split())


def plain(text: str) -> str:
    """The form that the grammar of coordinates reads.

    Lower case, units as one letter or sign, 41ˢ.3 as 41.3s, 2.0e+02 as 200, CASA's latitude
    31.26.46.7 as 31:26:46.7, brackets around it all taken off.
    """
    found = tidy(text).lower().replace("''", '"')
    found = _EXPONENT.sub(lambda number: _without_exponent(number[0]), found)
    found = _POINTS.sub(r"\1:\2:\3", found)
    for letter, words in _UNIT_WORDS.items():
        found = re.sub(rf"(?<=[\d.]) ?(?:{words})(?![a-z])", letter, found)
    found = re.sub(r"(\d)([hd°m's\"])\.(\d+)", r"\1.\3\2", found)
    inner = re.fullmatch(r"[(\[] ?([^()\[\]]+?) ?[)\]]", found)
    return inner[1] if inner else found


_EXPONENT = re.compile(
    r"(?<![^ ,;(\[=])[+-]?(?:\d+(?:\.\d*)?|\.\d+)e[+-]?\d{1,2}(?![^ ,;)\]])", re.ASCII
)
_POINTS = re.compile(
    r"(?<=[ ,])([+-]?\d{1,2})\.(\d{1,2})\.(\d{1,2}(?:\.\d*)?)(?![^ ,)\]])", re.ASCII
)


def _without_exponent(number: str) -> str:
    return ("+" if number.startswith("+") else "") + f"{Decimal(number):f}"


@dataclass(frozen=True)
class PositionExamples:
    """A source of the demo bundle in every form that is read; an object for a name service."""

    degrees: str = "131.194 +11.915"
    colons: str = "08:44:46.6 +11:54:54"
    units: str = "08h44m46.6s +11d54m54s"
    blanks: str = "08 44 46.6 +11 54 54"
    b1950: str = "B1950 08:42:02.1 +12:05:49"
    galactic: str = "galactic 214.795 +30.494"
    designation: str = "J084446.5+115454"
    name: str = "3C 285"


EXAMPLES = PositionExamples()
ACCEPTED_COORDINATES = (
    f"Write degrees ({EXAMPLES.degrees}), hours and degrees ({EXAMPLES.colons}, "
    f"{EXAMPLES.units}), another frame by its name ({EXAMPLES.b1950}, {EXAMPLES.galactic})"
)
ACCEPTED = f"{ACCEPTED_COORDINATES} or a name ({EXAMPLES.designation}, {EXAMPLES.name})."

LONGEST = 100
"""Characters; nothing longer is a position."""


def unreadable(text: str, why: str, *, hint: str = ACCEPTED) -> UnreadablePosition:
    """Make the error for a text: the text itself, why it is refused, and what is accepted."""
    return UnreadablePosition(f"{quoted(text)} {why}. {hint}", parameter="position")


def quoted(text: str) -> str:
    """The text between quotation marks, shortened when it is long; no control characters."""
    start = "".join(c if c.isprintable() else " " for c in text[:LONGEST])
    return f"'{start}'" if len(text) <= LONGEST else f"'{start}...'"


def position_from_degrees(
    ra_deg: float, dec_deg: float, *, parameter: str | None = None
) -> SkyCoord:
    """Make an ICRS position of two numbers, checking their range.

    Parameters
    ----------
    ra_deg, dec_deg : float
    parameter : str, optional
        The input that both came in, if it was one; else "ra" or "dec" is named by an error.

    Raises
    ------
    UnreadablePosition
    """
    return position_in_frame(ra_deg, dec_deg, ICRS, parameter=parameter)


def position_in_frame(
    lon_deg: float, lat_deg: float, frame: Frame, *, parameter: str | None = None
) -> SkyCoord:
    """Make an ICRS position of longitude and latitude in a frame, checking their range.

    Parameters
    ----------
    lon_deg, lat_deg : float
        A Galactic longitude may be negative, from -180 deg; a right ascension may not.
    frame : Frame
    parameter : str, optional
        As in `position_from_degrees`; for "position", a typed text, errors say what is accepted.

    Returns
    -------
    position : SkyCoord
        ICRS.

    Raises
    ------
    UnreadablePosition
    """
    lowest_deg = -180 if frame is GALACTIC else 0
    hint = f" {ACCEPTED}" if parameter == "position" else ""
    if not lowest_deg <= lon_deg < 360:
        raise UnreadablePosition(
            f"The {frame.longitude} {lon_deg:.12g} deg is not in the range from {lowest_deg} deg "
            f"up to, but not including, 360 deg.{hint}",
            parameter=parameter or "ra",
        )
    if not -90 <= lat_deg <= 90:
        raise UnreadablePosition(
            f"The {frame.latitude} {lat_deg:.12g} deg is outside -90 to +90 deg.{hint}",
            parameter=parameter or "dec",
        )
    return SkyCoord(lon_deg * u.deg, lat_deg * u.deg, frame=frame.astropy_name).icrs


def format_position(ra_deg: float, dec_deg: float) -> str:
    """Write a position as '12h34m56.7s +01d23m45s', rounded, never 60 seconds."""
    return format_positions(np.array([ra_deg]), np.array([dec_deg]))[0]


def format_positions(ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]) -> list[str]:
    """Write positions (N,), (N,) as `format_position` does; much faster for many at once."""
    ra = Angle(ra_deg, u.deg).to_string(u.hourangle, sep="hms", precision=1, pad=True)
    dec = Angle(dec_deg, u.deg).to_string(u.deg, sep="dms", precision=0, pad=True, alwayssign=True)
    whole_day = ra == "24h00m00.0s"
    return [f"{r} {d}" for r, d in zip(np.where(whole_day, "00h00m00.0s", ra), dec, strict=True)]


_LETTERLESS_NAME = re.compile(r"\d{4,}(?:\.\d*)? ?[+ -] ?\d{2,}(?:\.\d*)?", re.ASCII)
_UNITS = ("h", "m", "s")


@dataclass(frozen=True)
class Reading:
    """A position and, in words, how its coordinates were read."""

    position: SkyCoord
    how: str


def read_coordinates(text: str) -> Reading | None:
    """Read coordinates.

    Parameters
    ----------
    text : str

    Returns
    -------
    reading : Reading or None
        The position is ICRS. None for a text that is not of the form of coordinates.

    Raises
    ------
    UnreadablePosition
        If it has the form, and a number is out of its range.
    """
    if len(text) > LONGEST:
        return None
    named, rest = take_frame(plain(text))
    implied, rest = take_labels(rest)
    if (implied is GALACTIC) != (named is GALACTIC) and implied and named:
        return None
    frame = named or implied or ICRS
    pair = None if _LETTERLESS_NAME.fullmatch(rest) else read_pair(rest)
    if pair is None or (frame is GALACTIC and pair[0].unit == "h"):
        return None
    return Reading(_position(text, pair, frame), _how(pair, frame))


def looks_like_a_bare_designation(text: str) -> bool:
    """Whether it is digits of a designation (0917+624) that lack the letter of their epoch."""
    return _LETTERLESS_NAME.fullmatch(plain(text)) is not None


def _position(text: str, pair: Pair, frame: Frame) -> SkyCoord:
    lon, lat = pair
    hours = _in_hours(lon, frame)
    for angle, unit in ((lon, "h" if hours else "d"), (lat, "d")):
        _check_parts(text, angle, unit)
    return position_in_frame(
        lon.value * (15 if hours else 1), lat.value, frame, parameter="position"
    )


def _in_hours(lon: WrittenAngle, frame: Frame) -> bool:
    if lon.unit or frame is GALACTIC:
        return lon.unit == "h"
    return lon.style != "decimal"


def _check_parts(text: str, angle: WrittenAngle, unit: str) -> None:
    """Refuse 24 h, 60 min and 60 s, which are slips of a rounding or a typing."""
    limits = (24.0 if unit == "h" else inf, 60.0, 60.0)
    for part, limit, name in zip(angle.parts, limits, (unit, *_UNITS[1:]), strict=False):
        if float(part) >= limit:
            degrees = f" (degrees are marked: {part}d...)" if name == "h" else ""
            why = f"is not a sky position: {part}{name} must be below {limit:g}{name}{degrees}"
            raise unreadable(text, why)


def _how(pair: Pair, frame: Frame) -> str:
    lon, lat = pair
    first = _measure(lon, "h" if _in_hours(lon, frame) else "d")
    second = _measure(lat, "d")
    both = f"{frame.lon_symbol} and {frame.lat_symbol} in {first}"
    each = f"{frame.lon_symbol} in {first}, {frame.lat_symbol} in {second}"
    return (both if first == second else each) + ("" if frame is ICRS else f", {frame.shown}")


def _measure(angle: WrittenAngle, unit: str) -> str:
    if angle.style == "decimal":
        return "decimal hours" if unit == "h" else "decimal degrees"
    words = ("hours", "minutes", "seconds") if unit == "h" else ("degrees", "arcmin", "arcsec")
    *first, last = words[: len(angle.parts)]
    return f"{', '.join(first)} and {last}"
