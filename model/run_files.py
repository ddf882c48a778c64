"""The files of a pre-training run: its configuration, its checkpoint, replaced whole, its metrics.

It never decides when a run ends.
"""

import csv
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from torch import Tensor

from model.errors import ModelError
from model.whole_file import replace_whole, write_whole

CHECKPOINT = "last.ckpt"
CONFIGURATION = "configuration.json"
METRICS = "metrics.csv"
ENCODER = "encoder.safetensors"
DIFFERENCES, CHARACTERS = 4, 40
"""So many differences between two runs are named at most, and so much of a value."""

NOTED_AT_ONCE = 25
"""Steps whose metrics are asked of the device together: asking makes it wait."""

LOGGED = ("loss", "rank", "description")


class AnotherRun(ModelError):
    """The directory holds a run with another configuration; the message says what differs."""


def claim(out: Path, configuration: dict[str, Any], may_write: bool = True) -> None:
    """Make a directory that of a run, or see that it is.

    A run that ended before its first checkpoint leaves nothing to go on with, and is replaced. Of
    the processes that share a run, one may write.

    Raises
    ------
    AnotherRun
        If a run with another configuration is there; nothing is changed then.
    """
    path = out / CONFIGURATION
    wanted = json.loads(json.dumps(configuration))
    if not (out / CHECKPOINT).exists():
        if not may_write:
            return
        out.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(configuration, indent=1))
        return
    there = _flat(json.loads(path.read_text()) if path.exists() else {})
    here = _flat(wanted)
    other = [name for name in here | there if there.get(name) != here.get(name)]
    if other:
        differences = [
            f"{name} is {_short(there.get(name))} there and {_short(here.get(name))} here"
            for name in other[:DIFFERENCES]
        ]
        more = [f"{len(other) - DIFFERENCES} more differ"] if len(other) > DIFFERENCES else []
        raise AnotherRun(
            f"'{out}' holds another run: {'; '.join(differences + more)}. Give the options of "
            f"that run ({CONFIGURATION}) to go on with it, or another directory for a new one "
            "(--start-from takes over its weights)."
        )


def _flat(configuration: dict[str, Any]) -> dict[str, Any]:
    """Give the values of a group, such as the views, names of their own."""
    flat: dict[str, Any] = {}
    for name, value in configuration.items():
        flat |= _flat(value) if isinstance(value, dict) else {name: value}
    return flat


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= CHARACTERS else f"{text[:CHARACTERS]}..."


class RunFiles(pl.Callback):
    """Writes the checkpoint (atomically) and the metrics of a run."""

    def __init__(
        self, out: Path, every_steps: int, write_encoder: Callable[[], None] | None = None
    ) -> None:
        self.out, self.every_steps, self.write_encoder = out, every_steps, write_encoder
        self._noted: list[tuple[int, float, float, dict[str, Tensor]]] = []

    def on_train_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Forget the metrics of steps that a resumed run will take again."""
        path = self.out / METRICS
        if trainer.is_global_zero and path.exists():
            head, *rows = path.read_text().splitlines(keepends=True)
            kept = [row for row in rows if int(row.split(",")[0]) <= trainer.global_step]
            write_whole(path, "".join([head, *kept]))

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Note the step, and now and then save everything that a resumed run needs."""
        ends = trainer.global_step == trainer.max_steps
        saves = ends or trainer.global_step % self.every_steps == 0
        if trainer.is_global_zero:
            rate = trainer.optimizers[0].param_groups[0]["lr"]
            metrics = dict(trainer.callback_metrics)
            self._noted.append((trainer.global_step, time.time(), rate, metrics))
            if saves or len(self._noted) >= NOTED_AT_ONCE:
                self._write()
        if saves:
            self._save(trainer)

    def on_train_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Save a run that ends before its last step, as one whose time is over."""
        if trainer.global_step < trainer.max_steps:
            if trainer.is_global_zero:
                self._write()
            self._save(trainer)

    def on_exception(self, *_: Any) -> None:
        """Keep what was noted of a run that is stopped."""
        self._write()

    def _write(self) -> None:
        """Write what was noted; only here are numbers asked of the device."""
        path = self.out / METRICS
        is_new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(["step", "unix_time_s", "learning_rate", *LOGGED])
            for step, now, rate, metrics in self._noted:
                values = [float(metrics.get(name, float("nan"))) for name in LOGGED]
                writer.writerow([step, round(now, 1), rate, *values])
        self._noted = []

    def _save(self, trainer: pl.Trainer) -> None:
        partial = self.out / (CHECKPOINT + ".partial")
        trainer.save_checkpoint(partial)
        if trainer.is_global_zero:
            replace_whole(partial, self.out / CHECKPOINT)
            if self.write_encoder is not None:
                self.write_encoder()
