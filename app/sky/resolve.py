"""Any typed text as the place on the sky it means, in the order in which that is decided.

Coordinates, the bundle's own ids and names, and names that hold a position never touch the
network; only what is none of these is asked of a name service.
"""

import re
from dataclasses import dataclass
from typing import Literal, Protocol

from astropy.coordinates import SkyCoord

from app.errors import NameNotFound, UnreadablePosition
from app.sky.coordinates import (
    ACCEPTED,
    ACCEPTED_COORDINATES,
    EXAMPLES,
    LONGEST,
    format_position,
    format_positions,
    looks_like_a_bare_designation,
    position_from_degrees,
    quoted,
    read_coordinates,
    tidy,
    unreadable,
)
from app.sky.designation import Designation, read_designation
from app.sky.names import BundleNames
from app.sky.object_names import object_name

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


def parse_position(text: str) -> SkyCoord:
    """Read a position typed as one text, without looking anything up.

    Parameters
    ----------
    text : str
        Coordinates of any frame, or a name that holds them to better than 30".

    Returns
    -------
    position : SkyCoord
        ICRS.

    Raises
    ------
    UnreadablePosition
    """
    found = from_coordinates(text) or from_designation(text)
    if found:
        return found.position
    if (held := read_designation(text)) is not None:
        raise too_coarse(text, held)
    raise refused(text, hint=f"{ACCEPTED_COORDINATES} or a name like {EXAMPLES.designation}.")


def from_degrees(ra_deg: float, dec_deg: float) -> Understood:
    """Understand two numbers, ICRS.

    Raises
    ------
    UnreadablePosition
    """
    position = position_from_degrees(ra_deg, dec_deg)
    sentence = f"{shown(position)}, given as RA and Dec in decimal degrees"
    return Understood(position, "coordinates", sentence)


def from_coordinates(text: str) -> Understood | None:
    """Understand coordinates; None for another text.

    Raises
    ------
    UnreadablePosition
        If a number is out of its range.
    """
    found = read_coordinates(text)
    if found is None:
        return None
    return Understood(
        found.position, "coordinates", f"{shown(found.position)}, read as {found.how}"
    )


def from_designation(text: str) -> Understood | None:
    """Understand a name that holds a position; None for another text, or too coarse a name.

    Raises
    ------
    UnreadablePosition
        If a number is out of its range.
    """
    found = read_designation(text)
    if found is None or found.coarse:
        return None
    return Understood(
        found.position,
        "designation",
        f"{shown(found.position)}, from the name {found.name}, whose truncated coordinates are "
        f"good to {found.precision}",
        name=found.name,
        warnings=_room(found),
    )


def refused(text: str, *, hint: str = ACCEPTED) -> UnreadablePosition:
    """Make the error for a text that is no position."""
    if looks_like_a_bare_designation(text):
        hint = f"Write J or B before {quoted(tidy(text))} if that is what it is. {hint}"
        return unreadable(text, "looks like a name without its letter", hint=hint)
    if numbered := _NAME_AND_TWO_NUMBERS.fullmatch(tidy(text)):
        name = "{} {}-{}".format(*numbered.groups())
        hint = f"Write '{name}' if it is the name of an object. {hint}"
    return unreadable(text, "is not a sky position", hint=hint)


_NAME_AND_TWO_NUMBERS = re.compile(r"([A-Za-z]{2,20}) (\d+) (\d+)", re.ASCII)


def too_coarse(text: str, held: Designation) -> UnreadablePosition:
    """Make the error for a name that leaves too much room for an image of its source."""
    why = f"says only to {held.precision} where its source is"
    return unreadable(text, why, hint=f"{ACCEPTED_COORDINATES}.")


def _room(found: Designation) -> tuple[str, ...]:
    if max(found.ra_cell_arcsec, found.dec_cell_arcsec) <= PRECISE_ARCSEC:
        return ()
    return (
        f"The name {found.bare} gives its position only to {found.precision}, and truncated: the "
        "source can lie that much farther east and farther from the equator.",
    )


__all__ = [
    "ACCEPTED",
    "format_position",
    "format_positions",
    "parse_position",
    "position_from_degrees",
]


MOST_LISTED = 5


def understand_here(text: str, *, names: BundleNames) -> Understood | None:
    """Understand a text without the network.

    Returns
    -------
    understood : Understood or None
        None for what may be the name of an object, and for a name too coarse to be a position.

    Raises
    ------
    UnreadablePosition
        If it is no position and cannot be a name.
    """
    found = from_coordinates(text) or _from_bundle(text, names) or from_designation(text)
    if found is None and object_name(text) is None:
        raise refused(text)
    return found


def understand_there(text: str, service: NameService | None) -> Understood:
    """Understand a text as the name of an object, by asking a name service.

    Raises
    ------
    UnreadablePosition
        If there is no service to ask.
    NameServiceError
    """
    name = object_name(text)
    if name is None:
        raise refused(text)
    if service is None:
        raise _too_coarse(text) or refused(
            text, hint=f"{ACCEPTED} Names of objects are not looked up here."
        )
    try:
        place = service.resolve(name)
    except NameNotFound as exc:
        raise (_too_coarse(text) or exc) from exc
    return Understood(
        place.position,
        "object name",
        f"{shown(place.position)}, where {place.service} has {place.name}",
        name=place.name,
        warnings=_imprecise(place),
    )


def _too_coarse(text: str) -> UnreadablePosition | None:
    """The error for a name that holds a position, but not well enough to find an image."""
    held = read_designation(text)
    return too_coarse(text, held) if held and held.coarse else None


def _from_bundle(text: str, names: BundleNames) -> Understood | None:
    rows = names.rows_of(text) if len(text) <= LONGEST else []
    if not rows and (held := read_designation(text)):
        rows = names.rows_of_designation(held.bare)
    if not rows:
        return None
    row, *others = rows
    position, source_id = names.position(row), names.source_id(row)
    return Understood(
        position,
        "bundle source",
        f"{shown(position)}, the source {source_id} of this bundle",
        name=names.name(row) or source_id,
        row=row,
        warnings=(_repeated(text, row, others, names),) if others else (),
    )


def _repeated(text: str, row: int, others: list[int], names: BundleNames) -> str:
    listed = ", ".join(names.source_id(other) for other in others[:MOST_LISTED])
    more = f" and {len(others) - MOST_LISTED} more" if len(others) > MOST_LISTED else ""
    return (
        f"{quoted(text)} names {len(others) + 1} sources of this bundle. This is "
        f"{names.source_id(row)}; the others: {listed}{more}."
    )


def _imprecise(place: ObjectPlace) -> tuple[str, ...]:
    if place.precision_arcsec <= PRECISE_ARCSEC:
        return ()
    return (
        f"{place.service} gives the position of {place.name} only to "
        f'{place.precision_arcsec:.2g}"; the source can lie that far off.',
    )
