"""The training run: its schedule, its batches, resuming, collapse, and that it learns."""

import csv
import hashlib
import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model.batches import VIEWED_PX, Batches
from model.datasets import read_first_galaxies
from model.encoder import load_encoder, save_encoder, untrained_encoder
from model.linear_probe import represent, rotate, self_retrieval
from model.preprocess import centre_crop
from model.pretrain import (
    Collapsed,
    Pretraining,
    UnusableTrainer,
    pretrain,
    why_not_compiled,
)
from model.pretrain_config import (
    NTXENT,
    PretrainConfig,
    ScheduleConfig,
    learning_rate,
    schedule_of,
    views_at,
)
from model.run_files import AnotherRun
from model.views import ViewConfig

RUN = """
import hashlib, json, sys
from pathlib import Path
import numpy as np
import pytorch_lightning as pl
from model.views import ViewConfig
from model.pretrain import pretrain
from model.pretrain_config import PretrainConfig

class Notes(pl.Callback):
    def on_train_start(self, trainer, module):
        self.views = []
        draw = module._views
        def noted(images, step):
            views = draw(images, step)
            self.views.append(hashlib.sha256(views[0].numpy().tobytes()).hexdigest())
            return views
        module._views = noted

    def on_train_end(self, trainer, module):
        parameters = b"".join(p.detach().numpy().tobytes() for p in module.parameters())
        def digests(batch):
            return [hashlib.sha256(image.numpy().tobytes()).hexdigest() for image in batch]
        images = [digests(module.batches.images(step)) for step in range(trainer.max_steps)]
        notes = {"images": images, "views": self.views, "world": trainer.world_size,
                 "parameters": hashlib.sha256(parameters).hexdigest()}
        Path(sys.argv[1], f"rank{trainer.global_rank}.json").write_text(json.dumps(notes))

if __name__ == "__main__":
    images = np.random.default_rng(0).integers(0, 256, (16, 150, 150), dtype=np.uint8)
    config = PretrainConfig(architecture="resnet14", batch_size=8, epochs=2, warmup_epochs=0.5,
                            views=ViewConfig(centre_crop_px=24), checkpoint_every_steps=1)
    pretrain([images], Path(sys.argv[1], "run"), config, [Notes()], devices=2)
"""
"""Pre-training in two real processes, each of which notes what it saw."""

TINY = PretrainConfig(
    architecture="resnet14",
    batch_size=4,
    epochs=1.5,
    warmup_epochs=0.5,
    views=ViewConfig(centre_crop_px=24),
    checkpoint_every_steps=2,
)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (16, 150, 150), dtype=np.uint8)


def test_defaults_are_those_of_table_3() -> None:
    config = PretrainConfig()
    assert (config.objective, config.optimizer, config.batch_size) == ("byol", "sgd", 1024)
    assert (config.base_learning_rate, config.weight_decay) == (0.2, 1.5e-6)
    assert (config.epochs, config.warmup_epochs) == (500, 10)


@pytest.mark.parametrize(
    ("step", "expected"),
    [(0, 0.1), (4, 0.5), (9, 1.0), (10, 1.0), (60, 0.5), (110, 0.0)],
)
def test_the_rate_warms_up_linearly_and_falls_as_a_cosine(step: int, expected: float) -> None:
    assert learning_rate(step, ScheduleConfig(10, 110)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("step", "expected"), [(50, 1.0), (90, 1.0), (95, 0.5 * (1 + math.cos(math.pi / 4)))]
)
def test_the_rate_can_stay_up_until_the_last_steps(step: int, expected: float) -> None:
    assert learning_rate(step, ScheduleConfig(10, 110, 20)) == pytest.approx(expected)


