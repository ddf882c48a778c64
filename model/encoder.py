"""The encoder: a one-channel ResNet that turns an image into 512 numbers, and its weights file.

It never trains, and it never unpickles anything but plain tensors.
"""

import hashlib
import itertools
import json
import pathlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from model.errors import ModelError
from model.preprocess import INPUT_SIZE_PX
from model.whole_file import write_whole

FEATURES = 512
BLOCKS: dict[str, tuple[int, int, int, int]] = {
    "resnet14": (1, 2, 2, 1),
    "resnet18": (2, 2, 2, 2),
    "resnet34": (3, 4, 6, 3),
}
"""Basic blocks of 64, 128, 256 and 512 channels. 18 and 34: He et al. 2016, Table 1. The paper
(Table 9) names a 14-layer network without saying where its six blocks lie; this split is ours."""

TORCH_ENGINE = "torch float32"
WeightsState = tuple[tuple[int, int], ...]
UNTRAINED_SEED = 69
SHIPPED_WEIGHTS = Path(__file__).parent / "weights" / "encoder.safetensors"
EMBED_BATCH = 64


class EncoderFileError(ModelError):
    """A weights file that cannot be used."""


@dataclass(frozen=True)
class EncoderCard:
    """What is known of an encoder's weights."""

    name: str
    architecture: str
    origin: str
    trained: bool
    sha256: str
    """Digest of the weights themselves (`weights_digest`), the same for every file format."""


@dataclass(frozen=True)
class CompiledCopy:
    """What computes an encoder's y faster than torch, for as long as the weights stay the same."""

    engine: str
    run: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    """(B, 70, 70) -> (B, 512)."""
    weights: WeightsState


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions with a skip connection (He et al. 2016, Sec. 3)."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride != 1 or channels_in != channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, C_in, H, W) -> (B, C, H / stride, W / stride)."""
        skip = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)) + skip)


