"""`rgz-explorer finetune`: fit a classifier by changing an encoder, over several seeds."""

from collections.abc import Collection
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import typer

from model.classifier import Classifier, save_classifier
from model.encoder import Encoder, load_encoder, untrained_encoder
from model.finetune import TABLE_5, FinetuneConfig, finetune_depths, supervised
from model.preprocess import network_input
from model.tasks import Labelled, Task, first_galaxies_task, mirabest_task, subset
from scripts.terminal import check_device, check_output, console, track, write_result

Protocol = Literal["finetune", "supervised", "linear"]
Precision = Literal["32-true", "bf16-mixed"]


def run_finetuning(
    mirabest: Annotated[
        Path | None, typer.Option(help="MiraBest_F_batches.tar.gz, for --task mirabest.")
    ] = None,
    task: Annotated[
        Literal["mirabest", "firstgalaxydata"], typer.Option(help="What to fit to.")
    ] = "mirabest",
    protocol: Annotated[
        Protocol,
        typer.Option(
            help="supervised: the baseline, from random weights. linear: the probe of Table 5."
        ),
    ] = "finetune",
    labels: Annotated[int | None, typer.Option(help="Labels to fit to; default: all.")] = None,
    depth: Annotated[
        int | None,
        typer.Option(help="Layers below the head that are trained; default: 9, all of ResNet-18."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Default: the paper's 300, or 100 for linear.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs with different seeds.")] = 1,
    encoder: Annotated[
        Path | None, typer.Option(help="Weights; default: the encoder that ships.")
    ] = None,
    device: Annotated[str, typer.Option(help="As torch names it: cpu, cuda, cuda:1.")] = "cpu",
    precision: Annotated[
        Precision,
        typer.Option(help="bf16-mixed: twice as fast where the processor has bfloat16."),
    ] = "32-true",
    out: Annotated[Path | None, typer.Option(help="JSON file for the results.")] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the first seed's classifier.")] = None,
) -> None:
    """Fit a classifier to labelled images, all layers or the last, and test it."""
    check_output(out, save)
    check_device(device)
    given = task_named(task, mirabest)
    config = configure(protocol, depth=depth, epochs=epochs, device=device, precision=precision)
    start = None if protocol == "supervised" else load_encoder(encoder)
    runs = []
    for seed in track(range(seeds), "Seeds", seeds):
        fitted, errors = fit_and_test(given, start, replace(config, seed=seed), labels)
        runs.append(errors)
        if save is not None and seed == 0:
            save_classifier(fitted, save)
    result = {
        "task": task,
        "protocol": protocol,
        "labels": labels or len(given.train),
        "encoder": asdict(start.card) if start else "random weights, one draw a seed",
        "configuration": asdict(config),
        "seeds": seeds,
        "errors": {name: summary([run[name] for run in runs]) for name in given.tests},
    }
    write_result(result, out)
    for name, test in given.tests.items():
        console.print(_told(name, len(test), [run[name] for run in runs]))
    if save is not None:
        console.print(f"The classifier is in {save}.", markup=False)


def _told(name: str, tested: int, errors: list[float]) -> str:
    """One sentence on a test set."""
    mean = 100 * float(np.mean(errors))
    if len(errors) == 1:
        return f"{name}: {mean:.1f} % wrong ({round(errors[0] * tested)} of {tested})."
    spread = 100 * summary(errors)["standard_error"]
    return f"{name}: {mean:.1f} ± {spread:.1f} % wrong of {tested}, {len(errors)} seeds."


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
    task: Task, encoder: Encoder | None, config: FinetuneConfig, labels: int | None
) -> tuple[Classifier, dict[str, float]]:
    """Fit to a seeded choice of labels and give the share wrong on every test set.

    Parameters
    ----------
    encoder : Encoder or None
        None: random weights drawn with the configuration's seed.
    labels : int or None
        None: all.
    """
    return fit_and_test_depths(task, encoder, config, labels, [config.depth])[config.depth]


def fit_and_test_depths(
    task: Task,
    encoder: Encoder | None,
    config: FinetuneConfig,
    labels: int | None,
    depths: Collection[int],
) -> dict[int, tuple[Classifier, dict[str, float]]]:
    """Do `fit_and_test` at several depths, which share what all leave frozen."""
    start = untrained_encoder(seed=config.seed) if encoder is None else encoder
    train = task.train if labels is None else subset(task.train, labels, config.seed)
    found = finetune_depths(start, train.pixels, train.label, task.classes, config, depths)
    return {depth: _tested(fitted, task, len(train)) for depth, fitted in found.items()}


def _tested(fitted: Classifier, task: Task, labels: int) -> tuple[Classifier, dict[str, float]]:
    origin = f"{fitted.origin}, {labels} labels of {task.name}"
    named = replace(fitted, origin=origin, input_kind=task.input_kind)
    return named, {name: error_of(named, test) for name, test in task.tests.items()}


def error_of(classifier: Classifier, test: Labelled) -> float:
    """Share of the images that are classified wrongly."""
    predicted = classifier.predict(network_input(test.pixels))
    return float((predicted != test.label).mean())


def summary(values: list[float]) -> dict[str, Any]:
    """Mean, standard error of the mean (null for one value) and the values."""
    spread = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
    return {"mean": float(np.mean(values)), "standard_error": spread, "values": values}
