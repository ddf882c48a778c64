"""Fetch the cutouts of a list of sources, politely, into a directory that survives any kill.

It never asks for an image that is there, and never makes a bundle: the build reads the files.
"""

import logging
import shlex
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from types import FrameType, TracebackType
from typing import Protocol, Self

import typer
from astropy.coordinates import SkyCoord
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from app.errors import SurveyError, SurveyUnavailable
from app.net.breaker import Backoff, Breaker
from app.net.client import ServiceClient
from app.settings import Settings, read_settings
from app.surveys.cutouts import Cutout, CutoutService
from app.surveys.services import FIRST_SERVICE, SKYVIEW_SERVICE, FirstServer, SkyViewServer
from app.surveys.surveys import FIRST_NAME, find_survey
from app.tables.lists import ListOptions, Reject, SourceList
from app.tables.write import write_plain_csv
from model.whole_file import write_whole
from scripts.bundle.named import read_source_list
from scripts.fetch.cutout_dir import (
    Counts,
    CutoutStore,
    DiskSpace,
    Failure,
    FailureClass,
    FailureTable,
    FetchConfig,
    FetchError,
    ListRow,
    Target,
    class_of,
    count_rows,
    cutout_bytes,
    open_store,
    plan_targets,
)
from scripts.terminal import console

ONCE = Backoff(retries=0)


@dataclass(frozen=True)
class ServiceSource:
    """A cutout service with the name that sentences and the table of failures give it."""

    cutouts: CutoutService
    service: str

    @property
    def survey(self) -> str:
        """Whose images these are."""
        return self.cutouts.survey

    def fetch(self, position: SkyCoord) -> Cutout:
        """Give the cutout at a position, or raise a `SurveyError`."""
        return self.cutouts.fetch(position)


def first_source(
    settings: Settings, field_arcmin: float, connections: int, skyview: bool = False
) -> ServiceSource:
    """Make the source of FIRST's cutouts.

    Parameters
    ----------
    settings : Settings
        Addresses, and the total time that a service has for a cutout.
    field_arcmin : float
    connections : int
        Requests under way at once, to each service.
    skyview : bool
        Ask SkyView where the FIRST server fails. A FIRST server that is down is then left alone
        for a while, so that not every image waits for it.
    """
    pause_s = settings.survey_pause_s if skyview else 0.0
    first = FirstServer(
        settings.first_server,
        deadline_s=settings.survey_deadline_s,
        max_connections=connections,
        backoff=ONCE,
        breaker=Breaker(FIRST_SERVICE, pause_s=pause_s),
    )
    others = [_skyview(settings, connections)] if skyview else []
    service = f"{FIRST_SERVICE} or {SKYVIEW_SERVICE}" if skyview else FIRST_SERVICE
    return ServiceSource(CutoutService(first, None, field_arcmin, others), service)


def _skyview(settings: Settings, connections: int) -> SkyViewServer:
    client = ServiceClient(
        SKYVIEW_SERVICE,
        deadline_s=settings.survey_deadline_s,
        max_connections=connections,
        backoff=ONCE,
        breaker=Breaker(SKYVIEW_SERVICE, pause_s=0.0),
    )
    survey = find_survey(FIRST_NAME)
    return SkyViewServer(
        client,
        settings.skyview_server,
        survey.survey,
        survey.skyview or "",
        survey.pixel_scale_arcsec,
    )


SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopping_on_signals(stop: threading.Event, say: Callable[[str], None]) -> Iterator[None]:
    """Set an event at the first signal; a second one interrupts as usual.

    In another than the main thread, where Python allows no handlers, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        say("Stopping: the requests under way are waited for.")

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


LOG_EVERY_S = 60.0


class FetchProgress:
    """A bar on a terminal; elsewhere a line a minute.

    Parameters
    ----------
    total : int
        Images to ask for.
    """

    def __init__(self, total: int) -> None:
        self.done = 0
        self._total = total
        self._failed = 0
        self._began_s = self._logged_s = time.monotonic()
        self._bar = _fetch_bar()
        self._task = self._bar.add_task("Fetching cutouts", total=total, failed=0)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def advance(self, failed: bool) -> None:
        """Count one image that came, or will not come."""
        self.done += 1
        self._failed += failed
        self._bar.update(self._task, advance=1, failed=self._failed)
        if not console.is_terminal and time.monotonic() - self._logged_s >= LOG_EVERY_S:
            self._logged_s = time.monotonic()
            self.say(self.line())

    def line(self) -> str:
        """Write the progress as a sentence, from the mean rate so far."""
        rate_per_s = self.done / max(time.monotonic() - self._began_s, 1e-3)
        left_s = (self._total - self.done) / rate_per_s if rate_per_s else float("inf")
        left = f"{left_s / 3600:.1f} h" if left_s >= 3600 else f"{left_s / 60:.0f} min"
        return (
            f"{self.done:,} of {self._total:,}, {self._failed:,} failed, "
            f"{rate_per_s:.2f} images/s, {left} left"
        )

    def say(self, sentence: str) -> None:
        """Write a line above the bar."""
        self._bar.console.print(sentence, markup=False)


class _Rate(ProgressColumn):
    """Images a second, over the last half minute."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.2f}/s" if task.speed else "-.--/s")


