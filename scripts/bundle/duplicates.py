"""The stage of a build that looks for likely duplicates in the whole catalogue.

Pairs come from a tree on the sky and from the nearest in S, so that nothing is compared with
everything; then pixels decide. It never removes an entry.
"""

from pathlib import Path

import faiss
import numpy as np
import pyarrow as pa
import zarr
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from app.bundle.catalogue import CORE_COLUMNS, Catalogue, make_table, read_table, write_table
from app.bundle.duplicates import BANDS, DUPLICATES_FILE, MEASURES, PAIR
from model.preprocess import PIXEL_SCALE_ARCSEC, centre_crop
from model.shift import OBSERVED_PX, best_shifts, pattern_likeness
from model.similarity import unit_length
from model.sphere import chord, unit_vectors
from scripts.terminal import console, track

MOST_NEAR = 20
"""Entries near on the sky that one is compared with: a catalogue can repeat a place without end."""
NEAREST_IN_S = 8
EXACT_UP_TO = 5_000
"""Sources among which the nearest in S are found by comparing all; beyond, by cells."""
CELLS_LOOKED_INTO = 16
TRAINED_ON_PER_CELL = 64
READ_AT_ONCE = 1024
PAIRS_AT_ONCE = 256
EDGES_ARCSEC = [band.up_to_arcsec for band in BANDS.values() if band.up_to_arcsec]
SHARES_SKY_ARCSEC = EDGES_ARCSEC[-1]

Pairs = NDArray[np.int64]


def write_duplicates(out: Path) -> None:
    """Write duplicates.parquet from the catalogue, representations and images of a version."""
    catalogue = Catalogue(read_table(out / "catalogue.parquet"))
    images = zarr.open_array(out / "images.zarr", mode="r")
    found = find_duplicates(catalogue, np.load(out / "representations.npy"), images)
    write_table(found, out / DUPLICATES_FILE)
    console.print(f"Likely duplicates: {found.num_rows:,} pairs")


def find_duplicates(
    catalogue: Catalogue, y: NDArray[np.float32], images: NDArray[np.uint8]
) -> pa.Table:
    """Find the pairs of entries that are likely one source, or one image, twice.

    Parameters
    ----------
    catalogue : Catalogue
    y : ndarray, shape (N, D)
    images : ndarray or zarr array, shape (N, 150, 150)

    Returns
    -------
    pairs : pyarrow.Table
        ``source_id``, ``other_id`` and `MEASURES`: the nearest band first, in it the most alike.
    """
    sky = unit_vectors(catalogue.ra_deg, catalogue.dec_deg)  # (N, 3)
    pairs = np.unique(np.concatenate([near_on_sky(sky), alike_in_s(y)]), axis=0)
    apart = np.linalg.norm(sky[pairs[:, 0]] - sky[pairs[:, 1]], axis=1)
    separation = np.degrees(2 * np.arcsin(np.clip(apart / 2, 0, 1))) * 3600
    band = np.searchsorted(EDGES_ARCSEC, separation)
    expected = expected_shifts_px(catalogue, sky, pairs)
    expected[separation > SHARES_SKY_ARCSEC] = np.nan
    held = _in_memory(images)
    likeness, shift_px = _best_shifts(held, pairs, expected)
    known = np.nan_to_num(likeness)
    kept = np.flatnonzero(known >= np.array([each.least_likeness for each in BANDS.values()])[band])
    pattern = np.array(
        [
            pattern_likeness(held[pairs[i, 0]], held[pairs[i, 1]], shift_px[i].tolist())
            for i in kept
        ],
        np.float64,
    )
    least = np.array([each.least_pattern_likeness for each in BANDS.values()])[band[kept]]
    alike = np.nan_to_num(pattern) >= least
    kept, pattern = kept[alike], pattern[alike]
    order = np.lexsort((separation[kept], -known[kept], band[kept]))
    kept, pattern = kept[order], pattern[order]
    units = [unit_length(y[pairs[kept, i]]) for i in (0, 1)]
    ids = catalogue.table["source_id"]
    named = {
        name: ids.take(pa.array(pairs[kept, i])).combine_chunks() for i, name in enumerate(PAIR)
    }
    measures = {
        "band": pa.array([list(BANDS)[i] for i in band[kept]], pa.string()),
        "separation_arcsec": separation[kept],
        "similarity": np.minimum(np.einsum("md,md->m", *units), 1),
        "pixel_likeness": likeness[kept],
        "pattern_likeness": pattern,
        "shift_east_arcsec": -PIXEL_SCALE_ARCSEC * shift_px[kept, 0] + 0.0,
        "shift_north_arcsec": PIXEL_SCALE_ARCSEC * shift_px[kept, 1],
    }
    return make_table(named | measures, dict.fromkeys(PAIR, CORE_COLUMNS["source_id"]) | MEASURES)


