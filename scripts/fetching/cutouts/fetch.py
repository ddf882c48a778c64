"""Fetch the cutouts of a list of sources, politely, into a directory that survives any kill.

It never asks for an image that is there, and never makes a bundle: the build reads the files.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from scripts.fetching.cutouts.config import FetchConfig
from scripts.fetching.cutouts.counts import Counts, count_rows
from scripts.fetching.cutouts.failures import Failure, FailureClass, FailureTable
from scripts.fetching.cutouts.pace import Clock
from scripts.fetching.cutouts.plan import ListRow, Target, plan_targets
from scripts.fetching.cutouts.progress import FetchProgress
from scripts.fetching.cutouts.room import Room, cutout_bytes
from scripts.fetching.cutouts.run import CutoutSource, FetchRun
from scripts.fetching.cutouts.signals import stopping_on_signals
from scripts.fetching.cutouts.store import CutoutStore, open_store
from scripts.progress import console


@dataclass(frozen=True)
class FetchOutcome:
    """How a run ended."""

    counts: Counts
    interrupted: bool = False
    """By the user."""
    stopped: str | None = None
    """Why it ended before all was tried, as a sentence."""


def fetch_cutouts(
    rows: Iterable[ListRow],
    source: CutoutSource,
    config: FetchConfig,
    clock: Clock | None = None,
    unusable: int = 0,
) -> FetchOutcome:
    """Fetch what is not there yet.

    Parameters
    ----------
    rows : iterable of ListRow
    source : CutoutSource
        Gives one cutout at a position; asked by `connections` threads.
    config : FetchConfig
    clock : Clock, optional
        Time, and the event that stops the run.
    unusable : int
        Rows of the list without a position, for the account.

    Raises
    ------
    FetchError
        If another fetch runs, or the images cannot fit on the disk: nothing was asked then.
    """
    clock = clock or Clock()
    with open_store(config.out, source.survey, config.field_arcmin) as store:
        return _Fetch(store, source, config, clock).run(rows, unusable)


class _Fetch:
    """One run over one open directory."""

    def __init__(
        self, store: CutoutStore, source: CutoutSource, config: FetchConfig, clock: Clock
    ) -> None:
        self.store = store
        self.source = source
        self.config = config
        self.clock = clock
        self.table = FailureTable(store.directory)

    def run(self, rows: Iterable[ListRow], unusable: int) -> FetchOutcome:
        self.table.mend()
        targets = plan_targets(rows, self.store.name_of)
        sizes_bytes = self.store.sizes_bytes()
        asked = self._wanted(targets, sizes_bytes)
        room = Room(
            self.store.directory,
            cutout_bytes(self.config.field_arcmin),
            sum(sizes_bytes.values()),
            self.config.max_bytes,
        )
        console.print(room.foretell(len(asked)), markup=False)
        stopped = self._ask(asked, room)
        there = self.store.sizes_bytes()
        failed = self._tidied(there)
        counts = count_rows(targets.values(), sizes_bytes, there, failed, unusable)
        return FetchOutcome(counts, self.clock.stop.is_set(), stopped)

    def _wanted(self, targets: dict[str, Target], there: dict[str, int]) -> list[Target]:
        """Choose what to ask for: not what is there, nor what failed and is not to be retried."""
        left_alone = {
            name for name, each in self._failures().items() if each.kind not in self.config.retry
        }
        wanted = [
            target
            for name, target in targets.items()
            if name not in there and name not in left_alone
        ]
        return wanted[: self.config.limit]

    def _ask(self, asked: list[Target], room: Room) -> str | None:
        if not asked:
            return None
        with FetchProgress(len(asked)) as progress:
            run = FetchRun(
                store=self.store,
                source=self.source,
                table=self.table,
                room=room,
                progress=progress,
                clock=self.clock,
                config=self.config,
                tries_before={name: each.tries for name, each in self._failures().items()},
            )
            with stopping_on_signals(self.clock.stop, progress.say):
                return run.ask_all(asked)

    def _failures(self) -> dict[str, Failure]:
        """Give the last failure of each cutout, by its name."""
        return {self.store.name_of(each.ra_deg, each.dec_deg): each for each in self.table.read()}

    def _tidied(self, there: dict[str, int]) -> dict[str, FailureClass]:
        """Leave in the table what still has no image, each source once; give the classes."""
        last = {}
        for each in self.table.read():
            name = self.store.name_of(each.ra_deg, each.dec_deg)
            if name not in there:
                last[name, each.source_id] = each
        self.table.rewrite(last.values())
        return {name: each.kind for (name, _), each in last.items()}
