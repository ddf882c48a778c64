"""Files of Zenodo records: which ones there are, and the published one on disk.

It never takes a file whose md5 is not the published one.
"""

import hashlib
import importlib.metadata
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from pydantic_settings import BaseSettings, SettingsConfigDict
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from urllib3.exceptions import HTTPError

from app.errors import ExplorerError, SurveyUnavailable
from app.net.breaker import Backoff, retry_after_s
from app.net.client import Deadline, DeadlineAdapter, get
from app.settings import read_settings
from scripts.bundle.named import DOWNLOADS, NAMES
from scripts.terminal import console

ZENODO_URL = "https://zenodo.org"
VIZIER_URL = "https://vizier.cds.unistra.fr"


class ArchiveAddresses(BaseSettings):
    """Addresses of the archives; a mirror can be set as RGZ_ZENODO_SERVER or RGZ_VIZIER_SERVER."""

    model_config = SettingsConfigDict(env_prefix="RGZ_")

    zenodo_server: str = ZENODO_URL
    vizier_server: str = VIZIER_URL


class FetchFailed(ExplorerError):
    """An archive gave no usable file; the sentence says why, and whether to try again."""


class WrongContent(FetchFailed):
    """A file that came whole is not the one that was published."""


class Interrupted(FetchFailed):
    """A transfer broke off; what came is kept, and the same command goes on from there."""


def cannot_reach(service: str, error: Exception) -> FetchFailed:
    """The sentence for a service without an answer."""
    if isinstance(error, requests.exceptions.SSLError):
        return FetchFailed(
            f"{service} cannot be reached safely: its certificate is not trusted here. Behind a "
            "proxy that replaces certificates, set REQUESTS_CA_BUNDLE."
        )
    return FetchFailed(
        f"{service} cannot be reached: there was no connection, or it broke. Check the network, "
        "or try again in a few minutes."
    )


def refused(service: str, status: int, url: str) -> FetchFailed:
    """The sentence for an HTTP error."""
    if status in (404, 410):
        return FetchFailed(f"{service} has no '{url}' (HTTP status {status}).")
    return FetchFailed(f"{service} answered with HTTP status {status}; try again in a few minutes.")


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


SERVICE = "Zenodo"
RECORD_DEADLINE_S = 60.0


@dataclass(frozen=True)
class ZenodoFile:
    """A file of a record, as far as it is known beforehand."""

    record: str
    kept_as: str
    """Name on disk."""
    key: str | None = None
    """Name in the record; None: the only archive there."""
    md5: str | None = None
    """None: as the record says."""


@dataclass(frozen=True)
class RecordFile:
    """A file as its record describes it."""

    key: str
    size_bytes: int | None
    md5: str | None


def fetch_from_zenodo(
    wanted: ZenodoFile, directory: Path, server: str, deadline_s: float
) -> tuple[Path, bool]:
    """Get a file of a record.

    Returns
    -------
    path : Path
    fetched : bool
        False where it was there already.

    Raises
    ------
    FetchFailed
    """
    if wanted.key and wanted.md5:
        described = RecordFile(wanted.key, None, wanted.md5)
    else:
        described = _choose(wanted, read_record(wanted.record, server))
    path = directory / wanted.kept_as
    address = f"{server}/records/{wanted.record}/files/{quote(described.key)}?download=1"
    task = Download(
        address,
        path,
        SERVICE,
        md5=described.md5,
        size_bytes=described.size_bytes,
        deadline_s=deadline_s,
    )
    return path, download(task)


def read_record(record: str, server: str) -> list[RecordFile]:
    """Ask which files a record has.

    Raises
    ------
    FetchFailed
    """
    url = f"{server}/api/records/{record}"
    try:
        with Deadline(RECORD_DEADLINE_S) as deadline, get(url, {}, deadline) as answer:
            if answer.status_code != requests.codes.ok:
                raise refused(SERVICE, answer.status_code, url)
            content = answer.json()
    except requests.exceptions.JSONDecodeError as exc:
        raise WrongContent(f"{SERVICE}'s record {record} is no JSON; try again later.") from exc
    except OSError as exc:  # requests' own errors among them
        raise cannot_reach(SERVICE, exc) from exc
    files = content.get("files") if isinstance(content, dict) else None
    if not isinstance(files, list) or not files:
        raise WrongContent(f"{SERVICE}'s record {record} lists no files.")
    return [_described(file) for file in files if isinstance(file, dict) and file.get("key")]


def _described(file: dict[str, Any]) -> RecordFile:
    kind, _, digest = str(file.get("checksum", "")).partition(":")
    size = file.get("size")
    return RecordFile(
        str(file["key"]),
        size if isinstance(size, int) else None,
        digest.lower() if kind == "md5" and digest else None,
    )


def _choose(wanted: ZenodoFile, files: Iterable[RecordFile]) -> RecordFile:
    every = list(files)
    if wanted.key:
        found = [file for file in every if file.key == wanted.key]
    else:
        found = [f for f in every if f.key.endswith((".tar.gz", ".tgz", ".tar", ".zip"))]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(file.key for file in every)
    what = f"no '{wanted.key}'" if wanted.key else "not exactly one archive"
    raise FetchFailed(
        f"{SERVICE}'s record {wanted.record} has {what} but {listed}. "
        "Name one of these with --file."
    )


@dataclass(frozen=True)
class NamedFile:
    """A published file with what it is for."""

    file: ZenodoFile
    use: str
    """Command that uses it, {path} being where it lies."""


FILES = {
    "mirabest": NamedFile(
        ZenodoFile(
            "4288837",
            NAMES["mirabest"].file_name,
            "MiraBest_F_batches.tar.gz",
            "7d4e3a623d29db7204bce81676ee8ce2",
        ),
        "rgz-explorer probe --mirabest {path}",
    ),
    "mightee": NamedFile(
        ZenodoFile("8188867", NAMES["mightee"].file_name),
        "rgz-explorer experiment table7 --mightee {path}",
    ),
    "encoder": NamedFile(
        ZenodoFile("7615104", "published_encoder.pt", "encoder.pt"),
        "rgz-explorer build --demo --encoder {path} --bundle data/bundles/published",
    ),
    "rgz-dr1": NamedFile(
        ZenodoFile(
            "10656393",
            NAMES["rgz-dr1"].file_name,
            "RGZ_DR1_tables.tar.gz",
            "6e6c681075528dfbbcba9e0cf9f56941",
        ),
        "rgz-explorer fetch cutouts rgz-dr1 --out data/cutouts/rgz-dr1",
    ),
}


def fetch_named(name: str, out: Path | None, file: str | None, deadline_min: float) -> Path:
    """Get a published file, and say where it is.

    Parameters
    ----------
    name : str
        One of `FILES`.
    out : Path, optional
        Directory; by default `downloads` in the data directory, where catalogues are looked for.
    file : str, optional
        Another file of the same record.
    deadline_min : float
        Total time.

    Raises
    ------
    FetchFailed
    """
    named = FILES[name]
    wanted = named.file
    if file is not None:
        wanted = replace(wanted, key=file, md5=None, kept_as=Path(file).name)
    directory = out or read_settings().data_dir / DOWNLOADS
    server = ArchiveAddresses().zenodo_server
    path, fetched = fetch_from_zenodo(wanted, directory, server, 60 * deadline_min)
    said = "is there" if fetched else "was there already, and is the published one"
    console.print(f"'{path}' {said}. For example:\n  {named.use.format(path=path)}", markup=False)
    return path
