"""The account of a fetch: every listed row is in exactly one count. It never fetches."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from scripts.fetching.cutouts.failures import FailureClass
from scripts.fetching.cutouts.plan import Target


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
