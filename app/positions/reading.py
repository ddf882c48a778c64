"""A text that says itself where it points: coordinates, or a name that holds them.

It never looks anything up, neither in a bundle nor on the network.
"""

from astropy.coordinates import SkyCoord

from app.errors import UnreadablePosition
from app.positions.bounds import position_from_degrees
from app.positions.coordinates import looks_like_a_bare_designation, read_coordinates
from app.positions.designation import Designation, read_designation
from app.positions.refusal import ACCEPTED, ACCEPTED_COORDINATES, quoted, unreadable
from app.positions.text import tidy
from app.positions.understood import PRECISE_ARCSEC, Understood, shown


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
    raise refused(text, hint=f"{ACCEPTED_COORDINATES} or a name like J134541.3+232254.")


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
    return unreadable(text, "is not a sky position", hint=hint)


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
