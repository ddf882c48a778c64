"""A sample, or all labels, as one table to take away. It never leaves out what is not here."""

from collections.abc import Sequence

import pyarrow as pa

from app.bundle.catalogue import CORE_COLUMNS, ColumnInfo, info_field, make_table
from app.bundle.latent_space import LatentSpace
from app.samples.records import Label, Sample

IDENTITY = ("source_id", "name", "ra_deg", "dec_deg")
OUR_COLUMNS = {
    **{name: CORE_COLUMNS[name] for name in IDENTITY},
    "tag": ColumnInfo("Tag", "", "meta.code.class", "Empty in the row of a note."),
    "note": ColumnInfo("Note", "", "meta.note", "Empty in the row of a tag."),
    "author": ColumnInfo("Author", "", "meta.id.PI", "Who gave it, in their own words."),
    "at_utc": ColumnInfo("Given at", "", "time.creation", "UTC, ISO 8601."),
    "bundle": ColumnInfo("Bundle", "", "meta.version", "That was served when it was given."),
    "in_served_bundle": ColumnInfo(
        "In the served bundle",
        description="Whether it holds that id within 5 arcsec; else its columns are empty.",
    ),
}


def sample_table(space: LatentSpace, members: Sequence[Label]) -> pa.Table:
    """The members of a sample with author, time and bundle, and the catalogue's own columns."""
    return _table(space, members, {})


def label_table(space: LatentSpace, tags: Sequence[Label], notes: Sequence[Label]) -> pa.Table:
    """All labels, a row each: the tags, then the notes."""
    words = {
        "tag": [*(each.word for each in tags), *("" for _ in notes)],
        "note": [*("" for _ in tags), *(each.word for each in notes)],
    }
    return _table(space, [*tags, *notes], words)


TAG_COLUMN = ColumnInfo(
    "Tag",
    "",
    "meta.code.class",
    "What people have tagged the source, whoever did; one with several tags is a category of its "
    "own, such as 'FRI + bent'.",
)


def tags_of_rows(tags: Sequence[Label], n: int) -> list[str | None]:
    """The tags of each of `n` rows, in the alphabet's order with " + " between; None without."""
    words: list[set[str]] = [set() for _ in range(n)]
    for each in tags:
        if each.source.row is not None:
            words[each.source.row].add(each.word)
    return [" + ".join(sorted(each)) or None for each in words]


def sample_provenance(sample: Sample, members: Sequence[Label]) -> dict[str, str]:
    """What the table of a sample says of it."""
    missing = sum(each.source.row is None for each in members)
    return {
        "sample": sample.name,
        "sample_author": sample.author,
        "sample_created_utc": sample.created_utc,
        "sample_made_from": f"bundle {sample.made_from} (fingerprint {sample.digest})",
        "sample_members": f"{len(members)}, of them {missing} not in the served bundle",
        "sample_authors": _authors(members),
    }


def label_provenance(tags: Sequence[Label], notes: Sequence[Label]) -> dict[str, str]:
    """What the table of all labels says of them."""
    labels = [*tags, *notes]
    missing = sum(each.source.row is None for each in labels)
    return {
        "labels": f"{len(tags)} tags and {len(notes)} notes, of them {missing} on sources that are "
        "not in the served bundle",
        "label_authors": _authors(labels),
    }


def _authors(labels: Sequence[Label]) -> str:
    return ", ".join(dict.fromkeys(each.author for each in labels))


def _table(space: LatentSpace, labels: Sequence[Label], words: dict[str, list[str]]) -> pa.Table:
    text, number = pa.string(), pa.float64()
    columns = {
        "source_id": pa.array([each.source.source_id for each in labels], text),
        "name": pa.array([each.source.name for each in labels], text),
        "ra_deg": pa.array([each.source.ra_deg for each in labels], number),
        "dec_deg": pa.array([each.source.dec_deg for each in labels], number),
        **{name: pa.array(values, text) for name, values in words.items()},
        "author": pa.array([each.author for each in labels], text),
        "at_utc": pa.array([each.at_utc for each in labels], text),
        "bundle": pa.array([each.bundle for each in labels], text),
        "in_served_bundle": pa.array([each.source.row is not None for each in labels], pa.bool_()),
    }
    table = make_table(columns, OUR_COLUMNS)
    rows = pa.array([each.source.row for each in labels], pa.int64())
    for field in space.catalogue.table.schema:
        if field.name not in IDENTITY:
            name = field.name if field.name not in OUR_COLUMNS else f"catalogue_{field.name}"
            info = space.catalogue.info[field.name]
            values = space.catalogue.table[field.name].take(rows)
            table = table.append_column(info_field(name, field.type, info), values)
    return table.combine_chunks()
