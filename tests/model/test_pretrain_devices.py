"""Pre-training on several devices: two real processes on this machine's processor."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model.pretrain import UnusableTrainer, pretrain
from model.pretrain_config import PretrainConfig
from model.run_files import Batches

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
        def noted(images, step, number):
            views = draw(images, step, number)
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
