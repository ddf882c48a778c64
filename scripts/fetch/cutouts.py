"""Fetch the cutouts of a list of sources, politely, into a directory that survives any kill.

It never asks for an image that is there, and never makes a bundle: the build reads the files.
"""

import logging
import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from app.net.breaker import Backoff
from app.settings import Settings, read_settings
from app.surveys.access import AccessConfig, open_first
from app.surveys.cutouts import CutoutService
from app.tables.lists import ListOptions, Reject, SourceList
from app.tables.write import write_plain_csv
from model.whole_file import write_whole
from scripts.bundle.named import read_source_list
from scripts.fetch.cutout_dir import CutoutStore, FetchError, open_store
from scripts.fetch.disk_space import DiskSpace, cutout_bytes
from scripts.fetch.failures import Failure, FailureClass, FailureTable
from scripts.fetch.progress import FetchProgress, stopping_on_signals
from scripts.fetch.rate_limit import Clock
from scripts.fetch.run import FetchConfig, FetchRun
from scripts.fetch.targets import Counts, ListRow, Target, count_rows, plan_targets
from scripts.terminal import console

ONCE = Backoff(retries=0)
"""The run itself decides when a position is asked for again."""
TIMEOUTS_IN_A_ROW = 3


def first_source(
    settings: Settings, field_arcmin: float, connections: int, skyview: bool = False
) -> CutoutService:
    """Make the source of FIRST's cutouts: the chain of servers that the page asks, without cache.

    Parameters
    ----------
    settings : Settings
        Addresses, and the total time that a service has for a cutout.
    field_arcmin : float
    connections : int
        Requests under way at once, to each service.
    skyview : bool
        Ask SkyView where the FIRST server fails. A FIRST server that is down is then left alone
        for a while, so that not every image waits for it; a single time-out does not do that, for
        SkyView's images are resampled. SkyView is always asked: every try is a request.
    """
    return open_first(
        AccessConfig(
            first_url=settings.first_server,
            skyview_url=settings.skyview_server,
            deadline_s=settings.survey_deadline_s,
            max_connections=connections,
            pause_s=settings.survey_pause_s if skyview else 0.0,
            skyview_pause_s=0.0,
            timeouts=TIMEOUTS_IN_A_ROW,
            backoff=ONCE,
            fallbacks=skyview,
            field_arcmin=field_arcmin,
        )
    )


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
    source: CutoutService,
    config: FetchConfig,
    clock: Clock | None = None,
    unusable: int = 0,
) -> FetchOutcome:
    """Fetch what is not there yet.

    Parameters
    ----------
    rows : iterable of ListRow
    source : CutoutService
        Asked by `connections` threads.
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
        self, store: CutoutStore, source: CutoutService, config: FetchConfig, clock: Clock
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
        space = DiskSpace(
            self.store.directory,
            cutout_bytes(self.config.field_arcmin),
            sum(sizes_bytes.values()),
            self.config.max_bytes,
        )
        console.print(space.foretell(len(asked)), markup=False)
        stopped = self._ask(asked, space)
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

    def _ask(self, asked: list[Target], space: DiskSpace) -> str | None:
        if not asked:
            return None
        with FetchProgress(len(asked)) as progress:
            run = FetchRun(
                store=self.store,
                source=self.source,
                table=self.table,
                space=space,
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


ALL = "all"
"""Of `--retry`: every class but footprint, which must be named."""
UNUSABLE = "rejects.csv"
INTERRUPTED = 130


def fetch_list(spec: str, options: ListOptions, config: FetchConfig, skyview: bool) -> None:
    """Fetch the cutouts of a list and say the account.

    Raises
    ------
    FetchError
        If it could not begin, or ended before all was tried.
    UnreadableCatalogue
        If the list cannot be read.
    typer.Exit
        With status 130, if the user stopped it.
    """
    logging.getLogger("app").addHandler(logging.NullHandler())  # the table says the same
    sources = read_source_list(spec, **options)
    for note in sources.notes:
        console.print(note, markup=False)
    source = first_source(read_settings(), config.field_arcmin, config.connections, skyview)
    outcome = fetch_cutouts(list_rows(sources), source, config, unusable=len(sources.rejects))
    _write_unusable(sources.rejects, config.out / UNUSABLE)
    _say(outcome)


def retry_classes(names: list[str]) -> frozenset[FailureClass]:
    """Read the values of `--retry`.

    Raises
    ------
    FetchError
        If one is no class of failures.
    """
    unknown = [name for name in names if name not in (*FailureClass, ALL)]
    if unknown:
        raise FetchError(
            f"There is no class of failures '{unknown[0]}'; --retry takes "
            f"{', '.join(FailureClass)}, or {ALL} (every one but footprint)."
        )
    named = {FailureClass(name) for name in names if name != ALL}
    return frozenset(
        named | (set(FailureClass) - {FailureClass.FOOTPRINT} if ALL in names else set())
    )


def list_rows(sources: SourceList) -> Iterator[ListRow]:
    """Give the sources of a list as a fetch wants them."""
    places = zip(sources.ra_deg, sources.dec_deg, strict=True)
    for source_id, (ra_deg, dec_deg) in zip(sources.source_ids, places, strict=True):
        yield ListRow(source_id, float(ra_deg), float(dec_deg))


def _say(outcome: FetchOutcome) -> None:
    for sentence in outcome.counts.sentences():
        console.print(sentence, markup=False)
    goes_on = f"This goes on:\n  {shlex.join(['rgz-explorer', *sys.argv[1:]])}"
    if outcome.stopped:
        raise FetchError(f"{outcome.stopped}\n{goes_on}")
    if outcome.interrupted:
        console.print(f"Stopped as asked. {goes_on}", markup=False)
        raise typer.Exit(INTERRUPTED)


def _write_unusable(rejects: list[Reject], path: Path) -> None:
    """Say which rows had no position; the file is that of the last list."""
    if not rejects:
        path.unlink(missing_ok=True)
        return
    header = ("row", "source_id", "name", "reason")
    rows = ([getattr(reject, name) for name in header] for reject in rejects)
    write_whole(path, write_plain_csv(header, rows))
    console.print(f"Rows without a usable position are in '{path}'.", markup=False)
