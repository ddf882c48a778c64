"""The SQLite file: nothing acknowledged is lost, several write at once, older files are taken."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import LabelsNotKept, ServerBusy
from app.query.explorer import Explorer
from app.samples import database
from app.samples.database import Database
from app.samples.labels import Labels
from app.samples.records import Given
from app.samples.schema import FIRST, MIGRATIONS
from tests.app.samples.writers import EACH, KILLS, RACERS

ROOT = Path(__file__).parents[3]


def told_by_writers(bundle: Path, path: Path, what: str) -> set[str]:
    """The tags that other processes said were acknowledged."""
    command = [sys.executable, "-m", "tests.app.samples.writers", str(bundle), str(path), what]
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": paths}
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return set(ran.stdout.splitlines())


def test_nothing_acknowledged_is_lost_to_kill_9(
    bundle: Path, explorer: Explorer, tmp_path: Path
) -> None:
    path = tmp_path / "labels.sqlite"
    acknowledged = told_by_writers(bundle, path, "kill")
    labels = Labels(path, explorer.space)
    kept = {each.word for each in labels.tags()}
    assert len(acknowledged) >= KILLS
    assert acknowledged <= kept
    assert len(kept - acknowledged) <= KILLS  # written, and killed before it was told
    assert len(labels.history(most=1000)) == min(len(kept), 1000)


def test_several_processes_begin_and_write_one_file_at_once(
    bundle: Path, explorer: Explorer, tmp_path: Path
) -> None:
    path = tmp_path / "labels.sqlite"
    acknowledged = told_by_writers(bundle, path, "race")
    labels = Labels(path, explorer.space)
    assert len(acknowledged) == RACERS * EACH
    assert {each.word for each in labels.tags()} == acknowledged
    changes = labels.history(most=1000)
    assert len(changes) == RACERS * EACH
    assert {change.author for change in changes} == {f"racer{n}" for n in range(RACERS)}


def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    kept = Database(tmp_path / "labels.sqlite", MIGRATIONS)
    with kept.reading() as db:
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_file_of_an_older_version_is_brought_up_to_date(
    explorer: Explorer, tmp_path: Path
) -> None:
    path = tmp_path / "labels.sqlite"
    labels = Labels(path, explorer.space)
    labels.tag([Given(3, "FRII")], "Ann")
    labels.database.close()
    newer = (*MIGRATIONS, ("ALTER TABLE tags ADD COLUMN weight REAL NOT NULL DEFAULT 1",))
    kept = Database(path, newer)
    with kept.reading() as db:
        assert tuple(db.execute("SELECT tag, author, weight FROM tags").fetchone()) == (
            "FRII",
            "Ann",
            1.0,
        )
        assert db.execute("PRAGMA user_version").fetchone()[0] == len(newer)
    kept.close()
    refused = Labels(path, explorer.space)
    assert f"version {len(newer)}, made by newer software" in refused.problem
    with pytest.raises(LabelsNotKept):
        refused.tag([Given(4, "FRII")], "Ann")


def test_a_step_up_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    kept = Database(path, MIGRATIONS)
    with kept.writing() as db:
        for _ in range(2):
            db.execute("INSERT INTO samples (made_by) VALUES (1)")
    kept.close()
    broken = (*MIGRATIONS, ("CREATE TABLE half (a)", "CREATE UNIQUE INDEX u ON samples (made_by)"))
    assert "cannot be kept" in Database(path, broken).problem
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert not db.execute("SELECT * FROM sqlite_master WHERE name = 'half'").fetchall()
    assert not Database(path, MIGRATIONS).problem


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    path.write_bytes(b"somebody's notes, " * 100)
    kept = Database(path, MIGRATIONS)
    assert "not a database" in kept.problem
    with pytest.raises(LabelsNotKept), kept.writing():
        pass
    with kept.reading() as db:
        assert not db.execute("SELECT * FROM tags").fetchall()
    assert path.read_bytes() == b"somebody's notes, " * 100


def test_labels_of_a_volume_that_cannot_be_written_are_read(
    explorer: Explorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "labels.sqlite"
    labels = Labels(path, explorer.space)
    labels.tag([Given(3, "FRII")], "Ann")
    labels.database.close()

    def refuse(connection: sqlite3.Connection) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(database, "_set_up", refuse)
    read = Labels(path, explorer.space)
    assert [each.word for each in read.tags()] == ["FRII"]
    assert "Read-only file system" in read.problem
    with pytest.raises(LabelsNotKept, match="Read-only file system"):
        read.tag([Given(4, "FRI")], "Ann")


def test_a_full_disk_is_a_sentence_and_changes_nothing(explorer: Explorer, tmp_path: Path) -> None:
    labels = Labels(tmp_path / "labels.sqlite", explorer.space)
    labels.tag([Given(3, "FRII")], "Ann")
    with labels.database.writing() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count={pages}")
    notes = [Given(row, f"note {row} " * 200) for row in range(240)]
    with pytest.raises(LabelsNotKept, match=r"full.*Nothing was changed"):
        labels.note(notes, "Ann")
    with labels.database.writing() as db:
        db.execute("PRAGMA max_page_count=100000")
    assert not labels.notes()
    assert len(labels.history()) == 1
    assert labels.note(notes, "Ann").n_changed == 240
    assert len(labels.notes()) == 240


def test_reading_waits_for_no_change(tmp_path: Path) -> None:
    kept = Database(tmp_path / "labels.sqlite", (FIRST,))
    with kept.writing() as db:
        db.execute("INSERT INTO samples (made_by) VALUES (1)")
        with kept.reading() as seen:
            assert seen.execute("SELECT count(*) FROM samples").fetchone()[0] == 0
        db.execute("DELETE FROM samples")


def test_who_waits_too_long_for_others_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAITS_S", 0.05)
    one, two = (Database(tmp_path / "labels.sqlite", (FIRST,)) for _ in range(2))
    with one.writing(), pytest.raises(ServerBusy, match="Others are writing"), two.writing():
        pass
    with two.writing():
        pass
