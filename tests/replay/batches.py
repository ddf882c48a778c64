"""Small batches of images, CIFAR-style, for the tests of their readers."""

import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np


def image(seed: int) -> np.ndarray:
    """A flattened image (22500,) with something in the middle."""
    pixels = np.zeros((150, 150), np.uint8)
    pixels[70:80, 70:80] = np.random.default_rng(seed).integers(1, 255, (10, 10))
    return pixels.ravel()


def write_batches(path: Path, batches: dict[str, Any], folder: str = "batches") -> Path:
    """Pickle batches by name into a .tar.gz, as the published archives are."""
    with tarfile.open(path, "w:gz") as archive:
        for name, batch in batches.items():
            content = pickle.dumps(batch, protocol=2)
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def rgz_batch(numbers: list[int], **columns: list[Any]) -> dict[str, Any]:
    """A batch of RGZ108k with sources on a line of positions."""
    return {
        "data": [image(i) for i in numbers],
        "filenames": [f"RGZJ{i}.png" for i in numbers],
        "src_ids": [f"RGZJ10{i:02d}00.0+300000" for i in numbers],
        "mb_flag": [int(i == 2) for i in numbers],
        "LAS": [20.0 + i for i in numbers],
    } | columns
