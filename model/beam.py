"""FIRST's restoring beam by position: the one place that knows it.

It never reads an image: a FITS header that tells its own beam comes first.
"""

from dataclasses import dataclass

CIRCULAR_NORTH_OF_DEC_DEG = 4 + 33 / 60
SOUTHERN_FIELD_RA_DEG = (20.3 * 15, 4.0 * 15)
"""The southern field runs from 20.3 h through 0 h to 4.0 h."""
DRAWN_STRIP_RA_DEG = (21.0 * 15, 3.0 * 15)
DRAWN_STRIP_SOUTH_OF_DEC_DEG = -(2 + 30 / 60 + 25 / 3600)


@dataclass(frozen=True)
class Beam:
    """A restoring beam: full widths at half maximum, and position angle from north through east.

    The position angle of FIRST's own beams is 0 (north-south).
    """

    major_arcsec: float
    minor_arcsec: float
    pa_deg: float = 0.0


NORTHERN = Beam(5.4, 5.4)
EQUATORIAL = Beam(6.4, 5.4)
SOUTHERN = Beam(6.8, 5.4)


def first_beam(ra_deg: float, dec_deg: float) -> Beam | None:
    """The restoring beam where the position decides it; None where it does not.

    Parameters
    ----------
    ra_deg, dec_deg : float
        ICRS.

    Notes
    -----
    5.4" round north of Dec +4d33m, 6.4 x 5.4" (north-south) below it, and 6.8 x 5.4" in part of
    the southern field (RA 20.3 h to 4.0 h). The bounds of that part could not be checked against
    the survey's own description, so below Dec +4d33m nothing is said there.
    """
    if dec_deg > CIRCULAR_NORTH_OF_DEC_DEG:
        return NORTHERN
    return None if _through_zero(ra_deg, SOUTHERN_FIELD_RA_DEG) else EQUATORIAL


def drawing_beam(ra_deg: float, dec_deg: float) -> Beam:
    """A beam to draw with at any position: FIRST's own, or the likely one where that is unknown.

    Notes
    -----
    Where `first_beam` says nothing: 6.8 x 5.4" between 21 h and 3 h south of Dec -2d30m25s,
    6.4 x 5.4" elsewhere. A drawn image may use it; no catalogue may state it.
    """
    known = first_beam(ra_deg, dec_deg)
    if known is not None:
        return known
    in_strip = dec_deg < DRAWN_STRIP_SOUTH_OF_DEC_DEG and _through_zero(ra_deg, DRAWN_STRIP_RA_DEG)
    return SOUTHERN if in_strip else EQUATORIAL


def _through_zero(ra_deg: float, bounds_deg: tuple[float, float]) -> bool:
    """Whether a right ascension lies in a range that holds 0 h."""
    start, stop = bounds_deg
    return ra_deg % 360 > start or ra_deg % 360 < stop
