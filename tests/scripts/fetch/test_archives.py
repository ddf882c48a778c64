"""Named downloads from Zenodo over a real socket: whole or not there, md5 checked."""

import hashlib
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from app.net.breaker import Backoff
from scripts import cli
from scripts.fetch.archives import (
    FILES,
    FetchFailed,
    WrongContent,
    ZenodoFile,
    download,
    fetch_from_zenodo,
)
from tests.forked import FORKED
from tests.replay.zenodo import ReplayZenodo, ZenodoFault

CONTENT = Random(1).randbytes(300_000)
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def zenodo() -> Iterator[ReplayZenodo]:
    records = {"7": {"a file.tar.gz": CONTENT}, "8": {"x.tar.gz": CONTENT, "README.md": b"hello"}}
    with ReplayZenodo(records) as server:
        yield server


def get(
    zenodo: ReplayZenodo,
    directory: Path,
    retries: int = 0,
    deadline_s: float = 20.0,
) -> bool:
    return get_from(zenodo.url, directory, retries, deadline_s)


def get_from(url: str, directory: Path, retries: int = 0, deadline_s: float = 20.0) -> bool:
    return download(
        f"{url}/records/7/files/a%20file.tar.gz?download=1",
        directory / "a file.tar.gz",
        MD5,
        deadline_s,
        Backoff(retries=retries, first_wait_s=0.01),
    )


def test_a_file_comes_whole_and_is_not_asked_for_twice(
    zenodo: ReplayZenodo, tmp_path: Path
) -> None:
    assert get(zenodo, tmp_path)
    assert (tmp_path / "a file.tar.gz").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["a file.tar.gz"]
    assert not get(zenodo, tmp_path)
    assert len(zenodo.requests) == 1


def test_a_broken_transfer_leaves_nothing_and_is_asked_for_again(
    zenodo: ReplayZenodo, tmp_path: Path
) -> None:
    zenodo.fault = ZenodoFault.CUT
    with pytest.raises(FetchFailed, match="Zenodo"):
        get(zenodo, tmp_path)
    assert not list(tmp_path.iterdir())
    zenodo.only_first = 2
    assert get(zenodo, tmp_path, retries=2)
    assert (tmp_path / "a file.tar.gz").read_bytes() == CONTENT


def test_a_file_that_came_has_the_permissions_of_any_other(
    zenodo: ReplayZenodo, tmp_path: Path
) -> None:
    get(zenodo, tmp_path)
    (tmp_path / "plain").write_text("")
    assert len({path.stat().st_mode for path in tmp_path.iterdir()}) == 1


def test_a_kill_midway_leaves_no_file_of_that_name_and_is_swept_up_later(
    zenodo: ReplayZenodo, tmp_path: Path
) -> None:
    zenodo.fault = ZenodoFault.DRIP
    process = FORKED.Process(target=get_from, args=(zenodo.url, tmp_path))
    process.start()
    while not (zenodo.requests and any(path.is_file() for path in tmp_path.rglob("*"))):
        assert process.is_alive()
        time.sleep(0.01)
    process.kill()
    process.join()
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".a file.tar.gz.")
    zenodo.fault = None
    os.utime(left, (0, 0))
    (tmp_path / ".another.unfinished").write_text("of another file")
    assert get(zenodo, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"a file.tar.gz", ".another.unfinished"}


