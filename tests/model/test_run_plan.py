"""A run that is given minutes: its schedule, its end, and what it leaves."""

import json
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from model.batches import Batches
from model.encoder import load_encoder
from model.pretrain import Pretraining, pretrain
from model.pretrain_config import PretrainConfig
from model.run_plan import END_S, SHARE, Deadline, NoTime, plan, seconds_of_a_step
from model.views import ViewConfig

TINY = PretrainConfig(
    architecture="resnet14",
    batch_size=4,
    views=ViewConfig(centre_crop_px=24),
    minutes=5,
)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (16, 150, 150), dtype=np.uint8)


@pytest.mark.parametrize(("seconds", "a_step"), [(300, 0.07), (300, 2.0), (30, 3.0)])
def test_the_planned_steps_fit_into_the_time(seconds: float, a_step: float) -> None:
    config = plan(TINY, steps_per_epoch=50, seconds=seconds, seconds_a_step=a_step)
    steps = round(config.epochs * 50)
    assert steps * a_step <= SHARE * seconds - END_S
    assert (steps + 2) * a_step > SHARE * seconds - END_S
    assert 0 < config.warmup_epochs < 0.1 * config.epochs
    assert config.checkpoint_every_steps * a_step <= 60 + a_step


def test_no_time_is_a_sentence_with_the_numbers() -> None:
    with pytest.raises(NoTime, match=r"5 minutes leave 6 s to train, and a step takes 4\.0 s"):
        plan(TINY, steps_per_epoch=50, seconds=6, seconds_a_step=4)


@pytest.mark.slow
def test_a_trial_takes_a_time_and_changes_nothing(images: np.ndarray) -> None:
    module = Pretraining(Batches([images], TINY), TINY)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    assert 0 < seconds_of_a_step(module, torch.device("cpu"), 100) < 60
    for key, value in module.state_dict().items():
        assert torch.equal(value, before[key]), key
    assert all(p.grad is None for p in module.parameters())


def test_a_run_with_minutes_leaves_an_encoder_and_goes_on_with_its_own_plan(
    images: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.pretrain.seconds_of_a_step", lambda *_: 60.0)
    pretrain([images], tmp_path, TINY)
    card = load_encoder(tmp_path / "encoder.safetensors").card
    assert card.name == "byol, 4 steps"
    planned = json.loads((tmp_path / "configuration.json").read_text())
    assert (planned["epochs"], planned["minutes"]) == (1.0, 5)

    def never(*_: Any) -> float:
        raise AssertionError("a run that goes on is not planned anew")

    monkeypatch.setattr("model.pretrain.seconds_of_a_step", never)
    pretrain([images], tmp_path, TINY)


def test_a_killed_run_leaves_the_encoder_of_its_last_checkpoint(
    images: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.pretrain.seconds_of_a_step", lambda *_: 60.0)
    step = Pretraining.training_step

    def dies(self: Pretraining, batch: Any, index: int) -> torch.Tensor:
        if self.global_step == 3:
            raise RuntimeError("killed")
        return step(self, batch, index)

    monkeypatch.setattr(Pretraining, "training_step", dies)
    with pytest.raises(RuntimeError, match="killed"):
        pretrain([images], tmp_path, TINY)
    assert load_encoder(tmp_path / "encoder.safetensors").card.name == "byol, 3 of 4 steps"


@pytest.mark.slow
def test_a_machine_that_has_become_slow_still_ends_in_time(
    images: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.pretrain.seconds_of_a_step", lambda *_: 0.01)
    clock = time.monotonic
    calls = iter(range(10**6))
    monkeypatch.setattr(
        "model.run_plan.time", SimpleNamespace(monotonic=lambda: clock() + 150 * next(calls))
    )
    pretrain([images], tmp_path, replace(TINY, collapse_rank=0))
    name = load_encoder(tmp_path / "encoder.safetensors").card.name
    done, total = (int(n.replace(",", "")) for n in name.split()[1::2] if n != "steps")
    assert 1 <= done < total


def test_a_deadline_stops_only_then() -> None:
    trainer = SimpleNamespace(should_stop=False)
    Deadline(None).on_train_batch_end(trainer)  # type: ignore[arg-type]
    Deadline(time.monotonic() + 60).on_train_batch_end(trainer)  # type: ignore[arg-type]
    assert not trainer.should_stop
    Deadline(time.monotonic()).on_train_batch_end(trainer)  # type: ignore[arg-type]
    assert trainer.should_stop
