"""One compressed file with all that a training on a bare machine needs, and nothing else.

It holds cleaned images and counts; no test source, and no position.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.batches import VIEWED_PX
from model.errors import ModelError
from model.preprocess import centre_crop
from model.validation import ValidationSets
from model.whole_file import whole_file


class NotPacked(ModelError):
    """A file that is no packed training archive."""


@dataclass(frozen=True)
class Packed:
    """What an archive holds."""

    sources: dict[str, NDArray[np.uint8]]
    """By name, (N_i, 110, 110): the centre of cleaned images, the source on pixel (55, 55)."""
    validation: ValidationSets
    about: dict[str, Any]
    """What was gathered and what was kept out, as the model card says it."""


def write_packed(path: Path, packed: Packed) -> None:
    """Write an archive (a compressed NumPy .npz), all at once."""
    arrays = {f"source {name}": _viewed(pixels) for name, pixels in packed.sources.items()}
    for name, values in asdict(packed.validation).items():
        arrays[f"validation {name}"] = _viewed(values) if values.ndim == 3 else values
    with whole_file(path) as file:
        np.savez_compressed(file, about=np.array(json.dumps(packed.about)), **arrays)  # type: ignore[arg-type]


def read_packed(path: Path) -> Packed:
    """Read an archive.

    Raises
    ------
    NotPacked
        If it is no such file; nothing that it may hold is run.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
        about = json.loads(str(found.pop("about")))
        parts = {kind: _of_kind(found, kind) for kind in ("source", "validation")}
        return Packed(parts["source"], ValidationSets(**parts["validation"]), about)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise NotPacked(
            f"'{path}' is no packed training archive ({str(exc).partition(chr(10))[0]}); "
            "`rgz-explorer pack` makes one."
        ) from exc


def _of_kind(found: dict[str, NDArray], kind: str) -> dict[str, NDArray]:
    start = f"{kind} "
    return {name.removeprefix(start): v for name, v in found.items() if name.startswith(start)}


def _viewed(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return centre_crop(pixels, VIEWED_PX)
