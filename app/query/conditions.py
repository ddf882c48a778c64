"""Who may be a neighbour: conditions read from text, told in words, and applied as one mask.

It never ranks, and what a source does not say (an unknown value) never satisfies a condition but
the one that asks for it.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.bundle.catalogue import Catalogue
from app.bundle.latent_space import LatentSpace
from app.errors import NothingFits, UnknownColumn, UnreadablePosition, UnusableCondition
from app.sky.coordinates import format_position, read_coordinates

EXTENT_PERCENT_MAX = 1000.0
MOST_VALUES_NAMED = 20
_LONGEST = 60
WHERE_FORM = (
    "COLUMN:VALUE for words; COLUMN:LOW..HIGH, COLUMN:LOW.. or COLUMN:..HIGH (ends included) for "
    "numbers; COLUMN: alone for unknown values"
)
WITHIN_FORM = (
    "POSITION,RADIUS, such as 176.27,+19.61,2.5 or 11h45m05s +19d36m22s, 30'; the radius in deg "
    "unless arcmin (or ') or arcsec (or \") stands behind it"
)
_DEGREE_WORDS = ("", "d", "deg", "degree", "degrees", "°")
_ARCMIN_WORDS = ("'", "′", "’", "amin", "arcmin", "arcmins", "arcminute", "arcminutes")
_ARCSEC_WORDS = ('"', "″", "”", "''", "′′", "asec", "arcsec", "arcsecs", "arcsecond", "arcseconds")
_PER_DEGREE = (
    dict.fromkeys(_DEGREE_WORDS, 1)
    | dict.fromkeys(_ARCMIN_WORDS, 60)
    | dict.fromkeys(_ARCSEC_WORDS, 3600)
)
_REGION = re.compile(
    r"(?P<centre>.+?)(?P<gap>\s*[,;]\s*|\s+)"
    r"(?P<radius>[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(?P<unit>[^\s\d.,;+-]*)",
    re.IGNORECASE,
)

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class ColumnCondition:
    """Values of one column, of which a source has any."""

    column: str
    words: tuple[str, ...] = ()
    ranges: tuple[tuple[float, float], ...] = ()
    """Ends included; infinite where open."""
    unknown: bool = False


@dataclass(frozen=True)
class Cone:
    """A circle on the sky, ICRS."""

    ra_deg: float
    dec_deg: float
    radius_deg: float


@dataclass(frozen=True)
class Selection:
    """A set of rows with the id of its content."""

    id: str
    mask: Mask = field(repr=False, compare=False)

    @property
    def count(self) -> int:
        """How many rows it holds."""
        return int(np.count_nonzero(self.mask))


@dataclass(frozen=True)
class Conditions:
    """All of them hold for every neighbour."""

    extent_percent: float | None = None
    min_similarity: float | None = None
    columns: tuple[ColumnCondition, ...] = ()
    cone: Cone | None = None
    selection: Selection | None = None
    quarantine: Selection | None = None
    """Rows that are left out."""

    @property
    def are_none(self) -> bool:
        """Whether everybody may be found."""
        return self == Conditions()


@dataclass(frozen=True)
class Asker:
    """What conditions need to know of a query."""

    extent_arcsec: float = math.nan
    directions: tuple[NDArray[np.float64], ...] = ()
    """Unit y of what similarity is asked to: of several, the largest S counts."""
    own_rows: tuple[int, ...] = ()
    """Rows that cannot be found, as they are the query."""


@dataclass(frozen=True)
class Applied:
    """Conditions as told to the person, and the rows that satisfy them."""

    words: tuple[str, ...]
    mask: Mask | None
    """None: there was no condition."""


def read_where(catalogue: Catalogue, texts: Sequence[str]) -> tuple[ColumnCondition, ...]:
    """Read conditions on columns; those that name the same column are alternatives.

    Parameters
    ----------
    catalogue : Catalogue
    texts : sequence of str
        See `WHERE_FORM`.

    Raises
    ------
    UnknownColumn, UnusableCondition
    """
    by_column: dict[str, ColumnCondition] = {}
    for text in texts:
        column, colon, value = text.partition(":")
        column = column.strip()
        if not colon:
            _refuse("where", text, f"it has no colon. Write {WHERE_FORM}")
        _check_column(catalogue, column)
        known = by_column.get(column, ColumnCondition(column))
        by_column[column] = _with_value(catalogue, known, value.strip(), text)
    return tuple(by_column.values())


def read_cone(text: str) -> Cone:
    """Read a region of the sky; see `WITHIN_FORM`.

    Raises
    ------
    UnusableCondition
    """
    found = _REGION.fullmatch(text.strip())
    if not found or not _is_radius(found):
        _refuse("within", text, f"a position and a radius are needed. Write {WITHIN_FORM}")
    per_degree = _PER_DEGREE.get(found["unit"].lower())
    if per_degree is None:
        _refuse(
            "within", text, f"'{_short(found['unit'])}' is no unit of a radius. Write {WITHIN_FORM}"
        )
    radius_deg = float(found["radius"]) / per_degree
    if not 0 < radius_deg <= 180:
        _refuse("within", text, "the radius is more than 0 and at most 180 degrees")
    try:
        reading = read_coordinates(found["centre"])
    except UnreadablePosition as exc:
        _refuse("within", text, str(exc).rstrip("."))
    if reading is None:
        centre, radius = _short(found["centre"]), found["radius"] + found["unit"]
        _refuse(
            "within",
            text,
            f"'{centre}' was taken for the position and '{radius}' for the radius. Write "
            f"{WITHIN_FORM}",
        )
    return Cone(float(reading.position.ra.deg), float(reading.position.dec.deg), radius_deg)


def _is_radius(found: re.Match[str]) -> bool:
    """A number that only a blank parts from the position may be the position's own seconds."""
    alone = len(found["centre"].split()) == 2 and "," not in found["centre"]
    named = found["unit"].isalpha() and len(found["unit"]) > 1
    return bool(named or found["gap"].strip() or alone)


