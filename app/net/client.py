"""One HTTP service, asked with patience and courtesy: a request in, the bytes of a FITS out.

It never reads the image, never caches, and never waits past its total deadline.
"""

import importlib.metadata
import logging
import re
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError

from app.errors import BadSurveyAnswer, SurveyError, SurveyTimeout, SurveyUnavailable
from app.net.breaker import Backoff, Breaker, retry_after_s


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


logger = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 32 * 2**20
GRACE_S = 0.5
"""How much later than the deadline `ServiceClient.download` gives up on a thread that hangs where
no connection exists yet to be shut (a name look-up, several addresses that do not answer)."""

_CHUNK_BYTES = 65_536

Send = Callable[[Deadline], requests.Response]
"""Sends one request, streamed, with connections that end at the deadline."""


class ServiceClient:
    """The one way to a service, shared by all who ask it.

    Parameters
    ----------
    service : str
        As sentences call it, without the article: "FIRST server".
    deadline_s : float
        From the call to the last byte: waiting for a free connection and repeats included.
    max_connections : int
        Requests under way at once; further ones wait their turn.
    max_answer_bytes : int
        A larger answer is refused.
    backoff : Backoff, optional
        When a refused request is repeated.
    breaker : Breaker, optional
        When the service is left alone.
    sleep : callable
        Waits some seconds.
    """

    def __init__(
        self,
        service: str,
        *,
        deadline_s: float = 20.0,
        max_connections: int = 3,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        backoff: Backoff | None = None,
        breaker: Breaker | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.service = service
        self.deadline_s = deadline_s
        self.max_connections = max_connections
        self.max_answer_bytes = max_answer_bytes
        self._backoff = backoff or Backoff()
        self._breaker = breaker or Breaker(service)
        self._sleep = sleep
        name = service.lower().replace(" ", "-")
        self._workers = ThreadPoolExecutor(max_connections, thread_name_prefix=name)

    def download(self, send: Send) -> bytes:
        """Send a request, repeat it if that is worth while, and give the whole answer.

        Raises
        ------
        SurveyTimeout, SurveyUnavailable, BadSurveyAnswer
        """
        self._breaker.check()
        ends = time.monotonic() + self.deadline_s
        asked = self._workers.submit(self._ask, send, ends)
        try:
            return asked.result(timeout=self.deadline_s + GRACE_S)
        except TimeoutError as exc:
            raise (self._no_connection_free() if asked.cancel() else self._too_late()) from exc

    def _ask(self, send: Send, ends: float) -> bytes:
        if time.monotonic() >= ends:
            raise self._no_connection_free()
        with self._breaker.watch():
            return self._persist(send, ends)

    def _persist(self, send: Send, ends: float) -> bytes:
        """Ask until there is an answer, or no time or sense in asking again."""
        tries = 1
        while True:
            try:
                return self._once(send, ends, tries)
            except SurveyUnavailable as exc:
                wait_s = self._backoff.wait_s(tries, exc)
                if wait_s is None or time.monotonic() + wait_s >= ends:
                    raise
            self._sleep(wait_s)
            tries += 1

    def _once(self, send: Send, ends: float, tries: int) -> bytes:
        started = time.monotonic()
        with Deadline(ends - started) as deadline:
            if deadline.passed:
                raise self._too_late()
            try:
                content = self._answer(send, deadline, tries)
            except (OSError, HTTPError) as exc:  # RequestException is an OSError
                raise self._renamed(exc, deadline) from exc
            if deadline.passed:  # an answer of unknown length just seems to end there
                raise self._too_late()
        took_s = time.monotonic() - started
        logger.info("%s: %d bytes in %.1f s", self.service, len(content), took_s)
        return content

    def _answer(self, send: Send, deadline: Deadline, tries: int) -> bytes:
        with send(deadline) as response:
            if response.status_code != HTTPStatus.OK:
                raise self._refused(response, tries)
            content = bytearray()
            for chunk in response.iter_content(_CHUNK_BYTES):
                content += chunk
                if len(content) > self.max_answer_bytes:
                    raise BadSurveyAnswer(
                        f"The {self.service}'s answer is larger than the "
                        f"{self.max_answer_bytes / 2**20:.1f} MB that a cutout may have."
                    )
        return bytes(content)

    def _refused(self, response: requests.Response, tries: int) -> SurveyUnavailable:
        status, moved = response.status_code, response.headers.get("Location")
        wait_s = retry_after_s(response.headers)
        then, advice = ".", "Try again in a few minutes."
        if moved:
            then, advice = f" and points to {moved[:200]}; its address may have changed.", ""
        elif wait_s is not None:
            then = f" and asks to be left alone for {wait_s:.0f} s."
            advice = f"Try again in {wait_s:.0f} s."
        often = f" ({tries} times)" if tries > 1 else ""
        return SurveyUnavailable(
            f"The {self.service} answered with HTTP status {status} {response.reason}{often}{then}",
            advice=advice,
            status=status,
            retry_after_s=wait_s,
        )

    def _renamed(self, error: Exception, deadline: Deadline) -> SurveyError:
        """Name what requests raises; it calls a read time-out in the body ConnectionError."""
        if deadline.passed or isinstance(error, requests.Timeout):
            return self._too_late()
        if isinstance(error, requests.exceptions.ChunkedEncodingError):
            return BadSurveyAnswer(
                f"The {self.service}'s answer is truncated: the connection broke before its end.",
                advice="Try again.",
            )
        logger.warning("The %s cannot be reached: %s", self.service, error)
        if isinstance(error, requests.exceptions.SSLError):
            return SurveyUnavailable(
                f"The {self.service} cannot be reached safely: its certificate is not trusted "
                "here.",
                advice="Behind a proxy that replaces certificates, set REQUESTS_CA_BUNDLE.",
            )
        return SurveyUnavailable(
            f"The {self.service} cannot be reached: there was no connection, or it broke.",
            advice="Check the network, or try again in a few minutes.",
        )

    def _too_late(self) -> SurveyTimeout:
        return SurveyTimeout(
            f"The {self.service} did not answer completely within {self.deadline_s:g} s.",
            advice="Try again in a minute.",
        )

    def _no_connection_free(self) -> SurveyTimeout:
        return SurveyTimeout(
            f"No connection to the {self.service} became free within {self.deadline_s:g} s "
            f"(at most {self.max_connections} at once).",
            advice="Try again in a minute.",
        )


def get(url: str, parameters: dict[str, str], deadline: Deadline) -> requests.Response:
    """Send a GET in a session of its own, which ends at the deadline and keeps nothing.

    Redirects are followed; their connections end at the deadline too.
    """
    session = requests.Session()
    session.mount("https://", DeadlineAdapter(deadline))
    session.mount("http://", DeadlineAdapter(deadline))
    session.headers["User-Agent"] = f"rgz-explorer/{importlib.metadata.version('rgz-explorer')}"
    timeout_s = max(deadline.remaining_s, 0.01)  # per address, and per read
    return session.get(url, params=parameters, stream=True, timeout=timeout_s)


def fits_only(content: bytes, service: str) -> bytes:
    """Pass a FITS file on; a text or a page is a `BadSurveyAnswer` that quotes it."""
    if content.startswith(b"SIMPLE"):
        return content
    says = _readable(content)
    raise BadSurveyAnswer(
        f"The {service}'s answer is not a FITS image"
        + (f'; it says "{says}".' if says else " and has no text in it."),
        advice="Try again in a few minutes.",
    )


def _readable(content: bytes) -> str:
    """The first words of a text or HTML answer, for the error's sentence."""
    text = re.sub(r"<[^>]*>", " ", content[:4096].decode("ascii", errors="ignore"))
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words.rstrip(".") if len(words) <= 120 else words[:119] + "…"
