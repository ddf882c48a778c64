"""Names that hold a position (RGZ J134541.2+232253): truncated coordinates, as the IAU has it.

It never asks whether such a source exists, and never gives a place that is too coarse for an image.
"""

import re
from dataclasses import dataclass

import numpy as np
from astropy.coordinates import SkyCoord

from app.sky.coordinates import FK4, ICRS, LONGEST, position_in_frame, tidy, unreadable

COARSEST_ARCSEC = 30.0
"""A name that leaves more room than this cannot say where in a 2' image its source is."""

_NAME = re.compile(
    r"(?:(?P<acronym>[\w\[(][\w\[\]():./*-]*(?: [\w\[\]():./*-]+){0,2}?) ?)??"
    r"(?P<epoch>[JB])(?:(?<!\w[JB]) )?(?P<ra>\d{4,}(?:\.\d+)?)"
    r"(?: ?(?P<sign>[+-]) ?| )(?P<dec>\d{2,}(?:\.\d+)?)",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True)
class Designation:
    """A name that holds a position.

    Parameters
    ----------
    name : str
        As typed, a lost plus put back.
    bare : str
        Without the catalogue's acronym, such as J134541.2+232253.
    position : SkyCoord
        ICRS, the corner of the cell that is written: the source is at it or farther east, and at
        it or farther from the equator.
    ra_cell_arcsec, dec_cell_arcsec : float
        Sides of the cell on the sky.
    """

    name: str
    bare: str
    position: SkyCoord
    ra_cell_arcsec: float
    dec_cell_arcsec: float

    @property
    def precision(self) -> str:
        """The cell in words."""
        return f"{_shown(self.ra_cell_arcsec)} in RA and {_shown(self.dec_cell_arcsec)} in Dec"

    @property
    def coarse(self) -> bool:
        """Whether it leaves too much room for an image of the source."""
        return max(self.ra_cell_arcsec, self.dec_cell_arcsec) > COARSEST_ARCSEC


def read_designation(text: str) -> Designation | None:
    """Read a name of the IAU's form, J for J2000 (ICRS) or B for B1950 (FK4).

    Parameters
    ----------
    text : str
        Any catalogue's acronym may come first. Digits beyond HHMMSS and DDMMSS are decimals, as
        in 2MASX J13454131+2322549; three digits of declination are tenths of a degree.

    Returns
    -------
    designation : Designation or None
        None for a text that is not of the form.

    Raises
    ------
    UnreadablePosition
        If it has the form, and a number is out of its range.

    Notes
    -----
    The IAU's "Specifications concerning designations for astronomical radiation sources outside
    the solar system": coordinates in a designation are truncated, not rounded.
    """
    typed = tidy(text) if len(text) <= LONGEST else ""
    found = _NAME.fullmatch(typed)
    ra = _sexagesimal(found["ra"]) if found else None
    dec = _sexagesimal(found["dec"], lead=1) if found else None
    if not found or ra is None or dec is None:
        return None
    _check_ranges(text, ra, dec)
    sign = found["sign"] or "+"
    bare = _bare(found)
    dec_deg = dec.value if sign == "+" else -dec.value
    frame = ICRS if bare.startswith("J") else FK4
    return Designation(
        name=" ".join(filter(None, (found["acronym"], bare))),
        bare=bare,
        position=position_in_frame(15 * ra.value, dec_deg, frame, parameter="position"),
        ra_cell_arcsec=float(15 * 3600 * ra.step * np.cos(np.radians(dec_deg))),
        dec_cell_arcsec=3600 * dec.step,
    )


def bare_designation(name: str) -> str | None:
    """Give the part of a name that holds its position (J134541.2+232253), unchecked, or None."""
    found = _NAME.fullmatch(tidy(name))
    return _bare(found) if found else None


def _bare(found: re.Match[str]) -> str:
    return f"{found['epoch'].upper()}{found['ra']}{found['sign'] or '+'}{found['dec']}"


@dataclass(frozen=True)
class _Digits:
    """Hours or degrees, minutes, seconds of a run of digits; the step is that of its last one."""

    parts: tuple[float, ...]
    step: float

    @property
    def value(self) -> float:
        return sum(part / 60**power for power, part in enumerate(self.parts))


def _sexagesimal(written: str, lead: int = 2) -> _Digits | None:
    """Cut digits in pairs; one left over is a decimal of the last pair.

    `lead` is how many pairs there are at least before a decimal: HHMM, but DD.
    """
    whole, point, decimals = written.partition(".")
    if point and (len(whole) % 2 or not lead <= len(whole) // 2 <= 3):
        return None
    pairs = min(len(whole) // 2, 3)
    decimals = whole[2 * pairs :] + decimals
    numbers = [float(whole[2 * i : 2 * i + 2]) for i in range(pairs)]
    numbers[-1] += float(f"0.{decimals or 0}")
    return _Digits(tuple(numbers), 10.0 ** -len(decimals) / 60 ** (pairs - 1))


def _check_ranges(text: str, ra: _Digits, dec: _Digits) -> None:
    too_large = [
        f"{part:g} {unit}"
        for digits, limits in ((ra, (24, 60, 60)), (dec, (91, 60, 60)))
        for part, limit, unit in zip(digits.parts, limits, _UNITS[digits is dec], strict=False)
        if part >= limit
    ]
    if too_large:
        why = f"is no designation: its digits would be {' and '.join(too_large)}"
        raise unreadable(text, why)


_UNITS = (("h of RA", "min of RA", "s of RA"), ("deg of Dec", "arcmin of Dec", "arcsec of Dec"))


def _shown(arcsec: float) -> str:
    return f"{arcsec / 60:.2g}'" if arcsec >= 60 else f'{arcsec:.2g}"'
