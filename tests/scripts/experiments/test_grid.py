"""A grid does every run once, goes on where it stopped, and knows when a result is another's."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.encoder import EncoderCard
from scripts.experiments.grid import Cell, Experiment, InputMissing, Inputs, run_grid

CARD = EncoderCard("an encoder", "resnet18", "a test", True, "a")
INPUTS = Inputs(Path("none"), card=CARD, budget="smoke")


def counting(calls: list[str]) -> Experiment:
    def run(cell: Cell, _inputs: Inputs, _folder: Path) -> dict[str, float]:
        calls.append(cell.key)
        if cell.values["n"] == 2 and "fail" in calls:
            raise RuntimeError("killed")
        return {"error": cell.values["n"] / 10}

    cells = [Cell(f"n-{n}", {"n": n}, needs_encoder=n != 1) for n in (1, 2)]
    return Experiment("count", "count", lambda _: cells, run, lambda *_: "")


def process_of(cell: Cell, _inputs: Inputs, _folder: Path) -> dict[str, Any]:
    import torch

    if cell.values["n"] == "bad":
        raise ValueError("the second run fails")
    if cell.values["n"] > 3:  # long enough for the failure to be seen before all are done
        time.sleep(0.3)
    return {"n": cell.values["n"], "process": os.getpid(), "threads": torch.get_num_threads()}


def parallel(*values: Any) -> Experiment:
    cells = [Cell(f"n-{n}", {"n": n}) for n in values]
    return Experiment("par", "par", lambda _: cells, process_of, lambda *_: "")


def test_a_finished_run_is_not_done_again(tmp_path: Path) -> None:
    calls: list[str] = []
    experiment = counting(calls)
    first = run_grid(experiment, INPUTS, tmp_path, jobs=1)
    assert run_grid(experiment, INPUTS, tmp_path, jobs=1) == first
    assert calls == ["n-1", "n-2"]


def test_a_record_tells_what_was_read_without_the_machines_directories(tmp_path: Path) -> None:
    inputs = replace(INPUTS, mirabest=tmp_path / "MiraBest.tar.gz")
    run_grid(counting([]), inputs, tmp_path, jobs=1)
    text = (tmp_path / "count" / "smoke" / "n-1.json").read_text()
    told = json.loads(text)["inputs"]
    assert (told["mirabest"], told["bundle"], told["card"]["sha256"]) == (
        "MiraBest.tar.gz",
        None,
        "a",
    )
    assert str(tmp_path) not in text


def test_an_interrupted_grid_goes_on_where_it_stopped(tmp_path: Path) -> None:
    calls = ["fail"]
    experiment = counting(calls)
    with pytest.raises(RuntimeError):
        run_grid(experiment, INPUTS, tmp_path, jobs=1)
    calls.remove("fail")
    outcomes = run_grid(experiment, INPUTS, tmp_path, jobs=1)
    assert calls == ["n-1", "n-2", "n-2"]
    assert [o.result["error"] for o in outcomes] == [0.1, 0.2]


def test_another_encoder_repeats_only_the_runs_that_use_one(tmp_path: Path) -> None:
    calls: list[str] = []
    experiment = counting(calls)
    run_grid(experiment, INPUTS, tmp_path, jobs=1)
    run_grid(experiment, replace(INPUTS, card=replace(CARD, sha256="b")), tmp_path, jobs=1)
    assert calls == ["n-1", "n-2", "n-2"]


def test_other_data_find_no_files_of_an_earlier_run(tmp_path: Path) -> None:
    def trains(_cell: Cell, _inputs: Inputs, folder: Path) -> dict[str, bool]:
        found = (folder / "last.ckpt").exists()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "last.ckpt").touch()
        return {"resumed": found}

    experiment = replace(counting([]), run=trains)
    for data in (("a",), ("b",)):
        outcomes = run_grid(experiment, replace(INPUTS, data=data), tmp_path, jobs=1)
        assert [o.result["resumed"] for o in outcomes] == [False, False]
        assert all((o.folder / "last.ckpt").exists() for o in outcomes)


def test_a_cell_that_means_something_else_now_is_done_again(tmp_path: Path) -> None:
    calls: list[str] = []
    run_grid(counting(calls), INPUTS, tmp_path, jobs=1)
    changed = counting(calls)
    cells = [Cell("n-1", {"n": 3})]
    outcomes = run_grid(replace(changed, cells=lambda _: cells), INPUTS, tmp_path, jobs=1)
    assert outcomes[0].result == {"error": 0.3}


def test_runs_go_to_processes_of_one_thread_and_keep_their_order(tmp_path: Path) -> None:
    outcomes = run_grid(parallel(1, 2, 3), INPUTS, tmp_path, jobs=2)
    assert [o.result["n"] for o in outcomes] == [1, 2, 3]
    assert {o.result["threads"] for o in outcomes} == {1}
    assert os.getpid() not in {o.result["process"] for o in outcomes}


@pytest.mark.slow
def test_a_run_that_fails_in_a_process_ends_the_grid_and_leaves_the_finished(
    tmp_path: Path,
) -> None:
    with pytest.raises(ValueError, match="second run fails"):
        run_grid(parallel(*range(1, 3), "bad", *range(4, 40)), INPUTS, tmp_path, jobs=2)
    kept = list((tmp_path / "par" / "smoke").glob("*.json"))
    names = {path.stem for path in kept}
    assert {"n-1", "n-2"} <= names
    assert len(names) < 30


def test_mirabest_is_asked_for_where_it_is_needed() -> None:
    with pytest.raises(InputMissing, match="--mirabest FILE"):
        Inputs().mirabest_file()
