"""`rgz-explorer probe`: judge an encoder by a linear classifier and by neighbours.

It only reads arguments and says results: the training libraries are imported when it runs.
"""

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.terminal import (
    bar,
    check_output,
    console,
    need_training_libraries,
    spinner,
    write_result,
)

if TYPE_CHECKING:
    from model.judging import FourClassResult, MiraBestResult


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
    resplits: Annotated[int, typer.Option(min=0, help="Stratified re-splits of MiraBest.")] = 10,
    out: Annotated[
        Path | None, typer.Option(help="JSON file for the results and all that decides them.")
    ] = None,
) -> None:
    """Measure an encoder on MiraBest Confident and on the four classes of firstgalaxydata.

    A minute or two on two cores. Needs the training libraries (`make train`).
    """
    need_training_libraries("probe")
    check_output(out, save)
    from model.classifier import save_classifier
    from model.datasets import read_first_galaxies, read_mirabest
    from model.encoder import load_encoder, untrained_encoder
    from model.finetune import TABLE_5
    from model.judging import judge_first_galaxies, judge_mirabest
    from model.tasks import mirabest_task
    from scripts.training.judge import logistic_classifier, probe_of_table_5, sentence

    judged = untrained_encoder() if untrained else load_encoder(encoder)
    console.print(f"Judging {judged.card.name}: nothing of it is trained.", markup=False)
    with spinner("MiraBest Confident: embedding, fitting, re-splits"):
        confident = judge_mirabest(judged, read_mirabest(mirabest), resplits)
    for line in _of_mirabest(confident, resplits):
        typer.echo(line)
    with spinner("firstgalaxydata: embedding, fitting, neighbours"):
        four_classes = judge_first_galaxies(judged, read_first_galaxies())
    typer.echo(_of_four_classes(four_classes["test"]))
    result: dict[str, Any] = {
        "encoder": asdict(judged.card),
        "configuration": _configuration(resplits),
        "mirabest_confident": _measured(confident),
        "firstgalaxydata": {split: _measured(r) for split, r in four_classes.items()},
    }
    task = mirabest_task(mirabest)
    if table_5:
        with bar() as progress:
            epochs = progress.add_task("Table 5 probe, epochs", total=table_5 * TABLE_5.epochs)
            found = probe_of_table_5(
                judged, task, TABLE_5, table_5, lambda: progress.advance(epochs)
            )
        for name, test in task.tests.items():
            errors = found["errors"][name]["values"]
            typer.echo(f"Table 5 probe, {sentence(name, len(test), errors)}")
        result["table_5"] = found
    write_result(result, out)
    if save is not None:
        save_classifier(logistic_classifier(judged, task), save)
        console.print(f"The classifier is in {save}.", markup=False)


def _of_mirabest(found: "MiraBestResult", resplits: int) -> list[str]:
    """What was measured on MiraBest, a sentence each."""
    lines = [
        f"MiraBest Confident: {found.test_errors} of {found.tested} test sources wrong; "
        f"{100 * found.validation_error:.1f} % in cross-validation within the training sources."
    ]
    if resplits:
        spread = found.resplit_standard_error
        error = "" if math.isnan(spread) else f" ± {100 * spread:.1f}"
        lines.append(
            f"MiraBest Confident, {resplits} re-splits: {100 * found.resplit_error:.1f}{error} % "
            "wrong."
        )
    if not math.isnan(found.uncertain_error):
        lines.append(f"MiraBest Uncertain: {100 * found.uncertain_error:.1f} % wrong.")
    return lines


def _of_four_classes(found: "FourClassResult") -> str:
    return (
        f"firstgalaxydata, test: {100 * found.probe_error:.1f} % wrong in four classes; of the 8 "
        f"nearest {100 * found.neighbours_of_same_class:.1f} % have the same class; rotated, "
        f"{100 * found.finds_itself_rotated:.1f} % find themselves first."
    )


def _configuration(resplits: int) -> dict[str, Any]:
    from model.judging import TEST_SIZE
    from model.linear_probe import FOLDS, NEIGHBOURS, PROBE_SEED, STRENGTHS

    return {
        "classifier": "L2 logistic regression on standardised y",
        "inverse_strengths": STRENGTHS,
        "folds": FOLDS,
        "fold_seed": PROBE_SEED,
        "resplits": resplits,
        "resplit_test_size": TEST_SIZE,
        "neighbours": NEIGHBOURS,
    }


def _measured(result: "MiraBestResult | FourClassResult") -> dict[str, float | None]:
    """The measures by name; what was not measured is null, since JSON has no NaN."""
    return {name: None if math.isnan(v) else v for name, v in asdict(result).items()}
