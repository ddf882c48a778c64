"""A download's total deadline: when it comes, the download's connections are shut.

It never retries and knows no survey. The time-outs of requests and urllib3 are per read, so a
server that sends a byte now and then outlasts them; shutting the socket ends any read at once.
"""

import socket
import threading
import time
from types import TracebackType
from typing import Any, Self, cast

from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool


class Deadline:
    """The end of the time that the body of a ``with`` block has.

    Parameters
    ----------
    seconds : float
        From now. Nothing left counts as passed.
    """

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._timer = threading.Timer(max(seconds, 0), self._shut_connections)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._watched: list[socket.socket] = []
        self._passed = seconds <= 0

    @property
    def passed(self) -> bool:
        """Whether it came; what a connection gave after that is not to be trusted."""
        return self._passed

    @property
    def remaining_s(self) -> float:
        """Seconds left, 0 at the least."""
        return max(self._ends - time.monotonic(), 0.0)

    def watch(self, connection: socket.socket) -> None:
        """Shut this connection at the deadline.

        A duplicate is kept, because the TLS layer takes the original socket object over.

        Raises
        ------
        TimeoutError
            If the deadline has passed; the connection is closed then.
        """
        with self._lock:
            if not self._passed:
                self._watched.append(connection.dup())
                return
        connection.close()
        raise TimeoutError("the deadline passed while connecting")

    def __enter__(self) -> Self:
        if not self._passed:
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for connection in self._watched:
                connection.close()
            self._watched.clear()

    def _shut_connections(self) -> None:
        with self._lock:
            self._passed = True
            for connection in self._watched:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:  # the other side closed it first
                    continue


class DeadlineAdapter(HTTPAdapter):
    """A transport for a requests session all of whose connections end at one deadline."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__(max_retries=0)
        self._deadline = deadline

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> HTTPConnectionPool:
        """Give the pool that requests would use, opening connections that are watched."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        bases = (_WatchedConnection, pool.ConnectionCls)
        pool.ConnectionCls = type("WatchedConnection", bases, {"deadline": self._deadline})
        return cast(HTTPConnectionPool, pool)


class _WatchedConnection:
    """Mixed into urllib3's connection classes: every socket they open is watched."""

    deadline: Deadline

    def _new_conn(self) -> socket.socket:
        connection: socket.socket = super()._new_conn()  # type: ignore[misc]
        self.deadline.watch(connection)
        return connection
