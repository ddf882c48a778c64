"""Any typed text as the place on the sky it means, in the order in which that is decided.

Coordinates, the bundle's own ids and names, and names that hold a position never touch the
network; only what is none of these is asked of a name service.
"""

from app.errors import NameNotFound, UnreadablePosition
from app.positions.bundle_names import BundleNames
from app.positions.designation import read_designation
from app.positions.reading import from_coordinates, from_designation, refused, too_coarse
from app.positions.refusal import ACCEPTED, LONGEST, quoted
from app.positions.text import tidy
from app.positions.understood import PRECISE_ARCSEC, NameService, ObjectPlace, Understood, shown

MOST_LISTED = 5
_NEVER_IN_A_NAME = set("<>{}\\|^`")


def understand(text: str, *, names: BundleNames, service: NameService | None) -> Understood:
    """Understand a text, asking the name service if nothing at hand explains it.

    Raises
    ------
    UnreadablePosition, NameServiceError
    """
    return understand_here(text, names=names) or understand_there(text, service)


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
    if found is None and not _may_be_a_name(text):
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
    if service is None:
        raise _too_coarse(text) or refused(
            text, hint=f"{ACCEPTED} Names of objects are not looked up here."
        )
    try:
        place = service.resolve(tidy(text))
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


def _may_be_a_name(text: str) -> bool:
    name = tidy(text)
    letters = any(character.isalpha() for character in name)
    usual = name.isascii() and name.isprintable() and not _NEVER_IN_A_NAME & set(name)
    return letters and usual and len(name) <= LONGEST
