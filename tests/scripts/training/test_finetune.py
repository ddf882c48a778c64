"""The commands finetune and probe: several seeds, the whole configuration, a classifier kept."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from model.classifier import load_classifier
from model.datasets import Images
from model.encoder import save_encoder, untrained_encoder
from model.finetune import TABLE_5, FinetuneConfig
from scripts.cli import app
from scripts.training.judge import configure, summary
from tests.small_mirabest import write_small_mirabest


@pytest.fixture(scope="module")
def mirabest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_mirabest(tmp_path_factory.mktemp("mirabest") / "batches")


def finetune(mirabest: Path, out: Path, *more: str) -> dict:
    words = ["finetune", "--mirabest", str(mirabest), "--epochs", "1", "--out", str(out), *more]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0
    found: dict = json.loads(out.read_text())
    return found


def test_seeds_are_averaged_and_everything_that_decides_is_written_down(
    mirabest: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "fitted.safetensors"
    more = ("--seeds", "2", "--labels", "6", "--depth", "1", "--save", str(kept))
    result = finetune(mirabest, tmp_path / "result.json", *more, "--precision", "bf16-mixed")
    assert (result["seeds"], result["labels"], result["protocol"]) == (2, 6, "finetune")
    assert result["configuration"]["depth"] == 1
    assert result["configuration"]["precision"] == "bf16-mixed"
    assert result["configuration"]["views"]["crop_area_min"] == 0.9
    assert len(result["encoder"]["sha256"]) == 64
    assert set(result["errors"]) == {"confident", "uncertain"}
    for errors in result["errors"].values():
        assert errors["mean"] == pytest.approx(np.mean(errors["values"]))
        assert errors["standard_error"] is not None
    fitted = load_classifier(kept)
    assert fitted.classes == ("FRI", "FRII")
    assert "6 labels of mirabest" in fitted.origin


def test_the_linear_protocol_is_table_5_with_the_epochs_asked_for(
    mirabest: Path, tmp_path: Path
) -> None:
    result = finetune(mirabest, tmp_path / "result.json", "--protocol", "linear", "--labels", "4")
    assert result["configuration"]["optimizer"] == "sgd"
    assert (result["configuration"]["depth"], result["configuration"]["epochs"]) == (0, 1)


def test_protocols_are_those_of_the_paper() -> None:
    assert configure("finetune") == FinetuneConfig()
    assert configure("linear") == TABLE_5
    assert configure("supervised").layer_decay == 1.0
    with pytest.raises(typer.BadParameter, match="trains the head alone"):
        configure("linear", depth=3)


def test_one_seed_has_no_standard_error() -> None:
    assert summary([0.25]) == {"mean": 0.25, "standard_error": None, "values": [0.25]}
    assert summary([0.1, 0.3])["standard_error"] == pytest.approx(0.1)


def test_an_impossible_depth_is_one_sentence(mirabest: Path) -> None:
    words = ["finetune", "--mirabest", str(mirabest), "--depth", "12"]
    result = CliRunner().invoke(app, words)
    assert "9 layers with weights" in str(result.exception)


def test_a_probe_measures_both_sets_and_keeps_its_classifier(
    mirabest: Path, first_galaxies: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = first_galaxies.where(np.arange(0, len(first_galaxies), 32))
    monkeypatch.setattr("model.datasets.read_first_galaxies", lambda: few)
    monkeypatch.setattr("model.finetune.TABLE_5", replace(TABLE_5, epochs=1))
    weights, kept, out = (tmp_path / n for n in ("e.safetensors", "c.safetensors", "r.json"))
    save_encoder(untrained_encoder("resnet14"), weights, "a small one", "a test", trained=False)
    words = ["probe", "--mirabest", mirabest, "--encoder", weights, "--resplits", "0"]
    words += ["--table-5", "1", "--save", kept, "--out", out]
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    found = json.loads(out.read_text(), parse_constant=refuse)
    assert found["encoder"]["name"] == "a small one"
    confident = found["mirabest_confident"]
    assert confident["tested"] == 5  # of the ten labels in the test batch, the Confident ones
    assert 0 <= confident["test_errors"] <= 5
    assert confident["resplit_error"] is None
    assert set(found["firstgalaxydata"]) == {"valid", "test"}
    for measures in found["firstgalaxydata"].values():
        assert all(0 <= value <= 1 for value in measures.values())
    assert len(found["table_5"]["errors"]["confident"]["values"]) == 1
    assert load_classifier(kept).classes == ("FRI", "FRII")
