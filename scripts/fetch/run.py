"""The requests of a fetch: no faster than agreed, and none while the service is in trouble.

It never asks for an image that is there.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from astropy.coordinates import SkyCoord

from app.errors import SurveyError
from app.surveys.cutouts import CutoutService
from scripts.fetch.cutout_dir import CutoutStore, FetchError
from scripts.fetch.disk_space import DiskSpace
from scripts.fetch.failures import Failure, FailureClass, FailureTable, class_of
from scripts.fetch.progress import FetchProgress
from scripts.fetch.rate_limit import Clock, RateLimit, RetryPolicy, refuses_all
from scripts.fetch.targets import Target

OTHERS_BETWEEN_TRIES = 10
DEFINITE = (FailureClass.UNDERSIZED, FailureClass.BLANK)
"""Answers of a service that works: there is nothing to try again."""


@dataclass(frozen=True)
class FetchConfig:
    """Where to, how fast, and what again."""

    out: Path
    field_arcmin: float = 9.0
    connections: int = 3
    rate_per_s: float = 3.0
    retry: frozenset[FailureClass] = frozenset()
    """Classes of earlier failures to ask for again."""
    limit: int | None = None
    """Most images to ask for in this run."""
    max_bytes: int | None = None
    """Most that all images of the directory may take."""
    tries: int = 3
    """Failures of an image, of a service that answers otherwise, that make it failed."""
    give_up_s: float = 1800.0
    """Longest trouble of the service to sit out."""


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
        source: CutoutService,
        store: CutoutStore,
        table: FailureTable,
        space: DiskSpace,
        clock: Clock,
        progress: FetchProgress,
        tries_before: Mapping[str, int],
    ) -> None:
        self._config = config
        self._source = source
        self._store = store
        self._table = table
        self._space = space
        self._clock = clock
        self._progress = progress
        self._tries_before = tries_before
        self._tries: Counter[str] = Counter()
        self._queue: deque[Target] = deque()
        self._suspects: list[tuple[Target, SurveyError]] = []
        self._under_way: dict[Future[int], Target] = {}
        self._rate_limit = RateLimit(config.rate_per_s)
        self._retry_policy = RetryPolicy(max(3, 2 * config.connections), config.give_up_s)
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
        at_once = 1 if self._retry_policy.in_trouble else self._config.connections
        return bool(self._queue) and len(self._under_way) < at_once

    def _delay_s(self) -> float:
        now_s = self._clock.now_s()
        return max(self._rate_limit.delay_s(now_s), self._retry_policy.delay_s(now_s))

    def _start(self, workers: ThreadPoolExecutor) -> None:
        try:
            self._space.check(len(self._under_way))
        except FetchError as exc:
            self._stopped = str(exc)
            return
        self._rate_limit.started(self._clock.now_s())
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
            self._space.used_bytes += size_bytes
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
        begins = self._retry_policy.failed(error, self._clock.now_s())
        if self._retry_policy.exhausted:
            self._stopped = (
                f"{error} After {self._config.give_up_s / 60:g} min without an answer, or when "
                "asked to wait longer, the fetch ends. What came is kept."
            )
        elif begins:
            pause_s = self._retry_policy.delay_s(self._clock.now_s())
            self._progress.say(f"{error} All requests pause for {pause_s:.0f} s.")

    def _answered(self) -> None:
        if self._retry_policy.in_trouble:
            self._progress.say(f"The {self._source.service} answers again.")
        self._retry_policy.answered()
        self._count_suspects()

    def _ask_suspects_again(self) -> None:
        """Try those that are left once more, with none between whose answer could tell."""
        self._retry_policy.pause(self._clock.now_s())
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
