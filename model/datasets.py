"""Read the images that encoders are trained on and judged with, as cleaned 150 px images.

It never runs what a pickle asks for: numpy arrays and plain containers only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from model.batch_files import (
    NotBatches,
    label_names,
    read_labelled_batches,
)
from model.components import Components, draw_image
from model.errors import ModelError
from model.firstgalaxydata import LABELS, centre_image, read_galaxies
from model.leakage import Positions
from model.preprocess import NoEmission

CONFIDENT_FRI, CONFIDENT_FRII = (0, 1, 2), (5, 6)
UNCERTAIN_FRI, UNCERTAIN_FRII = (3, 4), (7,)
HYBRID = (8, 9)

MIGHTEE_FRI, MIGHTEE_FRII = 45, 72
"""Sources of each class in the labelled MIGHTEE set (Slijepcevic et al. 2024, Sec. 3.4)."""

_FR_CLASS = re.compile(r"FR[- _]?(I{1,2}|1|2)(?![I12])", re.IGNORECASE)


class UnreadablePositions(ModelError):
    """A file that is no table of positions."""


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
        return Images(
            self.pixels[mask],
            self.positions.where(mask),
            self.label[mask],
            self.split[mask],
            self.image_origin,
        )


def read_mirabest(archive: Path) -> Images:
    """Read the MiraBest_F batches (Zenodo 4288837): 1,256 images with the labels 0 to 9.

    Parameters
    ----------
    archive : path
        ``MiraBest_F_batches.tar.gz``, or the directory it unpacks to.

    Raises
    ------
    UnsafePickle, NotBatches
    """
    batches = read_labelled_batches(archive)
    unplaced = np.flatnonzero(~np.isfinite(batches.positions.ra_deg))
    if len(unplaced):
        raise NotBatches(
            f"'{batches.filenames[unplaced[0]]}' does not carry a position, as file names of "
            "MiraBest do."
        )
    return Images(batches.pixels, batches.positions, batches.labels, np.array(batches.split))


def read_mightee(archive: Path) -> Images:
    """Read the labelled MIGHTEE batches (Zenodo 8188867) as FRI (0) and FRII (1).

    Parameters
    ----------
    archive : path
        The archive, or the directory it unpacks to.

    Raises
    ------
    UnsafePickle, NotBatches
        Also if it does not tell which label is which class.

    Notes
    -----
    Which label is which is said by ``batches.meta``, or else by the paper's counts, 45 FRI and 72
    FRII (Sec. 3.4). Where the names carry no position, it is NaN.
    """
    batches = read_labelled_batches(archive)
    is_frii = batches.labels == _mightee_frii(label_names(archive), batches.labels)
    return Images(
        batches.pixels, batches.positions, is_frii.astype(np.int64), np.array(batches.split)
    )


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
    """Read the positions of a parquet catalogue: columns ra and dec, or ra_deg and dec_deg.

    Raises
    ------
    UnreadablePositions
        If there is no such file, it is no Parquet, or it lacks the columns.
    """
    try:
        names = pq.read_schema(catalogue).names
        columns = ["ra_deg", "dec_deg"] if "ra_deg" in names else ["ra", "dec"]
        table = pq.read_table(catalogue, columns=columns)
        ra, dec = (table[name].to_numpy().astype(np.float64) for name in columns)
    except (OSError, ValueError, KeyError) as exc:
        raise UnreadablePositions(
            f"The positions '{catalogue}' cannot be read ({str(exc).splitlines()[0]}). They must "
            "be a Parquet file with the columns ra_deg and dec_deg (or ra and dec), in degrees."
        ) from exc
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


def _mightee_frii(names: list[str], labels: NDArray[np.int64]) -> int:
    """Which label is FRII; there must be one for FRI and one for FRII, and no other."""
    found, counts = np.unique(labels, return_counts=True)
    named = [_FR_CLASS.search(names[i]) for i in found if 0 <= i < len(names)]
    classes = [len(m[1].replace("1", "I").replace("2", "II")) if m else 0 for m in named]
    if sorted(classes) == [1, 2]:
        return int(found[classes.index(2)])
    if not names and sorted(counts.tolist()) == [MIGHTEE_FRI, MIGHTEE_FRII]:
        return int(found[counts.tolist().index(MIGHTEE_FRII)])
    numbers = ", ".join(f"{count} of {label}" for label, count in zip(found, counts, strict=True))
    raise NotBatches(
        f"Which label is FRI and which FRII is not clear: there are {numbers}"
        + (f", called {', '.join(names)}" if names else ", and no batches.meta names them")
        + f". Expected are two classes, {MIGHTEE_FRI} FRI and {MIGHTEE_FRII} FRII."
    )


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
