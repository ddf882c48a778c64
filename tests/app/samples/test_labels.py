"""Samples, tags, notes, history and undo, and what another bundle makes of them."""

import copy
from pathlib import Path

import pytest

from app.bundle.catalogue import Catalogue
from app.bundle.latent_space import LatentSpace
from app.errors import ConflictingChange, UnknownSample, UnusableChange, UnusableWord
from app.query.explorer import Explorer
from app.samples.labels import Labels
from app.samples.records import Changed, Given
from app.samples.words import author_name, note_text, sample_name, tag_name
from model.sphere import unit_vectors


@pytest.fixture
def labels(explorer: Explorer, tmp_path: Path) -> Labels:
    return Labels(tmp_path / "labels.sqlite", explorer.space)


def of(*rows: int, word: str = "") -> list[Given]:
    return [Given(row, word) for row in rows]


def made(labels: Labels, *rows: int, name: str = "mine") -> int:
    done = labels.create(name, "Ann", of(*rows), "")
    assert done.sample is not None
    return done.sample


def rows_of(labels: Labels, sample: int) -> list[int | None]:
    return [each.source.row for each in labels.members(sample)]


def tagged(labels: Labels) -> set[tuple[int | None, str, str]]:
    return {(each.source.row, each.word, each.author) for each in labels.tags()}


def said(done: Changed) -> str:
    assert done.change is not None
    return done.change.said


def other_bundle(space: LatentSpace, first: int, moved_arcsec: float = 0.0) -> LatentSpace:
    """The same bundle without its first sources, the others moved north."""
    other, table = copy.copy(space), space.catalogue.table.slice(first)
    other.catalogue = Catalogue(table)
    other.catalogue.dec_deg = other.catalogue.dec_deg + moved_arcsec / 3600
    other._sky = unit_vectors(other.catalogue.ra_deg, other.catalogue.dec_deg)
    other.version = "another"
    return other


def test_a_sample_knows_what_it_was_made_from(labels: Labels) -> None:
    sample = made(labels, 5, 9, 5)
    known = labels.sample(sample)
    assert (known.name, known.author, known.count) == ("mine", "Ann", 2)
    assert known.made_from == labels.space.version
    assert known.digest == labels.space.manifest.fingerprint
    assert known.created_utc.endswith("Z")
    assert rows_of(labels, sample) == [5, 9]
    assert {each.author for each in labels.members(sample)} == {"Ann"}


def test_members_come_and_go_and_only_news_is_a_change(labels: Labels) -> None:
    sample = made(labels, 5, 9)
    assert labels.add_members(sample, of(9, 11), "Ben", "label FRII").n_changed == 1
    nothing = labels.add_members(sample, of(9, 11), "Ben", "")
    assert (nothing.n_changed, nothing.change) == (0, None)
    ids = labels.space.catalogue.table["source_id"]
    gone = labels.remove_members(sample, [ids[5].as_py(), "nobody"], "Ann", "")
    assert gone.n_changed == 1
    assert rows_of(labels, sample) == [9, 11]
    assert [change.said for change in labels.history(sample=sample)] == [
        "Took 1 source out of the sample 'mine'.",
        "Added 1 source to the sample 'mine' (label FRII).",
        "Made the sample 'mine' of 2 sources.",
    ]
    assert [c.author for c in labels.history(source_id=ids[11].as_py())] == ["Ben"]


def test_two_samples_have_two_names(labels: Labels) -> None:
    first, second = made(labels, name="FR II"), made(labels, name="FRI")
    for name in ("fr ii", "FR  II"):
        with pytest.raises(ConflictingChange, match="already"):
            labels.create(name, "Ben", [], "")
        with pytest.raises(ConflictingChange, match="already"):
            labels.rename(second, name, "Ben")
    labels.rename(first, "FR ii", "Ben")
    assert [each.name for each in labels.samples()] == ["FRI", "FR ii"]
    labels.delete(first, "Ben")
    with pytest.raises(UnknownSample):
        labels.members(first)
    made(labels, name="FR II")


