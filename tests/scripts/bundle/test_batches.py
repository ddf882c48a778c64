"""Lists of sources from batches of images: MiraBest, RGZ108k, MIGHTEE."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from app.tables.lists import UnreadableCatalogue
from model.batch_files import NotBatches, holds_batches, label_names, read_rgz108k
from model.datasets import read_mightee
from model.leakage import Positions
from scripts.bundle.batches import MIRABEST_CLASSES
from scripts.bundle.named import read_named_batches, read_source_list
from scripts.bundle.sources import Source, list_catalogue, listed_sources
from scripts.training.images import gather
from tests.replay.batches import image, rgz_batch, write_batches


@pytest.fixture
def rgz(tmp_path: Path) -> Path:
    """Two training batches and a test batch; one image blank, one repeated, one without place."""
    blank = rgz_batch([4, 5], data=[np.zeros(22500, np.uint8), image(0)])
    nowhere = rgz_batch([6], src_ids=["unknown"])
    return write_batches(
        tmp_path / "rgz108k-batches-python.tar.gz",
        {"data_batch_2": blank, "data_batch_1": rgz_batch([0, 1, 2]), "test_batch": nowhere},
    )


def test_batches_come_in_their_order_with_all_they_say(rgz: Path) -> None:
    batches = read_rgz108k(rgz)
    assert batches.split == ["train"] * 5 + ["test"]
    assert batches.las_arcsec.tolist() == [20, 21, 22, 24, 25, 26]
    assert batches.in_mirabest.tolist() == [False, False, True, False, False, False]
    assert batches.repeats().tolist() == [False, False, False, False, True, False]


def test_a_batch_list_has_positions_sizes_and_reasons(rgz: Path) -> None:
    found = read_named_batches(str(rgz))
    assert found
    sources, images = found
    assert sources.record.n_listed == 6
    assert [reject.reason for reject in sources.rejects] == [
        "neither its file name nor its source id holds a position"
    ]
    assert sources.ra_deg[1] == pytest.approx((10 + 1 / 60) * 15)
    assert sources.extents_arcsec is not None
    assert sources.extents_arcsec[3] == 24
    assert sources.own["in_mirabest"].to_pylist() == ["no", "no", "yes", "no", "no"]
    assert sources.notes == ["1 images equal an earlier one; all are kept."]
    with_images = list(images.images_of(listed_sources(sources)))
    assert [one.reason for one in with_images] == [None, None, None, "the image is blank", None]
    np.testing.assert_array_equal(with_images[1].image.ravel(), image(1))
    assert len(read_source_list(f"rgz108k:{rgz}")) == 5


def test_sources_of_batches_add_up_to_what_is_listed(rgz: Path) -> None:
    found = read_named_batches(f"rgz108k:{rgz}")
    assert found
    sources, images = found
    catalogue = list_catalogue(sources, images)
    found_sources = list(catalogue.read())
    assert len(found_sources) == catalogue.record.n_listed == 6
    assert [c.reason is None for c in found_sources] == [True, True, True, False, True, False]
    assert found_sources[1].catalogued_extent_arcsec == 21
    assert catalogue.input_kind == "published"
    assert {c.image_origin for c in found_sources} == {"observed"}


def test_a_directory_of_batches_is_read_too(tmp_path: Path) -> None:
    folder = tmp_path / "rgz108k-batches-py"
    folder.mkdir()
    (folder / "data_batch_1").write_bytes(pickle.dumps(rgz_batch([1, 2])))
    assert len(read_source_list(str(folder))) == 2


def test_rgz108k_can_be_trained_on_without_what_judges(
    rgz: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    near = Positions(np.array([(10 + 1 / 60) * 15]), np.array([30.0]))
    (found,) = gather([f"rgz108k:{rgz}"], near)
    assert (found.listed, found.near_judges, found.below_cut) == (5, 2, 1)  # 1; 2 is flagged; 4
    np.testing.assert_array_equal(found.images.pixels[0].ravel(), image(0))
    assert len(found.images) == 2
    assert "5 listed" in capsys.readouterr().err


class Malicious:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch /tmp/should-never-exist",)


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        (Malicious(), "Nothing in it was run"),
        (rgz_batch([1], data=[np.zeros(100, np.uint8)]), "150 x 150"),
        (rgz_batch([1], data=[np.full(22500, 300)]), "outside 0 to 255"),
        (rgz_batch([1], LAS=[1.0, 2.0]), "1 images and 2 values of 'LAS'"),
        (rgz_batch([1], LAS=["long"]), "'long' among the values of 'LAS'"),
        ({"data": [image(1)]}, "has no 'LAS'"),
        ([1, 2], "is no batch"),
        (rgz_batch([1], src_ids=["?"]), "neither its file name"),
    ],
)
def test_what_is_no_batch_is_a_sentence(tmp_path: Path, batch: object, words: str) -> None:
    path = write_batches(tmp_path / "rgz.tar.gz", {"data_batch_1": batch})
    with pytest.raises(UnreadableCatalogue, match=words):
        read_source_list(f"rgz108k:{path}")


def test_a_damaged_archive_is_a_sentence(rgz: Path) -> None:
    rgz.write_bytes(rgz.read_bytes()[:-2000])
    with pytest.raises(UnreadableCatalogue, match=r"damaged|refused"):
        read_source_list(f"rgz108k:{rgz}")


def test_batches_that_their_name_does_not_tell_must_be_named(tmp_path: Path) -> None:
    path = write_batches(tmp_path / "mine.tar.gz", {"data_batch_1": rgz_batch([1])})
    assert holds_batches(path)
    with pytest.raises(UnreadableCatalogue, match="say mirabest:PATH"):
        read_source_list(str(path))


def mightee(path: Path, labels: list[int], names: list[str] | None = None) -> Path:
    n = len(labels)
    batch = {
        "data": [image(i) for i in range(n)],
        "labels": labels,
        "filenames": [f"J{i}" for i in range(n)],
    }
    batches: dict[str, object] = {"data_batch_1": batch}
    if names:
        batches["batches.meta"] = {"label_names": names}
    return write_batches(path / "mightee.tar.gz", batches)


@pytest.mark.parametrize("names", [["FRI", "FRII"], ["100_FRI", "FR-II"], [b"FR1", b"FR2"]])
def test_mightee_labels_are_told_by_their_names(tmp_path: Path, names: list) -> None:
    archive = mightee(tmp_path, [0, 1, 1, 0], names)
    assert label_names(archive)
    assert read_mightee(archive).label.tolist() == [0, 1, 1, 0]
    swapped = mightee(tmp_path, [0, 1, 1, 0], names[::-1])
    assert read_mightee(swapped).label.tolist() == [1, 0, 0, 1]


def test_mightee_labels_without_names_are_told_by_the_papers_counts(tmp_path: Path) -> None:
    assert read_mightee(mightee(tmp_path, [0] * 45 + [1] * 72)).label.sum() == 72
    assert read_mightee(mightee(tmp_path, [0] * 72 + [1] * 45)).label[:72].all()


def test_mightee_labels_that_nothing_tells_are_not_guessed(tmp_path: Path) -> None:
    for labels, names in (([0, 1, 1], None), ([0, 1, 2], ["FRI", "FRII", "FRII"])):
        with pytest.raises(NotBatches, match="not clear"):
            read_mightee(mightee(tmp_path, labels, names))


def test_the_real_mirabest_list_has_its_1256_sources(shared_data: Path) -> None:
    found = read_named_batches(str(shared_data / "MiraBest_F_batches.tar.gz"))
    assert found
    sources, images = found
    assert (len(sources), sources.record.n_listed, len(sources.rejects)) == (1256, 1256, 0)
    assert set(sources.own["label"].to_pylist()) == set(MIRABEST_CLASSES)
    assert all(isinstance(value, float) for value in sources.own["redshift"].to_pylist())
    first = next(iter(images.images_of([Source("x", "", 0.0, 0.0, row=1)])))
    assert first.image is not None
    assert label_names(shared_data / "MiraBest_F_batches.tar.gz")
