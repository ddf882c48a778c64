"""A pre-training run that has to end in time: its schedule from the rate that this machine has.

It never changes what a step computes.
"""

import copy
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from model.errors import ModelError
from model.pretrain_config import PretrainConfig
from model.run_files import CONFIGURATION

WARM_UP_STEPS, TIMED_STEPS = 3, 8
"""Of the trial; the first ones compile and allocate."""

TRIAL_SHARE = 0.1
"""Of the time left: a trial that has taken more ends with the step that it is at, or the second."""

SHARE = 0.95
"""Of the time left that is planned for; the rest is for checkpoints and what comes in the end."""

END_S = 5.0
"""A run that is late stops so long before its time, and writes its encoder."""

WARMUP_SHARE = 0.04
CHECKPOINT_EVERY_S = 60.0
PLANNED = ("epochs", "warmup_epochs", "decay_epochs", "checkpoint_every_steps")


class NoTime(ModelError):
    """The minutes given leave no time to train."""


def seconds_of_a_step(module: Any, device: torch.device, seconds: float) -> float:
    """Take some steps as a trial, time them, and leave all weights as they were.

    Parameters
    ----------
    module : Pretraining
    device : torch.device
    seconds : float
        That there are in all.

    Returns
    -------
    seconds : float
        Without the optimiser's part, a few per cent.
    """
    module.to(device)
    before = copy.deepcopy(module.state_dict())
    module.take_part(0, 1, device)
    took: list[float] = []
    begun = time.monotonic()
    for step in range(WARM_UP_STEPS + TIMED_STEPS):
        with torch.autocast(device.type, torch.bfloat16, "bf16" in module.config.precision):
            loss, *_ = module.objective(step)
        loss.backward()
        module.learner.after_step()
        _wait(device)
        took.append(time.monotonic() - begun - sum(took))
        if step > 0 and sum(took) > TRIAL_SHARE * seconds:
            break
    module.zero_grad(set_to_none=True)
    module.load_state_dict(before)
    timed = took[WARM_UP_STEPS:] or took[1:]
    return sum(timed) / len(timed)


def plan(
    config: PretrainConfig, steps_per_epoch: int, seconds: float, seconds_a_step: float
) -> PretrainConfig:
    """Epochs and warm-up that fit into so many seconds.

    Raises
    ------
    NoTime
    """
    total = int((SHARE * seconds - END_S) / seconds_a_step)
    if total < 1:
        raise NoTime(
            f"{config.minutes:g} minutes leave {seconds:.0f} s to train, and a step takes "
            f"{seconds_a_step:.1f} s here; give more with --minutes."
        )
    return replace(
        config,
        epochs=total / steps_per_epoch,
        warmup_epochs=WARMUP_SHARE * total / steps_per_epoch,
        checkpoint_every_steps=max(1, round(CHECKPOINT_EVERY_S / seconds_a_step)),
    )


def planned_before(out: Path, config: PretrainConfig) -> PretrainConfig:
    """The schedule that a run which goes on was given when it began."""
    there = json.loads((out / CONFIGURATION).read_text())
    return replace(config, **{name: there[name] for name in PLANNED if name in there})


class Deadline(pl.Callback):
    """Ends a run shortly before its time, however slow the machine has become."""

    def __init__(self, at: float | None) -> None:
        """`at` is on `time.monotonic`'s clock; None: never."""
        self.at = at

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Stop where the time has come."""
        if self.at is not None and time.monotonic() > self.at - END_S:
            trainer.should_stop = True


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