def test_the_base_rate_is_scaled_by_the_batch_size(images: np.ndarray) -> None:
    module = Pretraining(Batches([images], TINY), TINY)
    optimizer = module.configure_optimizers()["optimizer"]
    assert optimizer.param_groups[0]["initial_lr"] == pytest.approx(0.2 * 4 / 256)
    schedule = schedule_of(TINY, module.batches.steps_per_epoch)
    assert (schedule.warmup_steps, schedule.total_steps) == (2, 6)


def test_an_epoch_shows_every_image_once(images: np.ndarray) -> None:
    batches = Batches([images], TINY)
    seen = torch.cat([batches.images(step) for step in range(4)])
    viewed = centre_crop(images, VIEWED_PX)
    assert {image.numpy().tobytes() for image in seen} == {image.tobytes() for image in viewed}
    again = Batches([images], TINY)
    assert torch.equal(batches.images(3), again.images(3))


@pytest.mark.parametrize(
    ("objective", "described"),
    [
        pytest.param("byol", 0.0, marks=pytest.mark.slow),
        pytest.param("ntxent", 0.0, marks=pytest.mark.slow),
        ("ntxent", 2.0),
    ],
)
def test_resident_and_streamed_images_give_the_same_losses(
    objective: Any, described: float, images: np.ndarray, tmp_path: Path
) -> None:
    config = replace(TINY, objective=objective, description_weight=described, epochs=2.5)
    losses = []
    for resident in (True, False):
        out = tmp_path / f"{resident}"
        pretrain([images[:10], images[10:]], out, replace(config, resident=resident))
        with (out / "metrics.csv").open() as file:
            losses.append([float(row["loss"]) for row in csv.DictReader(file)])
    assert len(losses[0]) == 10
    # (a descriptor that jumps at a level is rounded otherwise in another batch; then runs part)
    same = 3 if described else 10
    np.testing.assert_allclose(losses[0][:same], losses[1][:same], rtol=1e-5)


def test_shares_decide_how_a_batch_is_mixed(images: np.ndarray) -> None:
    dark, bright = np.zeros((2, 150, 150), np.uint8), np.full((90, 150, 150), 9, np.uint8)
    mixed = Batches([dark, bright], replace(TINY, shares=(0.5, 0.5))).images(5)
    assert sorted(int(image.max()) for image in mixed) == [0, 0, 9, 9]


def test_nodes_share_a_batch(images: np.ndarray) -> None:
    whole = Batches([images], TINY).images(1)
    parts = [Batches([images], TINY, rank, 2).images(1) for rank in (0, 1)]
    assert torch.equal(whole[0::2], parts[0])
    assert torch.equal(whole[1::2], parts[1])


def test_small_views_come_first() -> None:
    config = replace(NTXENT, epochs=10, small_view_px=48, large_view_epochs=2)
    assert views_at(79, config, 10).centre_crop_px == 48
    assert views_at(80, config, 10).centre_crop_px == 70


