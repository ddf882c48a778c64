"""FRI against FRII in three labelled sets: what each gives to fit to and to test on, by seed.

It never fits anything, and no source is in both parts.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.errors import ExplorerError
from model.datasets import read_first_galaxies, read_mightee, read_mirabest
from model.firstgalaxydata import LABELS
from model.leakage import excluded
from model.tasks import Labelled, mirabest_task, subset
from scripts.experiments.grid import InputMissing, Inputs

TEST_SHARE = 0.3
"""Of a set without a test set of its own (Sec. 3.4)."""


class UnknownSet(ExplorerError):
    """There is no labelled set of that name."""


@dataclass(frozen=True)
class Divided:
    """A labelled set, divided."""

    train: Labelled
    tests: dict[str, Labelled]


def divided(name: str, inputs: Inputs, seed: int) -> Divided:
    """Divide a labelled set: MiraBest as published, the others by seed.

    Raises
    ------
    UnknownSet, InputMissing
    """
    if name not in SETS:
        raise UnknownSet(f"'{name}' is no labelled set; there are {', '.join(SETS)}.")
    return SETS[name](inputs, seed)


def tests_of(name: str) -> tuple[str, ...]:
    """Names of a set's test sets."""
    return ("confident", "uncertain") if name == "mirabest" else (name,)


def split(labelled: Labelled, seed: int) -> tuple[Labelled, Labelled]:
    """Split off a stratified 30 % to test on, the same for every method."""
    test_count = round(TEST_SHARE * len(labelled))
    indexed = Labelled(np.arange(len(labelled))[:, None, None].astype(np.int64), labelled.label)
    is_test = np.zeros(len(labelled), bool)
    is_test[subset(indexed, test_count, seed).pixels.ravel()] = True
    return _part(labelled, ~is_test), _part(labelled, is_test)


def together(*sets: Labelled) -> Labelled:
    """Join labelled sets."""
    return Labelled(
        np.concatenate([s.pixels for s in sets]), np.concatenate([s.label for s in sets])
    )


def _mirabest(inputs: Inputs, _seed: int) -> Divided:
    task = mirabest_task(inputs.mirabest_file())
    return Divided(task.train, task.tests)


def _mightee(inputs: Inputs, seed: int) -> Divided:
    if inputs.mightee is None:
        raise InputMissing(
            "The MIGHTEE set is asked for: name its batches with --mightee FILE; "
            "`rgz-explorer fetch mightee` gets them."
        )
    images = read_mightee(inputs.mightee)
    train, test = split(Labelled(images.pixels, images.label), seed)
    return Divided(train, {"mightee": test})


def _first_galaxies(inputs: Inputs, seed: int) -> Divided:
    """The FRI and FRII of firstgalaxydata; those of MiraBest are left out, which is also FIRST."""
    galaxies = read_first_galaxies()
    classes = [LABELS.index("FRI"), LABELS.index("FRII")]
    near = excluded(galaxies.positions, read_mirabest(inputs.mirabest_file()).positions)
    galaxies = galaxies.where(~near & np.isin(galaxies.label, classes))
    labelled = Labelled(galaxies.pixels, (galaxies.label == classes[1]).astype(np.int64))
    train, test = split(labelled, seed)
    return Divided(train, {"firstgalaxydata": test})


SETS: dict[str, Callable[[Inputs, int], Divided]] = {
    "mirabest": _mirabest,
    "mightee": _mightee,
    "firstgalaxydata": _first_galaxies,
}


def _part(labelled: Labelled, chosen: NDArray[np.bool_]) -> Labelled:
    return Labelled(labelled.pixels[chosen], labelled.label[chosen])
