"""Celestial frames by the names people put before or after coordinates. It converts nothing."""

import re
from dataclasses import dataclass


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
        As `app.positions.text.plain` gives it.

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