class Encoder(nn.Module):
    """A ResNet for one channel whose layers lie in one flat list, as in the published weights.

    Parameters
    ----------
    architecture : {"resnet14", "resnet18", "resnet34"}

    Notes
    -----
    ``layers[0]`` is the stem, then one entry a basic block, last the average pool. The stem keeps
    the resolution of a 70 px image (3 x 3, stride 1), as in the published code; Slijepcevic et
    al. 2024, Sec. 2.4.
    """

    card: EncoderCard
    compiled: CompiledCopy | None = None
    """Made by `model.inference.compile_encoder`."""

    def __init__(self, architecture: str = "resnet18") -> None:
        super().__init__()
        if architecture not in BLOCKS:
            raise EncoderFileError(f"'{architecture}' is none of the encoders {', '.join(BLOCKS)}.")
        self.architecture = architecture
        self.layers = nn.ModuleList([_stem(), *_blocks(BLOCKS[architecture])])
        self.layers.append(nn.AdaptiveAvgPool2d((1, 1)))
        self.apply(_initialise)

    @property
    def engine(self) -> str:
        """What computes y in `embed`: the library and its precision."""
        compiled = compiled_copy(self)
        return compiled.engine if compiled else TORCH_ENGINE

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, H, W) normalised images -> y, (B, 512)."""
        for layer in self.layers:
            x = layer(x)  # stem: (B, 64, H/2, W/2); blocks down to (B, 512, H/16, W/16)
        return x.flatten(1)  # (B, 512)


def untrained_encoder(architecture: str = "resnet18", seed: int = UNTRAINED_SEED) -> Encoder:
    """Make an encoder with seeded random weights, in evaluation mode.

    NumPy draws them: torch's numbers depend on what the processor can do.
    """
    with torch.random.fork_rng(devices=[]):  # its own initialisation is drawn over
        encoder = Encoder(architecture)
    _draw_weights(encoder, np.random.default_rng(seed))
    name = f"untrained {_title(architecture)} (seed {seed})"
    return _finish(encoder, name, "random weights; it has learned nothing from any image", False)


def load_encoder(path: Path | str | None = None) -> Encoder:
    """Load an encoder, in evaluation mode.

    Parameters
    ----------
    path : path, optional
        Our ``.safetensors``, or the published ``encoder.pt`` or ``byol.ckpt`` (Zenodo 7615104).
        None: the encoder that ships.

    Raises
    ------
    EncoderFileError
        If the file is missing, holds no such encoder, or holds anything but plain tensors. Where
        the weights that ship are missing, untrained ones never stand in.
    """
    path = SHIPPED_WEIGHTS if path is None else Path(path)
    weights, metadata = read_weights(path)
    encoder = _encoder_with(weights, path)
    trained = metadata.get("trained", "true") == "true"
    name = metadata.get("name", f"{_title(encoder.architecture)} from {path.name}")
    return _finish(encoder, name, metadata.get("origin", f"weights file {path.name}"), trained)


def save_encoder(
    encoder: Encoder, path: Path, name: str, origin: str, *, trained: bool, half: bool = False
) -> None:
    """Write an encoder as safetensors, with what the page will say of it; optionally in float16."""
    dtype = torch.float16 if half else torch.float32
    weights = {
        key: (value.to(dtype) if value.is_floating_point() else value).contiguous()
        for key, value in encoder.state_dict().items()
    }
    metadata = {"architecture": encoder.architecture, "name": name, "origin": origin}
    write_weights(path, weights, metadata | {"trained": json.dumps(trained)})


def embed(encoder: Encoder, x: NDArray[np.float32], batch_size: int = EMBED_BATCH) -> NDArray:
    """Compute the representation y of network inputs.

    Parameters
    ----------
    encoder : Encoder
        In evaluation mode, on any device.
    x : ndarray, shape (N, 70, 70), float32
        From `model.preprocess.network_input`.

    Returns
    -------
    y : ndarray, shape (N, 512), float32
    """
    if x.ndim != 3 or x.shape[1:] != (INPUT_SIZE_PX, INPUT_SIZE_PX):
        raise ValueError(f"embed takes (N, {INPUT_SIZE_PX}, {INPUT_SIZE_PX}), got {x.shape}.")
    device, compiled = next(encoder.parameters()).device, compiled_copy(encoder)
    y = np.empty((len(x), FEATURES), np.float32)
    with torch.inference_mode():
        for start in range(0, len(x), batch_size):
            images = np.ascontiguousarray(x[start : start + batch_size], np.float32)
            if compiled is not None:
                y[start : start + batch_size] = compiled.run(images)
                continue
            batch = torch.from_numpy(images).unsqueeze(1).to(device)  # (B, 1, 70, 70)
            batch = batch.contiguous(memory_format=torch.channels_last)
            y[start : start + batch_size] = encoder(batch).float().cpu().numpy()
    return y


def compiled_copy(encoder: Encoder) -> CompiledCopy | None:
    """The compiled copy; None while the encoder trains, or once its weights are not the copy's."""
    compiled = encoder.compiled
    if compiled is None or any(module.training for module in encoder.modules()):
        return None
    return compiled if compiled.weights == weights_state(encoder) else None


def weights_state(encoder: Encoder) -> WeightsState:
    """Where each tensor of an encoder lies and how often torch has changed it: quick to compare."""
    tensors = itertools.chain(encoder.parameters(), encoder.buffers())
    return tuple((tensor.data_ptr(), tensor._version) for tensor in tensors)


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read named tensors, and the metadata that a safetensors file keeps beside them.

    Parameters
    ----------
    path : Path
        ``.safetensors``, or anything else as a PyTorch checkpoint: the published ``encoder.pt``
        (a state_dict) or ``byol.ckpt`` (a Lightning checkpoint, the same keys behind
        ``encoder.``; Zenodo 7615104).

    Raises
    ------
    EncoderFileError
        If there is no such file, or it holds anything but plain tensors.
    """
    if not path.is_file():
        raise EncoderFileError(f"There is no encoder file at '{path}'.")
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    return _read_checkpoint(path), {}


def write_weights(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write named tensors as safetensors, all at once, with the permissions of any other file."""
    write_whole(path, save(tensors, metadata))


