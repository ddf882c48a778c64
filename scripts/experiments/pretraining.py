"""Tables 8 to 10 and Figs. 9 to 11: one choice in pre-training changed, then a probe.

Each run pre-trains its own encoder and probes it on MiraBest Confident; none touches the encoder
that ships.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from model.classifier import Classifier
from model.encoder import EMBED_BATCH, FEATURES, Encoder, load_encoder
from model.finetune import TABLE_5, FinetuneConfig, finetune
from model.linear_probe import cross_validated_error, fit_probe
from model.preprocess import INPUT_MEAN, INPUT_STD
from model.pretrain import pretrain
from model.pretrain_config import NTXENT, PretrainConfig
from model.tasks import Labelled, mirabest_task
from model.views import ViewConfig
from scripts.experiments.grid import Cell, CellResult, Experiment, Inputs
from scripts.experiments.labels import EPOCHS as FINE_TUNING_EPOCHS
from scripts.experiments.labels import SEEDS
from scripts.experiments.paper_values import TABLE_8, TABLE_9, TABLE_10
from scripts.experiments.report import (
    PAPER,
    MeanError,
    averaged,
    mean_error,
    plot_bars,
    plot_errors,
    table,
    with_error,
)
from scripts.training.images import NoTrainingImages, gather, judges

RECIPES: dict[str, PretrainConfig] = {
    "smoke": replace(
        NTXENT,
        architecture="resnet14",
        batch_size=8,
        precision="32-true",
        rank_every_steps=1000,
    ),
    "cpu": NTXENT,
    "paper": PretrainConfig(),
}
STEPS = {"smoke": 1, "cpu": 300, "paper": None}
"""None: the epochs of Table 3."""
SMOKE_IMAGES = 16
CUT_ARCSEC = 20.0
"""Sec. 3.6."""

Point = float | str


@dataclass(frozen=True)
class Grid:
    """One choice, and what is tried of it."""

    points: tuple[Point, ...]
    change: Callable[[Any], dict[str, Any]]
    """What a point changes in the configuration, or the cut on angular extent."""
    axis: str
    measure: Literal["validation", "test"] = "validation"
    """Which error is reported."""
    paper: Mapping[Any, MeanError] | None = None


GRIDS = {
    "cut": Grid(
        tuple(TABLE_8), lambda arcsec: {"cut_arcsec": arcsec}, "cut, arcsec", paper=TABLE_8
    ),
    "layers": Grid(
        tuple(TABLE_9),
        lambda architecture: {"architecture": architecture},
        "encoder",
        paper=TABLE_9,
    ),
    "centre": Grid(
        (20, 30, 40, 50, 60, 70, 80, 90, 100),
        lambda px: {"views": replace(ViewConfig(), centre_crop_px=px, blur_probability=0.0)},
        "centre crop, px",
    ),
    "crop": Grid(
        (0.08, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0),
        lambda area: {"views": replace(ViewConfig(), crop_area_min=area, blur_probability=0.0)},
        "least area",
    ),
    "blur": Grid(
        (0.0, 0.1, 0.25, 0.5, 0.75, 1.0),
        lambda probability: {"views": replace(ViewConfig(), blur_probability=probability)},
        "blur probability",
    ),
    "views": Grid(
        tuple(TABLE_10),
        lambda names: {"views": some_views(names)},
        "views kept",
        measure="test",
        paper={names: linear for names, (linear, _) in TABLE_10.items()},
    ),
}
"""Blur is off in Figs. 9 and 10, as in the paper; the points of the figures are ours, since the
paper's plots do not list them."""


def seeds_of(inputs: Inputs) -> int:
    """How many seeds a point has: one where time is short, ten as in the paper."""
    return inputs.seeds or {**SEEDS, "cpu": 1}[inputs.budget]


def cells_of(grid: str) -> Callable[[Inputs], list[Cell]]:
    """Make the function that gives a grid's cells."""

    def cells(inputs: Inputs) -> list[Cell]:
        every = GRIDS[grid].points
        points = every[:1] if inputs.budget == "smoke" else every
        return [
            Cell(
                f"{point}-seed-{seed}",
                {
                    "grid": grid,
                    "point": point,
                    "seed": seed,
                    "objective": RECIPES[inputs.budget].objective,
                    "steps": STEPS[inputs.budget],
                },
                needs_encoder=False,
            )
            for point in points
            for seed in range(seeds_of(inputs))
        ]

    return cells


