"""Read the RGZ108k and MIGHTEE batches: images with source ids, sizes and labels.

It never looks a position up: it says which are unknown.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.batch_files import NotBatches, batch_column, batch_pixels, read_batches
from model.leakage import Positions

_DEGREES = re.compile(r"(?<![\d.])(\d{1,3}\.\d+)[_ ]?([+-]\d{1,3}\.\d+)(?![\d.]*\d)")
"""A position in degrees within a name, as in 100_036.061+000.563_0.0000."""


@dataclass(frozen=True, eq=False)
class BatchSet:
    """Images of batches with what the batches say of each."""

    pixels: NDArray[np.uint8]  # (N, 150, 150), row 0 south
    positions: Positions
    """NaN where no name of the source carries one in degrees."""
    filenames: list[str]
    source_ids: list[str]
    split: list[str]
    """train or test, by the batch that the image is in."""
    in_mirabest: NDArray[np.bool_]  # (N,)
    las_arcsec: NDArray[np.float64]  # (N,); NaN where unknown
    labels: NDArray[np.int64]  # (N,); -1 where there is none

    def __len__(self) -> int:
        return len(self.pixels)

    def repeats(self) -> NDArray[np.bool_]:
        """Which images (N,) are, to the last pixel, an earlier one."""
        flat = np.ascontiguousarray(self.pixels.reshape(len(self), -1))
        seen: set[bytes] = set()
        result = np.zeros(len(self), bool)
        for i, image in enumerate(flat):
            content = image.tobytes()
            result[i] = content in seen
            seen.add(content)
        return result


def read_rgz108k(path: Path) -> BatchSet:
    """Read the RGZ108k batches.

    Parameters
    ----------
    path : Path
        ``rgz108k-batches-python.tar.gz`` (md5 3fef587aa2aa3ece3b01b125977ae19d), or the directory
        it unpacks to, with data_batch_1 to 53 and test_batch: data, filenames, src_ids, mb_flag
        (not 0: a MiraBest source) and LAS (arcsec).

    Raises
    ------
    NotBatches, UnsafePickle

    Notes
    -----
    The layout is that of the published training code; the file itself is not public.
    """
    return _read(path, {"src_ids", "mb_flag", "LAS", "filenames"})


def read_labelled_batches(path: Path) -> BatchSet:
    """Read batches with labels, CIFAR-style: data, labels, filenames (MiraBest, MIGHTEE).

    Raises
    ------
    NotBatches, UnsafePickle
    """
    return _read(path, {"labels", "filenames"})


def _read(path: Path, keys: set[str]) -> BatchSet:
    pixels: list[NDArray[np.uint8]] = []
    columns: dict[str, list[Any]] = {key: [] for key in sorted(keys)}
    split: list[str] = []
    for name, batch in read_batches(path):
        pixels.append(batch_pixels(batch, name))
        n = len(pixels[-1])
        for key, values in columns.items():
            values += batch_column(batch, key, name, n)
        split += ["test" if "test" in name else "train"] * n
    return _batch_set(np.concatenate(pixels), columns, split)


def _batch_set(
    pixels: NDArray[np.uint8], columns: dict[str, list[Any]], split: list[str]
) -> BatchSet:
    n = len(pixels)
    filenames = [_text(name) for name in columns["filenames"]]
    source_ids = [_text(value) for value in columns.get("src_ids", [""] * n)]
    return BatchSet(
        pixels,
        _positions(filenames, source_ids),
        filenames,
        source_ids,
        split,
        np.array([bool(_number(flag, "mb_flag")) for flag in columns.get("mb_flag", [0] * n)]),
        np.array([_number(size, "LAS") for size in columns.get("LAS", [np.nan] * n)], np.float64),
        np.array([int(_number(label, "labels")) for label in columns.get("labels", [-1] * n)]),
    )


def _number(value: object, key: str) -> float:
    try:
        return float(_text(value))
    except ValueError as exc:
        raise NotBatches(f"'{_text(value)}' among the values of '{key}' is no number.") from exc


def _text(value: object) -> str:
    text = value.decode("latin1") if isinstance(value, bytes) else str(value)
    return text.strip()


def _positions(filenames: list[str], source_ids: list[str]) -> Positions:
    found = [
        _DEGREES.search(name) or _DEGREES.search(source)
        for name, source in zip(filenames, source_ids, strict=True)
    ]
    ra, dec = (np.array([float(m[i]) if m else np.nan for m in found]) for i in (1, 2))
    outside = (ra >= 360) | (np.abs(dec) > 90)
    return Positions(np.where(outside, np.nan, ra), np.where(outside, np.nan, dec))
