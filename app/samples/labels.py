"""Samples, tags and notes: every change with author and time, whole, and to be undone.

It never drops what the served bundle does not hold: such members and labels stay, and are told.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from app.bundle.latent_space import LatentSpace
from app.errors import ConflictingChange, UnknownSample, UnusableChange
from app.samples.database import Database
from app.samples.records import Change, Changed, Given, Label, LabelledSource, Sample
from app.samples.schema import MIGRATIONS, UNDONE_IN_ORDER
from app.samples.served import rows_here
from app.samples.words import author_name, checked, note_text, sample_name, tag_name, written

HISTORY_MOST = 1_000


@dataclass
class Labels:
    """Samples and labels of one server, seen with the bundle that it serves.

    Parameters
    ----------
    path : Path
        Of the SQLite file.
    space : LatentSpace
    """

    path: Path
    space: LatentSpace
    database: Database = field(init=False)

    def __post_init__(self) -> None:
        self.database = Database(self.path, MIGRATIONS)

    @property
    def problem(self) -> str:
        """Why nothing can be kept, in a sentence; empty where it can."""
        return self.database.problem

    # Samples

    def samples(self) -> list[Sample]:
        """All samples, the last made first."""
        with self.database.reading() as db:
            return [_sample(each) for each in db.execute(f"{_SAMPLES} ORDER BY names.sample DESC")]

    def sample(self, sample: int) -> Sample:
        """The sample of a number.

        Raises
        ------
        UnknownSample
        """
        with self.database.reading() as db:
            return _sample_of(db, sample)

    def members(self, sample: int) -> list[Label]:
        """The members of a sample, in the order in which they came."""
        with self.database.reading() as db:
            _sample_of(db, sample)
            return self._labels(db, "members", "''", "sample = ?", (sample,))

    def samples_of(self, source_id: str) -> list[Label]:
        """Memberships of a source; their words are the numbers of the samples."""
        where = "source_id = ? AND sample IN (SELECT sample FROM names WHERE removed IS NULL)"
        with self.database.reading() as db:
            return self._labels(db, "members", "CAST(sample AS TEXT)", where, (source_id,))

    def create(self, name: str, author: str, given: Sequence[Given], how: str) -> Changed:
        """Make a sample of some rows of the bundle.

        Parameters
        ----------
        name, author : str
        given : sequence of Given
        how : str
            How they were chosen, in words; may be empty.

        Raises
        ------
        UnusableWord, ConflictingChange, LabelsNotKept
        """
        name, author = sample_name(name), author_name(author)
        given = [checked(each) for each in given]
        with self.database.writing() as db:
            change = self._begin(db, author)
            number = db.execute("INSERT INTO samples (made_by) VALUES (?)", (change,)).lastrowid
            assert number is not None
            _call(db, number, name, change)
            n = self._add(db, "members", {"sample": number}, given, author, change)
            said = f"Made the sample '{name}' of {_counted(n)}{_because(how)}."
            return Changed(_tell(db, change, said), n, number)

    def rename(self, sample: int, name: str, author: str) -> Changed:
        """Give a sample another name.

        Raises
        ------
        UnknownSample, UnusableWord, ConflictingChange, LabelsNotKept
        """
        name, author = sample_name(name), author_name(author)
        with self.database.writing() as db:
            known = _sample_of(db, sample)
            if known.name == name:
                return Changed(None, 0, sample)
            change = self._begin(db, author)
            _end(db, "names", "sample = ?", (sample,), change)
            _call(db, sample, name, change)
            return Changed(_tell(db, change, f"Renamed '{known.name}' to '{name}'."), 1, sample)

    def delete(self, sample: int, author: str) -> Changed:
        """Delete a sample; undoing it brings back the sample with its members."""
        author = author_name(author)
        with self.database.writing() as db:
            known = _sample_of(db, sample)
            change = self._begin(db, author)
            _end(db, "names", "sample = ?", (sample,), change)
            said = f"Deleted the sample '{known.name}' of {_counted(known.count)}."
            return Changed(_tell(db, change, said), known.count, sample)

    def add_members(self, sample: int, given: Sequence[Given], author: str, how: str) -> Changed:
        """Put rows of the bundle into a sample.

        Raises
        ------
        UnknownSample, UnusableWord, LabelsNotKept
        """
        author = author_name(author)
        with self.database.writing() as db:
            known = _sample_of(db, sample)
            change = self._begin(db, author)
            n = self._add(db, "members", {"sample": sample}, given, author, change)
            said = f"Added {_counted(n)} to the sample '{known.name}'{_because(how)}."
            return Changed(_tell(db, change, said, n), n, sample)

    def remove_members(
        self, sample: int, source_ids: Sequence[str], author: str, how: str
    ) -> Changed:
        """Take sources out of a sample, by their ids, in the served bundle or not."""
        author = author_name(author)
        with self.database.writing() as db:
            known = _sample_of(db, sample)
            change = self._begin(db, author)
            where = f"sample = ? AND source IN {_OF_IDS}"
            n = _end(db, "members", where, (sample, json.dumps(source_ids)), change)
            said = f"Took {_counted(n)} out of the sample '{known.name}'{_because(how)}."
            return Changed(_tell(db, change, said, n), n, sample)

    # Tags and notes

    def tags(
        self,
        source_id: str | None = None,
        tag: str | None = None,
        words: Sequence[str] | None = None,
    ) -> list[Label]:
        """All tags, those of one source, those that are one word, or any of some; oldest first."""
        where = "1"
        given: list[str] = []
        for condition, value in (("source_id = ?", source_id), ("tag = ?", tag)):
            if value is not None:
                where, given = f"{where} AND {condition}", [*given, value]
        if words is not None:
            where, given = f"{where} AND tag IN {_OF_WORDS}", [*given, json.dumps(words)]
        with self.database.reading() as db:
            return self._labels(db, "tags", "tag", where, given)

    def notes(self, source_id: str | None = None) -> list[Label]:
        """All notes, or those on one source."""
        where, given = ("1", []) if source_id is None else ("source_id = ?", [source_id])
        with self.database.reading() as db:
            return self._labels(db, "notes", "text", where, given)

    def tag(self, given: Sequence[Given], author: str, how: str = "") -> Changed:
        """Put tags on rows of the bundle; one that its author has put there already stays.

        Raises
        ------
        UnusableWord, LabelsNotKept
        """
        return self.take(given, [], author, how)

    def tag_in_place_of(
        self, rows: Sequence[int], tag: str, earlier: Sequence[str], author: str
    ) -> Changed:
        """Put a tag on rows of the bundle, and take the author's earlier ones off, as one change.

        Raises
        ------
        UnusableWord, LabelsNotKept
        """
        author, tag = author_name(author), tag_name(tag)
        with self.database.writing() as db:
            change = self._begin(db, author)
            numbers = json.dumps(self._numbers(db, rows))
            n = _end(
                db,
                "tags",
                f"author = ? AND tag <> ? AND tag IN {_OF_WORDS} AND source IN {_OF_WORDS}",
                (author, tag, json.dumps(earlier), numbers),
                change,
            )
            n += self._add(db, "tags", {"tag": tag}, [Given(row) for row in rows], author, change)
            said = f"Gave {_counted(len(rows))} the '{tag}'."
            return Changed(_tell(db, change, said, n), len(rows) if n else 0)

    def untag(self, source_ids: Sequence[str], tag: str, author: str, how: str = "") -> Changed:
        """Take an author's tag off sources; those of others stay."""
        author, tag = author_name(author), tag_name(tag)
        with self.database.writing() as db:
            change = self._begin(db, author)
            where = f"tag = ? AND author = ? AND source IN {_OF_IDS}"
            n = _end(db, "tags", where, (tag, author, json.dumps(source_ids)), change)
            said = f"Took '{tag}' off {_counted(n)}{_because(how)}."
            return Changed(_tell(db, change, said, n), n)

    def note(self, given: Sequence[Given], author: str) -> Changed:
        """Write notes on rows of the bundle: one a source and author, in place of an earlier one.

        Raises
        ------
        UnusableWord, LabelsNotKept
        """
        return self.take([], given, author)

    def take(
        self, tags: Sequence[Given], notes: Sequence[Given], author: str, how: str = ""
    ) -> Changed:
        """Put tags and notes on rows of the bundle, as one change; those without a word are none.

        Raises
        ------
        UnusableWord, LabelsNotKept
        """
        author = author_name(author)
        tags = [replace(checked(each), word=tag_name(each.word)) for each in tags if each.word]
        notes = [replace(checked(each), word=note_text(each.word)) for each in notes if each.word]
        with self.database.writing() as db:
            change = self._begin(db, author)
            n_tags, n_notes = self._put_tags(db, tags, author, change), 0
            for each in notes:
                n_notes += self._put_note(db, each, author, change)
            said = [_tagged(tags, n_tags)] * bool(n_tags)
            said += [f"wrote a note on {_counted(n_notes)}"] * bool(n_notes)
            told = " and ".join(said) + _because(how)
            n = n_tags + n_notes
            return Changed(_tell(db, change, f"{told[:1].upper()}{told[1:]}.", n), n)

    def _put_tags(
        self, db: sqlite3.Connection, tags: Sequence[Given], author: str, change: int
    ) -> int:
        by_word: dict[str, list[Given]] = {}
        for each in tags:
            by_word.setdefault(each.word, []).append(each)
        return sum(
            self._add(db, "tags", {"tag": word}, few, author, change)
            for word, few in by_word.items()
        )

    def _put_note(self, db: sqlite3.Connection, note: Given, author: str, change: int) -> int:
        same, whose = "source = ? AND author = ?", note.author or author
        given = (*self._numbers(db, [note.row]), whose)
        kept = db.execute(
            f"SELECT text FROM notes WHERE removed IS NULL AND {same}", given
        ).fetchone()
        if kept is not None and kept["text"] == note.word:
            return 0
        _end(db, "notes", same, given, change)
        return self._add(db, "notes", {"text": note.word}, [note], author, change)

    def remove_note(self, source_id: str, author: str) -> Changed:
        """Take away an author's note on a source."""
        author = author_name(author)
        with self.database.writing() as db:
            change = self._begin(db, author)
            where = f"author = ? AND source IN {_OF_IDS}"
            n = _end(db, "notes", where, (author, json.dumps([source_id])), change)
            return Changed(_tell(db, change, f"Took the note off '{source_id}'.", n), n)

    # History

    def history(
        self,
        author: str | None = None,
        source_id: str | None = None,
        sample: int | None = None,
        before: int | None = None,
        most: int = 100,
    ) -> list[Change]:
        """Changes, the last first: all, an author's, those of a source, or those of a sample."""
        where: list[str] = []
        given: list[Any] = []
        if author is not None:
            where.append("changes.author = ?")
            given.append(author)
        if before is not None:
            where.append("changes.id < ?")
            given.append(before)
        if source_id is not None:
            where.append(_touching(("members", "tags", "notes"), _ID_SOURCES))
            given += [source_id] * 6
        if sample is not None:
            where.append(_touching(("names", "members"), "sample = ?"))
            given += [sample] * 4
        condition = f"WHERE {' AND '.join(where)}" if where else ""
        with self.database.reading() as db:
            found = db.execute(
                f"{_CHANGES} {condition} ORDER BY changes.id DESC LIMIT ?",
                (*given, min(most, HISTORY_MOST)),
            )
            return [Change(*each) for each in found]

    def undo(self, author: str) -> Changed:
        """Undo the last change of an author that is not undone yet; asked again, the one before.

        Raises
        ------
        UnusableChange
            If there is none.
        ConflictingChange
            If another sample has the name now that an undone sample would have again.
        """
        author = author_name(author)
        with self.database.writing() as db:
            last = db.execute(
                f"{_CHANGES} WHERE changes.author = ? AND changes.undoes IS NULL "
                "AND later.id IS NULL ORDER BY changes.id DESC LIMIT 1",
                (author,),
            ).fetchone()
            if last is None:
                raise UnusableChange(
                    f"There is nothing left to undo of '{author}'.", parameter="author"
                )
            undone = Change(*last)
            change = self._begin(db, author, undone.id)
            n = 0
            for table, columns in UNDONE_IN_ORDER.items():
                n += _end(db, table, "added = ?", (undone.id,), change)
                ignore = "" if table == "names" else "OR IGNORE"
                try:
                    n += db.execute(
                        f"INSERT {ignore} INTO {table} ({columns}, added) "
                        f"SELECT {columns}, added FROM {table} WHERE removed = ? ORDER BY id",
                        (undone.id,),
                    ).rowcount
                except sqlite3.IntegrityError as exc:
                    raise ConflictingChange(
                        f"The change '{undone.said.rstrip('.')}' cannot be undone: the sample has "
                        "been named otherwise since, or another one has its name now."
                    ) from exc
            return Changed(_tell(db, change, f"Undid: {undone.said}"), n)

    # Sources

    def _labels(
        self, db: sqlite3.Connection, table: str, word: str, where: str, given: Sequence[Any]
    ) -> list[Label]:
        found = db.execute(
            f"SELECT source_id, name, ra_deg, dec_deg, {word} AS word, author, at_utc, "
            f"{table}.bundle AS bundle FROM {table} JOIN sources ON sources.id = {table}.source "
            f"WHERE removed IS NULL AND {where} ORDER BY {table}.id",
            given,
        ).fetchall()
        rows = rows_here(self.space, [(each[0], each[2], each[3]) for each in found])
        return [
            Label(LabelledSource(each[0], each[1], each[2], each[3], row), *each[4:])
            for each, row in zip(found, rows, strict=True)
        ]

    def _numbers(self, db: sqlite3.Connection, rows: Sequence[int]) -> list[int]:
        """The numbers that our file has for rows of the bundle; what is new gets one."""
        catalogue, version = self.space.catalogue, self.space.version
        ids = catalogue.table["source_id"].take(pa.array(rows, pa.int64())).to_pylist()
        names = catalogue.table["name"].take(pa.array(rows, pa.int64())).to_pylist()
        known = db.execute(
            "SELECT source_id, ra_deg, dec_deg, id FROM sources "
            "WHERE source_id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        ).fetchall()
        here = rows_here(self.space, [(each[0], each[1], each[2]) for each in known])
        by_row = {row: each["id"] for each, row in zip(known, here, strict=True) if row is not None}
        for row, source_id, name in zip(rows, ids, names, strict=True):
            if row not in by_row:
                place = float(catalogue.ra_deg[row]), float(catalogue.dec_deg[row])
                by_row[row] = db.execute(
                    "INSERT INTO sources (source_id, name, ra_deg, dec_deg, bundle) "
                    "VALUES (?, ?, ?, ?, ?)",
                    (source_id, name or "", *place, version),
                ).lastrowid
        return [by_row[row] for row in rows]

    # Changes

    def _begin(self, db: sqlite3.Connection, author: str, undoes: int | None = None) -> int:
        """Begin a change, of which `_tell` says what it did."""
        manifest, version = self.space.manifest, self.space.version
        db.execute(
            "INSERT OR IGNORE INTO bundles VALUES (?, ?, ?)",
            (version, manifest.fingerprint, manifest.source.name),
        )
        number = db.execute(
            "INSERT INTO changes (at_utc, author, said, bundle, undoes) VALUES (?, ?, '', ?, ?)",
            (_now(), author, version, undoes),
        ).lastrowid
        assert number is not None
        return number

    def _add(
        self,
        db: sqlite3.Connection,
        table: str,
        what: dict[str, Any],
        given: Sequence[Given],
        author: str,
        change: int,
    ) -> int:
        """Add rows to members, tags or notes, and say how many were not there yet."""
        numbers = self._numbers(db, [each.row for each in given])
        columns = (*what, "source", "author", "at_utc", "bundle", "added")
        now = _now()
        return db.executemany(
            f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) "
            f"VALUES ({', '.join('?' * len(columns))})",
            (
                (
                    *what.values(),
                    number,
                    each.author or author,
                    each.at_utc or now,
                    each.bundle or self.space.version,
                    change,
                )
                for number, each in zip(numbers, given, strict=True)
            ),
        ).rowcount