def run(cell: Cell, inputs: Inputs, folder: Path) -> dict[str, Any]:
    """Pre-train with one choice changed; probe, and for Table 10 fine-tune."""
    grid, seed = cell.values["grid"], cell.values["seed"]
    change = GRIDS[grid].change(cell.values["point"])
    images = training_images(inputs, change.pop("cut_arcsec", CUT_ARCSEC))
    config = replace(RECIPES[inputs.budget], seed=seed, **change)
    steps = STEPS[inputs.budget]
    if steps is not None:
        per_epoch = max(1, sum(map(len, images)) // config.batch_size)
        config = replace(config, epochs=steps / per_epoch, warmup_epochs=0.1 * steps / per_epoch)
    pretrain(images, folder, config)
    result = probe(folder / "encoder.safetensors", inputs, config.views.centre_crop_px, seed)
    return result | {"images": sum(map(len, images)), "configuration": asdict(config)}


def training_images(inputs: Inputs, cut_arcsec: float) -> list[NDArray[np.uint8]]:
    """Gather the training images, or a few for a smoke run."""
    if not inputs.data:
        raise NoTrainingImages("This experiment pre-trains: name its images with --data.")
    mirabest, most = inputs.mirabest_file(), SMOKE_IMAGES if inputs.budget == "smoke" else None
    found = _gathered(inputs.data, mirabest, inputs.components, cut_arcsec)
    return [pixels[:most] for pixels in found]


@functools.lru_cache(maxsize=1)
def _gathered(
    data: tuple[str, ...], mirabest: Path, components: Path | None, cut_arcsec: float
) -> tuple[NDArray[np.uint8], ...]:
    """Read and filter once for all runs of a process that take the same images."""
    found = gather(data, judges(mirabest), cut_arcsec=cut_arcsec, components=components)
    return tuple(source.images.pixels for source in found)


def probe(weights: Path, inputs: Inputs, size_px: int, seed: int) -> dict[str, Any]:
    """Linear evaluation on MiraBest Confident: errors in cross-validation and on the test set."""
    task, encoder = mirabest_task(inputs.mirabest_file()), load_encoder(weights)
    train, test = task.train, task.tests["confident"]
    if inputs.budget == "smoke":
        train, test = (Labelled(s.pixels[:n], s.label[:n]) for s, n in ((train, 20), (test, 4)))
    fitted = fit_probe(embed_cropped(encoder, train.pixels, size_px), train.label, seed)
    y = embed_cropped(encoder, test.pixels, size_px)
    result = {
        "validation": cross_validated_error(fitted),
        "test": float((fitted.predict(y) != test.label).mean()),
    }
    if inputs.budget != "paper":
        return result
    tuned = FinetuneConfig(seed=seed, epochs=FINE_TUNING_EPOCHS["paper"], device=inputs.device)
    for name, config in (("table_5", replace(TABLE_5, seed=seed)), ("finetune", tuned)):
        config = replace(config, views=replace(config.views, centre_crop_px=size_px))
        classifier = finetune(encoder, train.pixels, train.label, task.classes, config)
        result[name] = error_at(classifier, test, size_px)
    return result


def error_at(classifier: Classifier, test: Labelled, size_px: int) -> float:
    """Share of the images that are classified wrongly, of the centre crop that was trained on."""
    y = embed_cropped(classifier.encoder, test.pixels, size_px)
    return float((classifier.probabilities_of(y).argmax(axis=1) != test.label).mean())


def some_views(names: str) -> ViewConfig:
    """Make the views of an ablation: only the named ones of Table 1 are kept."""
    chosen, full = set(names.split("+")), ViewConfig()
    return replace(
        full,
        rotate="rotation" in chosen,
        crop_area_min=full.crop_area_min if "crop" in chosen else 1.0,
        flip_probability=full.flip_probability if "flip" in chosen else 0.0,
        jitter_probability=full.jitter_probability if "jitter" in chosen else 0.0,
        blur_probability=full.blur_probability if "blur" in chosen else 0.0,
    )


def embed_cropped(encoder: Encoder, pixels: NDArray[np.uint8], size_px: int) -> NDArray[np.float32]:
    """Compute y (N, 512) of the centre ``size_px`` of cleaned images (N, 150, 150)."""
    start = pixels.shape[-1] // 2 - size_px // 2
    crop = pixels[:, start : start + size_px, start : start + size_px]
    y = np.empty((len(crop), FEATURES), np.float32)
    with torch.inference_mode():
        for first in range(0, len(crop), EMBED_BATCH):
            batch = torch.from_numpy(crop[first : first + EMBED_BATCH].astype(np.float32) / 255)
            x = ((batch - INPUT_MEAN) / INPUT_STD)[:, None]  # (B, 1, S, S)
            y[first : first + EMBED_BATCH] = encoder(x).numpy()
    return y


def report_of(grid: str, name: str) -> Callable[[list[CellResult], Inputs, Path], str]:
    """Make the report of one grid."""
    axis, measure, paper = GRIDS[grid].axis, GRIDS[grid].measure, GRIDS[grid].paper

    def report(outcomes: list[CellResult], inputs: Inputs, out: Path) -> str:
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


def _experiment(name: str, grid: str) -> Experiment:
    return Experiment(name, f"pretraining-{grid}", cells_of(grid), run, report_of(grid, name))


TABLE8 = _experiment("table8", "cut")
TABLE9 = _experiment("table9", "layers")
TABLE10 = _experiment("table10", "views")
FIG9 = _experiment("fig9", "centre")
FIG10 = _experiment("fig10", "crop")
FIG11 = _experiment("fig11", "blur")


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
        return with_error(mean_error(present) if present else None)

    row: list[object] = [point, found[0]["images"], with_error(error), mean_of("table_5")]
    row += [mean_of("finetune")] if tuned else []
    row += [with_error(paper.get(point))] if paper else []
    return [*row, with_error(TABLE_10[str(point)][1])] if tuned else row


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
