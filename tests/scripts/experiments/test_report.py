"""What the pages of experiments say: the command, what was claimed, and what was not observed."""

from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from app.bundle.catalogue import Catalogue
from app.bundle.latent_space import open_latent_space
from scripts.cli import app
from scripts.experiments.command import experiments
from scripts.experiments.grid import Cell, CellResult
from scripts.experiments.labels import claim
from scripts.experiments.maps import origin_sentence
from scripts.experiments.report import command_of, mean_error, with_error


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("results/here", "results/here"),
        ("../elsewhere/results", "results"),
        ("/some/where/results", "results"),
        ("drawn:/some/where/list.parquet", "drawn:list.parquet"),
        ("rgz108k:data/a.tar.gz", "rgz108k:data/a.tar.gz"),
    ],
)
def test_a_page_keeps_paths_below_the_working_directory_and_the_names_of_others(
    given: str, told: str
) -> None:
    single = typer.Typer()
    seen = []

    @single.command()
    def experiment(context: typer.Context, work: str, data: list[str] | None = None) -> None:
        seen.append(command_of(context))

    result = CliRunner().invoke(single, [given, "--data", given], prog_name="x")
    assert result.exit_code == 0, result.output
    assert seen == [f"rgz-explorer x {told} --data {told}"]


def test_the_help_tells_what_each_experiment_is() -> None:
    said = CliRunner().invoke(app, ["experiment", "--help"], env={"COLUMNS": "200"}).output
    for experiment in experiments().values():
        assert f"{experiment.name} - {experiment.title.split(': ', 1)[1]}" in said


def test_a_map_of_models_says_so(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = open_latent_space(bundle)
    assert origin_sentence(space) == ""
    kinds = ["model"] * 3 + ["observed"] * (len(space) - 3)
    monkeypatch.setattr(Catalogue, "image_origins", lambda _: kinds)
    assert f"3 of the {len(space)} images" in origin_sentence(space)
    assert "not observations" in origin_sentence(space)


def outcomes_at_729(differences: list[float], epochs: int = 100) -> list[CellResult]:
    def outcome(arm: str, seed: int, error: float) -> CellResult:
        values = {"arm": arm, "labels": 729, "depth": 9, "seed": seed, "epochs": epochs}
        return CellResult(Cell("", values), {"confident": error})

    return [
        outcome(arm, seed, 0.05 + difference * (arm == "supervised"))
        for seed, difference in enumerate(differences)
        for arm in ("supervised", "finetune")
    ]


@pytest.mark.parametrize(
    ("differences", "epochs", "said"),
    [
        ([0.03, 0.02, 0.03, 0.02], 100, "is not claimed"),
        ([0.03, 0.02, 0.03, 0.02, 0.03], 99, "is not claimed"),
        ([0.03, 0.02, 0.03, 0.02, 0.03], 100, "fine-tuning beats the supervised baseline"),
        ([-0.03, -0.02, -0.03, -0.02, -0.03], 100, "the supervised baseline beats fine-tuning"),
        ([0.03, -0.02, 0.03, -0.02, 0.01], 100, "do not differ"),
    ],
)
def test_a_better_arm_is_claimed_from_five_seeds_only(
    differences: list[float], epochs: int, said: str
) -> None:
    assert said in claim(outcomes_at_729(differences, epochs), "confident")


def test_means_have_the_standard_error_of_the_mean() -> None:
    assert mean_error([0.1, 0.2, 0.3]) == (pytest.approx(20.0), pytest.approx(10 / np.sqrt(3)))
    assert with_error(mean_error([0.0833])) == "8.33"
    assert with_error((8.3333, 0.401)) == "8.33 ± 0.40"
