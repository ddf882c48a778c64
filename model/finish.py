"""What is done to the weights of a trained encoder in the end, over its training images.

Fresh batch-norm statistics, and the same spread for all features; neither is in the paper. It never
trains, and it leaves the encoder that it is given as it is.
"""

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from model.encoder import BasicBlock, Encoder
from model.preprocess import network_input

BATCH = 96
FLOOR = 0.05
"""Of the median spread, added to every feature's: a nearly dead one is not blown up."""


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
    place = next(encoder.parameters()).device
    inputs = (torch.from_numpy(network_input(pixels[part]))[:, None].to(place) for part in parts)
    update_bn(inputs, result)
    return result.eval()


def equalised(encoder: Encoder, y: NDArray[np.float32]) -> Encoder:
    """Divide each feature by its spread over a set of images, inside the weights.

    The cosine similarity S (eq. 3) weighs features by their size; without this a few loud ones
    decide who is whose neighbour.

    Parameters
    ----------
    encoder : Encoder
    y : ndarray, shape (N, 512)
        Its representations of training images.

    Returns
    -------
    encoder : Encoder
        A copy, in evaluation mode, whose y are those of the original times a positive factor a
        feature; the mean factor is 1.

    Notes
    -----
    Not in the paper. Exact, because ReLU(a x) = a ReLU(x) for a > 0: the factor goes into the
    last batch norms of the last stage and, inverted, into the convolutions that read them.
    """
    spread = y.std(axis=0)
    factor = 1 / (spread + FLOOR * np.median(spread))
    result, place = copy.deepcopy(encoder), next(encoder.parameters()).device
    scale_features(result, torch.from_numpy((factor / factor.mean()).astype(np.float32)).to(place))
    return result.eval()


@torch.no_grad()
def scale_features(encoder: Encoder, factor: Tensor) -> None:
    """Multiply y by a positive factor (512,) by changing the last stage's weights in place."""
    if not bool((factor > 0).all()):
        raise ValueError("Features can be scaled by positive factors only.")
    for block in reversed([layer for layer in encoder.layers if isinstance(layer, BasicBlock)]):
        _scale(block.bn2, factor)
        if isinstance(block.downsample, nn.Sequential):
            _scale(block.downsample[1], factor)
            return
        block.conv1.weight.div_(factor[None, :, None, None])  # its input is scaled as well


def _scale(norm: nn.Module, factor: Tensor) -> None:
    assert isinstance(norm, nn.BatchNorm2d)
    norm.weight.mul_(factor)
    norm.bias.mul_(factor)
