"""Sesame's answer in its text form: where an object is, or that it is not known.

It asks nobody, and never takes a database that could not be reached for one that does not know.
"""

import re

from astropy import units as u
from astropy.coordinates import SkyCoord

from app.errors import BadNameAnswer, NameNotFound, NameServiceUnavailable
from app.positions.refusal import ACCEPTED_COORDINATES, quoted
from app.positions.understood import ObjectPlace

_POSITION = re.compile(
    r"^%J\s+(?P<ra>\d+(?:\.(?P<decimals>\d*))?)\s+(?P<dec>[+-]?\d+(?:\.\d*)?)\s", re.M
)
_ERROR = re.compile(r"^%J\.E\s*\[\s*(\d+(?:\.\d*)?)\s+(\d+(?:\.\d*)?)\s", re.M)
_MAIN_NAME = re.compile(r"^%I\.0\s+(.+?)\s*(?:=\[.*)?$", re.M)
_DATABASE = re.compile(r"^#=\w+=(\w+)[^\n]*$", re.M)
_UNREACHED = re.compile(r"^#!\w*=?(\w*).*could not (?:access|connect)", re.M | re.I)


def read_answer(text: str, name: str, service: str) -> ObjectPlace:
    """Read the answer to one name.

    Parameters
    ----------
    text : str
        Sections that begin with "#=S=Simbad ...", lines "%J ra dec" in ICRS degrees, "%J.E" with
        the errors in mas and "%I.0" with the main name; "#====Done" at the end.
    name : str
        What was asked.
    service : str
        As sentences call it.

    Returns
    -------
    place : ObjectPlace
        That of the first section with a position, as astropy takes it.

    Raises
    ------
    NameNotFound
    NameServiceUnavailable
        If nothing was found and a database could not be asked.
    BadNameAnswer
        If it is no answer of Sesame's, or breaks off before it tells.
    """
    for database, section in _sections(text):
        if found := _POSITION.search(section):
            return _place(found, section, name, database, service)
    if not text.startswith("#") or "#====Done" not in text:
        raise _unusable(service)
    if unreached := _UNREACHED.search(text):
        raise NameServiceUnavailable(
            f"The {service} found no position of {quoted(name)}, but could not ask "
            f"{unreached[1] or 'one of its databases'}. Try again in a few minutes; coordinates "
            "are understood without it.",
            parameter="position",
        )
    known = re.search("^%I", text, re.M)
    knows = "knows it, but not its position" if known else "does not know it"
    raise NameNotFound(
        f"{quoted(name)} is no source of this bundle, and Sesame (SIMBAD, NED, VizieR) "
        f"{knows}. Check the spelling. {ACCEPTED_COORDINATES}.",
        parameter="position",
    )


def _sections(text: str) -> list[tuple[str, str]]:
    """Cut the answer at its databases' headings: (name, lines)."""
    _, *cut = _DATABASE.split(text)
    return list(zip(cut[::2], cut[1::2], strict=True))


def _unusable(service: str) -> BadNameAnswer:
    return BadNameAnswer(
        f"The answer of the {service} is not of Sesame's form, or breaks off. Try again in a few "
        "minutes; coordinates are understood without it.",
        parameter="position",
    )


def _place(
    found: re.Match[str], section: str, name: str, database: str, service: str
) -> ObjectPlace:
    ra_deg, dec_deg = float(found["ra"]), float(found["dec"])
    if not (ra_deg < 360 and abs(dec_deg) <= 90):
        raise _unusable(service)
    main = _MAIN_NAME.search(section)
    errors_mas = _ERROR.search(section)
    written_arcsec = 3600 * 10.0 ** -len(found["decimals"] or "")
    errors_arcsec = [float(error) / 1000 for error in errors_mas.groups()] if errors_mas else []
    return ObjectPlace(
        SkyCoord(ra_deg * u.deg, dec_deg * u.deg),
        name=re.sub(r"[{}]", "", " ".join(main[1].split())) if main else name,
        service=f"Sesame ({database})",
        precision_arcsec=max([written_arcsec, *errors_arcsec]),
    )
