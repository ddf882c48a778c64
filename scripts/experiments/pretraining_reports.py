"""What Tables 8 to 10 and Figs. 9 to 11 make of the runs of pretraining. It trains nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.experiments.figures import PAPER, plot_bars, plot_errors
from scripts.experiments.grid import Experiment, Inputs, Outcome
from scripts.experiments.paper_values import TABLE_8, TABLE_9, TABLE_10
from scripts.experiments.pretraining import RECIPES, STEPS, Point, cells_of, run, seeds_of
from scripts.experiments.tables import MeanError, averaged, mean_error, table, written


def report_of(
    grid: str, axis: str, measure: str, paper: Mapping[Any, MeanError] | None, name: str
) -> Any:
    """Make the report of one grid."""

    def report(outcomes: list[Outcome], inputs: Inputs, out: Path) -> str:
        groups: dict[Point, list[dict[str, Any]]] = {}
        for outcome in outcomes:
            groups.setdefault(outcome.cell.values["point"], []).append(outcome.result)
        errors = {p: mean_error([r[measure] for r in found]) for p, found in groups.items()}
        tuned = grid == "views"
        rows = [_row(p, found, errors[p], paper, tuned) for p, found in groups.items()]
        header = [axis, "training images", f"{measure} error, ours", "with Table 5's probe"]
        header += ["fine-tuned"] if tuned else []
        header += ["paper"] if paper else []
        header += ["paper, fine-tuned"] if tuned else []
        _plot(axis, measure, errors, paper, out / f"{name}.png")
        made = f"{averaged(seeds_of(inputs))} {_protocol(inputs, measure)}"
        return f"{made}\n\n{table(header, rows)}\n\n![{name}]({name}.png)\n"

    return report


def _protocol(inputs: Inputs, measure: str) -> str:
    recipe, steps = RECIPES[inputs.budget], STEPS[inputs.budget]
    length = f"{steps} step{'s' if steps != 1 else ''}" if steps else f"{recipe.epochs:g} epochs"
    judged = {
        "validation": "five-fold cross-validation within the training sources of MiraBest "
        "Confident (the paper holds out 25 per cent)",
        "test": "the test sources of MiraBest Confident",
    }[measure]
    return (
        f"Every run: {length} of {recipe.objective} on {', '.join(map(_named, inputs.data))}, then "
        f"L2 logistic regression on standardised y; errors in {judged}."
    )


def _named(source: str) -> str:
    kind, colon, where = source.partition(":")
    return f"{kind}{colon}{Path(where).name}"


def _row(
    point: Point,
    found: list[dict[str, Any]],
    error: MeanError,
    paper: Mapping[Any, MeanError] | None,
    tuned: bool,
) -> list[object]:
    def mean_of(name: str) -> str:
        present = [result[name] for result in found if name in result]
        return written(mean_error(present) if present else None)

    row: list[object] = [point, found[0]["images"], written(error), mean_of("table_5")]
    row += [mean_of("finetune")] if tuned else []
    row += [written(paper.get(point))] if paper else []
    return [*row, written(TABLE_10[str(point)][1])] if tuned else row


def _plot(
    axis: str,
    measure: str,
    errors: Mapping[Point, MeanError],
    paper: Mapping[Any, MeanError] | None,
    out: Path,
) -> None:
    label = f"{measure} error, %"
    if any(isinstance(point, str) for point in errors):
        bars = {"ours": {str(point): error for point, error in errors.items()}}
        plot_bars(bars | ({"paper": dict(paper)} if paper else {}), label, out)
    else:
        curves = {"ours": {float(point): error for point, error in errors.items()}}
        plot_errors(curves | ({f"ours{PAPER}": dict(paper)} if paper else {}), axis, label, out)


TABLE_10_LINEAR = {names: linear for names, (linear, _) in TABLE_10.items()}


def _experiment(
    name: str, title: str, grid: str, axis: str, measure: str, paper: Any = None
) -> Experiment:
    family = f"pretraining-{grid}"
    return Experiment(
        name, title, family, cells_of(grid), run, report_of(grid, axis, measure, paper, name)
    )


TABLE8 = _experiment(
    "table8", "Table 8: cut on angular extent", "cut", "cut, arcsec", "validation", TABLE_8
)
TABLE9 = _experiment(
    "table9", "Table 9: number of layers", "layers", "encoder", "validation", TABLE_9
)
TABLE10 = _experiment(
    "table10", "Table 10: ablation of the views", "views", "views kept", "test", TABLE_10_LINEAR
)
FIG9 = _experiment("fig9", "Fig. 9: centre crop", "centre", "centre crop, px", "validation")
FIG10 = _experiment("fig10", "Fig. 10: random crop", "crop", "least area", "validation")
FIG11 = _experiment("fig11", "Fig. 11: blur", "blur", "blur probability", "validation")
