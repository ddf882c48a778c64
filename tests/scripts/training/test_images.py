"""Gathering training images: what is kept out, and what is said of it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.leakage import Positions, excluded
from scripts.training.images import (
    NoTrainingImages,
    gather,
    judges,
    large_enough,
    read_fits_directory,
)


@pytest.fixture(scope="module")
def held_out(shared_data: Path) -> Positions:
    return judges(shared_data / "MiraBest_F_batches.tar.gz")


def test_all_of_mirabest_and_both_held_out_splits_judge(held_out: Positions) -> None:
    assert len(held_out) == 1256 + 200 + 200


def test_fits_images_of_mirabest_sources_are_all_kept_out(
    shared_data: Path, held_out: Positions, tmp_path: Path
) -> None:
    found = sorted((shared_data / "first_fits").glob("*.fits.gz"))
    for path in [p for p in found if "036.061" not in p.name][:5]:  # that one is not in MiraBest_F
        (tmp_path / path.name).symlink_to(path)
    images = read_fits_directory(tmp_path)
    assert len(images) == 5
    assert excluded(images.positions, held_out).all()
    with pytest.raises(NoTrainingImages, match="leaves no image"):
        gather([f"fits:{tmp_path}"], held_out)


def test_drawn_fields_near_a_judge_are_kept_out_and_counted(
    shared_data: Path, held_out: Positions, tmp_path: Path
) -> None:
    table = pq.read_table(shared_data / "rgz_dr1_umap.parquet", columns=["ra", "dec"]).slice(0, 12)
    near = {"ra": held_out.ra_deg[:1].astype(np.float32), "dec": held_out.dec_deg[:1]}
    near_table = pa.table(near).cast(table.schema.remove_metadata())
    joined = pa.concat_tables([table.replace_schema_metadata(None), near_table])
    pq.write_table(joined, tmp_path / "positions.parquet")
    [found] = gather(
        [f"drawn:{tmp_path / 'positions.parquet'}"],
        held_out,
        components=shared_data / "first_catalogue.parquet",
    )
    assert found.listed == 13
    assert found.near_judges >= 1
    assert found.images.image_origin == "model"
    assert not excluded(found.images.positions, held_out).any()
    assert "kept out within 3'" in found.sentence()


def test_the_extent_cut_leaves_out_small_catalogues() -> None:
    small, large = np.zeros((2, 150, 150), np.uint8)
    small[74:77, 74:77] = 255
    large[74:77, 60:90] = 255
    blank = np.zeros((150, 150), np.uint8)
    pixels = np.stack([small, large, blank])
    assert large_enough(pixels, 20.0).tolist() == [False, True, False]
    assert large_enough(pixels, 0.0).tolist() == [True, True, False]


def test_an_unknown_source_is_refused_with_what_to_give(held_out: Positions) -> None:
    with pytest.raises(NoTrainingImages, match="give firstgalaxydata"):
        gather(["galaxyzoo"], held_out)
