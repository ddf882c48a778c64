"""What a typed text was understood as. It reads no text and asks nobody."""

from dataclasses import dataclass
from typing import Literal, Protocol

from astropy.coordinates import SkyCoord

from app.positions.written import format_position

Kind = Literal["coordinates", "bundle source", "designation", "object name"]

PRECISE_ARCSEC = 5.0
"""A position known less well than this is used with a warning."""


@dataclass(frozen=True)
class Understood:
    """A place on the sky and how it was found.

    Parameters
    ----------
    position : SkyCoord
        ICRS.
    kind : str
    sentence : str
        The position and how it was read, for the person to check.
    name : str
        What it names; empty for coordinates.
    row : int or None
        The bundle's row, where the text names one of its sources.
    warnings : tuple of str
    """

    position: SkyCoord
    kind: Kind
    sentence: str
    name: str = ""
    row: int | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ObjectPlace:
    """What a name service says of an object.

    Parameters
    ----------
    position : SkyCoord
        ICRS.
    name : str
        As the service's database writes it.
    service : str
        Who answered, such as "Sesame (Simbad)".
    precision_arcsec : float
        The larger of the position's error and of its last written digit.
    """

    position: SkyCoord
    name: str
    service: str
    precision_arcsec: float


class NameService(Protocol):
    """Anything that knows where objects are."""

    def resolve(self, name: str) -> ObjectPlace:
        """Give the object's place, or raise a NameServiceError."""


def shown(position: SkyCoord) -> str:
    """The beginning of every sentence: '12h34m56.7s +01d23m45s (ICRS)'."""
    return f"{format_position(position.ra.deg, position.dec.deg)} (ICRS)"
