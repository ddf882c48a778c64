"""No image that trains an encoder lies near a source that judges it."""

from pathlib import Path

import numpy as np

from model.datasets import Images, read_mirabest, read_positions
from model.leakage import Positions, excluded, together


def at(*pairs: tuple[float, float]) -> Positions:
    return Positions(*np.array(pairs, float).T)


def test_only_what_lies_within_three_arcmin_is_excluded() -> None:
    judge = at((180.0, 60.0))
    near, far = 180 + 2.9 / 60 / 0.5, 180 + 3.1 / 60 / 0.5
    assert excluded(at((near, 60.0), (far, 60.0)), judge).tolist() == [True, False]


def test_the_zero_meridian_hides_nobody() -> None:
    assert excluded(at((359.99, 0.0)), at((0.01, 0.0))).all()


def test_an_image_without_a_position_is_excluded() -> None:
    assert excluded(at((np.nan, 0.0)), at((10.0, 10.0))).all()


def test_no_judges_exclude_nobody() -> None:
    assert not excluded(at((1.0, 2.0)), at((1.0, 2.0)).where(np.array([False]))).any()


def test_the_real_sets_lose_what_they_must(shared_data: Path, first_galaxies: Images) -> None:
    mirabest = read_mirabest(shared_data / "MiraBest_F_batches.tar.gz")
    galaxies = first_galaxies
    training = galaxies.split == "train"
    judges = together(mirabest.positions, galaxies.positions.where(~training))
    real = excluded(galaxies.positions.where(training), judges)
    drawn = excluded(read_positions(shared_data / "rgz_dr1_umap.parquet"), judges)
    assert (len(real), real.sum()) == (1758, 709)
    assert (len(drawn), drawn.sum()) == (50790, 410)
    assert excluded(mirabest.positions, judges).all()
