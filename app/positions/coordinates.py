"""Coordinates in a text, of any frame: what they are and how they were read.

It never guesses: a text that could be two positions is none.

The rule for right ascension: sexagesimal is hours unless its first number is marked d or °; a
decimal number is degrees unless marked h. Galactic longitude is degrees.
"""

import re
from dataclasses import dataclass
from math import inf

from astropy.coordinates import SkyCoord

from app.positions.angle import WrittenAngle
from app.positions.bounds import position_in_frame
from app.positions.frames import GALACTIC, ICRS, Frame, take_frame, take_labels
from app.positions.pair import Pair, read_pair
from app.positions.refusal import LONGEST, unreadable
from app.positions.text import plain

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
