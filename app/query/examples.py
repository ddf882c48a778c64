"""A search with several examples, wanted and unwanted, each with a weight.

It never tells the person's mind from the examples: the score is the difference of two means.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.bundle.latent_space import NOVELTY_NEIGHBOURS, LatentSpace
from app.bundle.search import unit
from app.errors import UnusableExamples
from app.query.caveats import mixed_warning
from app.query.conditions import Asker
from app.query.explorer import Subject
from app.query.ranking import Neighbour, Ranks, SearchOptions, rank
from app.sky.coordinates import format_position

EXAMPLES_MAX = 1_000
"""Of each kind."""
FORMULA = (
    "score = sum(w S) / sum(w) over the wanted examples - sum(v S) / sum(v) over the unwanted "
    "ones, where S is the similarity of a source to an example and w, v are the weights"
)


@dataclass(frozen=True)
class Example:
    """A source or image that hits should be like, or should not."""

    subject: Subject
    weight: float = 1.0


@dataclass(frozen=True)
class ExamplesAnswer:
    """All that a search with several examples gives."""

    wanted: tuple[Example, ...]
    unwanted: tuple[Example, ...]
    extent_arcsec: float
    """Weighted mean of the wanted examples' known extents; NaN where none is known."""
    xy: tuple[float, float]
    neighbours: list[Neighbour]
    ranks: Ranks
    warnings: tuple[str, ...] = ()

    @property
    def examples(self) -> tuple[Example, ...]:
        """The wanted, then the unwanted."""
        return (*self.wanted, *self.unwanted)


def search_examples(
    space: LatentSpace,
    wanted: Sequence[Example],
    unwanted: Sequence[Example],
    options: SearchOptions,
) -> ExamplesAnswer:
    """Find the sources that are like the wanted examples and unlike the unwanted ones.

    Parameters
    ----------
    space : LatentSpace
    wanted : sequence of Example
        At least one. The examples themselves are not found.
    unwanted : sequence of Example
    options : SearchOptions

    Returns
    -------
    answer : ExamplesAnswer
        Ranked by `FORMULA`; the S of each neighbour is that to the wanted example it is most like.

    Raises
    ------
    UnusableExamples
        If a source is given twice.
    UnusableCondition, NothingFits

    Notes
    -----
    The score is the product of unit y with one direction, as S is (Slijepcevic et al. 2024, eq. 3,
    is linear in each unit vector), so that one search ranks all sources exactly.
    """
    examples = (*wanted, *unwanted)
    own_rows = _own_rows(space, examples)
    directions = np.stack([unit(example.subject.y) for example in wanted])  # (W, D)
    direction = _mean(wanted) - (_mean(unwanted) if unwanted else 0)
    extent_arcsec = _mean_extent(wanted)
    asker = Asker(extent_arcsec, tuple(directions), own_rows)
    neighbours, ranks = rank(space, direction, asker, _positions(examples), options)
    neighbours = _compared(space, neighbours, wanted, directions)
    best = space.neighbour_search.best(direction, NOVELTY_NEIGHBOURS, exclude_rows=own_rows)
    origins = space.catalogue.image_origins([each.match.row for each in neighbours])
    warnings = {
        warning
        for example in examples
        for warning in mixed_warning(example.subject.image_origin, origins)
    }
    return ExamplesAnswer(
        tuple(wanted),
        tuple(unwanted),
        extent_arcsec,
        space.place(best.matches),
        neighbours,
        ranks,
        tuple(sorted(warnings)),
    )


def example_names(space: LatentSpace, examples: Sequence[Example]) -> list[str]:
    """The ids of examples that are sources, the positions of others."""
    ids, names = space.catalogue.table["source_id"], []
    for subject in (example.subject for example in examples):
        place = subject.position
        here = format_position(place.ra.deg, place.dec.deg) if place is not None else "an image"
        names.append(here if subject.row is None else str(ids[subject.row].as_py()))
    return names


def _own_rows(space: LatentSpace, examples: Sequence[Example]) -> tuple[int, ...]:
    rows = [example.subject.row for example in examples if example.subject.row is not None]
    again = next((row for place, row in enumerate(rows) if row in rows[:place]), None)
    if again is not None:
        source_id = space.catalogue.row(again)["source_id"]
        raise UnusableExamples(
            f"The source '{source_id}' is among the examples twice. Give it once, with the weight "
            "that it should have.",
            parameter="wanted",
        )
    if len(rows) >= len(space):
        raise UnusableExamples(
            f"All {len(space):,} sources are examples, so that none is left to be found.",
            parameter="wanted",
        )
    return tuple(rows)


def _mean(examples: Sequence[Example]) -> NDArray[np.float64]:
    """The weighted mean of unit y, (D,)."""
    weights = np.array([example.weight for example in examples])
    vectors = np.stack([unit(example.subject.y) for example in examples])
    mean: NDArray[np.float64] = weights @ vectors / weights.sum()
    return mean


def _mean_extent(examples: Sequence[Example]) -> float:
    known = [
        (example.subject.angular_extent_arcsec, example.weight)
        for example in examples
        if math.isfinite(example.subject.angular_extent_arcsec)
    ]
    weight = sum(weight for _, weight in known)
    return sum(extent * weight for extent, weight in known) / weight if known else math.nan


def _positions(examples: Sequence[Example]) -> SkyCoord | None:
    places = [example.subject.position for example in examples]
    known = [place.icrs for place in places if place is not None]
    if not known:
        return None
    degrees = [(float(place.ra.deg), float(place.dec.deg)) for place in known]
    return SkyCoord(degrees, unit="deg")


def _compared(
    space: LatentSpace,
    neighbours: list[Neighbour],
    wanted: Sequence[Example],
    directions: NDArray[np.float64],
) -> list[Neighbour]:
    """The neighbours with S to the wanted example that each is most like."""
    names = example_names(space, wanted)
    compared = []
    for neighbour in neighbours:
        match = neighbour.match
        s = np.minimum(directions @ unit(space.y[match.row]), 1)  # (W,)
        closest = int(s.argmax())
        place = wanted[closest].subject.position
        separation = place and float(space.separations_arcsec(place, np.array([match.row]))[0])
        compared.append(
            replace(
                neighbour,
                match=replace(match, similarity=float(s[closest])),
                separation_arcsec=separation,
                score=match.similarity,
                similar_to=names[closest],
            )
        )
    return compared
