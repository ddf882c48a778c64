"""The files of a pre-training run: its checkpoint, replaced atomically, and its metrics.

It never decides when a run ends.
"""

import csv
import os
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

CHECKPOINT = "last.ckpt"
METRICS = "metrics.csv"
LOGGED = ("loss", "rank", "description")


class RunFiles(pl.Callback):
    """Writes the checkpoint (atomically) and the metrics of a run."""

    def __init__(self, out: Path, every_steps: int) -> None:
        self.out, self.every_steps = out, every_steps

    def on_train_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Forget the metrics of steps that a resumed run will take again."""
        path = self.out / METRICS
        if trainer.is_global_zero and path.exists():
            head, *rows = path.read_text().splitlines(keepends=True)
            kept = [row for row in rows if int(row.split(",")[0]) <= trainer.global_step]
            path.write_text("".join([head, *kept]))

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Note the step, and now and then save everything that a resumed run needs."""
        if trainer.is_global_zero:
            self._note(trainer)
        if trainer.global_step % self.every_steps == 0 or trainer.global_step == trainer.max_steps:
            self._save(trainer)

    def _note(self, trainer: pl.Trainer) -> None:
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        path = self.out / METRICS
        is_new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(["step", "unix_time_s", "learning_rate", *LOGGED])
            values = [metrics.get(name, float("nan")) for name in LOGGED]
            writer.writerow([trainer.global_step, round(time.time(), 1), rate, *values])

    def _save(self, trainer: pl.Trainer) -> None:
        partial = self.out / (CHECKPOINT + ".partial")
        trainer.save_checkpoint(partial)
        if trainer.is_global_zero:
            os.replace(partial, self.out / CHECKPOINT)
