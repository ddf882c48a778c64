"""Images to representations, with progress. It never decides which images."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from model.encoder import EMBED_BATCH, FEATURES, Encoder, embed
from model.preprocess import network_input
from scripts.progress import bar


def embed_images(
    encoder: Encoder, batches: Iterable[NDArray[np.uint8]], total: int
) -> NDArray[np.float32]:
    """Embed cleaned images batch by batch.

    Parameters
    ----------
    encoder : Encoder
    batches : iterable of ndarray, shape (B, 150, 150), uint8
    total : int
        Number of images in all.

    Returns
    -------
    y : ndarray, shape (total, 512), float32
    """
    y = np.empty((total, FEATURES), np.float32)
    start = 0
    with bar() as progress:
        task = progress.add_task(f"Embedding with {encoder.card.architecture}", total=total)
        for images in batches:
            stop = start + len(images)
            y[start:stop] = embed(encoder, network_input(images))
            progress.update(task, completed=stop)
            start = stop
    return y


def in_batches(
    images: NDArray[np.uint8], size: int = 16 * EMBED_BATCH
) -> Iterator[NDArray[np.uint8]]:
    """Read an image array (N, 150, 150), in memory or zarr, a slice at a time."""
    for start in range(0, images.shape[0], size):
        yield np.asarray(images[start : start + size])
