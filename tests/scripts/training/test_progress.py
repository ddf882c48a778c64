"""What a person who trains sees: where a run goes on, and its curves."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model.pretrain import Pretraining, pretrain
from model.pretrain_config import PretrainConfig
from model.views import ViewConfig
from scripts.training.progress import StepBar, plot_metrics

TINY = PretrainConfig(
    architecture="resnet14", batch_size=4, epochs=1, views=ViewConfig(centre_crop_px=24)
)


@pytest.mark.slow
def test_a_run_says_where_it_was_stopped_and_where_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = replace(TINY, warmup_epochs=0, checkpoint_every_steps=2)
    images = np.random.default_rng(0).integers(0, 256, (16, 150, 150), dtype=np.uint8)
    step = Pretraining.training_step

    def interrupted(self: Pretraining, batch: object, index: int) -> torch.Tensor:
        if self.global_step == 3:
            raise KeyboardInterrupt
        return step(self, batch, index)

    with monkeypatch.context() as patch:
        patch.setattr(Pretraining, "training_step", interrupted)
        with pytest.raises(SystemExit):
            pretrain([images], tmp_path, config, [StepBar()])
    assert "Stopped at step 3 of 4. The same command goes on" in capsys.readouterr().err
    pretrain([images], tmp_path, config, [StepBar()])
    assert "The run goes on at step 2 of 4." in capsys.readouterr().err


def test_the_curves_of_a_run_are_drawn(tmp_path: Path) -> None:
    rows = ["step,unix_time_s,learning_rate,loss,rank", "1,0,0.1,5.0,nan", "2,1,0.2,4.0,30"]
    (tmp_path / "metrics.csv").write_text("\n".join(rows))
    plot_metrics(tmp_path / "metrics.csv", tmp_path / "metrics.png")
    assert (tmp_path / "metrics.png").read_bytes().startswith(b"\x89PNG")
