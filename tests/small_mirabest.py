"""A MiraBest of discs and bars: batches as they are published, small and quick to read."""

import pickle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FRII_LIKE = (5, 6, 7)
COPIES = 4


def two_shapes(count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Discs (0) and bars (1), (count, 150, 150), which anything that learns can tell apart."""
    label = np.arange(count) % 2
    return drawn(label), label.astype(np.int64)


def drawn(is_bar: NDArray) -> NDArray[np.uint8]:
    """One disc or bar of random size and brightness for each, (N, 150, 150)."""
    generator = np.random.default_rng(0)
    rows, columns = np.mgrid[:150, :150] - 75
    images = np.zeros((len(is_bar), 150, 150), np.uint8)
    for image, bar in zip(images, is_bar, strict=True):
        size = generator.uniform(5, 8)
        long = (np.abs(rows) < 2) & (np.abs(columns) < 4 * size)
        image[long if bar else rows**2 + columns**2 < size**2] = generator.integers(150, 255)
    return images


def write_small_mirabest(directory: Path) -> Path:
    """Write 40 images, the ten labels four times, a quarter of them in the test batch."""
    label = np.tile(np.arange(10), COPIES)
    images = drawn(np.isin(label, FRII_LIKE))
    name = [f"300_{10 + i:03d}.000+01.000_0.1000_0050.00" for i in range(len(label))]
    is_test = np.arange(len(label)) < 10
    directory.mkdir(parents=True, exist_ok=True)
    for batch, chosen in (("data_batch_1", ~is_test), ("test_batch", is_test)):
        content = {
            "data": images[chosen].reshape(-1, 150 * 150),
            "labels": label[chosen].tolist(),
            "filenames": [n for n, c in zip(name, chosen, strict=True) if c],
        }
        (directory / batch).write_bytes(pickle.dumps(content))
    return directory
