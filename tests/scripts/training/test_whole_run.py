"""Packing, and a whole run from the archive alone, as on a bare machine."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.encoder import load_encoder
from model.packed import Packed, read_packed
from model.pretrain_config import GPU
from model.validation import ValidationSets
from scripts.training import whole_run


@pytest.fixture(scope="module")
def packed() -> Packed:
    random = np.random.default_rng(0)

    def pixels(n: int) -> np.ndarray:
        return random.integers(0, 256, (n, 110, 110), dtype=np.uint8)

    label = np.arange(20) % 2
    sets = ValidationSets(pixels(20), label, pixels(20), label, pixels(20), label)
    return Packed({"real": pixels(6), "drawn": pixels(10)}, sets, {"real": {"to_train_on": 6}})


def test_an_encoder_is_trained_measured_and_validated(
    packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.pretrain.seconds_of_a_step", lambda *_: 40.0)
    views = replace(GPU.views, centre_crop_px=24)
    small = replace(GPU, architecture="resnet14", views=views, collapse_rank=0)
    monkeypatch.setattr(whole_run, "GPU", small)
    whole_run.whole_run(packed, tmp_path, 6, batch_size=4, accelerator="cpu")
    card = load_encoder(tmp_path / "encoder.safetensors").card
    assert card.trained
    assert "ntxent" in card.name
    found = json.loads((tmp_path / "measured.json").read_text())
    assert found["images"] == packed.about
    assert found["measured"]["device"].startswith("cpu")
    assert found["measured"]["steps"] > 1
    assert set(found["measured"]["validation"]) == {
        "confident_error",
        "four_class_error",
        "valid_error",
        "neighbours_of_same_class",
        "finds_itself_rotated",
    }
    config = json.loads((tmp_path / "configuration.json").read_text())
    assert config["shares"] == [0.2, 0.8]


@pytest.mark.slow
def test_it_needs_nothing_of_the_server_and_no_astronomy() -> None:
    asked = (
        "import sys; import scripts.training.whole_run; "
        "print([m for m in ('app', 'astropy', 'h5py', 'typer') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.slow
def test_real_images_are_packed_with_what_was_kept_out(shared_data: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from scripts.cli import app

    out = tmp_path / "a.npz"
    words = ["pack", "--data", "firstgalaxydata", "--out", str(out)]
    words += ["--mirabest", str(shared_data / "MiraBest_F_batches.tar.gz")]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0
    found = read_packed(out)
    assert found.about["firstgalaxydata"]["to_train_on"] == 1047
    assert found.about["firstgalaxydata"]["kept_out_near_judges"] == 709
    assert len(found.validation.confident) == 729
