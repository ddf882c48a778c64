"""Files of strangers, each read in a process of its own that takes only so much time and memory.

It never hands over an object of that process: an Arrow table or a text comes back, or a sentence.
"""

import io
import json
import os
import queue
import resource
import signal
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy import units as u
from astropy.table import Table

from app.errors import ListTooLong, UnreadableList
from app.tables.files import read_file
from app.tables.lists import ListOptions, UnreadableCatalogue
from app.tables.table import FileTable, Limits
from app.tables.text import TextLines

MEMORY_BYTES = 80_000_000
CPU_S = 1.5
WITHIN_S = 10.0
"""From being asked to being answered, on a machine that has other things to do."""
_ERRORS: dict[str, type[UnreadableList] | type[ListTooLong]] = {
    "UnreadableCatalogue": UnreadableCatalogue,
    "ListTooLong": ListTooLong,
}
_HEAD = struct.Struct("<cQ")
_TABLE, _LINES, _ERROR = b"T", b"L", b"E"


class ReadingProcesses:
    """Reads files, each in a process of its own.

    Parameters
    ----------
    at_once : int
        How many at once, at most.
    """

    def __init__(self, at_once: int = 2) -> None:
        self._idle: queue.LifoQueue[_Process | None] = queue.LifoQueue()
        for _ in range(at_once):
            self._idle.put(None)

    def start(self) -> None:
        """Start one, so that the first file need not wait for it."""
        process = self._idle.get()
        self._idle.put(process or _Process())

    def read(
        self, content: bytes, name: str, options: ListOptions, limits: Limits
    ) -> FileTable | TextLines:
        """Read what a file holds, as `app.tables.files.read_file` does.

        Raises
        ------
        UnreadableCatalogue, ListTooLong
        """
        process = self._idle.get()
        if process is None or process.ended:
            process = _Process()
        try:
            kind, reply = process.ask(content, name, options, limits)
        except (OSError, EOFError) as exc:
            process.end()
            process = _Process()  # ready for the next
            raise ListTooLong(_too_much(name)["sentence"]) from exc
        finally:
            self._idle.put(process)
        return _received(kind, reply)

    def close(self) -> None:
        """End the processes that wait; one at work ends with its work. `start` begins anew."""
        places = 0
        while not self._idle.empty():
            process, places = self._idle.get(), places + 1
            if process:
                process.end()
        for _ in range(places):
            self._idle.put(None)


class _Process:
    """A process that has the readers at hand, and parts from itself one process a file."""

    def __init__(self) -> None:
        root = Path(__file__).parents[2]
        paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
        alone = {
            "PYTHONPATH": os.pathsep.join(paths),
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | alone,
            start_new_session=True,
        )

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def ask(
        self, content: bytes, name: str, options: ListOptions, limits: Limits
    ) -> tuple[bytes, bytes]:
        """Have a file read; the kind of the reply, and the reply.

        Raises
        ------
        OSError, EOFError
            If it ended, or was ended for being late.
        """
        assert self._process.stdin
        assert self._process.stdout
        asked = {"name": name, "options": dict(options), "limits": limits.__dict__}
        late = threading.Timer(WITHIN_S, self._kill)
        late.start()
        try:
            _send(self._process.stdin, b"Q", json.dumps(asked).encode())
            _send(self._process.stdin, b"C", content)
            return _receive(self._process.stdout)
        finally:
            late.cancel()

    def _kill(self) -> None:
        """End it and what it has begun."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """End it."""
        self._kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # it ended with a request half sent
                if pipe:
                    pipe.close()
        self._process.wait()


def _send(pipe: IO[bytes], kind: bytes, content: bytes) -> None:
    pipe.write(_HEAD.pack(kind, len(content)))
    pipe.write(content)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> tuple[bytes, bytes]:
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise EOFError
    kind, size = _HEAD.unpack(head)
    content = pipe.read(size)
    if len(content) < size:
        raise EOFError
    return kind, content


def _received(kind: bytes, reply: bytes) -> FileTable | TextLines:
    if kind == _TABLE:
        data = pa.ipc.open_stream(reply).read_all()
        said = json.loads(data.schema.metadata[b"said"])
        return FileTable(
            data,
            np.array(said["rows"], np.int64),
            {int(row): reason for row, reason in said["broken"].items()},
            said["frame"],
            said["notes"],
            said["form"],
        )
    said = json.loads(reply)
    if kind == _LINES:
        return TextLines(said["text"], said["notes"])
    raise _ERRORS[said["error"]](said["sentence"])


def _answer(content: bytes, asked: dict[str, Any]) -> tuple[bytes, bytes]:
    try:
        found = read_file(content, asked["name"], asked["options"], Limits(**asked["limits"]))
    except (UnreadableCatalogue, ListTooLong) as exc:
        said = {"error": type(exc).__name__, "sentence": str(exc)}
        return _ERROR, json.dumps(said).encode()
    if isinstance(found, TextLines):
        return _LINES, json.dumps(found.__dict__).encode()
    about = {"rows": found.rows.tolist(), "broken": dict(found.broken), "frame": found.frame}
    about |= {"notes": found.notes, "form": found.form}
    data = found.data.replace_schema_metadata({"said": json.dumps(about)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, data.schema) as stream:
        stream.write_table(data)
    return _TABLE, sink.getvalue().to_pybytes()


def _limit() -> None:
    """Let this process use so much more memory and time, where the system can hold it to that."""
    signal.setitimer(signal.ITIMER_PROF, CPU_S)  # at whose end the process ends
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return
    now = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData"))
    most = now * 1024 + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _answer_alone(asked: dict[str, Any], content: bytes, answers_to: IO[bytes]) -> bool:
    """Read a file in a process of its own, which ends with it; whether it has answered."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    answered = False
    try:
        _limit()
        answer = _answer(content, asked)
        signal.setitimer(signal.ITIMER_PROF, 0)
        _send(answers_to, *answer)
        answered = True
    finally:
        os._exit(0 if answered else 1)


def _warm_up() -> None:
    """Have at hand what the readers load when they are first used."""
    table = Table({"name": ["a"], "ra": [1.0] * u.deg, "dec": [2.0] * u.deg})
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"ra": [1.0], "dec": [2.0]}), sink)
    read_file(sink.getvalue().to_pybytes(), "parquet")
    for form in ("votable", "fits"):
        file = io.BytesIO()
        table.write(file, format=form)
        read_file(file.getvalue(), form)
    for form in ("ascii.csv", "ascii.ecsv", "ascii.ipac", "ascii.mrt"):
        text = io.StringIO()
        table.write(text, format=form)
        read_file(text.getvalue().encode(), form)


def main() -> None:
    """Read one file after another, from and to pipes, until the asking process ends."""
    asked_of, answers_to = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    pa.set_cpu_count(1)
    _warm_up()
    while True:
        try:
            asked, content = json.loads(_receive(asked_of)[1]), _receive(asked_of)[1]
        except EOFError:
            return
        if not _answer_alone(asked, content, answers_to):
            _send(answers_to, _ERROR, json.dumps(_too_much(asked["name"])).encode())


def _too_much(name: str) -> dict[str, str]:
    sentence = (
        f"'{name}' needs more time or memory to be read than a server gives: {CPU_S:g} s and "
        f"{MEMORY_BYTES / 1e6:g} MB. Send it as CSV, divide it, or use `rgz-explorer search`."
    )
    return {"error": "ListTooLong", "sentence": sentence}


if __name__ == "__main__":
    main()