def weights_digest(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, shapes and float32 values of the weights, sorted by name.

    The count of batches that batch normalisation keeps does not change what a network computes
    and is left out.
    """
    digest = hashlib.sha256()
    for key in sorted(weights):
        if key.endswith("num_batches_tracked"):
            continue
        value = weights[key].detach().float().cpu().contiguous()
        digest.update(f"{key}{tuple(value.shape)}".encode())
        digest.update(value.numpy().astype("<f4").tobytes())
    return digest.hexdigest()


def describe(card: EncoderCard) -> dict[str, str | bool]:
    """The card as plain values, for manifests and the HTTP API."""
    return asdict(card)


def _stem() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 64, 3, padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, padding=1),
    )


def _blocks(counts: Iterable[int]) -> list[BasicBlock]:
    blocks, channels_in = [], 64
    for stage, count in enumerate(counts):
        channels = 64 * 2**stage
        for index in range(count):
            stride = 2 if stage > 0 and index == 0 else 1
            blocks.append(BasicBlock(channels_in, channels, stride))
            channels_in = channels
    return blocks


def _initialise(module: nn.Module) -> None:
    """He initialisation of the convolutions; batch normalisation starts as the identity."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def _draw_weights(encoder: Encoder, generator: np.random.Generator) -> None:
    """He initialisation as `_initialise`, the same on every processor."""
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d):
            fan_out = module.out_channels * module.kernel_size[0] * module.kernel_size[1]
            drawn = generator.standard_normal(tuple(module.weight.shape)) * np.sqrt(2 / fan_out)
            with torch.no_grad():
                module.weight.copy_(torch.from_numpy(drawn.astype(np.float32)))


def _finish(encoder: Encoder, name: str, origin: str, trained: bool) -> Encoder:
    digest = weights_digest(encoder.state_dict())
    encoder.card = EncoderCard(name, encoder.architecture, origin, trained, digest)
    return encoder.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]


def _title(architecture: str) -> str:
    return f"ResNet-{architecture.removeprefix('resnet')}"


def _encoder_with(weights: Mapping[str, Tensor], path: Path) -> Encoder:
    """Build the architecture that the weights' names and shapes fit."""
    for architecture in BLOCKS:
        encoder = Encoder(architecture)
        wanted = {k: v.shape for k, v in encoder.state_dict().items()}
        if wanted == {k: v.shape for k, v in weights.items()}:
            if not all(bool(v.isfinite().all()) for v in weights.values()):
                raise EncoderFileError(f"'{path}' holds weights that are no finite numbers.")
            encoder.load_state_dict({k: v.float() for k, v in weights.items()})
            return encoder
    raise EncoderFileError(
        f"'{path}' holds none of the one-channel encoders {', '.join(BLOCKS)} with {FEATURES} "
        "features in the published layout (layers.0.0.weight, layers.1.conv1.weight, ...)."
    )


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as exc:
        raise EncoderFileError(f"'{path}' is not a readable safetensors file: {exc}") from exc


def _read_checkpoint(path: Path) -> dict[str, Tensor]:
    """Read a published checkpoint without running any code that it may hold.

    Lightning checkpoints keep hyper-parameters that can hold paths; that one class is allowed.
    """
    path_class = pathlib.PosixPath  # Python 3.13 calls it pathlib._local.PosixPath
    names = ("pathlib.PosixPath", "pathlib._local.PosixPath")
    try:
        with torch.serialization.safe_globals([(path_class, name) for name in names]):
            content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as exc:  # UnpicklingError, and whatever else a hostile pickle provokes
        raise _unreadable(path) from exc
    weights = content.get("state_dict", content) if isinstance(content, dict) else {}
    if not isinstance(weights, dict):
        return {}
    tensors = {str(key): value for key, value in weights.items() if _is_plain(value)}
    behind = {k.removeprefix("encoder."): v for k, v in tensors.items() if k.startswith("encoder.")}
    named = behind or tensors
    return {key: value for key, value in named.items() if key.startswith("layers.")}


def _is_plain(value: object) -> bool:
    return isinstance(value, Tensor) and value.is_cpu and value.layout is torch.strided


def _unreadable(path: Path) -> EncoderFileError:
    return EncoderFileError(
        f"'{path}' is not a checkpoint of plain tensors. Nothing in it was run; give the published "
        "encoder.pt or byol.ckpt, or a .safetensors file."
    )
