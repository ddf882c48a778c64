"""Sky positions as people write them. It never asks a name resolver."""

import re

import numpy as np
from astropy import units as u
from astropy.coordinates import Angle, SkyCoord
from numpy.typing import NDArray

from app.errors import UnreadablePosition

ACCEPTED = (
    "Write RA and Dec in decimal degrees (206.42212 +23.38192) or sexagesimal, RA in hours "
    "(13:45:41.3 +23:22:55, 13h45m41.3s +23d22m55s)."
)

LONGEST = 100
"""Characters; nothing longer is a position."""

_TYPOGRAPHIC = str.maketrans("\u2212\u2013\u2010\u2011\u2032\u2019\u2033\u201d", "----''\"\"")
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_DECIMAL = re.compile(rf"({_NUMBER})(?: ?, ?| |(?=[+-]))({_NUMBER})", re.ASCII)
_SEXAGESIMAL = re.compile(
    r"(?P<h>\d{1,2})[:h ] ?(?P<ra_m>\d{1,2})(?:[:m ] ?(?P<ra_s>\d{1,2}(?:\.\d*)?)s?|m)?"
    r"(?: ?, ?| |(?<=[ms])|(?=[+-]))"  # never between two digits of one number
    r"(?P<sign>[+-]?) ?(?P<d>\d{1,2})[:d° ] ?(?P<dec_m>\d{1,2})"
    r"(?:[:m' ] ?(?P<dec_s>\d{1,2}(?:\.\d*)?)[s\"]?|[m'])?",
    re.ASCII,
)


def parse_position(text: str) -> SkyCoord:
    """Read a position typed as one text.

    Parameters
    ----------
    text : str
        Decimal degrees or sexagesimal with RA in hours; ICRS (J2000).

    Returns
    -------
    position : SkyCoord
        ICRS.

    Raises
    ------
    UnreadablePosition
    """
    plain = " ".join(text.translate(_TYPOGRAPHIC).lower().split()) if len(text) <= LONGEST else ""
    if decimal := _DECIMAL.fullmatch(plain):
        return position_from_degrees(float(decimal[1]), float(decimal[2]), parameter="position")
    sexagesimal = _SEXAGESIMAL.fullmatch(plain)
    if not sexagesimal:
        raise _unreadable(text, "is not a sky position")
    part = sexagesimal.groupdict(default="0")
    _check_range(text, part)
    ra_deg = 15 * _degrees(part["h"], part["ra_m"], part["ra_s"])
    dec_deg = _degrees(part["d"], part["dec_m"], part["dec_s"])
    signed_dec_deg = -dec_deg if part["sign"] == "-" else dec_deg  # -00 30 00 is negative
    return position_from_degrees(ra_deg, signed_dec_deg, parameter="position")


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
    if not 0 <= ra_deg < 360:
        raise UnreadablePosition(
            f"The right ascension {ra_deg:.12g} deg is not in the range from 0 deg up to, but not "
            "including, 360 deg.",
            parameter=parameter or "ra",
        )
    if not -90 <= dec_deg <= 90:
        raise UnreadablePosition(
            f"The declination {dec_deg:.12g} deg is outside -90 to +90 deg.",
            parameter=parameter or "dec",
        )
    return SkyCoord(ra_deg * u.deg, dec_deg * u.deg)


def format_position(ra_deg: float, dec_deg: float) -> str:
    """Write a position as '12h34m56.7s +01d23m45s', rounded, never 60 seconds."""
    return format_positions(np.array([ra_deg]), np.array([dec_deg]))[0]


def format_positions(ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]) -> list[str]:
    """Write positions (N,), (N,) as `format_position` does; much faster for many at once."""
    ra = Angle(ra_deg, u.deg).to_string(u.hourangle, sep="hms", precision=1, pad=True)
    dec = Angle(dec_deg, u.deg).to_string(u.deg, sep="dms", precision=0, pad=True, alwayssign=True)
    whole_day = ra == "24h00m00.0s"
    return [f"{r} {d}" for r, d in zip(np.where(whole_day, "00h00m00.0s", ra), dec, strict=True)]


def _check_range(text: str, part: dict[str, str]) -> None:
    limits = {"h": (24, "h"), "ra_m": (60, "m"), "dec_m": (60, "m")}
    limits |= {"ra_s": (60, "s"), "dec_s": (60, "s")}
    for name, (limit, unit) in limits.items():
        if float(part[name]) >= limit:
            why = f"is not a sky position: {part[name]}{unit} must be below {limit}{unit}"
            raise _unreadable(text, why)


def _degrees(whole: str, minutes: str, seconds: str) -> float:
    return int(whole) + int(minutes) / 60 + float(seconds) / 3600


def _unreadable(text: str, why: str) -> UnreadablePosition:
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return UnreadablePosition(f"'{shown}' {why}. {ACCEPTED}", parameter="position")
