"""Table 7: FRI against FRII across two labelled sets, trained on one or both, tested on each."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from model.encoder import load_encoder, untrained_encoder
from model.finetune import FinetuneConfig, finetune, supervised
from model.tasks import Labelled, subset
from scripts.experiments.figures import plot_bars
from scripts.experiments.grid import Cell, Experiment, Inputs, Outcome
from scripts.experiments.label_curve import EPOCHS, SMOKE_TESTS, precision_of, seeds_of
from scripts.experiments.labelled_sets import TEST_SHARE, divided, tests_of, together
from scripts.experiments.paper_values import TABLE_7
from scripts.experiments.tables import MeanError, averaged, mean_error, table, written
from scripts.finetune import error_of

METHODS = {
    "supervised-b": "supervised, {b}",
    "supervised-a": "supervised, {a}",
    "finetune-a": "pre-trained + fine-tuned, {a}",
    "finetune-b": "pre-trained + fine-tuned, {b}",
    "finetune-both": "pre-trained + fine-tuned, {a} and {b}",
}
"""In the order of Table 7, where a is MiraBest and b is MIGHTEE."""

CLASSES = ("FRI", "FRII")
SMOKE_LABELS = 8


def cells(inputs: Inputs) -> list[Cell]:
    """Give every method with every seed; the split of a set goes with the seed."""
    methods = ("finetune-both",) if inputs.budget == "smoke" else tuple(METHODS)
    pair = "-".join(inputs.sets)
    return [
        Cell(
            f"{method}-{pair}-seed-{seed}",
            {
                "method": method,
                "sets": list(inputs.sets),
                "seed": seed,
                "epochs": EPOCHS[inputs.budget],
                "precision": precision_of(inputs),
            },
            needs_encoder=method.startswith("finetune"),
        )
        for method in methods
        for seed in range(seeds_of(inputs))
    ]


def run(cell: Cell, inputs: Inputs, _folder: Path) -> dict[str, Any]:
    """Fit by one method and test on all test sets of both."""
    arm, _, trained_on = cell.values["method"].partition("-")
    seed = cell.values["seed"]
    a, b = (divided(name, inputs, seed) for name in cell.values["sets"])
    train = {"a": a.train, "b": b.train, "both": together(a.train, b.train)}[trained_on]
    tests = b.tests | a.tests
    if inputs.budget == "smoke":
        train = subset(train, SMOKE_LABELS, seed)
        tests = {
            n: Labelled(t.pixels[:SMOKE_TESTS], t.label[:SMOKE_TESTS]) for n, t in tests.items()
        }
    config = FinetuneConfig(
        epochs=cell.values["epochs"],
        seed=seed,
        device=inputs.device,
        precision=cell.values["precision"],
    )
    if arm == "supervised":
        encoder, config = untrained_encoder(seed=seed), supervised(config)
    else:
        encoder = load_encoder(inputs.encoder)
    fitted = finetune(encoder, train.pixels, train.label, CLASSES, config)
    return {
        "errors": {name: error_of(fitted, test) for name, test in tests.items()},
        "trained": len(train),
        "tested": {name: len(test) for name, test in tests.items()},
        "configuration": asdict(config),
    }


def report(outcomes: list[Outcome], inputs: Inputs, out: Path) -> str:
    """Our errors, and the paper's where the sets are the paper's."""
    first, second = inputs.sets
    tests = [*tests_of(second), *tests_of(first)]
    errors = {m: _errors(m, outcomes, tests) for m in METHODS if _results(m, outcomes)}
    names = {m: METHODS[m].format(a=first, b=second) for m in errors}
    sizes = outcomes[0].result["tested"]
    header = ["trained on", "labels", *(f"{t} ({sizes[t]})" for t in tests)]
    rows = [
        [names[m], _results(m, outcomes)[0]["trained"], *map(written, found.values())]
        for m, found in errors.items()
    ]
    series = {t: {names[m]: found[t] for m, found in errors.items()} for t in tests}
    plot_bars(series, "error, %", out / "table7.png")
    return (
        f"{averaged(seeds_of(inputs), EPOCHS[inputs.budget])} In brackets, test sources. "
        f"{_division(inputs.sets)}\n\n{table(header, rows)}\n\n![table7](table7.png)\n\n"
        f"The paper's Table 7, MiraBest and MIGHTEE{_caution(inputs.sets)}:\n\n{_paper_table()}\n"
    )


TABLE7 = Experiment("table7", "Table 7: across surveys", "cross-survey", cells, run, report)


def _results(method: str, outcomes: list[Outcome]) -> list[dict[str, Any]]:
    return [o.result for o in outcomes if o.cell.values["method"] == method]


def _errors(method: str, outcomes: list[Outcome], tests: list[str]) -> dict[str, MeanError]:
    found = _results(method, outcomes)
    return {test: mean_error([result["errors"][test] for result in found]) for test in tests}


def _paper_table() -> str:
    header = ["trained on", "MIGHTEE", "MiraBest Confident", "MiraBest Uncertain"]
    rows = [
        [METHODS[method].format(a="MiraBest", b="MIGHTEE"), *map(written, errors)]
        for method, errors in TABLE_7.items()
    ]
    return table(header, rows)


def _division(sets: tuple[str, str]) -> str:
    parts = []
    if "mirabest" in sets:
        parts.append("MiraBest is divided as published: its Confident sources but 104 to fit to.")
    others = [name for name in sets if name != "mirabest"]
    parts.append(
        f"Of {' and '.join(others)}, a stratified {TEST_SHARE:.0%} is tested on, another by each "
        "seed and the same for every method."
    )
    if "firstgalaxydata" in sets:
        parts.append(
            "Of firstgalaxydata, the FRI and FRII farther than 3' from every MiraBest source are "
            "used."
        )
    return " ".join(parts)


def _caution(sets: tuple[str, str]) -> str:
    if sets == ("mirabest", "mightee"):
        return ""
    return (
        " (other sets than ours, and two telescopes: for orientation only; firstgalaxydata is "
        "FIRST, prepared differently)"
    )
