"""`rgz-explorer probe`: judge an encoder by a linear classifier and by neighbours."""

import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from model.classifier import Classifier, save_classifier
from model.datasets import read_first_galaxies, read_mirabest
from model.encoder import Encoder, load_encoder, untrained_encoder
from model.finetune import TABLE_5
from model.linear_probe import (
    FOLDS,
    NEIGHBOURS,
    PROBE_SEED,
    RESPLITS,
    STRENGTHS,
    TEST_SIZE,
    FourClassResult,
    MiraBestResult,
    as_classifier,
    fit_probe,
    judge_first_galaxies,
    judge_mirabest,
    represent,
)
from model.tasks import mirabest_task
from scripts.terminal import check_output, console, spinner, track, write_result
from scripts.training.finetune import fit_and_test, summary


def run_probe(
    mirabest: Annotated[Path, typer.Option(help="MiraBest_F_batches.tar.gz.")],
    encoder: Annotated[
        Path | None, typer.Option(help="Weights; default: the encoder that ships.")
    ] = None,
    untrained: Annotated[bool, typer.Option("--untrained", help="Judge random weights.")] = False,
    table_5: Annotated[
        int,
        typer.Option(
            "--table-5",
            min=0,
            help="Seeds of the paper's own SGD probe (15 minutes or so each).",
        ),
    ] = 0,
    save: Annotated[
        Path | None, typer.Option(help="Keep the classifier of FRI and FRII (all 729 labels).")
    ] = None,
    resplits: Annotated[int, typer.Option(min=0, help="Stratified re-splits of MiraBest.")] = (
        RESPLITS
    ),
    out: Annotated[Path | None, typer.Option(help="JSON file to write.")] = None,
) -> None:
    """Measure an encoder on MiraBest Confident and on the four classes of firstgalaxydata.

    A minute or two on two cores.
    """
    check_output(out, save)
    chosen = untrained_encoder() if untrained else load_encoder(encoder)
    with spinner("MiraBest Confident: embedding, fitting, re-splits"):
        confident = judge_mirabest(chosen, read_mirabest(mirabest), resplits)
    with spinner("firstgalaxydata: embedding, fitting, neighbours"):
        four_classes = judge_first_galaxies(chosen, read_first_galaxies())
    result: dict[str, Any] = {
        "encoder": asdict(chosen.card),
        "configuration": {
            "classifier": "L2 logistic regression on standardised y",
            "inverse_strengths": STRENGTHS,
            "folds": FOLDS,
            "fold_seed": PROBE_SEED,
            "resplits": resplits,
            "resplit_test_size": TEST_SIZE,
            "neighbours": NEIGHBOURS,
        },
        "mirabest_confident": _measured(confident),
        "firstgalaxydata": {split: _measured(r) for split, r in four_classes.items()},
    }
    if table_5:
        result["table_5"] = probe_of_table_5(chosen, mirabest, table_5)
    if save is not None:
        save_classifier(mirabest_probe(chosen, mirabest), save)
    write_result(result, out)
    console.print(_told(confident, four_classes["test"]))
    if save is not None:
        console.print(f"The classifier is in {save}.", markup=False)


def _told(confident: MiraBestResult, four: FourClassResult) -> str:
    """The measures on the test sources in a sentence."""
    return (
        f"MiraBest Confident: {confident.test_errors} of {confident.tested} wrong. "
        f"firstgalaxydata: {100 * four.probe_error:.1f} % wrong in four classes; of the 8 nearest "
        f"{100 * four.neighbours_of_same_class:.1f} % have the same class; rotated, "
        f"{100 * four.finds_itself_rotated:.1f} % find themselves first."
    )


def probe_of_table_5(encoder: Encoder, mirabest: Path, seeds: int) -> dict[str, Any]:
    """Fit the linear layer as the paper does (Sec. 2.6.1, Tables 2 and 5), over several seeds."""
    task = mirabest_task(mirabest)
    errors = [
        fit_and_test(task, encoder, replace(TABLE_5, seed=seed), None)[1]
        for seed in track(range(seeds), "Table 5 probe", seeds)
    ]
    return {
        "configuration": asdict(TABLE_5),
        "errors": {name: summary([run[name] for run in errors]) for name in task.tests},
    }


def mirabest_probe(encoder: Encoder, mirabest: Path) -> Classifier:
    """Fit logistic regression to all 729 Confident training sources."""
    task = mirabest_task(mirabest)
    probe = fit_probe(represent(encoder, task.train.pixels), task.train.label)
    return as_classifier(probe, encoder, task.classes)


def _measured(result: MiraBestResult | FourClassResult) -> dict[str, float | None]:
    """The measures by name; what was not measured is null, since JSON has no NaN."""
    return {name: None if math.isnan(v) else v for name, v in asdict(result).items()}
