"""Serve a bundle. It only turns arguments into settings and starts the server."""

import socket
import tempfile
from pathlib import Path

import uvicorn

from app.errors import ExplorerError
from app.main import create_app
from app.settings import Settings, read_settings
from scripts.build import BuildRequest, build_bundle
from scripts.terminal import console


class PortTaken(ExplorerError):
    """Something else listens on the address."""


def serve_bundle(
    demo: bool, bundle: Path | None, encoder: Path | None, host: str | None, port: int | None
) -> None:
    """Take the port, build the demo bundle if asked to, load, say the address, and serve.

    Raises
    ------
    ExplorerError
        If the bundle cannot serve or the port is taken.
    """
    given = {"bundle": bundle, "encoder": encoder, "host": host, "port": port}
    settings = read_settings().model_copy(update={k: v for k, v in given.items() if v is not None})
    listener = _bind(settings.host, settings.port)
    _say_unwritable(settings)
    if demo:
        build_bundle(BuildRequest(demo=True, bundle=bundle, encoder=encoder))
    application = create_app(settings)
    served = application.state.served.meta
    if served.labels.problem:
        console.print(served.labels.problem, markup=False)
    listener.listen(128)
    words = (
        f"Serving {served.n:,} sources of {served.catalogue.name} with {served.encoder.name} on "
        f"{_url(settings.host, listener.getsockname()[1])} (Ctrl+C stops)"
    )
    _Server(uvicorn.Config(application, log_level="warning"), words).run([listener])


class _Server(uvicorn.Server):
    """Says where it is once it answers, and Ctrl+C ends it in order: not before."""

    def __init__(self, config: uvicorn.Config, words: str) -> None:
        super().__init__(config)
        self._words = words

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            console.print(self._words, markup=False)


def _say_unwritable(settings: Settings) -> None:
    """Say at the start what would else be a warning with every cutout."""
    if not settings.cutout_cache_mb:
        return
    try:
        settings.cutout_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.cutout_dir):
            pass
    except OSError as exc:
        console.print(
            f"The data directory '{settings.data_dir}' cannot be written "
            f"({exc.strerror}): fetched cutouts are not kept. RGZ_DATA_DIR names another, "
            "RGZ_CUTOUT_CACHE_MB=0 keeps none.",
            markup=False,
        )


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bind(host: str, port: int) -> socket.socket:
    """Take the address before anything long begins; connections are refused until it listens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, proto=socket.IPPROTO_TCP)  # named: asyncio then sends at once
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as exc:
        listener.close()
        raise PortTaken(
            f"Cannot listen on {host}:{port} ({exc.strerror}). Stop what runs there, or choose "
            "another with --port (make run PORT=...)."
        ) from exc
    return listener
