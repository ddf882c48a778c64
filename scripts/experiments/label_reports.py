"""What Table 6, Fig. 4, Fig. 5 and Fig. 7 make of the runs of label_curve. It fits nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from scripts.experiments.figures import PAPER, Curves, plot_errors
from scripts.experiments.grid import Experiment, Inputs, Outcome
from scripts.experiments.label_curve import (
    ALL,
    ARMS,
    DEPTHS,
    EPOCHS,
    LABELS,
    SMOKE_TESTS,
    by_depth,
    depth_cells,
    label_cells,
    precision_of,
    run_fit,
    seeds_of,
)
from scripts.experiments.paper_values import TABLE_6
from scripts.experiments.tables import MeanError, averaged, mean_error, table, written

CLAIM_SEEDS, CLAIM_EPOCHS, CLAIM_LABELS = 5, 100, 729
"""From fewer, no arm is said to be the better one."""


def report_labels(test: str, figure: str) -> Any:
    """Make the report of one test set by number of labels."""

    def report(outcomes: list[Outcome], inputs: Inputs, out: Path) -> str:
        arms = {arm: _by(outcomes, test, "labels", arm=arm) for arm in ARMS}
        rows = [_label_row(n, arms, test, outcomes) for n in sorted(arms["finetune"])]
        plot = out / f"{figure}.png"
        y_label = f"error on MiraBest {test.title()}, %"
        plot_errors(_curves(arms, test), "labels", y_label, plot)
        header = ["labels", "supervised", "fine-tuned", "difference (paired)"]
        header += ["paper, supervised", "paper, fine-tuned"] if test == "confident" else []
        note = "" if test == "confident" else " The paper gives this figure as a plot only."
        return (
            f"{_averaged(inputs)}{note} The difference is supervised less fine-tuned, seed by "
            f"seed.\n\n{table(header, rows)}\n\n{claim(outcomes, test)}\n\n"
            f"![{figure}]({plot.name})\n"
        )

    return report


def claim(outcomes: list[Outcome], test: str) -> str:
    """Say whether fine-tuning beats the baseline at 729 labels, if there is enough to say it."""
    difference, seeds = _difference(CLAIM_LABELS, test, outcomes)
    if not seeds:
        return ""
    epochs = {o.cell.values["epochs"] for o in outcomes if o.cell.values["labels"] == CLAIM_LABELS}
    if difference is None or seeds < CLAIM_SEEDS or min(epochs) < CLAIM_EPOCHS:
        return (
            f"Which arm is better at {CLAIM_LABELS} labels is not claimed: that takes "
            f"{CLAIM_SEEDS} seeds and {CLAIM_EPOCHS} epochs in both arms."
        )
    mean, error = difference
    made = f"{seeds} seeds, {min(epochs)} epochs in both arms: {written(difference)} per cent"
    if error is None or abs(mean) <= 2 * error:
        return f"At {CLAIM_LABELS} labels the arms do not differ by two standard errors ({made})."
    better, worse = ("fine-tuning", "the supervised baseline")[:: 1 if mean > 0 else -1]
    return f"At {CLAIM_LABELS} labels {better} beats {worse} by two standard errors ({made})."


def report_depths(outcomes: list[Outcome], inputs: Inputs, out: Path) -> str:
    """Error by number of fine-tuned layers, one curve a number of labels."""
    curves = {
        f"{n} labels": _by(by_depth(outcomes), "confident", "depth", labels=n)
        for n in LABELS[inputs.budget]
    }
    plot_errors(curves, "layers fine-tuned", "error on MiraBest Confident, %", out / "fig7.png")
    depths = DEPTHS[inputs.budget]
    rows = [[name, *(written(points.get(d)) for d in depths)] for name, points in curves.items()]
    header = ["", *(f"{d} layer{'s' * (d != 1)}" for d in depths)]
    note = (
        "0 layers: the linear head alone, with the optimiser of Table 4. The paper gives Fig. 7 as "
        "a plot only; its 10 layers are our 9, since the average pool has no weights."
    )
    return f"{_averaged(inputs)} {note}\n\n{table(header, rows)}\n\n![fig7](fig7.png)\n"


TABLE6 = Experiment(
    "table6",
    "Table 6: MiraBest Confident test error by number of labels",
    "fits",
    label_cells,
    run_fit,
    report_labels("confident", "fig4"),
)
FIG4 = replace(TABLE6, name="fig4", title="Fig. 4: Table 6 as a curve")
FIG5 = Experiment(
    "fig5",
    "Fig. 5: MiraBest Uncertain test error by number of labels",
    "fits",
    label_cells,
    run_fit,
    report_labels("uncertain", "fig5"),
)
FIG7 = Experiment(
    "fig7",
    "Fig. 7: test error by number of fine-tuned layers",
    "fits",
    depth_cells,
    run_fit,
    report_depths,
)


def _averaged(inputs: Inputs) -> str:
    few = f" Tested on {SMOKE_TESTS} sources only." if inputs.budget == "smoke" else ""
    return (
        f"{averaged(seeds_of(inputs), EPOCHS[inputs.budget])}{few} Fitted in "
        f"{precision_of(inputs)} precision; otherwise as Tables 2 and 4 of the paper."
    )


def _by(outcomes: list[Outcome], test: str, axis: str, **wanted: object) -> dict[float, MeanError]:
    groups: dict[float, list[float]] = {}
    for outcome in outcomes:
        values = outcome.cell.values
        if all(values[name] == value for name, value in wanted.items()):
            groups.setdefault(values[axis], []).append(outcome.result[test])
    return {value: mean_error(errors) for value, errors in groups.items()}


def _curves(arms: dict[str, dict[float, MeanError]], test: str) -> Curves:
    ours = {ARMS[arm]: points for arm, points in arms.items()}
    if test != "confident":
        return ours
    paper = {
        ARMS[arm] + PAPER: {float(n): errors[arm] for n, errors in TABLE_6.items()} for arm in ARMS
    }
    return {**ours, **paper}


def _label_row(
    labels: float, arms: dict[str, dict[float, MeanError]], test: str, outcomes: list[Outcome]
) -> list[str]:
    ours = [written(arms[arm].get(labels)) for arm in ARMS]
    row = [f"{labels:g}", *ours, written(_difference(labels, test, outcomes)[0])]
    if test == "confident":
        paper = TABLE_6.get(int(labels), {})
        row += [written(paper.get(arm)) for arm in ARMS]
    return row


def _difference(labels: float, test: str, outcomes: list[Outcome]) -> tuple[MeanError | None, int]:
    """Supervised less fine-tuned, seed by seed (the same labels in both arms), and the seeds."""
    errors: dict[str, dict[int, float]] = {arm: {} for arm in ARMS}
    for outcome in outcomes:
        values = outcome.cell.values
        if values["labels"] == labels and values["depth"] == ALL:
            errors[values["arm"]][values["seed"]] = outcome.result[test]
    seeds = sorted(errors["supervised"].keys() & errors["finetune"].keys())
    paired = [errors["supervised"][s] - errors["finetune"][s] for s in seeds]
    return (mean_error(paired) if paired else None), len(paired)
