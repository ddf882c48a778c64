"""Which cutouts a list of sources asks for: one for each place on the sky, in a fair order.

It never looks at the disk and never fetches.
"""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple


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
