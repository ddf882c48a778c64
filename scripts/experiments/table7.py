"""Table 7: FRI against FRII across two labelled sets, trained on one or both, tested on each."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import ExplorerError
from model.datasets import read_first_galaxies, read_mightee, read_mirabest
from model.encoder import load_encoder, untrained_encoder
from model.finetune import FinetuneConfig, finetune, supervised
from model.firstgalaxydata import LABELS
from model.leakage import excluded
from model.tasks import Labelled, mirabest_task, subset
from scripts.experiments.grid import Cell, CellResult, Experiment, InputMissing, Inputs
from scripts.experiments.labels import EPOCHS, SMOKE_TESTS, precision_of, seeds_of
from scripts.experiments.paper_values import TABLE_7
from scripts.experiments.report import MeanError, averaged, mean_error, plot_bars, table, with_error
from scripts.training.judge import error_of

TEST_SHARE = 0.3
"""Of a set without a test set of its own (Sec. 3.4)."""


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


class UnknownSet(ExplorerError):
    """There is no labelled set of that name."""


@dataclass(frozen=True)
class Divided:
    """A labelled set, divided."""

    train: Labelled
    tests: dict[str, Labelled]


def divided(name: str, inputs: Inputs, seed: int) -> Divided:
    """Divide a labelled set: MiraBest as published, the others by seed.

    Raises
    ------
    UnknownSet, InputMissing
    """
    if name not in SETS:
        raise UnknownSet(f"'{name}' is no labelled set; there are {', '.join(SETS)}.")
    return SETS[name](inputs, seed)


def tests_of(name: str) -> tuple[str, ...]:
    """Names of a set's test sets."""
    return ("confident", "uncertain") if name == "mirabest" else (name,)


def split(labelled: Labelled, seed: int) -> tuple[Labelled, Labelled]:
    """Split off a stratified 30 % to test on, the same for every method."""
    test_count = round(TEST_SHARE * len(labelled))
    indexed = Labelled(np.arange(len(labelled))[:, None, None].astype(np.int64), labelled.label)
    is_test = np.zeros(len(labelled), bool)
    is_test[subset(indexed, test_count, seed).pixels.ravel()] = True
    return _part(labelled, ~is_test), _part(labelled, is_test)


def joined_sets(*sets: Labelled) -> Labelled:
    """Join labelled sets."""
    return Labelled(
        np.concatenate([s.pixels for s in sets]), np.concatenate([s.label for s in sets])
    )


def _mirabest(inputs: Inputs, _seed: int) -> Divided:
    task = mirabest_task(inputs.mirabest_file())
    return Divided(task.train, task.tests)


def _mightee(inputs: Inputs, seed: int) -> Divided:
    if inputs.mightee is None:
        raise InputMissing(
            "The MIGHTEE set is asked for: name its batches with --mightee FILE; "
            "`rgz-explorer fetch mightee` gets them."
        )
    images = read_mightee(inputs.mightee)
    train, test = split(Labelled(images.pixels, images.label), seed)
    return Divided(train, {"mightee": test})


def _first_galaxies(inputs: Inputs, seed: int) -> Divided:
    """The FRI and FRII of firstgalaxydata; those of MiraBest are left out, which is also FIRST."""
    galaxies = read_first_galaxies()
    classes = [LABELS.index("FRI"), LABELS.index("FRII")]
    near = excluded(galaxies.positions, read_mirabest(inputs.mirabest_file()).positions)
    galaxies = galaxies.where(~near & np.isin(galaxies.label, classes))
    labelled = Labelled(galaxies.pixels, (galaxies.label == classes[1]).astype(np.int64))
    train, test = split(labelled, seed)
    return Divided(train, {"firstgalaxydata": test})


SETS: dict[str, Callable[[Inputs, int], Divided]] = {
    "mirabest": _mirabest,
    "mightee": _mightee,
    "firstgalaxydata": _first_galaxies,
}


def _part(labelled: Labelled, chosen: NDArray[np.bool_]) -> Labelled:
    return Labelled(labelled.pixels[chosen], labelled.label[chosen])


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
    train = {"a": a.train, "b": b.train, "both": joined_sets(a.train, b.train)}[trained_on]
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


def report(outcomes: list[CellResult], inputs: Inputs, out: Path) -> str:
    """Our errors, and the paper's where the sets are the paper's."""
    first, second = inputs.sets
    tests = [*tests_of(second), *tests_of(first)]
    errors = {m: _errors(m, outcomes, tests) for m in METHODS if _results(m, outcomes)}
    names = {m: METHODS[m].format(a=first, b=second) for m in errors}
    sizes = outcomes[0].result["tested"]
    header = ["trained on", "labels", *(f"{t} ({sizes[t]})" for t in tests)]
    rows = [
        [names[m], _results(m, outcomes)[0]["trained"], *map(with_error, found.values())]
        for m, found in errors.items()
    ]
    series = {t: {names[m]: found[t] for m, found in errors.items()} for t in tests}
    plot_bars(series, "error, %", out / "table7.png")
    return (
        f"{averaged(seeds_of(inputs), EPOCHS[inputs.budget])} In brackets, test sources. "
        f"{_division(inputs.sets)}\n\n{table(header, rows)}\n\n![table7](table7.png)\n\n"
        f"The paper's Table 7, MiraBest and MIGHTEE{_caution(inputs.sets)}:\n\n{_paper_table()}\n"
    )


TABLE7 = Experiment("table7", "cross-survey", cells, run, report)


def _results(method: str, outcomes: list[CellResult]) -> list[dict[str, Any]]:
    return [o.result for o in outcomes if o.cell.values["method"] == method]


def _errors(method: str, outcomes: list[CellResult], tests: list[str]) -> dict[str, MeanError]:
    found = _results(method, outcomes)
    return {test: mean_error([result["errors"][test] for result in found]) for test in tests}


def _paper_table() -> str:
    header = ["trained on", "MIGHTEE", "MiraBest Confident", "MiraBest Uncertain"]
    rows = [
        [METHODS[method].format(a="MiraBest", b="MIGHTEE"), *map(with_error, errors)]
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
