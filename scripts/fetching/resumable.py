"""Download one large file: resumed where it broke off, whole or not there, its md5 checked.

It never waits past its total deadline, and never keeps a file that is not the published one.
"""

import hashlib
import importlib.metadata
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import requests
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from urllib3.exceptions import HTTPError

from app.errors import SurveyUnavailable
from app.surveys.backoff import Backoff, retry_after_s
from app.surveys.deadline import Deadline, DeadlineAdapter
from scripts.fetching.problems import FetchFailed, Interrupted, WrongContent, cannot_reach, refused
from scripts.progress import console

CHUNK_BYTES = 2**14
"""At most so much is lost of a transfer that breaks off."""
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True)
class Download:
    """What to download, and how patiently.

    Parameters
    ----------
    url : str
    path : Path
        Where the file appears when it is whole; until then a hidden `.part` beside it grows.
    service : str
        As sentences call it: "Zenodo".
    md5 : str, optional
        Of the published file.
    size_bytes : int, optional
    deadline_s : float
        Total time of one call, from the first request to the last byte.
    backoff : Backoff
        When a refused or broken request is repeated within that time.
    sleep : callable
        Waits some seconds.
    """

    url: str
    path: Path
    service: str
    md5: str | None = None
    size_bytes: int | None = None
    deadline_s: float = 3600.0
    backoff: Backoff = field(default_factory=lambda: Backoff(retries=4, first_wait_s=2.0))
    sleep: Callable[[float], None] = time.sleep

    @property
    def part(self) -> Path:
        """What has come so far."""
        return self.path.with_name(f".{self.path.name}.part")


def download(wanted: Download) -> bool:
    """Download a file, or go on with a download that broke off.

    Returns
    -------
    fetched : bool
        False where the file was there already and is the published one.

    Raises
    ------
    FetchFailed
        `Interrupted` where the same call goes on later; `WrongContent` where what came is not the
        published file, which is removed then.
    """
    if wanted.path.exists():
        _check(wanted, wanted.path)
        return False
    try:
        wanted.path.parent.mkdir(parents=True, exist_ok=True)
        _fill_part(wanted)
        _check(wanted, wanted.part)
        os.replace(wanted.part, wanted.path)
    except OSError as exc:
        raise FetchFailed(f"'{wanted.path}' cannot be written ({exc.strerror or exc}).") from exc
    return True


def _fill_part(wanted: Download) -> None:
    """Ask until the file is whole, time is up, or asking again has no sense."""
    ends = time.monotonic() + wanted.deadline_s
    tries = 1
    while True:
        before = _size(wanted.part)
        try:
            _ask_rest(wanted, ends)
            return
        except _Broken as broken:
            if _size(wanted.part) > before:
                tries = 1  # it gets on: patience begins anew
            wait_s = wanted.backoff.wait_s(tries, broken.refusal)
            if wait_s is None or time.monotonic() + wait_s >= ends:
                raise _said(wanted, broken, ends) from broken
        wanted.sleep(wait_s)
        tries += 1


class _Broken(Exception):
    """A request that came to nothing, or not to its end."""

    def __init__(self, error: FetchFailed, status: int, retry_after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.refusal = SurveyUnavailable(str(error), status=status, retry_after_s=retry_after)


def _ask_rest(wanted: Download, ends: float) -> None:
    with Deadline(ends - time.monotonic()) as deadline:
        try:
            with _session(deadline) as session:
                _receive(wanted, session, deadline)
        except (requests.RequestException, HTTPError, ConnectionError, TimeoutError) as exc:
            raise _Broken(cannot_reach(wanted.service, exc), HTTPStatus.BAD_GATEWAY) from exc
        if deadline.passed:  # an answer of unknown length just seems to end there
            raise _Broken(_too_late(wanted), HTTPStatus.GATEWAY_TIMEOUT)


def _receive(wanted: Download, session: requests.Session, deadline: Deadline) -> None:
    start = _size(wanted.part)
    headers = {"Range": f"bytes={start}-"} if start else {}
    timeout_s = deadline.remaining_s + 1  # the deadline comes first
    with session.get(wanted.url, headers=headers, stream=True, timeout=timeout_s) as answer:
        if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # all of it came before; its md5 tells
        if answer.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            error = refused(wanted.service, answer.status_code, wanted.url)
            raise _Broken(error, answer.status_code, retry_after_s(answer.headers))
        begins, total = _extent(answer, wanted.size_bytes)
        with _growing(wanted.part, begins) as file, _bar(wanted.path.name, total, begins) as bar:
            for chunk in answer.iter_content(CHUNK_BYTES):
                file.write(chunk)
                bar(len(chunk))
        came = _size(wanted.part)
    if total is not None and came < total:
        short = Interrupted(f"{wanted.service} sent {came:,} of {total:,} bytes.")
        raise _Broken(short, HTTPStatus.BAD_GATEWAY)


def _extent(answer: requests.Response, known: int | None) -> tuple[int, int | None]:
    """First byte of an answer within the file, and the size of the whole file."""
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if answer.status_code == HTTPStatus.PARTIAL_CONTENT and found:
        return int(found[1]), known if found[2] == "*" else int(found[2])
    length = answer.headers.get("Content-Length", "")
    encoded = "Content-Encoding" in answer.headers  # then the length is not that of the file
    return 0, int(length) if length.isdigit() and not encoded else known


@contextmanager
def _growing(part: Path, begins: int) -> Iterator:
    """The part, open where the answer begins; what lay behind that is cut off."""
    with part.open("r+b" if part.exists() else "w+b") as file:
        file.truncate(begins)
        file.seek(begins)
        yield file
        file.flush()
        os.fsync(file.fileno())


def _check(wanted: Download, path: Path) -> None:
    """Refuse a file that is not the published one."""
    came = _size(path)
    if wanted.size_bytes is not None and came != wanted.size_bytes:
        found, published = f"{came:,} bytes", f"{wanted.size_bytes:,}"
    elif wanted.md5 and (found := _md5(path)) != wanted.md5:
        found, published = f"the md5 {found}", wanted.md5
    else:
        return
    if path == wanted.part:
        path.unlink(missing_ok=True)
        raise WrongContent(
            f"What {wanted.service} sent as '{wanted.path.name}' has {found}, not the published "
            f"{published}: it is damaged, or another file. It was removed; try again."
        )
    raise WrongContent(
        f"'{path}' is there already but has {found}, not the published {published}. Move it away, "
        "or choose another directory with --out."
    )


def _said(wanted: Download, broken: _Broken, ends: float) -> FetchFailed:
    if not (came := _size(wanted.part)):
        return _too_late(wanted) if time.monotonic() >= ends else broken.error
    return Interrupted(
        f"{broken.error} {came / 1e6:,.1f} MB of '{wanted.path.name}' are kept: the same command "
        "goes on from there."
    )


def _too_late(wanted: Download) -> FetchFailed:
    return Interrupted(
        f"{wanted.service} did not send '{wanted.path.name}' within {wanted.deadline_s:g} s."
    )


def _session(deadline: Deadline) -> requests.Session:
    session = requests.Session()
    session.mount("https://", DeadlineAdapter(deadline))
    session.mount("http://", DeadlineAdapter(deadline))
    session.headers["User-Agent"] = f"rgz-explorer/{importlib.metadata.version('rgz-explorer')}"
    session.headers["Accept-Encoding"] = "identity"  # ranges count the file's own bytes
    return session


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@contextmanager
def _bar(name: str, total: int | None, begins: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn(name), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(name, total=total, completed=begins)
        yield lambda n: progress.update(task, advance=n)
