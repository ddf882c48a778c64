"""Where the entries of a list stand on the map: on a source, by their own image, or near a source.

It never searches, and it puts no entry where nothing of the catalogue is near.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.spatial import cKDTree

from app.bundle.latent_space import NOVELTY_NEIGHBOURS, LatentSpace
from app.query.explorer import SAME_SOURCE_ARCSEC
from app.query.lists import ARCSEC_PER_RAD, EntryResult, ListEntry
from model.sphere import unit_vectors

NEAR_ARCSEC = 60.0
"""An entry without an answer is near a source within so much of it."""
PlaceKind = Literal["matched", "imaged", "near", "absent"]


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """Where one entry stands on the bundle's own map."""

    row: int
    """Its number in the list, from 1."""
    text: str
    """The entry as it was written, or its name."""
    kind: PlaceKind
    """matched: a source within 5" of it; imaged: none, and its own image was fetched and placed
    among its neighbours; near: neither, and a source within 60"; absent: none of these."""
    source_row: int | None = None
    separation_arcsec: float | None = None
    """From that source; None where the entry names it."""
    xy: tuple[float, float] | None = None
    neighbour_rows: tuple[int, ...] = ()
    """Those whose median place is that of an image."""


def place_of_answer(outcome: EntryResult) -> EntryPlace:
    """The place of an entry that was answered."""
    answer, listed = outcome.answer, outcome.listed
    assert answer is not None
    rows = tuple(each.match.row for each in answer.neighbours[:NOVELTY_NEIGHBOURS])
    return EntryPlace(
        row=listed.row,
        text=_text(listed),
        kind="imaged" if answer.subject.row is None else "matched",
        source_row=answer.subject.row,
        separation_arcsec=answer.subject.separation_arcsec,
        xy=answer.xy,
        neighbour_rows=rows if answer.subject.row is None else (),
    )


def places_without_answer(space: LatentSpace, entries: Sequence[ListEntry]) -> list[EntryPlace]:
    """The places of entries that have no answer: at the nearest source, if it is near."""
    placed = [entry for entry in entries if np.isfinite(entry.ra_deg)]
    nearest = dict(zip((entry.row for entry in placed), _nearest(space, placed), strict=True))
    return [_place(space, entry, *nearest.get(entry.row, (0, np.inf))) for entry in entries]


def _place(space: LatentSpace, entry: ListEntry, source: int, arcsec: float) -> EntryPlace:
    if arcsec > NEAR_ARCSEC:
        return EntryPlace(entry.row, _text(entry), "absent")
    kind: PlaceKind = "matched" if arcsec <= SAME_SOURCE_ARCSEC else "near"
    x, y = space.xy[source]
    return EntryPlace(entry.row, _text(entry), kind, source, arcsec, (float(x), float(y)))


def _nearest(space: LatentSpace, entries: Sequence[ListEntry]) -> list[tuple[int, float]]:
    """The nearest source of each position, and its separation in arcsec."""
    if not entries:
        return []
    asked = unit_vectors(
        np.array([entry.ra_deg for entry in entries], np.float64),
        np.array([entry.dec_deg for entry in entries], np.float64),
    )  # (M, 3)
    chords, rows = cKDTree(space.unit_positions(np.arange(len(space)))).query(asked)
    arcsec = 2 * np.arcsin(np.clip(chords / 2, 0, 1)) * ARCSEC_PER_RAD
    return [(int(row), float(one)) for row, one in zip(np.atleast_1d(rows), arcsec, strict=True)]


def _text(entry: ListEntry) -> str:
    return entry.text or entry.name
