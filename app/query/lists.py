"""Listed positions, each answered from the bundle, or else by the survey, or with a reason.

It never reads a list and never writes a table.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from app.bundle.latent_space import LatentSpace
from app.errors import ExplorerError
from app.query.explorer import SAME_SOURCE_ARCSEC, Answer, Explorer
from app.query.ranking import SearchOptions
from app.sky.resolve import NameService, Understood, understand_there
from model.preprocess import ImageError
from model.sphere import unit_vectors


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry of a list."""

    row: int
    """Its number in the list, from 1: the line's, or the table's row."""
    name: str = ""
    """Name or id as the list gives it; may be empty."""
    ra_deg: float = np.nan
    dec_deg: float = np.nan
    text: str = ""
    """The entry as it was written; empty for a table's row."""
    understood: str = ""
    """How the text was read, in a sentence."""
    warnings: tuple[str, ...] = ()
    source_row: int | None = None
    """Row of the bundle, where the text names one of its sources."""
    to_look_up: bool = False
    """Whether the text may be the name of an object, so that its position is yet to be asked."""
    reason: str = ""
    """Why there is no position, in a sentence; empty if there is one."""


@dataclass(frozen=True)
class EntryList:
    """The entries of a list, in its order, and what to know of how it was read."""

    entries: list[ListEntry]
    notes: list[str] = field(default_factory=list)


def of_understood(entry: ListEntry, found: Understood) -> ListEntry:
    """The entry with the position that its text was understood as."""
    return ListEntry(
        row=entry.row,
        name=found.name,
        ra_deg=float(found.position.ra.deg),
        dec_deg=float(found.position.dec.deg),
        text=entry.text,
        understood=found.sentence,
        warnings=found.warnings,
        source_row=found.row,
    )


def look_up_names(
    entries: Sequence[ListEntry],
    service: NameService | None,
    most: int | None = None,
    at_once: int = 3,
    stopped: Callable[[], bool] = lambda: False,
) -> list[ListEntry]:
    """Give every entry its position, or the reason why it has none.

    Parameters
    ----------
    entries : sequence of ListEntry
    service : NameService or None
        None: names of objects are not looked up.
    most : int, optional
        Names that are looked up at most, the first of the list; None: all.
    at_once : int
    stopped : callable
        Says whether to ask no more.
    """
    waiting = list(dict.fromkeys(entry.text for entry in entries if entry.to_look_up))
    asked = waiting[:most]

    def ask(text: str) -> ListEntry:
        entry = ListEntry(0, text=text)
        if stopped():
            return replace(entry, reason="The search was stopped before this name was looked up.")
        try:
            return of_understood(entry, understand_there(text, service))
        except ExplorerError as exc:
            return replace(entry, reason=str(exc))

    with ThreadPoolExecutor(max(at_once, 1), thread_name_prefix="names") as pool:
        found = dict(zip(asked, pool.map(ask, asked), strict=True))
    return [_looked_up(entry, found, most) for entry in entries]


def _looked_up(entry: ListEntry, found: dict[str, ListEntry], most: int | None) -> ListEntry:
    if not entry.to_look_up:
        return entry
    if entry.text in found:
        return replace(found[entry.text], row=entry.row)
    reason = f"Names of objects are looked up for {most} entries of one list at most. "
    if not most:
        reason = "It is no position, and names of objects were not to be looked up. "
    return replace(
        entry, to_look_up=False, reason=f"{reason}Give its coordinates, or search it by itself."
    )


LIST_K = 20
"""Neighbours of each entry of a list, unless another number is given."""
ARCSEC_PER_RAD = np.degrees(1) * 3600
Sources = list[tuple[int, float]]
"""Rows of the bundle with their separations from a position, arcsec."""


@dataclass(frozen=True)
class EntryResult:
    """What became of an entry: an answer, or the reason why there is none."""

    listed: ListEntry
    answer: Answer | None = None
    matched_by: Literal["bundle", "service", ""] = ""
    reason: str = ""


@dataclass(frozen=True)
class ListSearchOptions:
    """How to search, and how much to ask of the survey."""

    search: SearchOptions = field(default_factory=SearchOptions)
    survey_max: int | None = None
    """Positions that the survey is asked for at most, the first of the list; None: all."""
    connections: int = 3
    """Of them at once."""


