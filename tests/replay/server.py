"""A real HTTP server on loopback that speaks the forms of the services used, faults included.

It counts and keeps what it was asked. It answers as the FIRST server, SkyView and hips2fits do;
further services are further entries in `routes`, made by modules of their own.
"""

import socket
import struct
import threading
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from tests.replay.faults import TEXT_FAULTS, Answer, Fault, Form
from tests.replay.surveys import (
    FIRST_PATH,
    HIPS2FITS_PATH,
    SKYVIEW_PATH,
    answer_first,
    answer_hips2fits,
    answer_skyview,
)

__all__ = [
    "FIRST_PATH",
    "HIPS2FITS_PATH",
    "SKYVIEW_PATH",
    "Answer",
    "Fault",
    "Form",
    "ReplayServer",
]

SURVEY_FORMS: dict[str, Callable[[Form, Fault | None], Answer]] = {
    FIRST_PATH: answer_first,
    SKYVIEW_PATH: answer_skyview,
    HIPS2FITS_PATH: answer_hips2fits,
}


class ReplayServer:
    """Serves while its ``with`` block lasts.

    `fault` (of every service), `faults` (of single ones, by path) and `delay_s` (before every
    answer) may be set at any time; `coming` holds faults of the next requests, which go before.
    `requests` holds path and form of every request in order of arrival, `most_at_once` how many
    were ever together.
    """

    def __init__(self, fault: Fault | None = None, *, drip_s: float = 0.1) -> None:
        self._here = threading.local()  # a request is served by one thread from end to end
        self._for_all = fault
        self.faults: dict[str, Fault | None] = {}
        self.coming: list[Fault | None] = []
        self.delay_s = 0.0
        self.drip_s = drip_s
        self.requests: list[tuple[str, Form]] = []
        self.most_at_once = 0
        self.routes: dict[str, Callable[[Form], Answer]] = {
            path: partial(self._of_survey, answer) for path, answer in SURVEY_FORMS.items()
        }
        self.stopping = threading.Event()
        self._at_once = 0
        self._lock = threading.Lock()
        self._http = _Server(("127.0.0.1", 0), self)

    @property
    def fault(self) -> Fault | None:
        """What goes wrong: with the request that this thread serves, else with all to come."""
        return getattr(self._here, "fault", self._for_all)

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self._for_all = fault

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def first_url(self) -> str:
        """The FIRST cutout form."""
        return self.url + FIRST_PATH

    @property
    def skyview_url(self) -> str:
        """SkyView's form."""
        return self.url + SKYVIEW_PATH

    @property
    def hips2fits_url(self) -> str:
        """The form of hips2fits."""
        return self.url + HIPS2FITS_PATH

    def count(self, path: str = FIRST_PATH) -> int:
        """Give the number of requests that came for a path."""
        return sum(asked == path for asked, _ in self.requests)

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()

    def arrived(self, path: str, form: Form) -> None:
        """Count a request in, and decide its fate."""
        with self._lock:
            self.requests.append((path, form))
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            own = self.faults.get(path, self._for_all)
            self._here.fault = self.coming.pop(0) if self.coming else own

    def left(self) -> None:
        """Count a request out."""
        with self._lock:
            self._at_once -= 1

    def answer(self, path: str, form: Form) -> Answer:
        """Make the answer of a path's service, as the fault has it."""
        handler = self.routes.get(path)
        if handler is None:
            return Answer(b"Not found", "text/plain", 404)
        return TEXT_FAULTS[self.fault] if self.fault in TEXT_FAULTS else handler(form)

    def _of_survey(self, answer: Callable[[Form, Fault | None], Answer], form: Form) -> Answer:
        return answer(form, self.fault)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], replay: ReplayServer) -> None:
        super().__init__(address, _Handler)
        self.replay = replay


class _Handler(BaseHTTPRequestHandler):
    """Sends the replay server's answers, in the way the fault has it."""

    server: _Server

    def do_GET(self) -> None:
        self._serve(dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._serve(dict(parse_qsl(body.decode("ascii"))))

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output quiet."""

    def _serve(self, form: Form) -> None:
        replay, path = self.server.replay, urlsplit(self.path).path
        replay.arrived(path, form)
        fails = replay.fault is not None
        try:
            replay.stopping.wait(replay.delay_s)
            answer = replay.answer(path, form)
            if not fails:
                replay.left()  # once it is answered its client may be back before this thread is
            self._deliver(answer, replay.fault)
        except OSError:  # the client has gone
            self.close_connection = True
        finally:
            if fails:
                replay.left()

    def _deliver(self, answer: Answer, fault: Fault | None) -> None:
        if fault is Fault.SILENCE:
            self.server.replay.stopping.wait()
        elif fault is Fault.RESET:
            self._reset()
        elif fault is Fault.DRIP_HEADERS:
            self._drip(b"HTTP/1.1 200 OK\r\n", b"X-Wait: yes\r\n" * 100_000, 13)
        else:
            self._send_head(answer, announce=fault is not Fault.DRIP_UNANNOUNCED)
            self._send_body(answer.body, fault)

    def _send_head(self, answer: Answer, announce: bool) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        if announce:
            self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_body(self, body: bytes, fault: Fault | None) -> None:
        if fault in (Fault.DRIP_BODY, Fault.DRIP_UNANNOUNCED):
            self._drip(b"", body, 1)
        elif fault is Fault.SHORT_BODY:
            self.wfile.write(body[: len(body) // 2])
        elif fault is Fault.RESET_BODY:
            self.wfile.write(body[: len(body) // 2])
            self._reset()
        else:
            self.wfile.write(body)

    def _drip(self, head: bytes, content: bytes, step: int) -> None:
        self.wfile.write(head)
        for start in range(0, len(content), step):
            if self.server.replay.stopping.wait(self.server.replay.drip_s):
                return
            self.wfile.write(content[start : start + step])

    def _reset(self) -> None:
        """Close so that the other side gets RST."""
        linger_0 = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_0)
        self.connection.close()
        self.close_connection = True
