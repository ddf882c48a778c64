"""Celestial frames and angular units as files write them, in astropy's terms.

It never assumes one: a frame or unit that is not known is an error that names it.
"""

import re
from math import isclose

from astropy import units as u
from astropy.coordinates import FK4, FK5, ICRS, BaseCoordinateFrame, Galactic, Supergalactic
from astropy.io.votable.tree import CooSys
from astropy.time import Time

from app.tables.lists import UnreadableCatalogue

_FRAME = re.compile(
    r"(?:eq_?)?(?P<system>icrs|fk5|fk4(?:-no-e)?|galactic|gal|super_?galactic)?[ ,(/]*"
    r"(?P<letter>[jb]?)(?P<year>\d{4}(?:\.\d+)?)?\)?"
)
FRAMES = "icrs, fk5, fk4, galactic, or with an equinox, such as fk5 J1975"


_OTHER_EQUINOX = re.compile(r"\b(?:[BJ]1[89]\d\d(?:\.\d+)?|FK4)\b", re.I)
_OTHER_SYSTEM = re.compile(r"\b(?:galactic|GLON|supergalactic|ecliptic)\b", re.I)
_OTHER_UNIT = re.compile(r"\b(?:hourangle|RA ?[\[(]?hours?|radians?)\b", re.I)
_OLD = re.compile(r"\b(?:B1[89]\d\d(?:\.\d+)?|FK4)\b")
_MODERN = re.compile(r"\b(?:J2000(?:\.0)?|FK5|ICRS)\b")


def other_frame(comment: str, *, is_equatorial: bool = False) -> str:
    """The word of a comment that names another frame than ICRS; empty: none does.

    Of columns that are right ascension and declination by name, only an equinox can be meant.
    """
    found = _OTHER_EQUINOX.search(comment)
    if found is None and not is_equatorial:
        found = _OTHER_SYSTEM.search(comment)
    return found[0] if found else ""


def other_unit(comment: str) -> str:
    """The word of a comment that names another unit than degrees; empty: none does."""
    found = _OTHER_UNIT.search(comment)
    return found[0] if found else ""


def described_frame(description: str) -> str:
    """The frame of a column that is "Right ascension (B1950)"; empty where none is said, or two."""
    named = set(_OLD.findall(description))
    if len(named) != 1 or _MODERN.search(description):
        return ""
    return frame_text(read_frame(named.pop()))


def read_frame(text: str) -> BaseCoordinateFrame:
    """The frame that a text names: a system, an equinox (B1950, J2000), or both.

    Raises
    ------
    UnreadableCatalogue
        If it is none that can be brought to ICRS.
    """
    found = _FRAME.fullmatch(text.strip().lower())
    if not found or not (found["system"] or found["year"]):
        raise UnreadableCatalogue(f"'{text}' is no frame that is known; give {FRAMES}.")
    system, letter, year = found["system"], found["letter"], found["year"]
    if system is None:  # as in FITS: before 1984 FK4, from then on FK5
        system = "fk4" if letter == "b" or (not letter and float(year) < 1984) else "fk5"
    if system == "icrs":
        return ICRS()
    if system.endswith("galactic") or system == "gal":
        return Supergalactic() if system.startswith("super") else Galactic()
    if system == "fk4-no-e":
        raise UnreadableCatalogue("FK4 without the E-terms is not read; give fk4 or fk5.")
    kind, usual = (FK4, "b") if system == "fk4" else (FK5, "j")
    equinox = Time(f"{(letter or usual).upper()}{year}") if year else None
    return kind(equinox=equinox) if equinox is not None else kind()


def frame_text(frame: BaseCoordinateFrame) -> str:
    """A frame as a text that `read_frame` reads: 'icrs', 'fk4 B1950', 'fk5 J1975'."""
    if isinstance(frame, FK4 | FK5):
        return f"{frame.name} {frame.equinox.value}".removesuffix(".000")
    return str(frame.name)


def shown_frame(text: str) -> str:
    """A frame's text for people: 'ICRS', 'FK4 B1950', 'Galactic'."""
    return text.capitalize() if "galactic" in text else text.upper()


def votable_frame(system: CooSys) -> str:
    """The frame of a COOSYS element; one that astropy does not know in the file's own words."""
    try:
        return frame_text(system.to_astropy_frame())
    except (ValueError, TypeError):
        return f"{system.system or ''} {system.equinox or ''}".strip()


def header_frame(system: object, equinox: object) -> str:
    """The frame of a FITS header's RADESYS and EQUINOX; empty where it says none."""
    words = f"{system or ''} {equinox or ''}".strip()
    if str(system or "").strip().lower() == "icrs":
        return "icrs"
    try:
        return frame_text(read_frame(words)) if words else ""
    except UnreadableCatalogue:
        return words


_DEGREES = {
    **dict.fromkeys(("deg", "degree", "degrees", "d", "degs", "degj2000", "°"), 1.0),
    **dict.fromkeys(("hourangle", "hour", "hours", "h", "hr", "hrs"), 15.0),
    **dict.fromkeys(("rad", "radian", "radians"), float(u.rad.to(u.deg))),
    **dict.fromkeys(("arcsec", "arcsecs", '"', "as"), 1 / 3600),
    **dict.fromkeys(("arcmin", "arcmins", "'"), 1 / 60),
}
_SEXAGESIMAL = {
    **dict.fromkeys(("h:m:s", "hms", "hh:mm:ss", "hh:mm:ss.s", "h m s"), 15.0),
    **dict.fromkeys(("d:m:s", "dms", "dd:mm:ss", "dd:mm:ss.s", "d m s"), 1.0),
}


def degrees_in(unit: str) -> float | None:
    """Degrees in one of a unit, as files write it; 15 for h:m:s; None where it is no angle."""
    plain = unit.strip().strip("\"'").strip().lower() or unit.strip()
    known = _DEGREES | _SEXAGESIMAL
    if plain in known:
        return known[plain]
    try:
        found = float(u.Unit(unit.strip(), parse_strict="raise").to(u.deg))
    except (ValueError, TypeError):
        return None
    return next((whole for whole in (1.0, 15.0) if isclose(found, whole)), found)  # "15deg"


def is_sexagesimal(unit: str) -> bool:
    """Whether a unit says that angles are written in three numbers."""
    return unit.strip().strip("\"'").strip().lower() in _SEXAGESIMAL
