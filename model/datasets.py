"""Read the images that encoders are trained on and judged with, as cleaned 150 px images.

It never runs what a pickle asks for: numpy arrays and plain containers only.
"""

import io
import pickle
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from model.components import Components, draw_image
from model.firstgalaxydata import LABELS, centre_image, read_galaxies
from model.leakage import Positions
from model.preprocess import NoEmission

CONFIDENT_FRI, CONFIDENT_FRII = (0, 1, 2), (5, 6)
UNCERTAIN_FRI, UNCERTAIN_FRII = (3, 4), (7,)
HYBRID = (8, 9)

_NAME = re.compile(r"\d{3}_(\d+\.\d+)([+-]\d+\.\d+)_")
_NUMPY = {("numpy", "dtype"), ("numpy", "ndarray")} | {
    (f"numpy.{core}.multiarray", name)
    for core in ("core", "_core")
    for name in ("_reconstruct", "scalar")
}


class UnsafePickle(ValueError):
    """A pickle that asks for more than arrays and plain containers; nothing in it was run."""


@dataclass(frozen=True)
class Images:
    """Cleaned images, where they lie and what is known of them."""

    pixels: NDArray[np.uint8]  # (N, 150, 150)
    positions: Positions
    label: NDArray[np.int64]  # (N,); -1 where there is none
    split: NDArray[np.str_]  # (N,): train, valid, test, or empty
    image_origin: str = "observed"

    def __len__(self) -> int:
        return len(self.pixels)

    def where(self, mask: NDArray) -> "Images":
        """The images at which the mask (N,) is true, or at these indices."""
        kept = {f.name: getattr(self, f.name)[mask] for f in fields(self)[:1] + fields(self)[2:4]}
        return Images(positions=self.positions.where(mask), image_origin=self.image_origin, **kept)


def read_mirabest(archive: Path) -> Images:
    """Read the MiraBest_F batches (Zenodo 4288837): 1,256 images with the labels 0 to 9.

    Parameters
    ----------
    archive : path
        ``MiraBest_F_batches.tar.gz``.

    Raises
    ------
    UnsafePickle
    """
    images, labels, names, splits = [], [], [], []
    with tarfile.open(archive) as tar:
        members = sorted((m for m in tar if m.name.endswith("batch") or "batch_" in m.name), key=_n)
        for member in members:
            batch = load_plain_pickle(tar.extractfile(member).read())  # type: ignore[union-attr]
            images += list(batch["data"])
            labels += list(batch["labels"])
            names += list(batch["filenames"])
            splits += ["test" if "test" in member.name else "train"] * len(batch["labels"])
    pixels = np.stack([np.asarray(i, np.uint8).reshape(150, 150) for i in images])
    return Images(pixels, _positions(names), np.array(labels, np.int64), np.array(splits))


def read_first_galaxies() -> Images:
    """Read firstgalaxydata 0.2.1: 2,158 images, four classes (0 FRI, 1 FRII, 2 Compact, 3 Bent).

    Raises
    ------
    DataPackageMissing

    Notes
    -----
    The labels and splits are the package's Label_literature and Split_literature. Its images keep
    the pedestal that its authors subtracted.
    """
    found = list(read_galaxies())
    return Images(
        np.stack([centre_image(galaxy.field) for galaxy in found]),
        Positions(
            np.array([galaxy.ra_deg for galaxy in found]),
            np.array([galaxy.dec_deg for galaxy in found]),
        ),
        np.array([LABELS.index(galaxy.label) for galaxy in found]),
        np.array([galaxy.split for galaxy in found]),
    )


def read_positions(catalogue: Path) -> Positions:
    """Read the positions of a parquet catalogue: columns ra and dec, or ra_deg and dec_deg."""
    names = pq.read_schema(catalogue).names
    columns = ["ra_deg", "dec_deg"] if "ra_deg" in names else ["ra", "dec"]
    table = pq.read_table(catalogue, columns=columns)
    ra, dec = (table[name].to_numpy().astype(np.float64) for name in columns)
    return Positions(ra, dec)


def draw_images(components: Components, positions: Positions, seed: int = 0) -> Images:
    """Draw the fields of positions from catalogue components; empty ones are left out.

    Parameters
    ----------
    seed : int
        Of the noise; image i has ``seed + i``.
    """
    drawn = dict(_draw_each(components, positions, seed))
    kept = np.array(list(drawn), np.int64)
    pixels = np.stack(list(drawn.values())) if drawn else np.empty((0, 150, 150), np.uint8)
    unlabelled = np.full(len(kept), -1)
    splits = np.full(len(kept), "")
    return Images(pixels, positions.where(kept), unlabelled, splits, image_origin="model")


def load_plain_pickle(content: bytes) -> Any:
    """Unpickle numpy arrays and plain containers, and refuse everything else.

    Raises
    ------
    UnsafePickle
    """
    try:
        return _PlainUnpickler(io.BytesIO(content), encoding="latin1").load()
    except (pickle.UnpicklingError, EOFError, AttributeError, IndexError, ValueError) as exc:
        raise UnsafePickle(f"The batch was refused: {exc}. Nothing in it was run.") from exc


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _NUMPY:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def _n(member: tarfile.TarInfo) -> tuple[bool, int]:
    number = re.search(r"batch_(\d+)$", member.name)
    return number is None, int(number[1]) if number else 0


def _positions(names: list[str]) -> Positions:
    found = [_NAME.search(str(name)) for name in names]
    if not all(found):
        raise ValueError(f"'{names[found.index(None)]}' does not carry a position.")
    return Positions(*(np.array([float(m[i]) for m in found if m]) for i in (1, 2)))


def _draw_each(
    components: Components, positions: Positions, seed: int
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    for i in range(len(positions)):
        try:
            image = draw_image(
                components, float(positions.ra_deg[i]), float(positions.dec_deg[i]), seed + i
            )
        except NoEmission:
            continue
        yield i, image
