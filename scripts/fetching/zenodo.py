"""Files of Zenodo records: which ones there are, and the published one on disk.

It never takes a file whose md5 is not the published one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from app.surveys.deadline import Deadline
from app.surveys.download import get
from scripts.fetching.problems import FetchFailed, WrongContent, cannot_reach, refused
from scripts.fetching.resumable import Download, download

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