def test_every_change_is_undone_last_first_and_by_its_author_alone(labels: Labels) -> None:
    sample = made(labels, 1, 2)
    ids = labels.space.catalogue.table["source_id"]
    labels.rename(sample, "renamed", "Ann")
    labels.tag(of(7, word="FRI"), "Ben")
    labels.remove_members(sample, [ids[1].as_py()], "Ann", "")
    labels.note(of(7, word="first"), "Ann")
    labels.note(of(7, word="second"), "Ann")
    labels.delete(sample, "Ann")
    assert not labels.samples()
    made_then = labels.history()[-1].at_utc
    assert said(labels.undo("Ann")).startswith("Undid: Deleted the sample 'renamed'")
    assert labels.samples()[0].name == "renamed"
    labels.undo("Ann")
    assert [each.word for each in labels.notes()] == ["first"]
    labels.undo("Ann")
    assert not labels.notes()
    assert rows_of(labels, sample) == [2]
    labels.undo("Ann")
    assert sorted(map(str, rows_of(labels, sample))) == ["1", "2"]
    assert all(each.at_utc == made_then or each.author == "Ann" for each in labels.members(sample))
    labels.undo("Ann")
    assert labels.sample(sample).name == "mine"
    labels.undo("Ann")
    assert not labels.samples()
    with pytest.raises(UnusableChange, match="nothing left to undo of 'Ann'"):
        labels.undo("Ann")
    assert tagged(labels) == {(7, "FRI", "Ben")}
    changes = labels.history()
    assert len(changes) == 13
    assert sum(change.undone_by is not None for change in changes) == 6


def test_undoing_does_not_take_a_name_from_another_sample(labels: Labels) -> None:
    sample = made(labels, 1)
    labels.delete(sample, "Ann")
    labels.create("mine", "Ben", of(2), "")
    with pytest.raises(ConflictingChange, match="cannot be undone"):
        labels.undo("Ann")
    assert [each.author for each in labels.samples()] == ["Ben"]
    assert len(labels.history()) == 3


def test_a_tag_is_its_author_s(labels: Labels) -> None:
    labels.tag(of(1, 2, word="FRII"), "Ann")
    labels.tag(of(2, 3, word="FRII"), "Ben")
    assert labels.tag(of(1, word="FRII"), "Ann").change is None
    ids = [each.as_py() for each in labels.space.catalogue.table["source_id"]]
    assert labels.untag(ids[:4], "FRII", "Ann").n_changed == 2
    assert tagged(labels) == {(2, "FRII", "Ben"), (3, "FRII", "Ben")}
    labels.undo("Ann")
    assert len(tagged(labels)) == 4


def test_what_the_served_bundle_does_not_hold_is_told_and_stays(
    explorer: Explorer, tmp_path: Path
) -> None:
    path, space = tmp_path / "labels.sqlite", explorer.space
    labels = Labels(path, space)
    sample = made(labels, 5, 60)
    labels.tag(of(5, 60, word="FRII"), "Ann")
    fewer = Labels(path, other_bundle(space, 50))
    assert rows_of(fewer, sample) == [None, 10]
    gone = fewer.members(sample)[0].source
    assert gone.source_id == space.catalogue.table["source_id"][5].as_py()
    assert (gone.ra_deg, gone.dec_deg) == (space.catalogue.ra_deg[5], space.catalogue.dec_deg[5])
    assert fewer.sample(sample).count == 2
    nudged = Labels(path, other_bundle(space, 50, moved_arcsec=4.0))
    assert rows_of(nudged, sample) == [None, 10]
    elsewhere = Labels(path, other_bundle(space, 50, moved_arcsec=6.0))
    assert rows_of(elsewhere, sample) == [None, None]
    elsewhere.tag(of(10, word="FRII"), "Ann")  # the id of another source
    assert len(elsewhere.tags()) == 3
    assert rows_of(Labels(path, space), sample) == [5, 60]


@pytest.mark.parametrize(
    "word", ["", "  ", "a\0b", "a\nb", "a\ud800", "../a", "x" * 101, "a\u202eb"]
)
def test_names_that_cannot_be_kept_are_refused(labels: Labels, word: str) -> None:
    for read in (sample_name, tag_name, author_name):
        with pytest.raises(UnusableWord) as refused:
            read(word)
        assert str(refused.value).endswith(".")
        assert "\0" not in str(refused.value)
        str(refused.value).encode()
    with pytest.raises(UnusableWord):
        labels.create(word, "Ann", of(1), "")
    assert not labels.history()


@pytest.mark.parametrize("word", ["12", "1.50", "none", "NaN", "n/a", "-"])
def test_words_that_a_table_would_not_give_back_are_refused(word: str) -> None:
    for read in (tag_name, author_name, note_text):
        with pytest.raises(UnusableWord):
            read(word)


def test_words_are_kept_as_people_write_them() -> None:
    assert sample_name("  2024, run 3 ") == "2024, run 3"
    assert tag_name("FRI/FRII?") == "FRI/FRII?"
    assert author_name("Slijepčević") == "Slijepčević"
    assert note_text("=z 0.1... a jet?") == "=z 0.1... a jet?"
