"""What classifiers are fitted to and judged on: labelled images with their classes and test sets.

It never trains, and no test source is ever among the ones to fit to.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.datasets import (
    CONFIDENT_FRI,
    CONFIDENT_FRII,
    UNCERTAIN_FRI,
    UNCERTAIN_FRII,
    Images,
    read_first_galaxies,
    read_mirabest,
)
from model.errors import ModelError
from model.firstgalaxydata import LABELS


class TooManyLabels(ModelError):
    """More labels are asked for than there are, or fewer than there are classes."""


@dataclass(frozen=True)
class Labelled:
    """Images with their class."""

    pixels: NDArray[np.uint8]  # (N, 150, 150)
    label: NDArray[np.int64]  # (N,), index into the task's classes

    def __len__(self) -> int:
        return len(self.label)


@dataclass(frozen=True)
class Task:
    """A classification problem."""

    name: str
    classes: tuple[str, ...]
    train: Labelled
    tests: dict[str, Labelled]
    input_kind: str = "published"
    """How the images were prepared: published, or pedestal."""


def mirabest_task(archive: Path) -> Task:
    """FRI against FRII: MiraBest Confident (729 to fit to, 104 to test) and Uncertain.

    Notes
    -----
    Slijepcevic et al. 2024, Sec. 2.2 and 3.2. Every Uncertain source is a test source: none is
    fitted to.
    """
    images = read_mirabest(archive)
    is_test = images.split == "test"
    confident = np.isin(images.label, CONFIDENT_FRI + CONFIDENT_FRII)
    uncertain = np.isin(images.label, UNCERTAIN_FRI + UNCERTAIN_FRII)
    return Task(
        "mirabest",
        ("FRI", "FRII"),
        _fanaroff_riley(images, confident & ~is_test),
        {
            "confident": _fanaroff_riley(images, confident & is_test),
            "uncertain": _fanaroff_riley(images, uncertain),
        },
    )


def first_galaxies_task() -> Task:
    """The four classes of firstgalaxydata: 1,758 to fit to, 200 to choose with, 200 to test."""
    images = read_first_galaxies()
    split = {
        name: Labelled(images.pixels[images.split == name], images.label[images.split == name])
        for name in ("train", "valid", "test")
    }
    return Task("firstgalaxydata", tuple(LABELS), split.pop("train"), split, "pedestal")


def subset(labelled: Labelled, count: int, seed: int) -> Labelled:
    """Choose so many labels at random, in the proportions of the classes.

    Raises
    ------
    TooManyLabels
    """
    classes, numbers = np.unique(labelled.label, return_counts=True)
    if not len(classes) <= count <= len(labelled):
        raise TooManyLabels(
            f"{count} labels cannot be chosen: there are {len(labelled)} in {len(classes)} "
            f"classes; {len(classes)} to {len(labelled)} can be."
        )
    generator = np.random.default_rng(seed)
    rows = [generator.permutation(np.flatnonzero(labelled.label == c)) for c in classes]
    share = _shares(numbers, count)
    chosen = np.sort(np.concatenate([r[:n] for r, n in zip(rows, share, strict=True)]))
    return Labelled(labelled.pixels[chosen], labelled.label[chosen])


def _shares(numbers: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Split a count in proportion to numbers: largest remainders, at least one a class."""
    exact = numbers * count / numbers.sum()
    share = np.maximum(np.floor(exact).astype(np.int64), 1)
    while share.sum() < count:
        share[np.argmax(exact - share)] += 1
    while share.sum() > count:
        share[np.argmax(np.where(share > 1, share - exact, -np.inf))] -= 1
    return share


def _fanaroff_riley(images: Images, chosen: NDArray[np.bool_]) -> Labelled:
    label = np.isin(images.label, CONFIDENT_FRII + UNCERTAIN_FRII)
    return Labelled(images.pixels[chosen], label[chosen].astype(np.int64))
