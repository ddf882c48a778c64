"""`rgz-explorer pretrain`: train an encoder without labels. It only reads arguments."""

import csv
import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import pytorch_lightning as pl
import typer
from matplotlib.figure import Figure
from pytorch_lightning.utilities import rank_zero_only
from rich.progress import Progress, TaskID

from app.errors import ExplorerError
from model.pretrain import pretrain
from model.pretrain_config import DESCRIBE, NTXENT, PretrainConfig
from model.run_files import METRICS
from scripts.terminal import bar, console
from scripts.training.images import gather, judges


def plot_metrics(metrics: Path, out: Path) -> None:
    """Draw loss, effective rank and learning rate of a run's metrics.csv against the step."""
    with metrics.open() as file:
        rows = list(csv.DictReader(file))
    steps = [int(row["step"]) for row in rows]
    figure = Figure(figsize=(7, 7), layout="constrained")
    axes = figure.subplots(3, 1, sharex=True)
    for axis, name in zip(axes, ("loss", "rank", "learning_rate"), strict=True):
        axis.plot(steps, [float(row[name]) for row in rows], linewidth=0.8)
        axis.set_ylabel(name.replace("_", " "))
    axes[0].set_yscale("log")
    axes[-1].set_xlabel("step")
    figure.savefig(out, dpi=120)


class StepBar(pl.Callback):
    """Shows the steps of a run, from where it goes on, and its loss."""

    def __init__(self) -> None:
        self._bar: Progress = bar()
        self._task = TaskID(0)

    def on_train_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Say where a stopped run goes on, and show the bar."""
        if not trainer.is_global_zero:
            return
        done, total = trainer.global_step, trainer.max_steps
        if done:
            console.print(f"The run goes on at step {done:,} of {total:,}.")
        self._task = self._bar.add_task("Training", total=total, completed=done)
        self._bar.start()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Move the bar."""
        if trainer.is_global_zero:
            loss = float(trainer.callback_metrics["loss"])
            self._bar.update(
                self._task, completed=trainer.global_step, description=f"Training, loss {loss:.3f}"
            )

    def on_train_end(self, *_: Any) -> None:
        """Leave the bar as it is."""
        self._bar.stop()

    def on_exception(self, trainer: pl.Trainer, _module: Any, exception: BaseException) -> None:
        """Leave the bar as it is, before the reason is said."""
        self._bar.stop()
        if trainer.is_global_zero and isinstance(exception, KeyboardInterrupt):
            console.print(
                f"Stopped at step {trainer.global_step:,} of {trainer.max_steps:,}. The same "
                "command goes on from the last checkpoint; if there is none yet, it begins again."
            )


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Keep back Lightning's hints: that a run resumes within an epoch is how ours are made."""
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pytorch_lightning")
        warnings.filterwarnings("ignore", module="lightning_fabric")
        yield


RECIPES = {"byol": PretrainConfig(), "ntxent": NTXENT, "describe": DESCRIBE}


