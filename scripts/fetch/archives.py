"""Files of Zenodo records: which ones there are, and the published one on disk.

It never takes a file whose md5 is not the published one.
"""

import glob
import importlib.metadata
import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pooch
import requests
from pydantic_settings import BaseSettings, SettingsConfigDict
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from urllib3.exceptions import HTTPError

from app.errors import ExplorerError, SurveyUnavailable
from app.net.breaker import Backoff, retry_after_s
from app.net.client import Deadline, DeadlineAdapter, get
from app.settings import read_settings
from model.whole_file import UNFINISHED, replace_whole
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


SERVICE = "Zenodo"
RECORD_DEADLINE_S = 60.0
CHUNK_BYTES = 2**16


def download(
    url: str,
    path: Path,
    md5: str | None,
    deadline_s: float = 3600.0,
    backoff: Backoff | None = None,
) -> bool:
    """Get a file of Zenodo through pooch, whole and as it was published, or not at all.

    A transfer that breaks off is begun again, not gone on with: the files are of tens of MB.

    Parameters
    ----------
    url : str
    path : Path
        Where the file appears when it is whole.
    md5 : str or None
        Of the published file; None: it is not known.
    deadline_s : float
        Total time, from the first request to the last byte.
    backoff : Backoff, optional
        When a refused or broken request is repeated within that time.

    Returns
    -------
    fetched : bool
        False where the file was there already and is the published one.

    Raises
    ------
    FetchFailed
        `WrongContent` where what is there, or what came, is not the published file.
    """
    if md5 is None:
        console.print(f"{SERVICE} gives no md5 of '{path.name}': it is not checked.", markup=False)
    known = f"md5:{md5}" if md5 else None
    receive = _Receiver(deadline_s, backoff or Backoff(retries=4, first_wait_s=2.0))
    pooch.get_logger().setLevel("ERROR")  # what it would say, we say
    try:
        if path.exists():
            _check_there(path, md5)
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path, deadline_s)
        with tempfile.TemporaryDirectory(UNFINISHED, f".{path.name}.", path.parent) as here:
            replace_whole(Path(pooch.retrieve(url, known, path.name, here, None, receive)), path)
    except ValueError as exc:  # pooch's word for a hash that is another
        raise WrongContent(
            f"What {SERVICE} sent as '{path.name}' has not the published md5 {md5}: it is damaged, "
            "or another file. It was removed; try again."
        ) from exc
    except OSError as exc:
        raise FetchFailed(f"'{path}' cannot be written or read ({exc.strerror or exc}).") from exc
    return True


def _check_there(path: Path, md5: str | None) -> None:
    """Refuse to take a file for the published one that is another."""
    if md5 and (found := pooch.file_hash(str(path), "md5")) != md5:
        raise WrongContent(
            f"'{path}' is there already but has the md5 {found}, not the published {md5}. Move it "
            "away, or choose another directory with --out."
        )


def _remove_abandoned(path: Path, deadline_s: float) -> None:
    """Remove what killed fetches of this file left; one that still runs is younger."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*{UNFINISHED}"):
        if time.time() - left.stat().st_mtime > deadline_s:
            shutil.rmtree(left, ignore_errors=True)


class _Broken(Exception):
    """A request that came to nothing, or not to its end."""

    def __init__(self, error: FetchFailed, status: int, retry_after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.refusal = SurveyUnavailable(str(error), status=status, retry_after_s=retry_after)


class _Receiver:
    """Receives a file for pooch: within a total time, asking again where that has a sense."""

    def __init__(self, deadline_s: float, backoff: Backoff) -> None:
        self._deadline_s, self._backoff = deadline_s, backoff

    def __call__(self, url: str, output_file: str, _: object) -> None:
        ends = time.monotonic() + self._deadline_s
        for tries in count(1):
            try:
                with Deadline(ends - time.monotonic()) as deadline:
                    self._receive(url, Path(output_file), deadline)
                return
            except _Broken as broken:
                wait_s = self._backoff.wait_s(tries, broken.refusal)
                if wait_s is None or time.monotonic() + wait_s >= ends:
                    raise broken.error from broken
                said = f"Asking {SERVICE} again in {wait_s:.0f} s: {broken.error}"
                console.print(said, markup=False)
            time.sleep(wait_s)

    def _receive(self, url: str, path: Path, deadline: Deadline) -> None:
        try:
            with (
                _session(deadline) as session,
                session.get(url, stream=True, timeout=deadline.remaining_s + 1) as answer,
            ):
                if answer.status_code != HTTPStatus.OK:
                    error = refused(SERVICE, answer.status_code, url)
                    raise _Broken(error, answer.status_code, retry_after_s(answer.headers))
                came, total = _keep(answer, path)
        except (requests.RequestException, HTTPError, ConnectionError, TimeoutError) as exc:
            if deadline.passed:
                raise self._too_late() from exc
            raise _Broken(cannot_reach(SERVICE, exc), HTTPStatus.BAD_GATEWAY) from exc
        if deadline.passed:  # an answer of unknown length just seems to end there
            raise self._too_late()
        if total is not None and came < total:
            short = FetchFailed(f"{SERVICE} sent {came:,} of {total:,} bytes; try again.")
            raise _Broken(short, HTTPStatus.BAD_GATEWAY)

    def _too_late(self) -> _Broken:
        said = f"{SERVICE} did not send the file within {self._deadline_s:g} s; try again."
        return _Broken(FetchFailed(said), HTTPStatus.GATEWAY_TIMEOUT)


def _keep(answer: requests.Response, path: Path) -> tuple[int, int | None]:
    """Write what comes, with a bar; the bytes that came and the bytes announced."""
    length = answer.headers.get("Content-Length", "")
    total = int(length) if length.isdigit() else None
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    path.unlink(missing_ok=True)  # pooch made it, for its owner alone
    with path.open("xb") as file, Progress(*columns, TransferSpeedColumn(), console=console) as bar:
        task = bar.add_task(SERVICE, total=total)
        for chunk in answer.iter_content(CHUNK_BYTES):
            file.write(chunk)
            bar.advance(task, len(chunk))
        return file.tell(), total


def _session(deadline: Deadline) -> requests.Session:
    session = requests.Session()
    session.mount("https://", DeadlineAdapter(deadline))
    session.mount("http://", DeadlineAdapter(deadline))
    session.headers["User-Agent"] = f"rgz-explorer/{importlib.metadata.version('rgz-explorer')}"
    session.headers["Accept-Encoding"] = "identity"  # the length is then that of the file
    return session


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
        described = RecordFile(wanted.key, wanted.md5)
    else:
        described = _choose(wanted, read_record(wanted.record, server))
    path = directory / wanted.kept_as
    address = f"{server}/records/{wanted.record}/files/{quote(described.key)}?download=1"
    return path, download(address, path, described.md5, deadline_s)


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
    return RecordFile(str(file["key"]), digest.lower() if kind == "md5" and digest else None)


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
    said = "is there" if fetched else "was there already"
    console.print(f"'{path}' {said}. For example:\n  {named.use.format(path=path)}", markup=False)
    return path
