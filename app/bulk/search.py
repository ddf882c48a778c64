"""Listed positions, each answered from the bundle, or else by the survey, or with a reason.

It never reads a list and never writes a table.
"""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from app.bulk.listed import ListedPosition
from app.errors import ExplorerError
from app.explorer import SAME_SOURCE_ARCSEC, Answer, Explorer, SearchOptions
from app.latent_space import LatentSpace, unit_vectors
from model.preprocess import ImageError

ARCSEC_PER_RAD = np.degrees(1) * 3600
Sources = list[tuple[int, float]]
"""Rows of the bundle with their separations from a position, arcsec."""


@dataclass(frozen=True)
class Outcome:
    """What became of an entry: an answer, or the reason why there is none."""

    listed: ListedPosition
    answer: Answer | None = None
    matched_by: Literal["bundle", "service", ""] = ""
    reason: str = ""


@dataclass(frozen=True)
class BulkOptions:
    """How to search, and how much to ask of the survey."""

    search: SearchOptions = field(default_factory=SearchOptions)
    survey_max: int | None = None
    """Positions that the survey is asked for at most, the first of the list; None: all."""
    connections: int = 3
    """Of them at once."""


def search_list(
    explorer: Explorer, entries: Sequence[ListedPosition], options: BulkOptions
) -> Generator[Outcome, None, None]:
    """Answer for every entry of a list, each once, as its answer is had: not in the list's order.

    Parameters
    ----------
    explorer : Explorer
    entries : sequence of ListedPosition
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
            yield Outcome(entry, reason=entry.reason)
    usable = [entry for entry in entries if not entry.reason]
    nearby = _sources_at(explorer.space, usable)
    held = [(entry, sources) for entry, sources in zip(usable, nearby, strict=True) if sources]
    yield from _from_bundle(explorer, held, options)
    missing = [entry for entry, sources in zip(usable, nearby, strict=True) if not sources]
    asked = missing[: options.survey_max]
    for entry in missing[len(asked) :]:
        yield Outcome(entry, reason=_not_asked(options))
    yield from _from_survey(explorer, asked, options)


def _from_bundle(
    explorer: Explorer, held: Sequence[tuple[ListedPosition, Sources]], options: BulkOptions
) -> Iterator[Outcome]:
    subjects = [
        explorer.bundle_subject(row, arcsec, tuple(others)) for _, ((row, arcsec), *others) in held
    ]
    answers = explorer.answers_of(subjects, options.search)
    for (entry, _), answer in zip(held, answers, strict=True):
        yield _answered(entry, answer, "bundle")


def _from_survey(
    explorer: Explorer, asked: Sequence[ListedPosition], options: BulkOptions
) -> Iterator[Outcome]:
    pool = ThreadPoolExecutor(max(options.connections, 1), thread_name_prefix="bulk")
    try:
        under_way = [pool.submit(_query, explorer, entry, options.search) for entry in asked]
        for future in as_completed(under_way):
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _query(explorer: Explorer, entry: ListedPosition, options: SearchOptions) -> Outcome:
    position = SkyCoord(entry.ra_deg, entry.dec_deg, unit="deg")
    try:
        return _answered(entry, explorer.query(position, options), "service")
    except (ExplorerError, ImageError) as exc:
        return Outcome(entry, reason=str(exc))


def _answered(entry: ListedPosition, answer: Answer, by: Literal["bundle", "service"]) -> Outcome:
    if answer.neighbours:
        return Outcome(entry, answer, by)
    return Outcome(
        entry,
        reason="Every source of the bundle lies within the near-duplicate distance of another one "
        "or of this position. Give a smaller distance, or do not hide near-duplicates.",
    )


def _not_asked(options: BulkOptions) -> str:
    here = f'No source of the bundle lies within {SAME_SOURCE_ARCSEC:g}" of this position, and '
    if not options.survey_max:
        return f"{here}the survey was not to be asked."
    return (
        f"{here}the survey is asked for {options.survey_max} positions of one list at most. Search "
        "for this one in another list."
    )


def _sources_at(space: LatentSpace, entries: Sequence[ListedPosition]) -> list[Sources]:
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
