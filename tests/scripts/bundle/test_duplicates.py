"""The search for duplicates of a whole catalogue, on real images with copies planted among them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from app.bundle.catalogue import Catalogue
from app.bundle.latent_space import LatentSpace
from app.query.explorer import Explorer
from model.encoder import Encoder, embed
from model.preprocess import PIXEL_SCALE_ARCSEC, network_input
from scripts.bundle.duplicates import alike_in_s, find_duplicates
from tests.synthetic import make_space

SHIFT_PX = 4


def found_in(space: LatentSpace, images: NDArray, y: NDArray, ra: NDArray, dec: NDArray) -> list:
    """Pairs of a catalogue of images and places, as rows of these."""
    table = pa.table(
        {"source_id": [str(row) for row in range(len(y))], "ra_deg": ra, "dec_deg": dec}
    )
    return find_duplicates(Catalogue(table), y, images).to_pylist()


@pytest.fixture(scope="module")
def real(explorer: Explorer) -> tuple[NDArray, ...]:
    space = explorer.space
    return (
        np.asarray(space.images[:]),
        np.asarray(space.y),
        space.catalogue.ra_deg,
        space.catalogue.dec_deg,
    )


def test_planted_copies_are_found_in_their_band_and_nothing_else_is_made(
    explorer: Explorer, encoder: Encoder, real: tuple[NDArray, ...]
) -> None:
    images, y, ra, dec = real
    before = found_in(explorer.space, *real)
    rows = np.arange(10, 40)
    copies = np.roll(images[rows], (SHIFT_PX, 0), axis=(1, 2))  # their sky lies farther north
    offset = SHIFT_PX * PIXEL_SCALE_ARCSEC / 3600
    for band, dec_of_copies in (("same view", dec[rows] - offset), ("elsewhere", dec[rows] - 20)):
        found = found_in(
            explorer.space,
            np.concatenate([images, copies]),
            np.concatenate([y, embed(encoder, network_input(copies))]),
            np.concatenate([ra, ra[rows]]),
            np.concatenate([dec, dec_of_copies]),
        )
        planted = {(str(row), str(len(y) + i)) for i, row in enumerate(rows)}
        new = [each for each in found if int(each["other_id"]) >= len(y)]
        hits = [each for each in new if (each["source_id"], each["other_id"]) in planted]
        assert len(hits) >= 0.9 * len(rows)
        assert len(new) == len(hits)
        assert len(found) - len(new) == len(before)
        assert {each["band"] for each in hits} == {band}
        assert {each["shift_north_arcsec"] for each in hits} == {SHIFT_PX * PIXEL_SCALE_ARCSEC}
        assert min(each["pattern_likeness"] for each in hits) > 0.99


def test_one_place_listed_twice_is_a_pair_whatever_its_pixels(tmp_path: Path) -> None:
    space = make_space(tmp_path, ra_deg=[10, 10, 50, 90], dec_deg=[0, 4 / 3600, 0, 0])
    pairs = find_duplicates(space.catalogue, space.y, space.images).to_pylist()
    assert [(each["source_id"], each["other_id"]) for each in pairs] == [("s0", "s1")]
    assert pairs[0]["band"] == "same place"
    assert pairs[0]["separation_arcsec"] == pytest.approx(4)
    assert pairs[0]["pixel_likeness"] is None  # blank images


def test_cells_find_the_near_copies_that_comparing_all_finds() -> None:
    rng = np.random.default_rng(5)
    y = rng.random((6_000, 32)).astype(np.float32)
    y[5_000:5_500] = y[:500] + 0.01 * rng.random((500, 32))
    pairs = {tuple(pair) for pair in alike_in_s(y).tolist()}
    assert sum((row, 5_000 + row) in pairs for row in range(500)) >= 495
