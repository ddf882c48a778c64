"""The typed configuration of a pre-training run and the schedule in steps that follows from it.

It never holds data or networks.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Literal

from model.views import ViewConfig


@dataclass(frozen=True)
class PretrainConfig:
    """Everything that decides a run. Defaults: Slijepcevic et al. 2024, Table 3 and Sec. 2.4."""

    objective: Literal["byol", "ntxent"] = "byol"
    architecture: str = "resnet18"
    optimizer: Literal["sgd", "adamw"] = "sgd"
    base_learning_rate: float = 0.2
    scale_learning_rate: bool = True
    """Multiply the base rate by batch size / 256 (Table 3)."""
    batch_size: int = 1024
    weight_decay: float = 1.5e-6
    momentum: float = 0.9
    epochs: float = 500
    minutes: float | None = None
    """Of the clock, for the whole run: epochs and warm-up follow from it (`model.run_plan`)."""
    warmup_epochs: float = 10
    decay_epochs: float | None = None
    """None: cosine decay after the warm-up. Else the rate stays up, and falls in the last ones."""
    tau: float = 0.996
    """Decay rate of eq. 1; for ntxent, of the averaged weights."""
    temperature: float = 0.2
    hidden: int = 512
    projected: int = 256
    views: ViewConfig = field(default_factory=ViewConfig)
    small_view_px: int | None = None
    """Centre crop of the views until the last `large_view_epochs`; None: always the same."""
    large_view_epochs: float = 0
    shares: tuple[float, ...] | None = None
    """Share of each data source in a batch; None: by their numbers of images."""
    seed: int = 69
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    resident: bool = True
    """Bring all images to the device that trains before the first step; else a step's at a time."""
    channels_last: bool = True
    compile: bool = False
    checkpoint_every_steps: int = 50
    rank_every_steps: int = 25
    collapse_rank: float = 1.5
    """The run stops when the effective rank of centred y falls below this."""
    start_from: str | None = None
    """Weights to start from; None: random ones of the seed."""
    description_weight: float = 0.0
    """Not in the paper: weight of a second task, to tell each image's shape descriptors
    (`model.shapes`) from y of its views."""
    equalise: bool = False
    """Not in the paper: in the end, give all features the same spread (`model.finish`)."""


NTXENT = PretrainConfig(
    objective="ntxent",
    optimizer="adamw",
    base_learning_rate=1e-3,
    scale_learning_rate=False,
    batch_size=96,
    weight_decay=1e-4,
    projected=128,
    tau=0.99,
    precision="bf16-mixed",
    equalise=True,
)
"""The recipe that teaches something within hours on two cores."""


GPU = replace(
    NTXENT,
    base_learning_rate=2e-3,
    batch_size=1024,
    description_weight=2.0,
    views=ViewConfig(threshold_max=0.03, pedestal_probability=0.3),
    rank_every_steps=100,
)
"""That of the encoder that ships: minutes of a GPU (model/weights/README.md)."""

RECIPES = {"byol": PretrainConfig(), "ntxent": NTXENT}
"""By objective."""


@dataclass(frozen=True)
class ScheduleConfig:
    """A linear warm-up, then cosine decay to zero, at once or over the last steps only."""

    warmup_steps: int
    total_steps: int
    decay_steps: int | None = None
    """None: the decay begins where the warm-up ends (Slijepcevic et al. 2024, Sec. 2.4)."""


def schedule_of(config: PretrainConfig, steps_per_epoch: int) -> ScheduleConfig:
    """The schedule in steps of a configuration in epochs."""
    decay = None if config.decay_epochs is None else round(config.decay_epochs * steps_per_epoch)
    return ScheduleConfig(
        round(config.warmup_epochs * steps_per_epoch),
        max(1, round(config.epochs * steps_per_epoch)),
        decay,
    )


def views_at(step: int, config: PretrainConfig, steps_per_epoch: int) -> ViewConfig:
    """The views of a step: small ones first, if so configured."""
    large_from = (config.epochs - config.large_view_epochs) * steps_per_epoch
    if config.small_view_px is None or step >= large_from:
        return config.views
    return replace(config.views, centre_crop_px=config.small_view_px)


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
