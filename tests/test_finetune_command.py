"""The commands finetune and probe: several seeds, the whole configuration, a classifier kept."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from model.classifier import load_classifier
from model.finetune import TABLE_5, FinetuneConfig
from scripts.cli import app
from scripts.finetune import configure, summary
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
