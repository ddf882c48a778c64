"""Measure an encoder on labelled sets of radio galaxies: MiraBest and firstgalaxydata.

It never trains an encoder, and it never chooses anything on the sources that it judges with.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import Pipeline

from model.datasets import CONFIDENT_FRI, CONFIDENT_FRII, UNCERTAIN_FRI, UNCERTAIN_FRII, Images
from model.encoder import Encoder
from model.linear_probe import (
    cross_validated_error,
    fit_probe,
    neighbour_agreement,
    represent,
    rotate,
    self_retrieval,
)

RESPLITS = 10
TEST_SIZE = 104


@dataclass(frozen=True)
class MiraBestResult:
    """FRI against FRII on MiraBest Confident."""

    validation_error: float
    """Share wrong in cross-validation within the 729 training sources."""
    test_errors: int
    tested: int
    resplit_error: float
    resplit_standard_error: float
    uncertain_error: float
    """Share wrong of the Uncertain FRI and FRII, none of which is fitted to; NaN without any."""


@dataclass(frozen=True)
class FourClassResult:
    """The four classes of firstgalaxydata; a share each."""

    probe_error: float
    neighbours_of_same_class: float
    finds_itself_rotated: float


def judge_mirabest(encoder: Encoder, mirabest: Images, resplits: int = RESPLITS) -> MiraBestResult:
    """Probe FRI against FRII on MiraBest Confident, 729 training and 104 test sources.

    Parameters
    ----------
    resplits : int
        Number of stratified re-splits of all 833; their mean error has a standard error.
    """
    confident = mirabest.where(np.isin(mirabest.label, CONFIDENT_FRI + CONFIDENT_FRII))
    y = represent(encoder, confident.pixels)
    label = np.isin(confident.label, CONFIDENT_FRII).astype(int)
    is_test = confident.split == "test"
    probe = fit_probe(y[~is_test], label[~is_test])
    wrong = probe.predict(y[is_test]) != label[is_test]
    again = _resplit_errors(y, label, resplits) if resplits else np.array([np.nan])
    spread = again.std(ddof=1) / np.sqrt(len(again)) if len(again) > 1 else np.nan
    return MiraBestResult(
        cross_validated_error(probe),
        int(wrong.sum()),
        len(wrong),
        float(again.mean()),
        spread,
        _uncertain_error(probe, encoder, mirabest),
    )


def judge_first_galaxies(encoder: Encoder, galaxies: Images) -> dict[str, FourClassResult]:
    """Measure the four classes on the valid and test splits; only train fits and is searched."""
    train = galaxies.where(galaxies.split == "train")
    y_train = represent(encoder, train.pixels)
    probe = fit_probe(y_train, train.label)
    results = {}
    for split in ("valid", "test"):
        judged = galaxies.where(galaxies.split == split)
        y = represent(encoder, judged.pixels)
        rotated = represent(encoder, rotate(judged.pixels, seed=0))
        results[split] = FourClassResult(
            float((probe.predict(y) != judged.label).mean()),
            neighbour_agreement(y_train, train.label, y, judged.label),
            self_retrieval(y, rotated),
        )
    return results


def _uncertain_error(probe: Pipeline, encoder: Encoder, mirabest: Images) -> float:
    uncertain = mirabest.where(np.isin(mirabest.label, UNCERTAIN_FRI + UNCERTAIN_FRII))
    if not len(uncertain):
        return float("nan")
    label = np.isin(uncertain.label, UNCERTAIN_FRII).astype(int)
    return float((probe.predict(represent(encoder, uncertain.pixels)) != label).mean())


def _resplit_errors(y: NDArray, label: NDArray, count: int) -> NDArray[np.float64]:
    splits = StratifiedShuffleSplit(count, test_size=TEST_SIZE, random_state=0)
    return np.array(
        [1 - fit_probe(y[a], label[a]).score(y[b], label[b]) for a, b in splits.split(y, label)]
    )