@pytest.mark.parametrize(
    ("objective", "described"),
    [
        pytest.param("byol", 0, marks=pytest.mark.slow),
        pytest.param("ntxent", 0, marks=pytest.mark.slow),
        ("ntxent", 2),
    ],
)
def test_a_run_that_died_and_resumed_equals_an_undisturbed_one(
    objective: Any,
    described: float,
    images: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = replace(TINY, objective=objective, description_weight=described)
    undisturbed = pretrain([images], tmp_path / "a", config)
    step = Pretraining.training_step

    def dies(self: Pretraining, batch: Any, index: int) -> torch.Tensor:
        if self.global_step == 3:
            raise RuntimeError("killed")
        return step(self, batch, index)

    with monkeypatch.context() as patch:
        patch.setattr(Pretraining, "training_step", dies)
        with pytest.raises(RuntimeError, match="killed"):
            pretrain([images], tmp_path / "b", config)
    resumed = pretrain([images], tmp_path / "b", config)
    for key, value in undisturbed.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key
    with (tmp_path / "b" / "metrics.csv").open() as file:
        assert [int(row["step"]) for row in csv.DictReader(file)] == [1, 2, 3, 4, 5, 6]


def test_collapse_stops_the_run_with_a_sentence(tmp_path: Path) -> None:
    blank = np.zeros((8, 150, 150), np.uint8)
    with pytest.raises(Collapsed, match="collapsed at step 0: their effective rank is 0"):
        pretrain([blank], tmp_path, TINY)


def test_a_run_starts_from_the_weights_it_is_given(images: np.ndarray, tmp_path: Path) -> None:
    first = pretrain([images], tmp_path / "a", TINY)
    again = replace(TINY, start_from=str(tmp_path / "a" / "encoder.safetensors"))
    begun = Pretraining(Batches([images], again), again).learner.encoder.state_dict()
    for key, value in first.state_dict().items():
        assert torch.equal(value.half(), begun[key].half()), key


def test_the_encoder_that_is_written_fits_its_line(images: np.ndarray, tmp_path: Path) -> None:
    config = replace(TINY, architecture="resnet18", epochs=0.25, warmup_epochs=0)
    pretrain([images], tmp_path, config)
    assert (tmp_path / "encoder.safetensors").stat().st_size < 23e6
    assert load_encoder(tmp_path / "encoder.safetensors").card.trained


@pytest.mark.slow
def test_a_smoke_run_lowers_the_loss_and_beats_the_untrained_encoder(tmp_path: Path) -> None:
    galaxies = read_first_galaxies()
    training = galaxies.where(galaxies.split == "train")
    images, held_out = training.pixels[:320], training.pixels[1000:1060]
    config = replace(
        NTXENT, architecture="resnet14", batch_size=32, epochs=1.6, warmup_epochs=0.3, tau=0.8,
        views=ViewConfig(centre_crop_px=24), rank_every_steps=1000,
    )  # fmt: skip
    encoder = pretrain([images], tmp_path, config)
    with (tmp_path / "metrics.csv").open() as file:
        loss = [float(row["loss"]) for row in csv.DictReader(file)]
    assert np.mean(loss[-5:]) < 0.9 * np.mean(loss[:5])
    turned = rotate(held_out, seed=1)
    trained, untrained = (
        self_retrieval(represent(e, held_out), represent(e, turned))
        for e in (encoder, untrained_encoder("resnet14"))
    )
    assert trained > untrained, (trained, untrained)


def test_a_directory_with_another_run_is_refused_and_left_as_it_is(
    images: np.ndarray, tmp_path: Path
) -> None:
    pretrain([images], tmp_path, TINY)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(AnotherRun, match=r"epochs is 1.5 there and 9 here.*--start-from"):
        pretrain([images], tmp_path, replace(TINY, epochs=9))
    with pytest.raises(AnotherRun, match=r"images is \[16\] there and \[12\] here"):
        pretrain([images[:12]], tmp_path, TINY)
    blurred = replace(TINY, views=replace(TINY.views, blur_probability=0.5))
    with pytest.raises(AnotherRun, match=r"run: blur_probability is 0.1 there and 0.5 here\. Give"):
        pretrain([images], tmp_path, blurred)
    with pytest.raises(AnotherRun, match=r"; 4 more differ\. Give") as several:
        pretrain([images[:12]], tmp_path, replace(blurred, seed=1, epochs=9, tau=0.5, hidden=8))
    assert len(str(several.value)) < 600
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_devices_that_are_not_there_are_named(images: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(UnusableTrainer, match="cannot train with accelerator nonsense"):
        pretrain([images], tmp_path, TINY, accelerator="nonsense")


def test_what_a_run_writes_can_be_read_by_others(images: np.ndarray, tmp_path: Path) -> None:
    pretrain([images], tmp_path, TINY)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0o666 & ~umask()}, modes


def umask() -> int:
    """The process's mask of permissions, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_run_that_never_reached_a_checkpoint_is_replaced(
    images: np.ndarray, tmp_path: Path
) -> None:
    (tmp_path / "configuration.json").write_text('{"objective": "byol", "epo')  # cut off
    pretrain([images], tmp_path, TINY)
    assert json.loads((tmp_path / "configuration.json").read_text())["images"] == [16]


@pytest.mark.slow
def test_other_weights_or_images_under_the_same_name_are_another_run(
    images: np.ndarray, tmp_path: Path
) -> None:
    weights = tmp_path / "start.safetensors"
    config = replace(TINY, start_from=str(weights))
    save_encoder(untrained_encoder("resnet14", 1), weights, "first", "random", trained=False)
    pretrain([images], tmp_path / "a", config)
    save_encoder(untrained_encoder("resnet14", 2), weights, "first", "random", trained=False)
    with pytest.raises(AnotherRun, match="start_from_sha256 is "):
        pretrain([images], tmp_path / "a", config)
    pretrain([images], tmp_path / "b", config)
    with pytest.raises(AnotherRun, match="images_sha256 is "):
        pretrain([images[::-1].copy()], tmp_path / "b", config)
    card = load_encoder(tmp_path / "b" / "encoder.safetensors").card
    assert card.origin == (
        "pre-trained by self-supervision (byol), from the weights of first, which are random"
    )


@pytest.mark.slow
def test_two_processes_train_one_network_on_different_images(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(RUN)
    ran = subprocess.run(
        [sys.executable, script, tmp_path],
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    first, second = (json.loads((tmp_path / f"rank{r}.json").read_text()) for r in (0, 1))
    assert first["world"] == second["world"] == 2
    assert first["parameters"] == second["parameters"]
    assert len(first["views"]) == len(second["views"]) == 4
    assert not set(first["views"]) & set(second["views"])
    images = np.random.default_rng(0).integers(0, 256, (16, 150, 150), dtype=np.uint8)
    whole = Batches([images], PretrainConfig(batch_size=8))
    for step, parts in enumerate(zip(first["images"], second["images"], strict=True)):
        together = {hashlib.sha256(i.numpy().tobytes()).hexdigest() for i in whole.images(step)}
        assert set(parts[0]) | set(parts[1]) == together
        assert not set(parts[0]) & set(parts[1])
    rows = (tmp_path / "run" / "metrics.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["step", "1", "2", "3", "4"]


def test_devices_that_cannot_share_a_batch_equally_are_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    images = np.zeros((16, 150, 150), np.uint8)
    with pytest.raises(UnusableTrainer, match=r"3 devices cannot share .* 8 images .* batch of 6"):
        pretrain([images], tmp_path / "run", PretrainConfig(batch_size=8), devices=3)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_batch_of_one_image_a_device_is_refused(processes: int, tmp_path: Path) -> None:
    images = np.zeros((16, 150, 150), np.uint8)
    config = PretrainConfig(batch_size=processes)
    with pytest.raises(UnusableTrainer, match=f"at least {2 * processes}"):
        pretrain([images], tmp_path / "run", config, devices=processes)
    assert not (tmp_path / "run").exists()


def test_a_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch._inductor.config as inductor

    torch._dynamo.reset()
    monkeypatch.setattr(inductor.cpp, "cxx", ("no-such-compiler",))
    monkeypatch.setattr(inductor, "force_disable_caches", True)
    reason = why_not_compiled()
    torch._dynamo.reset()
    assert reason
    assert "\n" not in reason


def test_a_run_goes_on_uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.zeros((8, 150, 150), np.uint8)
    config = replace(PretrainConfig(), architecture="resnet14", batch_size=4, compile=True)
    monkeypatch.setattr("model.pretrain.why_not_compiled", lambda: "no C++ compiler")
    with pytest.warns(UserWarning, match="without torch.compile: no C\\+\\+ compiler"):
        module = Pretraining(Batches([images], config), config)
    assert module.learner.encoder._compiled_call_impl is None
