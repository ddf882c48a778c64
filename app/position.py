"""Sky positions as people write them. It never asks a name resolver."""

import re

from astropy import units as u
from astropy.coordinates import Angle, SkyCoord

from app.errors import UnreadablePosition

ACCEPTED = (
    "Write RA and Dec in decimal degrees (206.42212 +23.38192) or sexagesimal, RA in hours "
    "(13:45:41.3 +23:22:55, 13h45m41.3s +23d22m55s)."
)

_NUMBER = r"[+-]?\d+(?:\.\d*)?|[+-]?\.\d+"
_DECIMAL = re.compile(rf"^({_NUMBER})\s*[,\s]\s*({_NUMBER})$")
_SEXAGESIMAL = re.compile(
    r"^(?P<ra>\d{1,2}[:h\s]\s*\d{1,2}(?:[:m\s]\s*\d{1,2}(?:\.\d*)?s?|m)?)"
    r"\s*,?\s*"
    r"(?P<dec>[+-]?\s*\d{1,2}[:d°\s]\s*\d{1,2}(?:[:m'\s]\s*\d{1,2}(?:\.\d*)?[s\"]?|[m'])?)$"
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
    cleaned = text.replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-").strip()
    decimal = _DECIMAL.match(cleaned)
    if decimal:
        return position_from_degrees(float(decimal[1]), float(decimal[2]))
    sexagesimal = _SEXAGESIMAL.match(cleaned.lower())
    if not sexagesimal:
        raise UnreadablePosition(
            f"'{text}' is not a sky position. {ACCEPTED}", parameter="position"
        )
    try:
        ra = Angle(_spaced(sexagesimal["ra"]), unit=u.hourangle).deg
        dec = Angle(_spaced(sexagesimal["dec"]), unit=u.deg).deg
    except ValueError as exc:
        raise UnreadablePosition(
            f"'{text}' is not a sky position: hours, minutes or seconds are out of range. "
            f"{ACCEPTED}",
            parameter="position",
        ) from exc
    return position_from_degrees(float(ra), float(dec))


def position_from_degrees(ra_deg: float, dec_deg: float) -> SkyCoord:
    """Make an ICRS position of two numbers, checking their range.

    Raises
    ------
    UnreadablePosition
    """
    if not 0 <= ra_deg < 360:
        raise UnreadablePosition(
            f"The right ascension {ra_deg:g} deg is outside 0 to 360 deg.", parameter="ra"
        )
    if not -90 <= dec_deg <= 90:
        raise UnreadablePosition(
            f"The declination {dec_deg:g} deg is outside -90 to +90 deg.", parameter="dec"
        )
    return SkyCoord(ra_deg * u.deg, dec_deg * u.deg)


def format_position(ra_deg: float, dec_deg: float) -> str:
    """Write a position as '12h34m56.7s +01d23m45s', rounded, never 60 seconds."""
    ra = Angle(ra_deg, u.deg).to_string(u.hourangle, sep="hms", precision=1, pad=True)
    dec = Angle(dec_deg, u.deg).to_string(u.deg, sep="dms", precision=0, pad=True, alwayssign=True)
    return f"{'00h00m00.0s' if ra == '24h00m00.0s' else ra} {dec}"


def _spaced(part: str) -> str:
    return " ".join(re.findall(r"[+-]|\d+(?:\.\d*)?", part)).replace("+ ", "+").replace("- ", "-")