_OF_WORDS = "(SELECT value FROM json_each(?))"
_OF_IDS = "(SELECT id FROM sources WHERE source_id IN (SELECT value FROM json_each(?)))"
_ID_SOURCES = "source IN (SELECT id FROM sources WHERE source_id = ?)"
_SAMPLES = (
    "SELECT names.sample, names.name, changes.author, changes.at_utc, changes.bundle, "
    "bundles.digest, (SELECT count(*) FROM members WHERE members.sample = names.sample "
    "AND members.removed IS NULL) FROM names JOIN samples ON samples.id = names.sample "
    "JOIN changes ON changes.id = samples.made_by "
    "JOIN bundles ON bundles.version = changes.bundle WHERE names.removed IS NULL"
)
_CHANGES = (
    "SELECT changes.id, changes.at_utc, changes.author, changes.said, changes.bundle, "
    "changes.undoes, later.id FROM changes LEFT JOIN changes AS later ON later.undoes = changes.id"
)


def _touching(tables: Iterable[str], where: str) -> str:
    """Of changes that began or ended a row of some tables, and of those that undid one of these.

    `where` is given twice a table.
    """
    touching = " UNION ".join(
        f"SELECT {end} FROM {table} WHERE {where} AND {end} IS NOT NULL"
        for table in tables
        for end in ("added", "removed")
    )
    return f"coalesce(changes.undoes, changes.id) IN ({touching})"


