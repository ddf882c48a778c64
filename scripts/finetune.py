"""`rgz-explorer finetune`: fit a classifier by changing an encoder, over several seeds."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import typer

from model.classifier import Classifier, save_classifier
from model.encoder import Encoder, load_encoder, untrained_encoder
from model.finetune import FinetuneConfig, finetune, supervised
from model.preprocess import network_input
from model.tasks import Labelled, Task, first_galaxies_task, mirabest_task, subset
from scripts.progress import console, track

Protocol = Literal["finetune", "supervised"]


def run_finetuning(
    mirabest: Annotated[
        Path | None, typer.Option(help="MiraBest_F_batches.tar.gz, for --task mirabest.")
    ] = None,
    task: Annotated[
        Literal["mirabest", "firstgalaxydata"], typer.Option(help="What to fit to.")
    ] = "mirabest",
    protocol: Annotated[
        Protocol,
        typer.Option(help="supervised: the baseline, from random weights."),
    ] = "finetune",
    labels: Annotated[int | None, typer.Option(help="Labels to fit to; default: all.")] = None,
    depth: Annotated[
        int, typer.Option(help="Layers below the head that are trained; 9: all of ResNet-18.")
    ] = 9,
    epochs: Annotated[int | None, typer.Option(help="Default: 300, the paper's.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs with different seeds.")] = 1,
    encoder: Annotated[
        Path | None, typer.Option(help="Weights; default: the encoder that ships.")
    ] = None,
    device: Annotated[str, typer.Option(help="As torch names it: cpu, cuda, cuda:1.")] = "cpu",
    out: Annotated[Path | None, typer.Option(help="JSON file for the results.")] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the first seed's classifier.")] = None,
) -> None:
    """Fit a classifier to labelled images, all layers or the last, and test it."""
    given = task_named(task, mirabest)
    config = configure(protocol, depth=depth, epochs=epochs, device=device)
    start = None if protocol == "supervised" else load_encoder(encoder)
    runs = []
    for seed in track(range(seeds), "Seeds", seeds):
        fitted, errors = fit_and_test(given, start, replace(config, seed=seed), labels)
        runs.append(errors)
        if save is not None and seed == 0:
            save_classifier(fitted, save)
            console.print(f"The classifier is in {save}.", markup=False)
    result = {
        "task": task,
        "protocol": protocol,
        "labels": labels or len(given.train),
        "encoder": asdict(start.card) if start else "random weights, one draw a seed",
        "configuration": asdict(config),
        "seeds": seeds,
        "errors": {name: summary([run[name] for run in runs]) for name in given.tests},
    }
    text = json.dumps(result, indent=1)
    console.print(text, markup=False)
    if out is not None:
        out.write_text(text)


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


def configure(protocol: Protocol, *, depth: int, epochs: int | None, device: str) -> FinetuneConfig:
    """Give the paper's configuration of a protocol with what was asked for changed."""
    config = replace(FinetuneConfig(), depth=depth)
    config = supervised(config) if protocol == "supervised" else config
    return replace(config, device=device, epochs=config.epochs if epochs is None else epochs)


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
    start = untrained_encoder(seed=config.seed) if encoder is None else encoder
    train = task.train if labels is None else subset(task.train, labels, config.seed)
    fitted = finetune(start, train.pixels, train.label, task.classes, config)
    return fitted, {name: error_of(fitted, test) for name, test in task.tests.items()}


def error_of(classifier: Classifier, test: Labelled) -> float:
    """Share of the images that are classified wrongly."""
    predicted = classifier.predict(network_input(test.pixels))
    return float((predicted != test.label).mean())


def summary(values: list[float]) -> dict[str, Any]:
    """Mean, standard error of the mean (null for one value) and the values."""
    spread = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
    return {"mean": float(np.mean(values)), "standard_error": spread, "values": values}