def run_pretraining(
    data: Annotated[
        list[str],
        typer.Option(
            help="firstgalaxydata, rgz108k:ARCHIVE, drawn:POSITIONS.parquet, fits:DIR or "
            "bundle:DIR; repeatable."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Directory of the run; an existing run goes on.")],
    mirabest: Annotated[
        Path, typer.Option(help="MiraBest_F_batches.tar.gz: positions to keep out of training.")
    ],
    components: Annotated[
        Path | None, typer.Option(help="FIRST component catalogue (Parquet), for drawn fields.")
    ] = None,
    objective: Annotated[
        Literal["byol", "ntxent", "describe"],
        typer.Option(
            help="byol: as the paper. ntxent: small machines. describe: after ntxent, from its "
            "weights (--start-from)."
        ),
    ] = "byol",
    epochs: Annotated[float | None, typer.Option(help="Default: 500, the paper's.")] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=2, help="Default: 1024 (byol), 96 (others).")
    ] = None,
    shares: Annotated[
        list[float] | None, typer.Option(help="Share of each --data in a batch; repeat in order.")
    ] = None,
    small_view_px: Annotated[
        int | None, typer.Option(min=16, max=70, help="Side of the first views, px; default: 70.")
    ] = None,
    large_view_epochs: Annotated[
        float, typer.Option(min=0, help="Last epochs with views of 70 px.")
    ] = 0,
    threshold_max: Annotated[
        float, typer.Option(min=0, max=1, help="Highest random clip, of the maximum.")
    ] = 0,
    pedestal: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="How often a pedestal is subtracted, as firstgalaxydata's."
        ),
    ] = 0,
    description_weight: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Of the task to tell an image's shape descriptors. Default: 0 (no such task), "
            "1 (describe).",
        ),
    ] = None,
    start_from: Annotated[
        Path | None, typer.Option(help="Weights to start from (default: random ones).")
    ] = None,
    warmup_epochs: Annotated[
        float | None, typer.Option(min=0, help="Default: 10, the paper's.")
    ] = None,
    decay_epochs: Annotated[
        float | None,
        typer.Option(min=0, help="Last epochs, in which the rate falls; default: all."),
    ] = None,
    cut_arcsec: Annotated[
        float, typer.Option(min=0, help="Leave out sources of smaller angular extent (Sec. 3.6).")
    ] = 20.0,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, batches and views.")] = 69,
    precision: Annotated[
        Literal["32-true", "bf16-mixed"] | None,
        typer.Option(help="Default: 32-true (byol), bf16-mixed (others)."),
    ] = None,
    compile_encoder: Annotated[
        bool, typer.Option("--compile", help="Use torch.compile (needs a C++ compiler).")
    ] = False,
    accelerator: Annotated[
        str, typer.Option(help="auto, cpu, gpu, cuda or mps, as PyTorch Lightning names them.")
    ] = "auto",
    devices: Annotated[str, typer.Option(help="How many of them on each node, or auto.")] = "auto",
    num_nodes: Annotated[int, typer.Option(min=1, help="Machines of a cluster.")] = 1,
) -> None:
    """Pre-train an encoder without labels, or go on with a run that was stopped."""
    is_first = getattr(rank_zero_only, "rank", 0) == 0
    console.quiet = not is_first  # the others would say the same again
    recipe = RECIPES[objective]
    _check(data, shares, epochs)
    given: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "precision": precision,
        "shares": tuple(shares) if shares else None,
        "warmup_epochs": warmup_epochs,
        "decay_epochs": decay_epochs,
        "description_weight": description_weight,
        "start_from": None if start_from is None else str(start_from),
    }
    config = replace(
        recipe,
        **{name: value for name, value in given.items() if value is not None},
        views=replace(recipe.views, threshold_max=threshold_max, pedestal_probability=pedestal),
        small_view_px=small_view_px,
        large_view_epochs=large_view_epochs,
        seed=seed,
        compile=compile_encoder,
    )
    if config.warmup_epochs >= config.epochs:
        raise ExplorerError(
            f"A warm-up of {config.warmup_epochs:g} epochs leaves nothing of {config.epochs:g}; "
            "give fewer with --warmup-epochs (the paper's are 10 of 500)."
        )
    if config.decay_epochs is not None and not config.decay_epochs <= config.epochs:
        raise ExplorerError(
            f"A rate that falls in the last {config.decay_epochs:g} epochs needs as many; there "
            f"are {config.epochs:g}. Give fewer with --decay-epochs."
        )
    found = gather(
        data, judges(mirabest), cut_arcsec=cut_arcsec, components=components, seed=config.seed
    )
    trainer = {"accelerator": accelerator, "devices": devices, "num_nodes": num_nodes}
    images = [source.images.pixels for source in found]
    with quiet_lightning():
        pretrain(images, out, config, callbacks=[StepBar()], **trainer)
    if is_first:
        plot_metrics(out / METRICS, out / "metrics.png")
    console.print(f"The encoder is in {out / 'encoder.safetensors'}.")


def _check(data: list[str], shares: list[float] | None, epochs: float | None) -> None:
    """Refuse numbers with which nothing sensible can be trained."""
    if shares and len(shares) != len(data):
        raise ExplorerError(
            f"There are {len(shares)} --shares for {len(data)} --data; give one for each, in order."
        )
    if shares and min(shares) <= 0:
        raise ExplorerError(f"A share of {min(shares):g} is no share; leave its --data out.")
    if epochs is not None and not 0 < epochs < math.inf:
        raise ExplorerError(f"{epochs:g} epochs are none; give more with --epochs.")
