"""A cone search: the question of IVOA Simple Cone Search 1.03, and the rows that answer it.

It never writes a document: `cone_votable` does.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.bundle.latent_space import LatentSpace
from app.errors import ExplorerError

MAX_RADIUS_DEG = 180.0
MAX_RECORDS = 100_000
"""Rows of one answer; it is also the default of MAXREC."""
VERBOSITIES = (1, 2, 3)
DEFAULT_VERBOSITY = 2

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_LONGEST = 60


class UnusableCone(ExplorerError):
    """A parameter of a cone search is missing or cannot be used."""


@dataclass(frozen=True)
class ConeQuery:
    """What is asked: a circle on the sky (ICRS), which columns, and how many rows at most."""

    ra_deg: float
    dec_deg: float
    radius_deg: float
    verbosity: int = DEFAULT_VERBOSITY
    max_records: int = MAX_RECORDS


@dataclass(frozen=True)
class ConeAnswer:
    """The rows inside the cone, nearest first, and how many there were before MAXREC."""

    rows: NDArray[np.intp]  # (M,)
    separation_arcsec: NDArray[np.float64]  # (M,)
    n_inside: int


def read_cone(parameters: Iterable[tuple[str, str]]) -> ConeQuery:
    """Read the parameters of a request; names in any case, others than ours are ignored.

    Parameters
    ----------
    parameters : iterable of (name, value)
        RA, DEC and SR in decimal degrees; VERB 1, 2 or 3; MAXREC.

    Raises
    ------
    UnusableCone
        If RA, DEC or SR is missing, or any of the five is given twice or cannot be used.

    Notes
    -----
    SCS 1.03, Sec. 2; MAXREC as in DALI 1.1. RA = 360 is read as 0.
    """
    given = _by_name(parameters)
    max_records = _whole(given, "MAXREC", MAX_RECORDS)
    if max_records < 0:
        raise _unusable("MAXREC", given["MAXREC"], "a number of rows, 0 or more, is needed")
    verbosity = _whole(given, "VERB", DEFAULT_VERBOSITY)
    if verbosity not in VERBOSITIES:
        raise _unusable("VERB", given["VERB"], "it is 1, 2 or 3")
    return ConeQuery(
        ra_deg=_degrees(given, "RA", 0, 360) % 360,
        dec_deg=_degrees(given, "DEC", -90, 90),
        radius_deg=_degrees(given, "SR", 0, MAX_RADIUS_DEG),
        verbosity=verbosity,
        max_records=min(max_records, MAX_RECORDS),
    )


def search_cone(space: LatentSpace, query: ConeQuery) -> ConeAnswer:
    """Find the rows whose positions lie in the cone, its edge included.

    A radius of 0 asks for the columns alone (SCS 1.03, Sec. 2.3) and finds no row.
    """
    center = SkyCoord(query.ra_deg, query.dec_deg, unit="deg")
    separation_arcsec = space.separations_arcsec(center)
    inside = separation_arcsec <= query.radius_deg * 3600
    rows = np.flatnonzero(inside & (query.radius_deg > 0))
    nearest_first = rows[np.argsort(separation_arcsec[rows], kind="stable")]
    kept = nearest_first[: query.max_records]
    return ConeAnswer(kept, separation_arcsec[kept], len(rows))


def _by_name(parameters: Iterable[tuple[str, str]]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in parameters:
        known = name.upper()
        if known in given and known in ("RA", "DEC", "SR", "VERB", "MAXREC"):
            raise UnusableCone(f"The parameter {known} is given twice.", parameter=known)
        given[known] = value.strip()
    return given


def _degrees(given: dict[str, str], name: str, low: float, high: float) -> float:
    text = given.get(name, "")
    if not text:
        raise UnusableCone(
            f"The parameter {name} is missing. A cone search needs RA, DEC (ICRS) and SR (radius), "
            "each in decimal degrees.",
            parameter=name,
        )
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not low <= value <= high:
        raise _unusable(name, text, f"decimal degrees from {low:g} to {high:g} are needed")
    return value


def _whole(given: dict[str, str], name: str, default: int) -> int:
    text = given.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[+-]?\d{1,9}", text, re.ASCII):
        raise _unusable(name, text, "a whole number is needed")
    return int(text)


def _unusable(name: str, text: str, why: str) -> UnusableCone:
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return UnusableCone(f"{name} cannot be '{shown}': {why}.", parameter=name)
