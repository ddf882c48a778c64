"""A real HTTP server on loopback that speaks Zenodo's records and files, faults included.

It keeps the paths that were asked for. It knows no VizieR.
"""

import hashlib
import json
import threading
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit


class ZenodoFault(Enum):
    """What the server does wrong with files, until `fault` is set otherwise."""

    SILENCE = auto()
    CUT = auto()  # half of it, then the connection ends
    DRIP = auto()  # a byte now and then
    OTHER_BYTES = auto()
    HTTP_500 = auto()
    HTTP_429 = auto()
    HTTP_404 = auto()
    HTML_RECORD = auto()
    NO_FILES = auto()


class ReplayZenodo:
    """Serves the files of records while its ``with`` block lasts.

    Parameters
    ----------
    records : dict
        Content by record and file name.
    """

    def __init__(self, records: dict[str, dict[str, bytes]]) -> None:
        self.records = records
        self.fault: ZenodoFault | None = None
        self.only_first = 0
        """With a fault: it ends after so many requests for files; 0: it stays."""
        self.requests: list[str] = []
        self.stopping = threading.Event()
        self._http = _Server(("127.0.0.1", 0), self)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def file_requests(self) -> int:
        """How often files were asked for."""
        return sum("/files/" in path for path in self.requests)

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

    def fault_now(self) -> ZenodoFault | None:
        """The fault of the request that has just been counted."""
        if self.only_first and self.file_requests > self.only_first:
            return None
        return self.fault


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], replay: ReplayZenodo) -> None:
        super().__init__(address, _Handler)
        self.replay = replay


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        replay, path = self.server.replay, unquote(urlsplit(self.path).path)
        replay.requests.append(path)
        parts = path.strip("/").split("/")
        try:
            if parts[:2] == ["api", "records"]:
                self._record(parts[2])
            elif parts[0] == "records" and parts[2] == "files":
                self._file(replay.records[parts[1]].get(parts[3]))
        except (OSError, KeyError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output quiet."""

    def _record(self, record: str) -> None:
        replay = self.server.replay
        if record not in replay.records or replay.fault is ZenodoFault.HTTP_404:
            return self._send(404, b"{}")
        if replay.fault is ZenodoFault.HTML_RECORD:
            return self._send(200, b"<html>Maintenance</html>")
        files = [
            {
                "key": key,
                "size": len(content),
                "checksum": f"md5:{hashlib.md5(content).hexdigest()}",
                "links": {"self": f"https://zenodo.org/api/records/{record}/files/{key}/content"},
            }
            for key, content in replay.records[record].items()
        ]
        listed = [] if replay.fault is ZenodoFault.NO_FILES else files
        return self._send(200, json.dumps({"id": record, "files": listed}).encode())

    def _file(self, content: bytes | None) -> None:
        fault = self.server.replay.fault_now()
        status = {ZenodoFault.HTTP_500: 500, ZenodoFault.HTTP_429: 429, ZenodoFault.HTTP_404: 404}
        if content is None or fault in status:
            return self._send(status.get(fault, 404), b"Oops")
        if fault is ZenodoFault.SILENCE:
            self.server.replay.stopping.wait()
        if fault is ZenodoFault.OTHER_BYTES:
            content = content[::-1]
        sent = content[: len(content) // 2] if fault is ZenodoFault.CUT else content
        self._send(200, sent, len(content), fault)

    def _send(
        self,
        status: int,
        body: bytes,
        announced: int | None = None,
        fault: ZenodoFault | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if announced is None else announced))
        self.end_headers()
        if fault is ZenodoFault.DRIP:
            for byte in body:
                self.wfile.write(bytes([byte]))
                if self.server.replay.stopping.wait(0.05):
                    return
        else:
            self.wfile.write(body)
