"""What is done to the weights of a trained encoder in the end: the same spread for all features.

Not in the paper. It never trains, and it leaves the encoder that it is given as it is.
"""

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model.encoder import BasicBlock, Encoder

FLOOR = 0.05
"""Of the median spread, added to every feature's: a nearly dead one is not blown up."""


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