def _fetch_bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f}, {task.fields[failed]:,} failed"),
        _Rate(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )


class Clock:
    """The machine's time, and a wait that a stop signal ends."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    def now_s(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Wait that long, or until `stop` is set."""
        self.stop.wait(seconds)


class RateLimit:
    """Starts that lie at least 1 / rate apart; time that was not used is not made up for.

    Parameters
    ----------
    rate_per_s : float
        Requests a second, at most.
    """

    def __init__(self, rate_per_s: float) -> None:
        self._interval_s = 1 / rate_per_s
        self._next_s = -float("inf")

    def delay_s(self, now_s: float) -> float:
        """Seconds until a request may start."""
        return max(self._next_s - now_s, 0.0)

    def started(self, now_s: float) -> None:
        """Take note of a request that starts now."""
        self._next_s = now_s + self._interval_s


FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0
REFUSALS = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


def refuses_all(error: SurveyError) -> bool:
    """Whether an error is the service's word on all requests: too many (429), or down (503)."""
    return isinstance(error, SurveyUnavailable) and error.status in REFUSALS


class RetryPolicy:
    """Counts failures in a row; a pause doubles until the service answers again.

    Parameters
    ----------
    in_a_row : int
        Failures with no answer between them that mean trouble.
    give_up_s : float
        Longest trouble to sit out.
    """

    def __init__(self, in_a_row: int, give_up_s: float) -> None:
        self.give_up_s = give_up_s
        self._limit = in_a_row
        self.answered()

    def answered(self) -> None:
        """Take note of an answer, be it an image or a definite no: all is well."""
        self._in_a_row = 0
        self._since_s: float | None = None
        self._pause_s = 0.0
        self._until_s = -float("inf")

    @property
    def in_trouble(self) -> bool:
        """Whether there was a pause and no answer since; then one request at a time is enough."""
        return self._pause_s > 0

    def failed(self, error: SurveyError, now_s: float) -> bool:
        """Take note of a failure, and say whether a pause begins with it."""
        self._since_s = now_s if self._since_s is None else self._since_s
        self._in_a_row += 1
        if refuses_all(error) or self.in_trouble or self._in_a_row >= self._limit:
            return self.pause(now_s, _asked_wait_s(error))
        return False

    def pause(self, now_s: float, at_least_s: float = 0.0) -> bool:
        """Pause, twice as long as the last time; what fails within a pause does not double it."""
        begins = now_s >= self._until_s
        if begins:
            self._since_s = now_s if self._since_s is None else self._since_s
            self._pause_s = min(max(2 * self._pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
            self._until_s = now_s + self._pause_s
        self._until_s = max(self._until_s, now_s + at_least_s)
        return begins

    def delay_s(self, now_s: float) -> float:
        """Seconds until a request may start."""
        return max(self._until_s - now_s, 0.0)

    @property
    def exhausted(self) -> bool:
        """Whether the pause would last until after `give_up_s` of trouble."""
        return self._since_s is not None and self._until_s - self._since_s > self.give_up_s


def _asked_wait_s(error: SurveyError) -> float:
    """Seconds that the service asked to wait (Retry-After)."""
    asked_s = error.retry_after_s if isinstance(error, SurveyUnavailable) else None
    return asked_s or 0.0


OTHERS_BETWEEN_TRIES = 10
DEFINITE = (FailureClass.UNDERSIZED, FailureClass.BLANK)
"""Answers of a service that works: there is nothing to try again."""


class CutoutFetcher(Protocol):
    """What gives cutouts, to several threads at once."""

    @property
    def survey(self) -> str:
        """Whose images these are."""

    @property
    def service(self) -> str:
        """Who is asked, for sentences."""

    def fetch(self, position: SkyCoord) -> Cutout:
        """Give the cutout at a position, or raise a `SurveyError`."""


class FetchRun:
    """Asks for cutouts until all are there or failed, or something stops it.

    A failure that may pass (no answer, a bad one) is only suspected to be its position's. It
    counts as a try once the service has answered for another position; failures in a row
    with no answer between them are the service's trouble, and pause everything.

    Parameters
    ----------
    tries_before : mapping of str to int
        Tries of earlier runs by name, for the table of failures.
    """

    def __init__(
        self,
        config: FetchConfig,
        source: CutoutFetcher,
        store: CutoutStore,
        table: FailureTable,
        room: DiskSpace,
        clock: Clock,
        progress: FetchProgress,
        tries_before: Mapping[str, int],
    ) -> None:
        self._config = config
        self._source = source
        self._store = store
        self._table = table
        self._room = room
        self._clock = clock
        self._progress = progress
        self._tries_before = tries_before
        self._tries: Counter[str] = Counter()
        self._queue: deque[Target] = deque()
        self._suspects: list[tuple[Target, SurveyError]] = []
        self._under_way: dict[Future[int], Target] = {}
        self._pace = RateLimit(config.rate_per_s)
        self._patience = RetryPolicy(max(3, 2 * config.connections), config.give_up_s)
        self._stopped: str | None = None

    def ask_all(self, targets: Iterable[Target]) -> str | None:
        """Ask for cutouts, and give the reason if something stopped that before the end."""
        self._queue.extend(targets)
        with ThreadPoolExecutor(self._config.connections, "fetch") as workers:
            while not self._ended():
                self._step(workers)
            while self._under_way:
                self._collect(None)
        return self._stopped

    def _ended(self) -> bool:
        left = self._queue or self._under_way or self._suspects
        return not left or self._stopped is not None or self._clock.stop.is_set()

    def _step(self, workers: ThreadPoolExecutor) -> None:
        self._collect(0)
        if not self._queue and not self._under_way:
            self._ask_suspects_again()
        elif not self._may_start():
            self._collect(None)
        elif delay_s := self._delay_s():
            self._clock.wait(delay_s)
        else:
            self._start(workers)

    def _may_start(self) -> bool:
        at_once = 1 if self._patience.in_trouble else self._config.connections
        return bool(self._queue) and len(self._under_way) < at_once

    def _delay_s(self) -> float:
        now_s = self._clock.now_s()
        return max(self._pace.delay_s(now_s), self._patience.delay_s(now_s))

    def _start(self, workers: ThreadPoolExecutor) -> None:
        try:
            self._room.check(len(self._under_way))
        except FetchError as exc:
            self._stopped = str(exc)
            return
        self._pace.started(self._clock.now_s())
        target = self._queue.popleft()
        self._under_way[workers.submit(self._fetch, target)] = target

    def _fetch(self, target: Target) -> int:
        """Fetch and keep one image (in a worker's thread); give its bytes on disk."""
        position = SkyCoord(target.ra_deg, target.dec_deg, unit="deg")
        return self._store.write(target.name, self._source.fetch(position))

    def _collect(self, timeout_s: float | None) -> None:
        """Take what has ended; None waits until something has."""
        if not self._under_way:
            return
        ended, _ = wait(self._under_way, timeout_s, FIRST_COMPLETED)
        for future in ended:
            self._take(self._under_way.pop(future), future)

    def _take(self, target: Target, future: Future[int]) -> None:
        try:
            size_bytes = future.result()
        except SurveyError as exc:
            self._take_failure(target, exc)
        except FetchError as exc:
            self._stopped = str(exc)
        else:
            self._room.used_bytes += size_bytes
            self._answered()
            self._progress.advance(failed=False)

    def _take_failure(self, target: Target, error: SurveyError) -> None:
        kind = class_of(error)
        if kind is FailureClass.FOOTPRINT:  # decided here or there: it says nothing of the service
            self._give_up_on(target, error)
        elif kind in DEFINITE:
            self._answered()
            self._give_up_on(target, error)
        else:
            self._suspect(target, error)

    def _suspect(self, target: Target, error: SurveyError) -> None:
        if refuses_all(error):
            self._queue.appendleft(target)
        else:
            self._suspects.append((target, error))
        begins = self._patience.failed(error, self._clock.now_s())
        if self._patience.exhausted:
            self._stopped = (
                f"{error} After {self._config.give_up_s / 60:g} min without an answer, or when "
                "asked to wait longer, the fetch ends. What came is kept."
            )
        elif begins:
            pause_s = self._patience.delay_s(self._clock.now_s())
            self._progress.say(f"{error} All requests pause for {pause_s:.0f} s.")

    def _answered(self) -> None:
        if self._patience.in_trouble:
            self._progress.say(f"The {self._source.service} answers again.")
        self._patience.answered()
        self._count_suspects()

    def _ask_suspects_again(self) -> None:
        """Try those that are left once more, with none between whose answer could tell."""
        self._patience.pause(self._clock.now_s())
        self._count_suspects()

    def _count_suspects(self) -> None:
        suspects, self._suspects = self._suspects, []
        for target, error in suspects:
            self._tries[target.name] += 1
            if self._tries[target.name] < self._config.tries:
                self._queue.insert(min(OTHERS_BETWEEN_TRIES, len(self._queue)), target)
            else:
                self._give_up_on(target, error, counted=True)

    def _give_up_on(self, target: Target, error: SurveyError, counted: bool = False) -> None:
        if not counted:
            self._tries[target.name] += 1
        tries = self._tries[target.name] + self._tries_before.get(target.name, 0)
        when = datetime.now(UTC).isoformat(timespec="seconds")
        service = self._source.service
        try:
            self._table.append(
                Failure(*row, class_of(error), str(error), service, when, tries)
                for row in target.rows
            )
        except FetchError as exc:
            self._stopped = str(exc)
        self._progress.advance(failed=True)


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
    source: CutoutFetcher,
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
        self, store: CutoutStore, source: CutoutFetcher, config: FetchConfig, clock: Clock
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
        room = DiskSpace(
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

    def _ask(self, asked: list[Target], room: DiskSpace) -> str | None:
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
