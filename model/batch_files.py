"""Batches of pickled images, CIFAR-style, from an archive or the directory it unpacks to.

It never runs what a pickle asks for, and it never unpacks anything to disk.
"""

import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.plain_pickle import load_plain_pickle
from model.preprocess import IMAGE_SIZE_PX

_BATCH = re.compile(r"(?:^|/)(?:data_batch_(\d+)|(?:test|train)_batch)$")
_META = re.compile(r"(?:^|/)batches\.meta$")
MAX_BATCH_BYTES = 2**30


class NotBatches(ValueError):
    """A file or directory without batches of images; the message is a sentence."""


def read_batches(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the batches of an archive (.tar, .tar.gz, .zip) or directory, in their order.

    Yields
    ------
    name : str
        ``data_batch_1``, ..., at last ``test_batch``.
    batch : dict

    Raises
    ------
    NotBatches
        If the path is no archive or directory of batches, or a batch is no dictionary with images.
    UnsafePickle
        If a batch asks for more than arrays and plain containers.
    """
    found = False
    for name, content in _members(path, _BATCH):
        found = True
        batch = load_plain_pickle(content)
        if not isinstance(batch, dict) or "data" not in batch:
            raise NotBatches(f"'{name}' of '{path}' is no batch: it has no images under 'data'.")
        yield name, batch
    if not found:
        raise NotBatches(f"'{path}' holds no data_batch_1, data_batch_2, ... or test_batch.")


def label_names(path: Path) -> list[str]:
    """What the labels 0, 1, ... mean, as ``batches.meta`` says; empty where it does not.

    Raises
    ------
    NotBatches, UnsafePickle
    """
    for _, content in _members(path, _META):
        meta = load_plain_pickle(content)
        names = meta.get("label_names", []) if isinstance(meta, dict) else []
        return [name.decode("latin1") if isinstance(name, bytes) else str(name) for name in names]
    return []


def is_archive(path: Path) -> bool:
    """Whether a path is a .tar (compressed or not) or .zip archive, a damaged one included."""
    if not path.is_file():
        return False
    try:
        return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)
    except (EOFError, OSError):  # compressed, and cut off
        return True


def holds_batches(path: Path) -> bool:
    """Whether a path is an archive or directory with batches of images; none is unpickled."""
    try:
        return any(True for _ in _members(path, _BATCH))
    except NotBatches:
        return False


def batch_pixels(batch: dict[str, Any], name: str) -> NDArray[np.uint8]:
    """The images (N, 150, 150) of a batch, however it nests them.

    Raises
    ------
    NotBatches
        If they are not 150 x 150 whole numbers from 0 to 255.
    """
    try:
        data = np.asarray(batch["data"])
    except ValueError as exc:
        raise NotBatches(f"The images of '{name}' are not all of one size.") from exc
    side = IMAGE_SIZE_PX
    if data.size % (side * side) or data.dtype.kind not in "iu" or data.size == 0:
        raise NotBatches(
            f"'{name}' holds an array of shape {data.shape} and type {data.dtype}; images of "
            f"{side} x {side} px, 0 to 255, are expected."
        )
    if data.min() < 0 or data.max() > 255:
        raise NotBatches(f"'{name}' holds pixel values outside 0 to 255.")
    return data.astype(np.uint8).reshape(-1, side, side)


def batch_column(batch: dict[str, Any], key: str, name: str, n: int) -> list[Any]:
    """The values of a batch under a key, one for each of its n images.

    Raises
    ------
    NotBatches
        If there are none, or more or fewer than images.
    """
    if key not in batch:
        raise NotBatches(f"'{name}' has no '{key}'; it has {', '.join(map(str, batch))}.")
    values: list[Any] = np.asarray(batch[key]).reshape(-1).tolist()
    if len(values) != n:
        raise NotBatches(f"'{name}' holds {n} images and {len(values)} values of '{key}'.")
    return values


def _members(path: Path, wanted: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        yield from _of_directory(path, wanted)
    elif path.is_file() and zipfile.is_zipfile(path):
        yield from _of_zip(path, wanted)
    elif is_archive(path):
        yield from _of_tar(path, wanted)
    elif path.exists():
        raise NotBatches(f"'{path}' is no archive (.tar, .tar.gz, .zip) and no directory.")
    else:
        raise NotBatches(f"There is no file or directory '{path}'.")


def _of_directory(path: Path, wanted: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    files = [p for p in path.rglob("*batch*") if p.is_file() and wanted.search(p.name)]
    for file in sorted(files, key=lambda p: _order(p.name)):
        if file.stat().st_size > MAX_BATCH_BYTES:
            raise NotBatches(f"'{file}' is larger than a batch can be.")
        yield file.name, file.read_bytes()


def _of_zip(path: Path, wanted: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        members = [m for m in archive.infolist() if wanted.search(m.filename)]
        for member in sorted(members, key=lambda m: _order(m.filename)):
            if member.file_size > MAX_BATCH_BYTES:
                raise NotBatches(f"'{member.filename}' of '{path}' is larger than a batch can be.")
            yield Path(member.filename).name, archive.read(member)


def _of_tar(path: Path, wanted: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(path) as archive:
            members = [m for m in archive if m.isfile() and wanted.search(m.name)]
            for member in sorted(members, key=lambda m: _order(m.name)):
                if member.size > MAX_BATCH_BYTES:
                    raise NotBatches(f"'{member.name}' of '{path}' is larger than a batch can be.")
                content = archive.extractfile(member)
                yield Path(member.name).name, content.read() if content else b""
    except (tarfile.TarError, EOFError, OSError) as exc:
        raise NotBatches(f"The archive '{path}' is damaged: {exc}.") from exc


def _order(name: str) -> tuple[bool, int]:
    """Training batches by number, then the others."""
    found = _BATCH.search(name)
    number = found[1] if found else None
    return number is None, int(number or 0)
