"""What recipes are chosen by: measures of an encoder on labelled training and validation data.

It never sees a test source.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.encoder import Encoder
from model.linear_probe import (
    cross_validated_error,
    fit_probe,
    neighbour_agreement,
    represent,
    rotate,
    self_retrieval,
)


@dataclass(frozen=True)
class ValidationSets:
    """Labelled images that choices may be made on; pixels (N, H, W), uint8, H and W >= 110."""

    confident: NDArray[np.uint8]
    """MiraBest Confident's 729 training sources."""
    confident_label: NDArray[np.int64]
    """0 FRI, 1 FRII."""
    train: NDArray[np.uint8]
    """firstgalaxydata's 1,758 training sources, four classes."""
    train_label: NDArray[np.int64]
    valid: NDArray[np.uint8]
    """firstgalaxydata's 200 of the valid split."""
    valid_label: NDArray[np.int64]


@dataclass(frozen=True)
class Represented:
    """y (N, 512) of the validation sets, and of the valid split turned at random."""

    confident: NDArray[np.float32]
    train: NDArray[np.float32]
    valid: NDArray[np.float32]
    turned: NDArray[np.float32]


@dataclass(frozen=True)
class ValidationResult:
    """A share each, in 0..1."""

    confident_error: float
    """FRI against FRII, cross-validated within the 729."""
    four_class_error: float
    """Cross-validated within the 1,758."""
    valid_error: float
    """The same probe, fitted to the 1,758, on the 200."""
    neighbours_of_same_class: float
    """Of the valid split's 8 nearest training sources."""
    finds_itself_rotated: float

    @property
    def score(self) -> float:
        """What recipes are ordered by: the mean share that is right over the four tasks.

        The two four-class errors are measures of one task, and each counts half.
        """
        four = (self.four_class_error + self.valid_error) / 2
        right = (1 - self.confident_error, 1 - four, self.neighbours_of_same_class)
        return float(np.mean([*right, self.finds_itself_rotated]))


def represent_validation(encoder: Encoder, sets: ValidationSets) -> Represented:
    """y of the validation sets, on the encoder's device."""
    return Represented(
        represent(encoder, sets.confident),
        represent(encoder, sets.train),
        represent(encoder, sets.valid),
        represent(encoder, rotate(sets.valid, seed=0)),
    )


def validate(y: Represented, sets: ValidationSets) -> ValidationResult:
    """Fit probes to y and measure them; a minute of one core, and none of the device."""
    four = fit_probe(y.train, sets.train_label)
    return ValidationResult(
        cross_validated_error(fit_probe(y.confident, sets.confident_label)),
        cross_validated_error(four),
        float((four.predict(y.valid) != sets.valid_label).mean()),
        neighbour_agreement(y.train, sets.train_label, y.valid, sets.valid_label),
        self_retrieval(y.valid, y.turned),
    )