def _angle_words(degrees: float) -> str:
    """In the unit in which it is a number of usual size."""
    for unit, per_degree in (("arcsec", 3600), ("arcmin", 60)):
        if degrees * per_degree < 60:
            return f"{degrees * per_degree:.6g} {unit}"
    return f"{degrees:.6g} deg"


def rows_that_fit(conditions: Conditions, space: LatentSpace) -> Applied:
    """Find the rows that satisfy what does not depend on a query; there may be none."""
    parts = _on_columns(conditions, space)
    return Applied(tuple(words for words, _ in parts), _all_of(parts))


def apply_conditions(conditions: Conditions, space: LatentSpace, asker: Asker) -> Applied:
    """Find the rows that satisfy all conditions.

    Raises
    ------
    UnusableCondition
        If the query's own extent is needed and not known.
    NothingFits
        If no source satisfies them, with how many satisfy each.
    """
    parts = [*_on_columns(conditions, space), *_on_query(conditions, space, asker)]
    mask = _all_of(parts)
    if mask is None:
        return Applied((), None)
    mask[list(asker.own_rows)] = False
    if not mask.any():
        raise NothingFits(_nothing_fits(parts, conditions, space, asker), parameter="conditions")
    return Applied(tuple(words for words, _ in parts), mask)


def _all_of(parts: list[tuple[str, Mask]]) -> Mask | None:
    mask: Mask | None = np.logical_and.reduce([part for _, part in parts]) if parts else None
    return mask


def _on_columns(conditions: Conditions, space: LatentSpace) -> list[tuple[str, Mask]]:
    """The conditions that hold whatever the query, each with its words."""
    catalogue = space.catalogue
    parts = [
        (_column_words(catalogue, one), _column_mask(catalogue, one)) for one in conditions.columns
    ]
    if cone := conditions.cone:
        centre = SkyCoord(cone.ra_deg, cone.dec_deg, unit="deg")
        inside = space.separations_arcsec(centre) <= cone.radius_deg * 3600
        where = format_position(cone.ra_deg, cone.dec_deg)
        parts.append((f"within {_angle_words(cone.radius_deg)} of {where} (ICRS)", inside))
    if chosen := conditions.selection:
        words = f"in the selection {chosen.id} of {chosen.count:,} sources"
        parts.append((words, chosen.mask))
    if hidden := conditions.quarantine:
        parts.append((f"without the {hidden.count:,} quarantined", ~hidden.mask))
    return parts


def _on_query(conditions: Conditions, space: LatentSpace, asker: Asker) -> list[tuple[str, Mask]]:
    """The conditions that compare with the query, each with its words."""
    parts = []
    if (percent := conditions.extent_percent) is not None:
        extent = asker.extent_arcsec
        if not extent > 0:
            _refuse("extent_percent", f"{percent:g}", "the angular extent of the query is unknown")
        low, high = extent * max(1 - percent / 100, 0), extent * (1 + percent / 100)
        extents = space.catalogue.numbers("angular_extent_arcsec")
        words = (
            f"angular extent within {percent:g} % of the query's {extent:.1f} arcsec "
            f"({low:.1f} to {high:.1f} arcsec)"
        )
        parts.append((words, (extents >= low) & (extents <= high)))
    if (least := conditions.min_similarity) is not None:
        whose = " to a wanted example" if len(asker.directions) > 1 else ""
        near = [space.neighbour_search.at_least(one, least)[0] for one in asker.directions]
        parts.append((f"S{whose} at least {least:.10g}", np.logical_or.reduce(near)))
    return parts