def _sample(found: sqlite3.Row) -> Sample:
    return Sample(*found)


def _sample_of(db: sqlite3.Connection, sample: int) -> Sample:
    found = db.execute(f"{_SAMPLES} AND names.sample = ?", (sample,)).fetchone()
    if found is None:
        raise UnknownSample(f"There is no sample {sample} (any more).", parameter="sample")
    return _sample(found)


def _call(db: sqlite3.Connection, sample: int, name: str, change: int) -> None:
    key = " ".join(name.casefold().split())
    try:
        db.execute(
            "INSERT INTO names (sample, name, key, added) VALUES (?, ?, ?, ?)",
            (sample, name, key, change),
        )
    except sqlite3.IntegrityError as exc:
        raise ConflictingChange(
            f"There is a sample '{name}' already; choose another name.", parameter="name"
        ) from exc


def _end(db: sqlite3.Connection, table: str, where: str, given: Sequence[Any], change: int) -> int:
    """End the rows of a table that fit, and say how many."""
    return db.execute(
        f"UPDATE {table} SET removed = ? WHERE removed IS NULL AND {where}", (change, *given)
    ).rowcount


def _tell(db: sqlite3.Connection, change: int, said: str, n: int = 1) -> Change | None:
    """Say what a change did; where it did nothing there was none."""
    if not n:
        db.execute("DELETE FROM changes WHERE id = ?", (change,))
        return None
    db.execute("UPDATE changes SET said = ? WHERE id = ?", (said, change))
    return Change(*db.execute(f"{_CHANGES} WHERE changes.id = ?", (change,)).fetchone())


def _tagged(tags: Sequence[Given], n: int) -> str:
    words = list(dict.fromkeys(each.word for each in tags))
    more = f" and {len(words) - 3} more" if len(words) > 3 else ""
    return f"tagged {_counted(n)} " + ", ".join(f"'{word}'" for word in words[:3]) + more


def _counted(n: int) -> str:
    return f"{n:,} source" if n == 1 else f"{n:,} sources"


def _because(how: str) -> str:
    return f" ({how})" if how else ""


def _now() -> str:
    return written(datetime.now(UTC))
