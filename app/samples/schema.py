"""The tables of samples and labels. No row is ever taken out: it says which changes began and
ended it, so that a change can be undone and a history told."""

from app.samples.database import Migration

_LIFE = "added INTEGER NOT NULL REFERENCES changes, removed INTEGER REFERENCES changes"
_MADE = "author TEXT NOT NULL, at_utc TEXT NOT NULL, bundle TEXT NOT NULL"
FIRST: Migration = (
    """CREATE TABLE bundles (
        version TEXT PRIMARY KEY, digest TEXT NOT NULL, catalogue TEXT NOT NULL)""",
    # A source of one bundle and that of another with the same id are one where they lie together.
    """CREATE TABLE sources (
        id INTEGER PRIMARY KEY, source_id TEXT NOT NULL, name TEXT NOT NULL,
        ra_deg REAL NOT NULL, dec_deg REAL NOT NULL, bundle TEXT NOT NULL)""",
    "CREATE INDEX sources_by_id ON sources (source_id)",
    """CREATE TABLE changes (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at_utc TEXT NOT NULL, author TEXT NOT NULL,
        said TEXT NOT NULL, bundle TEXT NOT NULL, undoes INTEGER UNIQUE REFERENCES changes)""",
    "CREATE INDEX changes_by_author ON changes (author)",
    "CREATE TABLE samples (id INTEGER PRIMARY KEY AUTOINCREMENT, made_by INTEGER NOT NULL)",
    f"""CREATE TABLE names (
        id INTEGER PRIMARY KEY, sample INTEGER NOT NULL REFERENCES samples,
        name TEXT NOT NULL, key TEXT NOT NULL, {_LIFE})""",
    "CREATE UNIQUE INDEX one_name ON names (sample) WHERE removed IS NULL",
    "CREATE UNIQUE INDEX one_sample ON names (key) WHERE removed IS NULL",
    f"""CREATE TABLE members (
        id INTEGER PRIMARY KEY, sample INTEGER NOT NULL REFERENCES samples,
        source INTEGER NOT NULL REFERENCES sources, {_MADE}, {_LIFE})""",
    "CREATE UNIQUE INDEX one_member ON members (sample, source) WHERE removed IS NULL",
    f"""CREATE TABLE tags (
        id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES sources,
        tag TEXT NOT NULL, {_MADE}, {_LIFE})""",
    "CREATE UNIQUE INDEX one_tag ON tags (source, tag, author) WHERE removed IS NULL",
    f"""CREATE TABLE notes (
        id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES sources,
        text TEXT NOT NULL, {_MADE}, {_LIFE})""",
    "CREATE UNIQUE INDEX one_note ON notes (source, author) WHERE removed IS NULL",
    *(
        f"CREATE INDEX {table}_{end} ON {table} ({end})"
        for table in ("names", "members", "tags", "notes")
        for end in ("added", "removed")
    ),
)
MIGRATIONS: tuple[Migration, ...] = (FIRST,)
UNDONE_IN_ORDER = {
    "names": "sample, name, key",
    "members": "sample, source, author, at_utc, bundle",
    "tags": "source, tag, author, at_utc, bundle",
    "notes": "source, text, author, at_utc, bundle",
}
"""Tables whose rows changes begin and end, with the columns that a restored row has again."""