def _nothing_fits(
    parts: list[tuple[str, Mask]], conditions: Conditions, space: LatentSpace, asker: Asker
) -> str:
    """Say why nothing is left, and what to try."""
    own = list(asker.own_rows)
    counts = []
    for words, mask in parts:
        n = np.count_nonzero(mask) - np.count_nonzero(mask[own])
        counts.append(f"{words}: {n:,}")
    others = len(space) - len(set(own))
    said = f"None of the {others:,} other sources satisfies {' and '.join(w for w, _ in parts)}."
    if len(parts) > 1:
        said += f" Each by itself: {'; '.join(counts)}."
    if conditions.min_similarity is not None:
        best = max(
            match.similarity
            for one in asker.directions
            for match in space.neighbour_search.best(one, 1, exclude_rows=own).matches
        )
        said += f" The largest S to this query is {best:.6g}."
    return f"{said} Widen or leave out a condition."


def _check_column(catalogue: Catalogue, column: str) -> None:
    if column not in catalogue.info:
        names = ", ".join(catalogue.info)
        raise UnknownColumn(
            f"There is no column '{_short(column)}' in this catalogue; there are {names}.",
            parameter="where",
        )


def _with_value(
    catalogue: Catalogue, known: ColumnCondition, value: str, text: str
) -> ColumnCondition:
    """The condition with one more value that satisfies it."""
    column, words, ranges = known.column, known.words, known.ranges
    if not value:
        return ColumnCondition(column, words, ranges, unknown=True)
    if catalogue.is_number(column):
        return ColumnCondition(column, words, (*ranges, _range(value, text)), known.unknown)
    categories = catalogue.categories(column)
    if value not in categories:
        shown = ", ".join(filter(None, categories[:MOST_VALUES_NAMED])) or "none"
        more = len(categories) - MOST_VALUES_NAMED
        rest = f" and {more:,} more" if more > 0 else ""
        _refuse("where", text, f"{column} has no such value; its values are {shown}{rest}")
    return ColumnCondition(column, (*words, value), ranges, known.unknown)


def _range(value: str, text: str) -> tuple[float, float]:
    """The ends of a range of numbers; a number alone is both."""
    low_text, dots, high_text = value.partition("..")
    low = _number(low_text) if low_text.strip() else -math.inf
    high = low
    if dots:
        high = _number(high_text) if high_text.strip() else math.inf
    if low is None or high is None or (low, high) == (-math.inf, math.inf):
        _refuse("where", text, f"its column holds numbers. Write {WHERE_FORM}")
    if low > high:
        _refuse("where", text, "the range ends before it begins")
    return low, high


def _column_mask(catalogue: Catalogue, condition: ColumnCondition) -> Mask:
    if catalogue.is_number(condition.column):
        numbers = catalogue.numbers(condition.column)
        mask = np.isnan(numbers) & condition.unknown
        for low, high in condition.ranges:
            mask |= (numbers >= low) & (numbers <= high)
        return mask
    column = catalogue.table[condition.column]
    if not pa.types.is_string(column.type):
        column = pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())
    wanted: list[str | None] = [*condition.words, *(("", None) if condition.unknown else ())]
    found: Mask = pc.is_in(column, value_set=pa.array(wanted, pa.string())).to_numpy(
        zero_copy_only=False
    )
    return found.astype(bool)


def _column_words(catalogue: Catalogue, condition: ColumnCondition) -> str:
    info = catalogue.info[condition.column]
    unit = f" {info.unit}" if info.unit else ""
    said = [*condition.words, *(_range_words(*ends) + unit for ends in condition.ranges)]
    said += ["unknown"] * condition.unknown
    return f"{info.label} {' or '.join(said)}"


def _range_words(low: float, high: float) -> str:
    if low == high:
        return f"{low:.10g}"
    if high == math.inf:
        return f"at least {low:.10g}"
    return f"at most {high:.10g}" if low == -math.inf else f"{low:.10g} to {high:.10g}"


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _refuse(parameter: str, value: str, why: str) -> NoReturn:
    raise UnusableCondition(
        f"The condition {parameter}='{_short(value)}' cannot be used: {why}.", parameter=parameter
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
