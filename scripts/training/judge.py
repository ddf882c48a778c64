"""Classifiers fitted and tested: what probe, finetune and the experiments of the paper share.

It never chooses anything on the sources that it tests with.
"""

from collections.abc import Callable, Collection
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import typer

from model.classifier import Classifier
from model.encoder import Encoder, untrained_encoder
from model.finetune import TABLE_5, FinetuneConfig, finetune_depths, supervised
from model.linear_probe import as_classifier, fit_probe, represent
from model.preprocess import network_input
from model.tasks import Labelled, Task, first_galaxies_task, mirabest_task, subset

Protocol = Literal["finetune", "supervised", "linear"]
Precision = Literal["32-true", "bf16-mixed"]


def task_named(name: str, mirabest: Path | None) -> Task:
    """Read the labelled images of a task.

    Raises
    ------
    typer.BadParameter
        If MiraBest's file is needed and not named.
    """
    if name == "firstgalaxydata":
        return first_galaxies_task()
    if mirabest is None:
        raise typer.BadParameter(
            "--task mirabest needs --mirabest FILE; `rgz-explorer fetch mirabest` gets it."
        )
    return mirabest_task(mirabest)


def configure(
    protocol: Protocol,
    *,
    depth: int | None = None,
    epochs: int | None = None,
    device: str = "cpu",
    precision: Precision = "32-true",
) -> FinetuneConfig:
    """Give the paper's configuration of a protocol with what was asked for changed.

    Raises
    ------
    typer.BadParameter
        If the linear protocol is asked to train layers below the head.
    """
    if protocol == "linear" and depth:
        raise typer.BadParameter(
            f"--protocol linear trains the head alone; leave --depth {depth} out."
        )
    protocols = {
        "finetune": FinetuneConfig(),
        "supervised": supervised(FinetuneConfig()),
        "linear": TABLE_5,
    }
    config = replace(protocols[protocol], device=device, precision=precision)
    config = config if depth is None else replace(config, depth=depth)
    return config if epochs is None else replace(config, epochs=epochs)


def fit_and_test(
    task: Task,
    encoder: Encoder | None,
    config: FinetuneConfig,
    labels: int | None,
    on_epoch: Callable[[], None] | None = None,
) -> tuple[Classifier, dict[str, float]]:
    """Fit to a seeded choice of labels and give the share wrong on every test set.

    Parameters
    ----------
    encoder : Encoder or None
        None: random weights drawn with the configuration's seed.
    labels : int or None
        None: all.
    on_epoch : callable, optional
        Called after each epoch.
    """
    depths = [config.depth]
    return fit_and_test_depths(task, encoder, config, labels, depths, on_epoch)[config.depth]


def fit_and_test_depths(
    task: Task,
    encoder: Encoder | None,
    config: FinetuneConfig,
    labels: int | None,
    depths: Collection[int],
    on_epoch: Callable[[], None] | None = None,
) -> dict[int, tuple[Classifier, dict[str, float]]]:
    """Do `fit_and_test` at several depths, which share what all leave frozen."""
    start = untrained_encoder(seed=config.seed) if encoder is None else encoder
    train = task.train if labels is None else subset(task.train, labels, config.seed)
    found = finetune_depths(
        start, train.pixels, train.label, task.classes, config, depths, on_epoch
    )
    return {depth: _tested(fitted, task, len(train)) for depth, fitted in found.items()}


def probe_of_table_5(
    encoder: Encoder,
    task: Task,
    config: FinetuneConfig,
    seeds: int,
    on_epoch: Callable[[], None],
) -> dict[str, Any]:
    """Fit the linear layer as the paper does (Sec. 2.6.1, Tables 2 and 5), over several seeds."""
    errors = [
        fit_and_test(task, encoder, replace(config, seed=seed), None, on_epoch)[1]
        for seed in range(seeds)
    ]
    return {
        "configuration": asdict(config),
        "errors": {name: summary([run[name] for run in errors]) for name in task.tests},
    }


def logistic_classifier(encoder: Encoder, task: Task) -> Classifier:
    """Fit logistic regression to all of a task's training sources."""
    probe = fit_probe(represent(encoder, task.train.pixels), task.train.label)
    return as_classifier(probe, encoder, task.classes)


def error_of(classifier: Classifier, test: Labelled) -> float:
    """Share of the images that are classified wrongly."""
    predicted = classifier.predict(network_input(test.pixels))
    return float((predicted != test.label).mean())


def summary(values: list[float]) -> dict[str, Any]:
    """Mean, standard error of the mean (null for one value) and the values."""
    spread = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
    return {"mean": float(np.mean(values)), "standard_error": spread, "values": values}


def sentence(name: str, tested: int, errors: list[float]) -> str:
    """One sentence on a test set."""
    mean = 100 * float(np.mean(errors))
    if len(errors) == 1:
        return f"{name}: {mean:.1f} % wrong ({round(errors[0] * tested)} of {tested})."
    spread = 100 * summary(errors)["standard_error"]
    return f"{name}: {mean:.1f} ± {spread:.1f} % wrong of {tested}, {len(errors)} seeds."


def _tested(fitted: Classifier, task: Task, labels: int) -> tuple[Classifier, dict[str, float]]:
    origin = f"{fitted.origin}, {labels} labels of {task.name}"
    named = replace(fitted, origin=origin, input_kind=task.input_kind)
    return named, {name: error_of(named, test) for name, test in task.tests.items()}
