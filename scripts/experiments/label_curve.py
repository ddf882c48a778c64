"""The runs of Table 6 with Fig. 4, Fig. 5 and Fig. 7: both arms, by number of labels and depth.

A run fits once and is tested on MiraBest Confident and Uncertain. What is made of the runs is told
by label_reports.
"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from model.encoder import load_encoder
from model.finetune import FinetuneConfig, supervised
from model.tasks import Labelled, Task, mirabest_task
from scripts.experiments.grid import Cell, Inputs, Outcome, Precision
from scripts.finetune import fit_and_test_depths

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


def by_depth(outcomes: list[Outcome]) -> list[Outcome]:
    """Give one outcome a depth where a run had several."""
    return [single for outcome in outcomes for single in _singles(outcome)]


def _singles(outcome: Outcome) -> list[Outcome]:
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
