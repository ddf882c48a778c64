"""Table 6 with Fig. 4, Fig. 5 and Fig. 7: both arms, by number of labels and depth.

A run fits once and is tested on MiraBest Confident and Uncertain; none chooses anything on these.
"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from model.encoder import load_encoder
from model.finetune import FinetuneConfig, supervised
from model.tasks import Labelled, Task, mirabest_task
from scripts.experiments.grid import Cell, CellResult, Experiment, Inputs, Precision
from scripts.experiments.paper_values import TABLE_6
from scripts.experiments.report import (
    PAPER,
    Curves,
    MeanError,
    averaged,
    mean_error,
    plot_errors,
    table,
    with_error,
)
from scripts.training.judge import fit_and_test_depths

LABELS = {
    "smoke": (8,),
    "cpu": (36, 145, 729),
    "paper": (26, 36, 72, 145, 291, 437, 583, 656, 729),
}
DEPTHS = {"smoke": (0, 1), "cpu": (0, 1, 4, 9), "paper": tuple(range(10))}
EPOCHS = {"smoke": 1, "cpu": 100, "paper": 300}
EPOCHS_OF_26_LABELS = 100
"""Caption of Fig. 4."""
SEEDS = {"smoke": 1, "cpu": 3, "paper": 10}
PRECISION: dict[str, Precision] = {"smoke": "32-true", "cpu": "bf16-mixed", "paper": "32-true"}
"""One thread of a processor with bfloat16 instructions, all layers trained, channels last: 25 ms an
image against 47 in float32 (29 and 52 in torch's own order of axes; compiled, 30)."""
SMOKE_TESTS = 8
ALL = 9
"""Layers of ResNet-18 with weights: the paper's "final 10" counts the average pool."""
ARMS = {"supervised": "supervised", "finetune": "fine-tuned"}
CLAIM_SEEDS, CLAIM_EPOCHS, CLAIM_LABELS = 5, 100, 729
"""From fewer, no arm is said to be the better one."""


def seeds_of(inputs: Inputs) -> int:
    """How many seeds a point has."""
    return inputs.seeds or SEEDS[inputs.budget]


def precision_of(inputs: Inputs) -> Precision:
    """The precision of fine-tuning: as asked for, or as the budget says."""
    return inputs.precision or PRECISION[inputs.budget]


def run_fit(cell: Cell, inputs: Inputs, _folder: Path) -> dict[str, Any]:
    """Fit one classifier, and give its errors on both test sets; of several depths, by depth."""
    if "depths" in cell.values:
        return _fit(cell, inputs, cell.values["depths"])
    return _fit(cell, inputs, [cell.values["depth"]])[str(cell.values["depth"])]


def _fit(cell: Cell, inputs: Inputs, depths: list[int]) -> dict[str, Any]:
    values = cell.values
    task = mirabest_task(inputs.mirabest_file())
    if inputs.budget == "smoke":
        task = _thinned(task)
    config = FinetuneConfig(
        epochs=values["epochs"],
        seed=values["seed"],
        device=inputs.device,
        precision=values["precision"],
    )
    baseline = values["arm"] == "supervised"
    encoder = None if baseline else load_encoder(inputs.encoder)
    config = supervised(config) if baseline else config
    found = fit_and_test_depths(task, encoder, config, values["labels"], depths)
    return {
        str(depth): {**errors, "configuration": asdict(replace(config, depth=depth))}
        for depth, (_, errors) in found.items()
    }


def label_cells(inputs: Inputs) -> list[Cell]:
    """Both arms at every number of labels, all layers trained."""
    return [
        _full(arm, n, seed, inputs)
        for n in LABELS[inputs.budget]
        for arm in ARMS
        for seed in range(seeds_of(inputs))
    ]


def depth_cells(inputs: Inputs) -> list[Cell]:
    """Fine-tuning at every number of labels: all layers (Table 6's runs), then the other depths."""
    points = [(n, seed) for n in LABELS[inputs.budget] for seed in range(seeds_of(inputs))]
    full = [_full("finetune", *point, inputs) for point in points if ALL in DEPTHS[inputs.budget]]
    return full + [_partly_frozen(*point, inputs) for point in points]


def by_depth(outcomes: list[CellResult]) -> list[CellResult]:
    """Give one outcome a depth where a run had several."""
    return [single for outcome in outcomes for single in _singles(outcome)]


def _singles(outcome: CellResult) -> list[CellResult]:
    cell = outcome.cell
    if "depths" not in cell.values:
        return [outcome]
    return [
        replace(
            outcome,
            cell=replace(cell, values={**cell.values, "depth": depth}),
            result=outcome.result[str(depth)],
        )
        for depth in cell.values["depths"]
    ]


def _full(arm: str, labels: int, seed: int, inputs: Inputs) -> Cell:
    key = f"{arm}-{labels}-labels-{ALL}-layers-seed-{seed}"
    values = {"depth": ALL, **_values(arm, labels, seed, inputs)}
    return Cell(key, values, needs_encoder=arm != "supervised")


def _partly_frozen(labels: int, seed: int, inputs: Inputs) -> Cell:
    """All depths but the full one: what they leave frozen is passed once."""
    depths = [depth for depth in DEPTHS[inputs.budget] if depth != ALL]
    key = f"finetune-{labels}-labels-{'-'.join(map(str, depths))}-layers-seed-{seed}"
    return Cell(key, {"depths": depths, **_values("finetune", labels, seed, inputs)})


def _values(arm: str, labels: int, seed: int, inputs: Inputs) -> dict[str, Any]:
    epochs = EPOCHS[inputs.budget]
    return {
        "arm": arm,
        "labels": labels,
        "seed": seed,
        "epochs": min(epochs, EPOCHS_OF_26_LABELS) if labels == 26 else epochs,
        "precision": precision_of(inputs),
    }


def _thinned(task: Task) -> Task:
    few = {
        name: Labelled(test.pixels[:SMOKE_TESTS], test.label[:SMOKE_TESTS])
        for name, test in task.tests.items()
    }
    return replace(task, tests=few)


def report_labels(test: str, figure: str) -> Any:
    """Make the report of one test set by number of labels."""

    def report(outcomes: list[CellResult], inputs: Inputs, out: Path) -> str:
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


def claim(outcomes: list[CellResult], test: str) -> str:
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
    made = f"{seeds} seeds, {min(epochs)} epochs in both arms: {with_error(difference)} per cent"
    if error is None or abs(mean) <= 2 * error:
        return f"At {CLAIM_LABELS} labels the arms do not differ by two standard errors ({made})."
    better, worse = ("fine-tuning", "the supervised baseline")[:: 1 if mean > 0 else -1]
    return f"At {CLAIM_LABELS} labels {better} beats {worse} by two standard errors ({made})."


def report_depths(outcomes: list[CellResult], inputs: Inputs, out: Path) -> str:
    """Error by number of fine-tuned layers, one curve a number of labels."""
    curves = {
        f"{n} labels": _by(by_depth(outcomes), "confident", "depth", labels=n)
        for n in LABELS[inputs.budget]
    }
    plot_errors(curves, "layers fine-tuned", "error on MiraBest Confident, %", out / "fig7.png")
    depths = DEPTHS[inputs.budget]
    rows = [[name, *(with_error(points.get(d)) for d in depths)] for name, points in curves.items()]
    header = ["", *(f"{d} layer{'s' * (d != 1)}" for d in depths)]
    note = (
        "0 layers: the linear head alone, with the optimiser of Table 4. The paper gives Fig. 7 as "
        "a plot only; its 10 layers are our 9, since the average pool has no weights."
    )
    return f"{_averaged(inputs)} {note}\n\n{table(header, rows)}\n\n![fig7](fig7.png)\n"


TABLE6 = Experiment(
    "table6",
    "fits",
    label_cells,
    run_fit,
    report_labels("confident", "fig4"),
)
FIG4 = replace(TABLE6, name="fig4")
FIG5 = Experiment(
    "fig5",
    "fits",
    label_cells,
    run_fit,
    report_labels("uncertain", "fig5"),
)
FIG7 = Experiment(
    "fig7",
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


def _by(
    outcomes: list[CellResult], test: str, axis: str, **wanted: object
) -> dict[float, MeanError]:
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
    labels: float, arms: dict[str, dict[float, MeanError]], test: str, outcomes: list[CellResult]
) -> list[str]:
    ours = [with_error(arms[arm].get(labels)) for arm in ARMS]
    row = [f"{labels:g}", *ours, with_error(_difference(labels, test, outcomes)[0])]
    if test == "confident":
        paper = TABLE_6.get(int(labels), {})
        row += [with_error(paper.get(arm)) for arm in ARMS]
    return row


def _difference(
    labels: float, test: str, outcomes: list[CellResult]
) -> tuple[MeanError | None, int]:
    """Supervised less fine-tuned, seed by seed (the same labels in both arms), and the seeds."""
    errors: dict[str, dict[int, float]] = {arm: {} for arm in ARMS}
    for outcome in outcomes:
        values = outcome.cell.values
        if values["labels"] == labels and values["depth"] == ALL:
            errors[values["arm"]][values["seed"]] = outcome.result[test]
    seeds = sorted(errors["supervised"].keys() & errors["finetune"].keys())
    paired = [errors["supervised"][s] - errors["finetune"][s] for s in seeds]
    return (mean_error(paired) if paired else None), len(paired)
