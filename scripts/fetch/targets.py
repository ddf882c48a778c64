"""The cutouts that a list asks for, and what became of each of its rows: every one in one count.

It never fetches.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from scripts.fetch.failures import FailureClass


class ListRow(NamedTuple):
    """A listed source."""

    source_id: str
    ra_deg: float
    dec_deg: float


@dataclass(frozen=True)
class Target:
    """A cutout that is wanted, for one source or for several at the same place."""

    name: str
    rows: tuple[ListRow, ...]

    @property
    def ra_deg(self) -> float:
        """Right ascension to ask for: that of its first source."""
        return self.rows[0].ra_deg

    @property
    def dec_deg(self) -> float:
        """Declination to ask for."""
        return self.rows[0].dec_deg


def plan_targets(
    rows: Iterable[ListRow], name_of: Callable[[float, float], str]
) -> dict[str, Target]:
    """Give the cutouts to ask for, by name.

    The order is that of a checksum of the names: the same in every run, and without regard to the
    sky. So what is there after half of the time is a fair sample of the list, and a patch of sky
    that a survey has trouble with does not look like a service that is down.
    """
    sharing: dict[str, list[ListRow]] = {}
    for row in rows:
        sharing.setdefault(name_of(row.ra_deg, row.dec_deg), []).append(row)
    order = sorted(sharing, key=lambda name: (zlib.crc32(name.encode()), name))
    return {name: Target(name, tuple(sharing[name])) for name in order}


@dataclass(frozen=True)
class Counts:
    """What became of the rows of a list."""

    unusable: int
    """Rows without a position."""
    had: int
    """Images that were there before."""
    fetched: int
    """Images that this run added."""
    shared: int
    """Further rows at the place of an image that is there."""
    failed: Mapping[FailureClass, int]
    """Rows that this run or an earlier one got no image for."""
    not_tried: int

    @property
    def listed(self) -> int:
        """Sum of all: the rows of the list."""
        done = self.unusable + self.had + self.fetched + self.shared
        return done + sum(self.failed.values()) + self.not_tried

    def sentences(self) -> list[str]:
        """Say the counts, and how to ask again for what failed."""
        said = [
            f"{self.listed:,} listed = {self.had:,} had already + {self.fetched:,} fetched + "
            f"{self.shared:,} shared + {sum(self.failed.values()):,} failed + "
            f"{self.not_tried:,} not tried"
            + (f" + {self.unusable:,} without a usable position" if self.unusable else "")
        ]
        if self.failed:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.failed.items())
            again = " ".join(f"--retry {kind}" for kind in self.failed if kind != "footprint")
            said.append(
                f"Failed: {kinds}; the reasons are in failures.csv."
                + (f" {again} asks for them again." if again else "")
            )
        return said


def count_rows(
    targets: Iterable[Target],
    before: Collection[str],
    there: Collection[str],
    failed: Mapping[str, FailureClass],
    unusable: int = 0,
) -> Counts:
    """Count the rows of all targets.

    Parameters
    ----------
    targets : iterable of Target
    before, there : collection of str
        Names of the cutouts that were there before this run, and that are there now.
    failed : mapping of str to FailureClass
        Names of those that failed last.
    unusable : int
        Rows of the list that are in no target.
    """
    had = fetched = shared = not_tried = 0
    classes: Counter[FailureClass] = Counter()
    for target in targets:
        if target.name in there:
            had += target.name in before
            fetched += target.name not in before
            shared += len(target.rows) - 1
        elif target.name in failed:
            classes[failed[target.name]] += len(target.rows)
        else:
            not_tried += len(target.rows)
    return Counts(unusable, had, fetched, shared, dict(sorted(classes.items())), not_tried)
