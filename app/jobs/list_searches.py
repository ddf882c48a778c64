"""Searches for whole lists that run on while their sender waits: a few at once, kept for a while.

It never keeps the list itself, and nothing of it outlives the process.
"""

import logging
import secrets
import threading
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from app.errors import ListTooLong, ServerBusy, UnknownSearch
from app.query.explorer import Explorer
from app.query.list_places import EntryPlace, place_of_answer
from app.query.lists import (
    EntryList,
    EntryResult,
    ListEntry,
    ListSearchOptions,
    look_up_names,
    search_list,
)
from app.sky.resolve import NameService
from app.tables.neighbours import NeighbourTable

PREVIEWED = 100
logger = logging.getLogger(__name__)
State = Literal["waiting", "looking up names", "searching", "done", "stopped", "failed"]


@dataclass(frozen=True)
class ListLimits:
    """How much of a server one list, and all of them, may take."""

    max_bytes: int = 5_000_000
    max_entries: int = 5_000
    max_rows: int = 200_000
    """Neighbours of one table: entries times k."""
    survey_max: int = 100
    """Positions outside the bundle for which the survey is asked, of one list."""
    names_max: int = 100
    at_once: int = 2
    """Lists that are searched; each asks the survey for one image at a time."""
    waiting: int = 10
    kept: int = 20


class ListSearch:
    """A search for one list."""

    def __init__(self, name: str, found: EntryList) -> None:
        self.id = secrets.token_urlsafe(9)
        self.name = name
        self.notes = found.notes
        self.n_listed = len(found.entries)
        self.state: State = "waiting"
        self.problem = ""
        self.answered: list[EntryResult] = []
        """The first of those answered, for a preview."""
        self.unmatched: list[EntryResult] = []
        self.places: list[EntryPlace] = []
        """Of all that were answered."""
        self.by_bundle = self.by_service = 0
        self.table: pa.Table | None = None
        """Of all neighbours, when it is done."""
        self.options = ListSearchOptions()
        self.stop = threading.Event()

    @property
    def n_done(self) -> int:
        """Entries that have their outcome."""
        return self.by_bundle + self.by_service + len(self.unmatched)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "stopped", "failed")


@dataclass
class ListSearches:
    """The searches of a server.

    Parameters
    ----------
    explorer : Explorer
    name_service : NameService or None
    limits : Limits
    """

    explorer: Explorer
    name_service: NameService | None
    limits: ListLimits = field(default_factory=ListLimits)

    def __post_init__(self) -> None:
        self._jobs: OrderedDict[str, ListSearch] = OrderedDict()
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(self.limits.at_once, thread_name_prefix="lists")

    def begin(
        self, found: EntryList, name: str, options: ListSearchOptions, look_up: bool = True
    ) -> ListSearch:
        """Take in a list; its search begins when one before it ends.

        Raises
        ------
        ListTooLong, ServerBusy
        """
        self._check(found.entries, options.search.k)
        job = ListSearch(name, found)
        job.options = options
        with self._lock:
            waiting = sum(not other.ended for other in self._jobs.values())
            if waiting >= self.limits.at_once + self.limits.waiting:
                raise ServerBusy(
                    f"{waiting} lists are searched or wait already. Try again in some minutes, or "
                    "use `rgz-explorer search` on a machine of your own."
                )
            self._jobs[job.id] = job
            self._forget()
        self._workers.submit(self._run, job, found.entries, look_up)
        return job

    def get(self, job_id: str) -> ListSearch:
        """The search of that id.

        Raises
        ------
        UnknownSearch
        """
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None:
            raise UnknownSearch(
                f"There is no search '{job_id[:40]}' (any more): the last {self.limits.kept} are "
                "kept until the server stops. Search the list again."
            )
        return job

    def stop(self, job_id: str) -> ListSearch:
        """Stop a search; what it has found so far stays."""
        job = self.get(job_id)
        job.stop.set()
        return job

    def close(self) -> None:
        """Stop all searches: the server ends."""
        with self._lock:
            for job in self._jobs.values():
                job.stop.set()
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _check(self, entries: Sequence[ListEntry], k: int) -> None:
        n, most = len(entries), self.limits.max_entries
        if n > most:
            raise ListTooLong(
                f"The list has {n:,} entries; the page takes {most:,}. Divide it, or use "
                "`rgz-explorer search`, which takes any number."
            )
        if n * k > self.limits.max_rows:
            raise ListTooLong(
                f"{n:,} entries with {k} neighbours each are {n * k:,} rows; the page makes "
                f"{self.limits.max_rows:,}. Ask for {self.limits.max_rows // n} at most.",
                parameter="k",
            )

    def _forget(self) -> None:
        """Drop the oldest searches that have ended."""
        ended = [job.id for job in self._jobs.values() if job.ended]
        for job_id in ended[: max(len(self._jobs) - self.limits.kept, 0)]:
            del self._jobs[job_id]

    def _run(self, job: ListSearch, entries: list[ListEntry], look_up: bool) -> None:
        try:
            self._search(job, entries, look_up)
        except Exception as exc:  # said to the person; the log says why
            reference = uuid.uuid4().hex[:8]
            logger.error("Failure %s in the search of a list", reference, exc_info=exc)
            job.problem = (
                f"The server failed on this list (reference {reference}); its log says why."
            )
            job.state = "failed"

    def _search(self, job: ListSearch, entries: list[ListEntry], look_up: bool) -> None:
        job.state = "looking up names"
        known = look_up_names(
            entries,
            self.name_service,
            self.limits.names_max if look_up else 0,
            stopped=job.stop.is_set,
        )
        job.state = "searching"
        table = NeighbourTable(self.explorer.space)
        with closing(search_list(self.explorer, known, job.options)) as outcomes:
            for outcome in outcomes:
                self._take(job, table, outcome)
                if job.stop.is_set():
                    break
        job.table = table.table()
        job.state = "stopped" if job.n_done < job.n_listed else "done"

    def _take(self, job: ListSearch, table: NeighbourTable, outcome: EntryResult) -> None:
        table.add(outcome)
        if outcome.answer is None:
            job.unmatched.append(outcome)
            return
        job.places.append(place_of_answer(outcome))
        if len(job.answered) < PREVIEWED:
            job.answered.append(outcome)
        job.by_bundle += outcome.matched_by == "bundle"
        job.by_service += outcome.matched_by == "service"
