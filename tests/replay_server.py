"""A real HTTP server on loopback that speaks the FIRST cutout server's form, faults included.

It counts and keeps what it was asked. Further services are further entries in `routes`.
"""

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

import numpy as np
from astropy.coordinates import SkyCoord

from tests import replay_images as images

FIRST_PATH = "/cgi-bin/firstcutout"
Form = dict[str, str]


class Fault(Enum):
    """What the server does wrong, until `ReplayServer.fault` is set otherwise."""

    SILENCE = auto()  # accepts the request and never answers
    DRIP_HEADERS = auto()  # one header line now and then, without end
    DRIP_BODY = auto()  # one byte now and then, of announced length
    DRIP_UNANNOUNCED = auto()  # the same without Content-Length: its end is the connection's
    RESET = auto()  # TCP reset instead of an answer
    RESET_BODY = auto()  # TCP reset halfway through the body
    HTTP_429 = auto()
    HTTP_500 = auto()
    REDIRECT = auto()
    HTML = auto()  # with status 200
    BUSY = auto()  # a text with status 200
    EMPTY = auto()  # nothing with status 200
    NO_DATA = auto()  # what FIRST says off its footprint, with status 200
    SHORT_BODY = auto()  # fewer bytes than Content-Length announces
    TRUNCATED = auto()  # half of the FITS file, of that length
    TRUNCATED_HEADER = auto()
    WRONG_FIELD = auto()  # 5' further north
    UNDERSIZED = auto()  # 33 px
    BLANK = auto()  # all NaN
    CONSTANT = auto()
    NO_WCS = auto()
    JANSKY_PER_PIXEL = auto()


@dataclass
class Answer:
    """An HTTP answer before it is sent."""

    body: bytes
    content_type: str = "image/x-fits"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class ReplayServer:
    """Serves while its ``with`` block lasts.

    `fault` and `delay_s` (before every answer) may be set at any time. `requests` holds path
    and form of every request in order of arrival, `most_at_once` how many were ever together.
    """

    def __init__(self, fault: Fault | None = None, *, drip_s: float = 0.1) -> None:
        self.fault = fault
        self.delay_s = 0.0
        self.drip_s = drip_s
        self.requests: list[tuple[str, Form]] = []
        self.most_at_once = 0
        self.routes: dict[str, Callable[[Form], Answer]] = {FIRST_PATH: self._first}
        self.stopping = threading.Event()
        self._at_once = 0
        self._lock = threading.Lock()
        self._http = _Server(("127.0.0.1", 0), self)

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def first_url(self) -> str:
        """The FIRST cutout form."""
        return self.url + FIRST_PATH

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
        """Count a request in."""
        with self._lock:
            self.requests.append((path, form))
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)

    def left(self) -> None:
        """Count a request out."""
        with self._lock:
            self._at_once -= 1

    def answer(self, path: str, form: Form) -> Answer:
        """Make the answer of a path's service, as the fault has it."""
        handler = self.routes.get(path)
        if handler is None:
            return Answer(b"Not found", "text/plain", 404)
        return _TEXT_FAULTS[self.fault] if self.fault in _TEXT_FAULTS else handler(form)

    def _first(self, form: Form) -> Answer:
        ra_hours, dec_deg = (float(number) for number in form["RA"].split())
        position = SkyCoord(ra_hours * 15, dec_deg, unit="deg")
        if not images.in_footprint(ra_hours, dec_deg):
            return _TEXT_FAULTS[Fault.NO_DATA]
        size_px = min(round(float(form["ImageSize"]) * 60 / 1.8), int(form["MaxImSize"]))
        pixels = images.centre_square(images.pixels_at(position), size_px)
        if self.fault is Fault.UNDERSIZED:
            pixels = images.centre_square(pixels, 33)
        elif self.fault is Fault.BLANK:
            pixels = np.full_like(pixels, np.nan)
        elif self.fault is Fault.CONSTANT:
            pixels = np.zeros_like(pixels)
        elif self.fault is Fault.WRONG_FIELD:
            position = SkyCoord(position.ra.deg, dec_deg + 5 / 60, unit="deg")
        return Answer(self._damaged(images.first_answer(pixels, position)))

    def _damaged(self, content: bytes) -> bytes:
        if self.fault is Fault.TRUNCATED:
            return content[: len(content) // 2]
        if self.fault is Fault.TRUNCATED_HEADER:
            return content[:1000]
        if self.fault is Fault.NO_WCS:
            return images.without_coordinates(content)
        if self.fault is Fault.JANSKY_PER_PIXEL:
            return content.replace(b"'JY/BEAM '", b"'JY/PIXEL'")
        return content


_TEXT_FAULTS: dict[Fault | None, Answer] = {
    Fault.HTTP_429: Answer(b"Slow down", "text/plain", 429, {"Retry-After": "30"}),
    Fault.HTTP_500: Answer(b"<h1>Oops</h1>", "text/html", 500),
    Fault.REDIRECT: Answer(b"", "text/html", 301, {"Location": "https://example.org/first"}),
    Fault.HTML: Answer(b"<html><body><h1>Scheduled  maintenance</h1></body></html>", "text/html"),
    Fault.BUSY: Answer(b"The server is busy, please try again later.\n", "text/plain"),
    Fault.EMPTY: Answer(b"", "text/plain"),
    Fault.NO_DATA: Answer(
        b"<html><body>Sorry, no FIRST data is available at this position.</body></html>",
        "text/html",
    ),
}


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
        try:
            replay.stopping.wait(replay.delay_s)
            self._deliver(replay.answer(path, form), replay.fault)
        except OSError:  # the client has gone
            self.close_connection = True
        finally:
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
