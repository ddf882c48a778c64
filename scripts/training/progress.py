"""What a person sees of a pre-training run: its steps, where it goes on, and its curves.

It never changes what is computed.
"""

import csv
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from matplotlib.figure import Figure
from rich.progress import Progress, TaskID

from scripts.terminal import bar, console


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