def near_on_sky(sky: NDArray[np.float64]) -> Pairs:
    """Pairs of rows (M, 2) whose squares, which the network sees, share sky: the nearest ones."""
    apart, rows = cKDTree(sky).query(sky, min(MOST_NEAR + 1, len(sky)))
    return _pairs(np.where(apart <= chord(SHARES_SKY_ARCSEC / 3600), rows, -1))


def alike_in_s(y: NDArray[np.float32]) -> Pairs:
    """Pairs of rows (M, 2) of which one is among the nearest in S of the other."""
    unit = unit_length(y).astype(np.float32)
    n, dimensions = unit.shape
    index: faiss.Index = faiss.IndexFlatIP(dimensions)
    if n > EXACT_UP_TO:
        cells = int(4 * np.sqrt(n))
        index = faiss.IndexIVFFlat(index, dimensions, cells, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = CELLS_LOOKED_INTO
        some = np.random.default_rng(0).permutation(n)[: cells * TRAINED_ON_PER_CELL]
        index.train(unit[some])
    index.add(unit)
    return _pairs(index.search(unit, min(NEAREST_IN_S + 1, n))[1])


def expected_shifts_px(
    catalogue: Catalogue, sky: NDArray[np.float64], pairs: Pairs
) -> NDArray[np.float64]:
    """Columns and rows (M, 2) from a place in the first image to the same sky in the second."""
    first, second = pairs.T
    ra, dec = np.radians(catalogue.ra_deg[second]), np.radians(catalogue.dec_deg[second])
    zero = np.zeros_like(ra)
    east = np.stack([-np.sin(ra), np.cos(ra), zero], axis=1)
    north = np.stack([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)], axis=1)
    to_arcsec = np.degrees(1) * 3600
    offset = [np.einsum("md,md->m", each, sky[first]) * to_arcsec for each in (east, north)]
    return np.stack([-offset[0], offset[1]], axis=1) / PIXEL_SCALE_ARCSEC


def _pairs(neighbours: NDArray[np.integer]) -> Pairs:
    """Each pair of a row and one of its neighbours (N, K) once, the earlier row first; -1: none."""
    rows = np.repeat(np.arange(len(neighbours)), neighbours.shape[1])
    pairs = np.sort(np.stack([rows, neighbours.ravel()], axis=1).astype(np.int64), axis=1)
    return pairs[(pairs[:, 0] >= 0) & (pairs[:, 0] < pairs[:, 1])]


def _in_memory(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What is compared of all images, (N, 106, 106), read file by file: 0.6 GB of 50,000."""
    held = np.empty((images.shape[0], OBSERVED_PX, OBSERVED_PX), np.uint8)
    for start in range(0, len(held), READ_AT_ONCE):
        held[start : start + READ_AT_ONCE] = centre_crop(
            np.asarray(images[start : start + READ_AT_ONCE]), OBSERVED_PX
        )
    return held


def _best_shifts(
    images: NDArray[np.uint8], pairs: Pairs, expected_px: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    blocks = [slice(i, i + PAIRS_AT_ONCE) for i in range(0, len(pairs), PAIRS_AT_ONCE)]
    found = [
        best_shifts(images[pairs[block, 0]], images[pairs[block, 1]], expected_px[block])
        for block in track(blocks, "Likely duplicates", len(blocks))
    ]
    likeness, shift_px = (np.concatenate(each) for each in zip(*found, strict=True))
    return likeness, shift_px
