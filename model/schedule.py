"""The learning rate of every step of a pre-training run. It never touches an optimiser."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class ScheduleConfig:
    """A linear warm-up, then cosine decay to zero, at once or over the last steps only."""

    warmup_steps: int
    total_steps: int
    decay_steps: int | None = None
    """None: the decay begins where the warm-up ends (Slijepcevic et al. 2024, Sec. 2.4)."""


def learning_rate(step: int, config: ScheduleConfig) -> float:
    """The share of the full learning rate at a step, in 0..1.

    Parameters
    ----------
    step : int
        0 is the first.
    """
    if step < config.warmup_steps:
        return (step + 1) / config.warmup_steps
    decay = config.decay_steps
    begin = config.warmup_steps if decay is None else config.total_steps - decay
    progress = (step - begin) / max(1, config.total_steps - begin)
    return 0.5 * (1 + math.cos(math.pi * min(max(progress, 0.0), 1.0)))
