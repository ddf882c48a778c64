"""Where files of a person's own are read: few at once, each within a time, beside the event loop.

It never knows what it runs.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from app.errors import ImageTimeout, ServerBusy

READ_AT_ONCE = 2
WAITING = 6
READ_WITHIN_S = 30.0
T = TypeVar("T")


class WorkerPool:
    """Runs work in threads of its own.

    A thread cannot be ended: work that lasts too long is answered for in time, but keeps its place
    until it has finished, so that there is never more of it than the pool has places.

    Parameters
    ----------
    what : str
        What is read, for sentences.
    at_once, waiting : int
        How many works run, and how many more may wait for a place.
    within_s : float
        From being asked to being answered.
    """

    def __init__(
        self,
        what: str = "image",
        at_once: int = READ_AT_ONCE,
        waiting: int = WAITING,
        within_s: float = READ_WITHIN_S,
    ) -> None:
        self._what = what
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="upload")
        self._most = at_once + waiting
        self._within_s = within_s
        self._inside = 0
        self._lock = threading.Lock()

    async def run(self, work: Callable[[], T]) -> T:
        """Do a work and give what it gives.

        Raises
        ------
        ServerBusy
            If too many wait already.
        ImageTimeout
            If it did not end in time.
        """
        future = self._enter(work)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._within_s)
        except TimeoutError as exc:
            raise ImageTimeout(
                f"The {self._what} could not be read within {self._within_s:g} s. Send a smaller "
                "one, or try again when the server has less to do.",
                parameter="file",
            ) from exc

    def _enter(self, work: Callable[[], T]) -> Future[T]:
        with self._lock:
            if self._inside >= self._most:
                raise ServerBusy(
                    f"The server is reading as many {self._what}s as it can ({self._inside}). "
                    "Try again in some seconds."
                )
            self._inside += 1
        future = self._pool.submit(work)
        future.add_done_callback(self._leave)
        return future

    def _leave(self, _: Future) -> None:
        with self._lock:
            self._inside -= 1
