"""Batch-norm statistics that belong to averaged weights. It never changes a weight."""

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch.optim.swa_utils import update_bn

from model.encoder import Encoder
from model.preprocess import network_input

BATCH = 96


def with_fresh_statistics(encoder: Encoder, pixels: NDArray[np.uint8], seed: int) -> Encoder:
    """Take the statistics of every batch norm anew, over unchanged images.

    Averaged weights never computed a batch themselves: the statistics averaged along with them are
    those of other weights, of a mixture of steps, and of changed views.

    Parameters
    ----------
    encoder : Encoder
    pixels : ndarray, shape (N, 150, 150), uint8
        Cleaned training images, two at least.
    seed : int
        Of their order, so that each batch holds images of all sources.

    Returns
    -------
    encoder : Encoder
        A copy, in evaluation mode.

    Notes
    -----
    Not in the paper. Izmailov et al. 2018 (stochastic weight averaging), Sec. 3.2.
    """
    result = copy.deepcopy(encoder)
    order = np.random.default_rng(seed).permutation(len(pixels))
    parts = np.array_split(order, max(1, len(order) // BATCH))
    update_bn((torch.from_numpy(network_input(pixels[part]))[:, None] for part in parts), result)
    return result.eval()
