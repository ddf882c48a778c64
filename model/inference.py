"""An encoder compiled for the processor: OpenVINO in float32, several times as fast as torch.

It never trains, and it changes y by no more than the rounding of float32.
"""

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model.encoder import BasicBlock, CompiledCopy, Encoder, load_encoder, weights_state
from model.preprocess import INPUT_SIZE_PX

OPENVINO_ENGINE = "openvino float32"
LOGGER = logging.getLogger(__name__)
Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def load_fast_encoder(path: Path | str | None = None) -> Encoder:
    """Load an encoder as `model.encoder.load_encoder` does, compiled where that is possible.

    Raises
    ------
    EncoderFileError
    """
    return compile_encoder(load_encoder(path))


def compile_encoder(encoder: Encoder) -> Encoder:
    """Let `model.encoder.embed` use a compiled copy of an encoder from now on.

    Parameters
    ----------
    encoder : Encoder
        In evaluation mode, on the CPU. Its weights are copied as they are now; once they change,
        or while it trains, torch computes.

    Returns
    -------
    encoder : Encoder
        The same one; ``engine`` names what computes its y. Torch remains where OpenVINO is not
        installed or cannot compile for this processor.

    Notes
    -----
    Float32 even where the processor has bfloat16, which is twice as fast again. With the encoder
    that ships (weights sha256 b607dfd7...) bfloat16 brings S between the y of one image in both
    precisions down to 0.98 in the median of the demo's images and 0.80 at worst: most of an image
    is empty sky, and the first stages lose the small departures from it. With those in float32 and
    the last two stages alone in bfloat16, S is at least 0.999994, but 8 % of the sources change one
    of their first 20 neighbours; with OpenVINO in float32 throughout, 0.2 % do.
    """
    if encoder.training or next(encoder.parameters()).device.type != "cpu":
        raise ValueError("Only an encoder in evaluation mode on the CPU can be compiled.")
    try:
        encoder.compiled = CompiledCopy(OPENVINO_ENGINE, _compile(encoder), weights_state(encoder))
    except (ImportError, RuntimeError) as exc:
        LOGGER.warning("OpenVINO cannot be used (%s); torch computes instead.", exc)
    return encoder


def _compile(encoder: Encoder) -> Run:
    # The package reports every import of it to its makers; without this module it reports nothing.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino
    from openvino import opset13 as ops

    image = ops.parameter([-1, 1, INPUT_SIZE_PX, INPUT_SIZE_PX], np.float32)
    x: Any = image  # (B, 1, 70, 70)
    stem, *blocks, _ = encoder.layers
    x = ops.relu(_convolution(ops, x, stem[0], stem[1]))  # type: ignore[index]
    x = ops.max_pool(x, [2, 2], [1, 1], [1, 1], [1, 1], [3, 3]).output(0)  # (B, 64, 35, 35)
    for block in blocks:
        assert isinstance(block, BasicBlock)
        x = _block(ops, x, block)
    y = ops.reduce_mean(x, np.array([2, 3]), keep_dims=False)  # (B, 512)
    network = openvino.Core().compile_model(
        openvino.Model([y], [image], "encoder"),
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "ENABLE_CPU_PINNING": False,  # or all processes of one thread share the first core
        },
    )

    def run(images: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.array(network.create_infer_request().infer([images[:, None]])[0])

    return run


def _block(ops: Any, x: Any, block: BasicBlock) -> Any:
    """(B, C_in, H, W) -> (B, C, H / stride, W / stride), as `BasicBlock.forward`."""
    skip = x if block.downsample is None else _convolution(ops, x, *block.downsample)  # type: ignore[misc]
    x = ops.relu(_convolution(ops, x, block.conv1, block.bn1))
    return ops.relu(ops.add(_convolution(ops, x, block.conv2, block.bn2), skip))


def _convolution(ops: Any, x: Any, convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> Any:
    """A convolution with the batch normalisation behind it folded into its weights."""
    assert norm.running_var is not None
    assert norm.running_mean is not None
    with torch.no_grad():
        factor = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()  # (C,)
        weights = convolution.weight.double() * factor[:, None, None, None]
        bias = norm.bias.double() - norm.running_mean.double() * factor
    padding = list(convolution.padding)
    made = ops.convolution(
        x, _constant(ops, weights), list(convolution.stride), padding, padding, [1, 1]
    )
    return ops.add(made, _constant(ops, bias.reshape(1, -1, 1, 1)))


def _constant(ops: Any, values: Tensor) -> Any:
    """Numbers of the graph; named so, they are copied at once and not one by one."""
    return ops.constant(np.ascontiguousarray(values.float().numpy()))