def test_a_full_disk_is_a_sentence_and_leaves_nothing(zenodo: ReplayZenodo, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(CONTENT) // 2, hard))
    try:
        with pytest.raises(FetchFailed, match=r"cannot be written or read \(File too large\)"):
            get(zenodo, tmp_path, retries=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())
    assert len(zenodo.requests) == 1


def test_a_wrong_md5_is_refused_and_nothing_stays(zenodo: ReplayZenodo, tmp_path: Path) -> None:
    zenodo.fault = ZenodoFault.OTHER_BYTES
    with pytest.raises(WrongContent, match=MD5):
        get(zenodo, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_of_that_name_that_is_another_is_left_alone(
    zenodo: ReplayZenodo, tmp_path: Path
) -> None:
    (tmp_path / "a file.tar.gz").write_bytes(b"mine")
    with pytest.raises(WrongContent, match="there already"):
        get(zenodo, tmp_path)
    assert (tmp_path / "a file.tar.gz").read_bytes() == b"mine"
    assert not zenodo.requests


@pytest.mark.parametrize("fault", [ZenodoFault.SILENCE, ZenodoFault.DRIP])
def test_a_slow_server_does_not_outlast_the_deadline(
    zenodo: ReplayZenodo, tmp_path: Path, fault: ZenodoFault
) -> None:
    zenodo.fault = fault
    with pytest.raises(FetchFailed, match=r"within 0\.4 s"):
        get(zenodo, tmp_path, retries=3, deadline_s=0.4)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("fault", "words", "asked"),
    [
        (ZenodoFault.HTTP_500, "status 500", 3),
        (ZenodoFault.HTTP_429, "status 429", 3),
        (ZenodoFault.HTTP_404, "has no 'http", 1),
    ],
)
def test_a_refusal_is_a_sentence(
    zenodo: ReplayZenodo, tmp_path: Path, fault: ZenodoFault, words: str, asked: int
) -> None:
    zenodo.fault = fault
    with pytest.raises(FetchFailed, match=words):
        get(zenodo, tmp_path, retries=2)
    assert not list(tmp_path.iterdir())
    assert zenodo.file_requests == asked


def test_a_busy_server_is_asked_again_and_that_is_said(
    zenodo: ReplayZenodo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zenodo.fault, zenodo.only_first = ZenodoFault.HTTP_429, 1
    assert get(zenodo, tmp_path, retries=1)
    assert "Asking Zenodo again in 0 s: Zenodo answered with HTTP" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with ReplayZenodo({}) as gone:
        url = gone.url
    with pytest.raises(FetchFailed, match="Zenodo cannot be reached"):
        download(url, tmp_path / "x", None, backoff=Backoff(retries=0))


def test_a_directory_that_cannot_be_written_is_a_sentence(
    zenodo: ReplayZenodo, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FetchFailed, match="cannot be written"):
        get(zenodo, tmp_path / "file")


def test_the_record_says_the_md5_of_a_file_that_is_not_known(
    zenodo: ReplayZenodo, tmp_path: Path
) -> None:
    path, fetched = fetch_from_zenodo(ZenodoFile("8", "kept"), tmp_path, zenodo.url, 20)
    assert fetched
    assert path.read_bytes() == CONTENT
    zenodo.fault = ZenodoFault.OTHER_BYTES
    with pytest.raises(WrongContent, match="not the published"):
        fetch_from_zenodo(ZenodoFile("8", "again"), tmp_path, zenodo.url, 20)


@pytest.mark.parametrize(
    ("file", "fault", "words"),
    [
        (ZenodoFile("8", "x", "none.tar"), None, r"has no 'none.tar' but x.tar.gz, README.md"),
        (ZenodoFile("9", "x"), None, "HTTP status 404"),
        (ZenodoFile("8", "x"), ZenodoFault.HTML_RECORD, "is no JSON"),
        (ZenodoFile("8", "x"), ZenodoFault.NO_FILES, "lists no files"),
    ],
)
def test_a_record_that_does_not_help_is_a_sentence(
    zenodo: ReplayZenodo,
    tmp_path: Path,
    file: ZenodoFile,
    fault: ZenodoFault | None,
    words: str,
) -> None:
    zenodo.fault = fault
    with pytest.raises(FetchFailed, match=words):
        fetch_from_zenodo(file, tmp_path, zenodo.url, 20)


@pytest.mark.parametrize("name", FILES)
def test_every_named_file_is_asked_for_as_zenodo_publishes_it(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = FILES[name].file
    key = file.key or "MIGHTEE_batches.tar.gz"
    with ReplayZenodo({file.record: {key: CONTENT}}) as zenodo:
        monkeypatch.setenv("RGZ_ZENODO_SERVER", zenodo.url)
        monkeypatch.setattr("sys.argv", ["rgz-explorer", "fetch", name, "--out", str(tmp_path)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr().err
        assert f"/records/{file.record}/files/{key}" in zenodo.requests
    if file.md5:  # these bytes are not the published ones
        assert ended.value.code == 1
        assert file.md5 in said
        assert not list(tmp_path.iterdir())
    else:
        assert not ended.value.code
        assert (tmp_path / file.kept_as).read_bytes() == CONTENT
        assert str(tmp_path / file.kept_as) in said


def test_the_real_mirabest_archive_has_the_published_md5(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = FILES["mirabest"].file
    content = (shared_data / "MiraBest_F_batches.tar.gz").read_bytes()
    assert file.key
    with ReplayZenodo({file.record: {file.key: content}}) as zenodo:
        path, fetched = fetch_from_zenodo(file, tmp_path, zenodo.url, 20)
    assert fetched
    assert path.stat().st_size == len(content)
