"""Batches of pickled images, CIFAR-style, from an archive or the directory it unpacks to.

It never runs what a pickle asks for, and it never unpacks anything to disk.
"""

import io
import pickle
import re
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.errors import ModelError
from model.leakage import Positions
from model.preprocess import IMAGE_SIZE_PX

_BATCH = re.compile(r"(?:^|/)(?:data_batch_(\d+)|(?:test|train)_batch)$")
_META = re.compile(r"(?:^|/)batches\.meta$")
MAX_BATCH_BYTES = 2**30
_DEGREES = re.compile(r"(?<![\d.])(\d{1,3}\.\d+)[_ ]?([+-]\d{1,3}\.\d+)(?![\d.]*\d)")
"""A position in degrees within a name, as in 100_036.061+000.563_0.0000."""
_NUMPY = {("numpy", "dtype"), ("numpy", "ndarray")} | {
    (f"numpy.{core}.{module}", name)
    for core in ("core", "_core")
    for module, name in (
        ("multiarray", "_reconstruct"),
        ("multiarray", "scalar"),
        ("numeric", "_frombuffer"),
    )
}
_BYTES = ("_codecs", "encode")
"""How protocols 0 to 2 write bytes, and with them every array."""


class UnsafePickle(ModelError):
    """A pickle that asks for more than arrays and plain containers; nothing in it was run."""


class NotBatches(ModelError):
    """A file or directory without batches of images."""


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
    except PermissionError:
        raise
    except (EOFError, OSError):  # compressed, and cut off
        return True


def holds_batches(path: Path) -> bool:
    """Whether a path is an archive or directory with batches of images; none is unpickled."""
    try:
        return any(True for _ in _members(path, _BATCH))
    except NotBatches:
        return False


def load_plain_pickle(content: bytes) -> Any:
    """Unpickle numpy arrays and plain containers, and refuse everything else.

    Raises
    ------
    UnsafePickle
    """
    try:
        return _PlainUnpickler(io.BytesIO(content), encoding="latin1").load()
    except (
        pickle.UnpicklingError,
        EOFError,
        AttributeError,
        LookupError,
        ValueError,
        TypeError,
        OverflowError,
        MemoryError,
    ) as exc:
        raise UnsafePickle(f"The batch was refused: {exc}. Nothing in it was run.") from exc


def _read(path: Path, keys: set[str]) -> BatchSet:
    pixels: list[NDArray[np.uint8]] = []
    columns: dict[str, list[Any]] = {key: [] for key in sorted(keys)}
    split: list[str] = []
    for name, batch in _batches(path):
        pixels.append(_pixels(batch, name))
        n = len(pixels[-1])
        for key, values in columns.items():
            values += _column(batch, key, name, n)
        split += ["test" if "test" in name else "train"] * n
    return _batch_set(np.concatenate(pixels), columns, split)


def _batches(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield data_batch_1, ..., at last test_batch, of an archive or directory."""
    found = False
    for name, content in _members(path, _BATCH):
        found = True
        batch = load_plain_pickle(content)
        if not isinstance(batch, dict) or "data" not in batch:
            raise NotBatches(f"'{name}' of '{path}' is no batch: it has no images under 'data'.")
        yield name, batch
    if not found:
        raise NotBatches(f"'{path}' holds no data_batch_1, data_batch_2, ... or test_batch.")


def _pixels(batch: dict[str, Any], name: str) -> NDArray[np.uint8]:
    """The images (N, 150, 150) of a batch, however it nests them."""
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


def _column(batch: dict[str, Any], key: str, name: str, n: int) -> list[Any]:
    """The values of a batch under a key, one for each of its n images."""
    if key not in batch:
        raise NotBatches(f"'{name}' has no '{key}'; it has {', '.join(map(str, batch))}.")
    values: list[Any] = np.asarray(batch[key]).reshape(-1).tolist()
    if len(values) != n:
        raise NotBatches(f"'{name}' holds {n} images and {len(values)} values of '{key}'.")
    return values


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


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == _BYTES:
            return _latin1_bytes
        if (module, name) not in _NUMPY:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def _latin1_bytes(text: str, encoding: str = "latin1") -> bytes:
    """What `_codecs.encode` is used for here, without its other codecs."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the codec {encoding[:40]}")
    return text.encode("latin1")
