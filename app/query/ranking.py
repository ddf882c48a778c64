"""The ranks of a query that are asked for: conditions, near-duplicates, then one page of matches.

It never fetches or embeds: it is given directions in the space of representations.
"""

from dataclasses import dataclass, field

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.bundle.latent_space import LatentSpace
from app.bundle.search import Found, Match
from app.query.conditions import Asker, Conditions, apply_conditions
from app.query.duplicates import NearDuplicates

DUPLICATES_ARCSEC, DUPLICATES_ARCSEC_MAX = 30.0, 3600.0
K_DEFAULT, K_MAX = 12, 1000
FROM_RANK_MAX = 10_000


@dataclass(frozen=True)
class SearchOptions:
    """Which ranks, among whom, and what to do with the same sky under another entry."""

    k: int = K_DEFAULT
    duplicates_arcsec: float = DUPLICATES_ARCSEC
    hide_duplicates: bool = False
    from_rank: int = 1
    conditions: Conditions = field(default_factory=Conditions)


@dataclass(frozen=True)
class Neighbour:
    """A match with where it lies on the sky as seen from the query."""

    rank: int
    match: Match
    separation_arcsec: float | None
    """None where the query's position is not known."""
    duplicate_of: str | None
    score: float | None = None
    """What ranks it, where several examples do; `match.similarity` is then S to the wanted example
    that it is most like."""
    similar_to: str = ""
    """That example."""


@dataclass(frozen=True)
class Ranks:
    """Which ranks of a search were given, and what they are ranks of."""

    conditions: tuple[str, ...] = ()
    """In words; none: all other sources."""
    population: int = 0
    """Sources that satisfy them, the query left out, near-duplicates counted."""
    from_rank: int = 1
    more: bool = False
    """Whether further ranks follow."""


def rank(
    space: LatentSpace,
    direction: NDArray[np.floating],
    asker: Asker,
    position: SkyCoord | None,
    options: SearchOptions,
    found: list[Match] | None = None,
) -> tuple[list[Neighbour], Ranks]:
    """Rank the sources that satisfy the conditions, and give the ranks asked for.

    Separations are given where the query is at one position.

    Parameters
    ----------
    space : LatentSpace
    direction : ndarray, shape (D,)
        See `ExactSearch.best`.
    asker : Asker
    position : SkyCoord or None
        Of the query, or of all its examples.
    options : SearchOptions
    found : list of Match, optional
        The k + 1 best of all, where they are known already.

    Raises
    ------
    UnusableCondition, NothingFits
    """
    applied = apply_conditions(options.conditions, space, asker)
    marker = NearDuplicates(space, options.duplicates_arcsec)
    last = options.from_rank - 1 + options.k
    asked = last + 1  # one more tells whether there is more
    others = len(space) - len(set(asker.own_rows))
    while True:
        result = (
            Found(found, others)
            if found
            else space.neighbour_search.best(
                direction, asked, among=applied.mask, exclude_rows=asker.own_rows
            )
        )
        marks = marker.mark(position, [match.row for match in result.matches])
        shown = result.matches
        if options.hide_duplicates:
            shown = [match for match in shown if marks[match.row] is None]
        if len(shown) > last or len(result.matches) < asked:
            break
        asked, found = asked * 2, None
    page = shown[options.from_rank - 1 : last]
    separations = _separations(space, position, [match.row for match in page])
    neighbours = [
        Neighbour(place, match, separation, marks[match.row])
        for place, (match, separation) in enumerate(
            zip(page, separations, strict=True), start=options.from_rank
        )
    ]
    ranks = Ranks(applied.words, result.population, options.from_rank, len(shown) > last)
    return neighbours, ranks


def _separations(
    space: LatentSpace, position: SkyCoord | None, rows: list[int]
) -> list[float] | list[None]:
    if position is None or not position.isscalar:
        return [None] * len(rows)
    found: list[float] = space.separations_arcsec(position, np.array(rows, np.intp)).tolist()
    return found
