"""Weights from a file: safetensors, or a published checkpoint read as plain tensors; and to one.

It never runs code that a file may hold, and never judges whether the weights fit a network.
"""

import pathlib
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor


class EncoderFileError(ValueError):
    """A weights file that cannot be used; the message is a sentence for the person who named it."""


def write_weights(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write named tensors as safetensors, all at once, with the permissions of any other file."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(save(tensors, metadata))
    part.replace(path)


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
