"""The commands that need the training libraries, with their failures as sentences."""

import functools
from collections.abc import Callable
from typing import Any

from app.errors import ExplorerError
from model.batch_files import NotBatches, UnsafePickle
from model.components import UnreadableComponents
from model.datasets import UnreadablePositions
from model.finetune import UnusableDepth
from model.firstgalaxydata import DataPackageMissing
from model.pretrain import Collapsed, UnusableTrainer
from model.run_files import AnotherRun
from model.tasks import TooManyLabels
from scripts.experiments.command import run_experiment
from scripts.training.finetune import run_finetuning
from scripts.training.pretrain import run_pretraining
from scripts.training.probe import run_probe

SENTENCES = (
    AnotherRun,
    Collapsed,
    DataPackageMissing,
    NotBatches,
    TooManyLabels,
    UnreadableComponents,
    UnreadablePositions,
    UnsafePickle,
    UnusableDepth,
    UnusableTrainer,
)
"""Failures whose message is a sentence already."""


def _in_sentences(command: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except SENTENCES as exc:
            raise ExplorerError(str(exc)) from exc
        except FileNotFoundError as exc:
            raise ExplorerError(f"There is no file '{exc.filename}'.") from exc

    return run


COMMANDS = {
    "pretrain": _in_sentences(run_pretraining),
    "probe": _in_sentences(run_probe),
    "finetune": _in_sentences(run_finetuning),
    "experiment": _in_sentences(run_experiment),
}
