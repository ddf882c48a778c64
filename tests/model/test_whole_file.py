"""A file is there whole or not at all: after errors, kills and full disks."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from model.whole_file import UNFINISHED, replace_whole, whole_file, write_whole


def test_text_and_bytes_are_written_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.txt", "übermäßig\n")
    write_whole(tmp_path / "b", b"\x00\xff")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "übermäßig\n"
    assert (tmp_path / "b").read_bytes() == b"\x00\xff"
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "b"]


def test_a_failure_keeps_the_old_file_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_whole(path, "old")
    with pytest.raises(RuntimeError), whole_file(path) as file:  # noqa: PT012
        file.write(b"half of the n")
        raise RuntimeError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["table.csv"]


def test_permissions_are_those_of_a_plain_open(tmp_path: Path) -> None:
    for name in ("plain", "ours"):
        (tmp_path / f"old {name}").write_text("")
        (tmp_path / f"old {name}").chmod(0o640)
    for name in ("new", "old"):
        (tmp_path / f"{name} plain").write_text("x")
        write_whole(tmp_path / f"{name} ours", "x")
        modes = {(tmp_path / f"{name} {way}").stat().st_mode for way in ("plain", "ours")}
        assert len(modes) == 1


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk/file")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "disk" / "file").read_text() == "new"


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_whole(pipe, "to another program")
    assert os.read(reader, 100) == b"to another program"
    os.close(reader)
    assert pipe.is_fifo()


def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path: Path) -> None:
    path = tmp_path / ("é" * 127)
    write_whole(path, "x")
    assert os.listdir(tmp_path) == [path.name]


def test_what_another_library_wrote_takes_its_place(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "finished").write_text("new")
    replace_whole(tmp_path / "finished", tmp_path / "old")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"old": "new"}


def test_a_kill_midway_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    write_whole(path, "old")
    code = (
        "import sys, os, signal; from pathlib import Path\n"
        "from model.whole_file import whole_file\n"
        "with whole_file(Path(sys.argv[1])) as file:\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code, path], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    left = [name for name in os.listdir(tmp_path) if name != "kept"]
    assert all(name.startswith(".kept.") and name.endswith(UNFINISHED) for name in left)


def test_bytes_and_name_are_synced_in_that_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("sync"), sync(fd)))
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("replace"), replace(a, b)))
    write_whole(tmp_path / "x", "1")
    assert done == ["sync", "replace", "sync"]


def test_a_directory_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "no" / "x", "1")
