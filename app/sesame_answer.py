"""Sesame's answer in its text form: the place of an object, or that there is none. It asks nobody."""

import re

from astropy import units as u
from astropy.coordinates import SkyCoord

from app.errors import BadNameAnswer, NameNotFound
from app.positions.refusal import ACCEPTED_COORDINATES, quoted
from app.positions.understood import ObjectPlace

_POSITION = re.compile(
    r"^%J\s+(?P<ra>\d+(?:\.(?P<decimals>\d*))?)\s+(?P<dec>[+-]?\d+(?:\.\d*)?)\s", re.M
)
_ERROR = re.compile(r"^%J\.E\s*\[\s*([\d.]+)\s+([\d.]+)", re.M)
_MAIN_NAME = re.compile(r"^%I\.0\s+(.+?)\s*(?:=\[.*)?$", re.M)
_DATABASE = re.compile(r"^#=\w+=(\w+)[^\n]*$", re.M)


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
    BadNameAnswer
        If it is no answer of Sesame's, or breaks off before it tells.
    """
    for database, section in _sections(text):
        if found := _POSITION.search(section):
            return _place(found, section, name, database)
    if not text.startswith("#") or "#====Done" not in text:
        raise BadNameAnswer(
            f"The answer of the {service} is not of Sesame's form, or breaks off. Try again in a "
            "few minutes; coordinates are understood without it.",
            parameter="position",
        )
    knows = "knows, but without a position" if re.search("^%I", text, re.M) else "does not know"
    raise NameNotFound(
        f"{quoted(name)} is no source of this bundle, and an object that Sesame (SIMBAD, NED, "
        f"VizieR) {knows}. Check the spelling. {ACCEPTED_COORDINATES}.",
        parameter="position",
    )


def _sections(text: str) -> list[tuple[str, str]]:
    """Cut the answer at its databases' headings: (name, lines)."""
    _, *cut = _DATABASE.split(text)
    return list(zip(cut[::2], cut[1::2], strict=True))


def _place(found: re.Match[str], section: str, name: str, database: str) -> ObjectPlace:
    main = _MAIN_NAME.search(section)
    errors_mas = _ERROR.search(section)
    written_arcsec = 3600 * 10.0 ** -len(found["decimals"] or "")
    errors_arcsec = [float(error) / 1000 for error in errors_mas.groups()] if errors_mas else []
    return ObjectPlace(
        SkyCoord(float(found["ra"]) * u.deg, float(found["dec"]) * u.deg),
        name=re.sub(r"[{}]", "", " ".join(main[1].split())) if main else name,
        service=f"Sesame ({database})",
        precision_arcsec=max(written_arcsec, *errors_arcsec),
    )
