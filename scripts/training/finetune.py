"""`rgz-explorer finetune`: fit a classifier by changing an encoder, over several seeds.

It only reads arguments and says results: the training libraries are imported when it runs.
"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from scripts.terminal import (
    bar,
    check_device,
    check_output,
    console,
    need_training_libraries,
    write_result,
)


def run_finetuning(
    mirabest: Annotated[
        Path | None, typer.Option(help="MiraBest_F_batches.tar.gz, for --task mirabest.")
    ] = None,
    task: Annotated[
        Literal["mirabest", "firstgalaxydata"], typer.Option(help="What to fit to.")
    ] = "mirabest",
    protocol: Annotated[
        Literal["finetune", "supervised", "linear"],
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
        Literal["32-true", "bf16-mixed"],
        typer.Option(help="bf16-mixed: twice as fast where the processor has bfloat16."),
    ] = "32-true",
    out: Annotated[
        Path | None, typer.Option(help="JSON file for the results and all that decides them.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the first seed's classifier.")] = None,
) -> None:
    """Fit a classifier to labelled images, all layers or the last, and test it.

    Needs the training libraries (`make train`).
    """
    need_training_libraries("finetune")
    check_output(out, save)
    check_device(device)
    from model.classifier import save_classifier
    from model.encoder import load_encoder
    from scripts.training.judge import configure, fit_and_test, sentence, summary, task_named

    given = task_named(task, mirabest)
    config = configure(protocol, depth=depth, epochs=epochs, device=device, precision=precision)
    start = None if protocol == "supervised" else load_encoder(encoder)
    weights = start.card.name if start else "random weights"
    console.print(
        f"Fitting {config.depth} layers and the head to {labels or len(given.train):,} labels of "
        f"{task}, {config.epochs} epochs from {weights}; then testing on "
        f"{' and '.join(f'{len(test):,} {name}' for name, test in given.tests.items())} sources.",
        markup=False,
    )
    runs = []
    with bar() as progress:
        epochs_done = progress.add_task(f"Epochs of {seeds} seeds", total=seeds * config.epochs)
        for seed in range(seeds):
            fitted, errors = fit_and_test(
                given,
                start,
                replace(config, seed=seed),
                labels,
                lambda: progress.advance(epochs_done),
            )
            runs.append(errors)
            if save is not None and seed == 0:
                save_classifier(fitted, save)
    for name, test in given.tests.items():
        typer.echo(sentence(name, len(test), [run[name] for run in runs]))
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
    if save is not None:
        console.print(f"The classifier of the first seed is in {save}.", markup=False)