def search_list(
    explorer: Explorer, entries: Sequence[ListEntry], options: ListSearchOptions
) -> Generator[EntryResult, None, None]:
    """Answer for every entry of a list, each once, as its answer is had: not in the list's order.

    Parameters
    ----------
    explorer : Explorer
    entries : sequence of ListEntry
        None of them `to_look_up` any more.
    options : BulkOptions

    Yields
    ------
    outcome : Outcome
        Whatever stands between a position and a usable image is the reason of its entry, and stops
        no other. Closed early, it waits for the requests under way.
    """
    for entry in entries:
        if entry.reason:
            yield EntryResult(entry, reason=entry.reason)
    usable = [entry for entry in entries if not entry.reason]
    nearby = _sources_at(explorer.space, usable)
    held = [(entry, sources) for entry, sources in zip(usable, nearby, strict=True) if sources]
    yield from _from_bundle(explorer, held, options)
    missing = [entry for entry, sources in zip(usable, nearby, strict=True) if not sources]
    asked = missing[: options.survey_max]
    for entry in missing[len(asked) :]:
        yield EntryResult(entry, reason=_not_asked(options))
    yield from _from_survey(explorer, asked, options)


def _from_bundle(
    explorer: Explorer, held: Sequence[tuple[ListEntry, Sources]], options: ListSearchOptions
) -> Iterator[EntryResult]:
    subjects = [
        explorer.bundle_subject(row, arcsec, tuple(others)) for _, ((row, arcsec), *others) in held
    ]
    answers = explorer.answers_of(subjects, options.search)
    for (entry, _), answer in zip(held, answers, strict=True):
        yield _answered(entry, answer, "bundle")


def _from_survey(
    explorer: Explorer, asked: Sequence[ListEntry], options: ListSearchOptions
) -> Iterator[EntryResult]:
    pool = ThreadPoolExecutor(max(options.connections, 1), thread_name_prefix="bulk")
    try:
        under_way = [pool.submit(_query, explorer, entry, options.search) for entry in asked]
        for future in as_completed(under_way):
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _query(explorer: Explorer, entry: ListEntry, options: SearchOptions) -> EntryResult:
    position = SkyCoord(entry.ra_deg, entry.dec_deg, unit="deg")
    try:
        return _answered(entry, explorer.query(position, options), "service")
    except (ExplorerError, ImageError) as exc:
        return EntryResult(entry, reason=str(exc))


def _answered(entry: ListEntry, answer: Answer, by: Literal["bundle", "service"]) -> EntryResult:
    if answer.neighbours:
        return EntryResult(entry, answer, by)
    return EntryResult(
        entry,
        reason="Every source of the bundle lies within the near-duplicate distance of another one "
        "or of this position. Give a smaller distance, or do not hide near-duplicates.",
    )


def _not_asked(options: ListSearchOptions) -> str:
    here = f'No source of the bundle lies within {SAME_SOURCE_ARCSEC:g}" of this position, and '
    if not options.survey_max:
        return f"{here}the survey was not to be asked."
    return (
        f"{here}the survey is asked for {options.survey_max} positions of one list at most. Search "
        "for this one in another list."
    )


def _sources_at(space: LatentSpace, entries: Sequence[ListEntry]) -> list[Sources]:
    """Rows within 5" of every position and their separations (arcsec), nearest first."""
    if not entries:
        return []
    asked = unit_vectors(
        np.array([entry.ra_deg for entry in entries], np.float64),
        np.array([entry.dec_deg for entry in entries], np.float64),
    )  # (M, 3)
    sky = space.unit_positions(np.arange(len(space)))  # (N, 3)
    found = cKDTree(sky).query_ball_point(asked, 1.01 * SAME_SOURCE_ARCSEC / ARCSEC_PER_RAD)
    return [
        _ordered(sky, np.array(rows, np.intp), one, entry.source_row)
        for rows, one, entry in zip(found, asked, entries, strict=True)
    ]


def _ordered(
    sky: NDArray[np.float64],
    rows: NDArray[np.intp],
    asked: NDArray[np.float64],
    named: int | None,
) -> Sources:
    """The rows by separation; a source that the entry names comes before others at its place."""
    rows = np.sort(rows)
    chord = np.linalg.norm(sky[rows] - asked, axis=1)
    arcsec = 2 * np.arcsin(chord / 2) * ARCSEC_PER_RAD
    order = np.lexsort((arcsec, rows != named))
    return [
        (int(rows[place]), float(arcsec[place]))
        for place in order
        if arcsec[place] <= SAME_SOURCE_ARCSEC
    ]
