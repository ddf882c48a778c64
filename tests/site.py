"""The application on a real socket, for tests that speak HTTP to it. It never starts a process."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

HUNG_S = 600.0
"""What takes longer hangs: far more than the busiest machine needs."""


@contextmanager
def serving(application: FastAPI) -> Iterator[str]:
    """Serve on a free port while the ``with`` block lasts; gives the address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, log_level="critical"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    ends_s = time.monotonic() + HUNG_S
    while not server.started and time.monotonic() < ends_s:
        time.sleep(0.02)
    assert server.started, "the server did not start"
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(HUNG_S)
