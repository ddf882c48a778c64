"""The files of a pre-training run: its checkpoint, replaced atomically, and its metrics.

It never decides when a run ends.
"""

import csv
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.pretrain_config import PretrainConfig
from model.whole_file import replace_whole, write_whole


class Batches:
    """Batches of cleaned images, each a function of the seed and the step alone.

    Several processes share a batch: the one of a rank takes every ``world``-th image.
    """

    def __init__(
        self,
        sources: list[NDArray[np.uint8]],
        config: PretrainConfig,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.sources, self.config, self.rank, self.world = sources, config, rank, world
        numbers = np.array([len(source) for source in sources])
        shares = np.array(config.shares) if config.shares else numbers / numbers.sum()
        self.steps_per_epoch = max(1, int(numbers.sum()) // config.batch_size)
        edges = np.round(np.cumsum(shares / shares.sum()) * config.batch_size).astype(int)
        self.counts = np.diff(np.concatenate([[0], edges]))

    def images(self, step: int) -> Tensor:
        """The cleaned images of a step, (B / world, 150, 150), uint8."""
        chosen = [source[self._indices(which, step)] for which, source in enumerate(self.sources)]
        return torch.from_numpy(np.concatenate(chosen)[self.rank :: self.world])

    def part(self, rank: int, world: int) -> "Batches":
        """The same batches, as the process of that rank of so many sees them."""
        return Batches(self.sources, self.config, rank, world)

    def _indices(self, which: int, step: int) -> NDArray[np.int64]:
        """A walk through one permutation of the source after the other."""
        count, size = int(self.counts[which]), len(self.sources[which])
        places = np.arange(step * count, (step + 1) * count)
        result = np.empty(count, np.int64)
        for turn in np.unique(places // size):
            order = np.random.default_rng([self.config.seed, which, turn]).permutation(size)
            here = places // size == turn
            result[here] = order[places[here] % size]
        return np.sort(result)


CHECKPOINT = "last.ckpt"
CONFIGURATION = "configuration.json"
METRICS = "metrics.csv"
TOLD, SHORT = 4, 40
"""So many differences of a run from another are told, and so much of a value."""

LOGGED = ("loss", "rank", "description")


class AnotherRun(ValueError):
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
        said = [
            f"{name} is {_short(there.get(name))} there and {_short(here.get(name))} here"
            for name in other[:TOLD]
        ]
        more = [f"{len(other) - TOLD} more differ"] if len(other) > TOLD else []
        raise AnotherRun(
            f"'{out}' holds another run: {'; '.join(said + more)}. Give the options of that run "
            f"({CONFIGURATION}) to go on with it, or another directory for a new one "
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
    return text if len(text) <= SHORT else f"{text[:SHORT]}..."


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
            write_whole(path, "".join([head, *kept]))

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
            replace_whole(partial, self.out / CHECKPOINT)
