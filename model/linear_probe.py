"""Judge a representation: a linear classifier on frozen y, its neighbours, and rotated copies.

It never trains an encoder, and it never chooses anything on the sources it judges with.
"""

import warnings

import numpy as np
import torch
from kornia.geometry.transform import warp_affine
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegressionCV
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from model.classifier import Classifier
from model.encoder import Encoder, embed
from model.preprocess import network_input
from model.similarity import similarity

NEIGHBOURS = 8
STRENGTHS = tuple(10.0 ** np.arange(-5.0, 1.0))
"""Candidates of 1 / (L2 strength)."""

FOLDS = 5
PROBE_SEED = 0


def fit_probe(y: NDArray, label: NDArray, seed: int = PROBE_SEED) -> Pipeline:
    """Fit L2 logistic regression on standardised y, its strength chosen by cross-validation.

    Parameters
    ----------
    y : ndarray, shape (N, 512)
    label : ndarray, shape (N,)

    Returns
    -------
    probe : Pipeline
        With ``predict`` and ``score``. Not the Table 5 probe, which is trained by SGD.
    """
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    classifier = LogisticRegressionCV(
        Cs=STRENGTHS,
        cv=folds,
        max_iter=2000,
        scoring="accuracy",
        l1_ratios=(0.0,),
        use_legacy_attributes=True,
    )
    probe = make_pipeline(StandardScaler(), classifier)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return probe.fit(y, label)


def as_classifier(probe: Pipeline, encoder: Encoder, classes: tuple[str, ...]) -> Classifier:
    """Make a fitted probe a classifier that can be kept, its standardisation in the weights."""
    scaler, fitted = probe[0], probe[-1]
    weight = fitted.coef_ / scaler.scale_  # (C, 512); one row where there are two classes
    bias = fitted.intercept_ - weight @ scaler.mean_
    if len(weight) == 1:
        weight, bias = np.stack([0 * weight[0], weight[0]]), np.array([0, bias[0]])
    origin = f"L2 logistic regression on standardised y of {encoder.card.name}"
    return Classifier(encoder, weight.astype(np.float32), bias.astype(np.float32), classes, origin)


def cross_validated_error(probe: Pipeline) -> float:
    """The mean error of a fitted probe's cross-validation at the strength it chose."""
    scores = probe[-1].scores_
    by_fold = np.mean([np.asarray(s).reshape(FOLDS, -1) for s in scores.values()], axis=0)
    return float(1 - by_fold.mean(axis=0).max())


def represent(encoder: Encoder, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """y (N, 512) of cleaned images (N, 150, 150)."""
    return embed(encoder, network_input(pixels))


def neighbour_agreement(
    y_train: NDArray, label_train: NDArray, y: NDArray, label: NDArray, k: int = NEIGHBOURS
) -> float:
    """Share of the k nearest training neighbours (by S, eq. 3) that have a source's own class."""
    nearest = np.argsort(-similarity(y, y_train), axis=1)[:, :k]
    return float((label_train[nearest] == label[:, None]).mean())


def self_retrieval(y: NDArray, y_rotated: NDArray) -> float:
    """Share of rotated images whose most similar image among all is the unrotated one."""
    return float((similarity(y_rotated, y).argmax(axis=1) == np.arange(len(y))).mean())


def rotate(pixels: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """Rotate images (N, 150, 150) by random angles about pixel (75, 75), nearest neighbour."""
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(pixels))
    cos, sin, centre = np.cos(angle), np.sin(angle), pixels.shape[-1] // 2
    shift_x, shift_y = centre * (1 - cos + sin), centre * (1 - sin - cos)
    matrix = np.stack([cos, -sin, shift_x, sin, cos, shift_y], axis=1).reshape(-1, 2, 3)
    images = torch.from_numpy(pixels[:, None].astype(np.float32))
    size = (pixels.shape[-2], pixels.shape[-1])
    kernel = torch.from_numpy(matrix.astype(np.float32))
    turned = warp_affine(images, kernel, size, mode="nearest", align_corners=True)
    return turned[:, 0].round().numpy().astype(np.uint8)
