"""A grid of runs: what an experiment declares, and how its runs are done once and kept.

It never knows what a run computes.
"""

import hashlib
import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from app.errors import ExplorerError
from model.encoder import EncoderCard
from model.whole_file import write_whole
from scripts.experiments.paper_values import TITLES
from scripts.terminal import track

Budget = Literal["smoke", "cpu", "paper"]
Precision = Literal["32-true", "bf16-mixed"]


class InputMissing(ExplorerError):
    """An experiment needs something that was not named."""


@dataclass(frozen=True)
class Inputs:
    """What the runs read."""

    mirabest: Path | None = None
    encoder: Path | None = None
    """None: the encoder that ships."""
    card: EncoderCard | None = None
    """Of that encoder."""
    sets: tuple[str, str] = ("mirabest", "firstgalaxydata")
    """The two labelled sets of Table 7."""
    mightee: Path | None = None
    bundle: Path | None = None
    data: tuple[str, ...] = ()
    """Sources of training images, as of `pretrain --data`."""
    components: Path | None = None
    device: str = "cpu"
    budget: Budget = "cpu"
    precision: Precision | None = None
    """Of fine-tuning; None: as the budget says."""
    seeds: int | None = None
    """None: as the budget says."""

    def mirabest_file(self) -> Path:
        """The MiraBest batches.

        Raises
        ------
        InputMissing
        """
        if self.mirabest is None:
            raise InputMissing(
                "This experiment reads MiraBest: name MiraBest_F_batches.tar.gz with --mirabest "
                "FILE; `rgz-explorer fetch mirabest` gets it."
            )
        return self.mirabest


@dataclass(frozen=True)
class Cell:
    """One run of a grid: a name for its file, and everything that decides its result."""

    key: str
    values: dict[str, Any]
    needs_encoder: bool = True
    """Whether another encoder gives another result."""


@dataclass(frozen=True)
class CellResult:
    """A cell with what its run gave."""

    cell: Cell
    result: dict[str, Any]
    folder: Path = Path()
    """Files of the run."""


@dataclass(frozen=True)
class Experiment:
    """One table or figure of the paper."""

    name: str
    """As in `TITLES`."""
    family: str
    """Experiments of one family share their runs (Table 6, Fig. 4 and Fig. 5 do)."""
    cells: Callable[[Inputs], list[Cell]]
    run: Callable[[Cell, Inputs, Path], dict[str, Any]]
    """A result as plain values; the path is a directory for files of the run, not made yet."""
    report: Callable[[list[CellResult], Inputs, Path], str]
    """Markdown; figures go into the directory."""

    @property
    def title(self) -> str:
        """Which table or figure it is."""
        return TITLES[self.name]


def run_grid(experiment: Experiment, inputs: Inputs, work: Path, jobs: int) -> list[CellResult]:
    """Do the runs of an experiment that have not been done, and give all of them.

    Parameters
    ----------
    work : path
        Keeps one JSON file a run; an interrupted grid goes on from them.
    jobs : int
        Processes at once, one thread each.
    """
    cells = experiment.cells(inputs)
    folder = work / experiment.family / inputs.budget
    folder.mkdir(parents=True, exist_ok=True)
    results = {cell.key: _stored(folder, cell, inputs) for cell in cells}
    missing = [cell for cell in cells if results[cell.key] is None]
    for cell, result in track(
        _done(experiment, missing, inputs, folder, jobs), experiment.name, len(missing)
    ):
        results[cell.key] = result
        _store(folder, cell, inputs, result)
    return [CellResult(c, results[c.key] or {}, _files(folder, c, inputs)) for c in cells]


def _done(
    experiment: Experiment, cells: list[Cell], inputs: Inputs, folder: Path, jobs: int
) -> Iterator[tuple[Cell, dict[str, Any]]]:
    if jobs == 1 or len(cells) < 2:
        for cell in cells:
            yield cell, experiment.run(cell, inputs, _files(folder, cell, inputs))
        return
    fresh = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    with ProcessPoolExecutor(jobs, fresh, initializer=_one_thread) as pool:
        running = {
            pool.submit(experiment.run, c, inputs, _files(folder, c, inputs)): c for c in cells
        }
        try:
            yield from _finished(running)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # else it would do all the others first
            raise


def _finished(
    running: dict[Future[dict[str, Any]], Cell],
) -> Iterator[tuple[Cell, dict[str, Any]]]:
    """Yield runs as they end; after a failure none is begun, and those under way are yielded."""
    pending, failure = set(running), None
    while pending:
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        for future in done:
            if (found := future.exception()) is None:
                yield running[future], future.result()
            else:
                failure = failure or found
        if failure is not None:
            pending = {future for future in pending if not future.cancel()}
    if failure is not None:
        raise failure


def _one_thread() -> None:
    import torch  # in the new process, before anything computes

    torch.set_num_threads(1)


def _fingerprint(cell: Cell, inputs: Inputs) -> dict[str, Any]:
    """What a kept result must have been made with to be taken over."""
    sha256 = inputs.card.sha256 if inputs.card and cell.needs_encoder else None
    made_with = {
        "encoder_sha256": sha256,
        "data": list(inputs.data),
        "components": None if inputs.components is None else str(inputs.components),
    }
    content: dict[str, Any] = json.loads(json.dumps({"values": cell.values, **made_with}))
    return content


def _files(folder: Path, cell: Cell, inputs: Inputs) -> Path:
    """The directory of a run's files: another one for other inputs, whose checkpoint it may hold.

    An interrupted training goes on from the checkpoint that it finds there.
    """
    text = json.dumps(_fingerprint(cell, inputs), sort_keys=True)
    return folder / f"{cell.key}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _stored(folder: Path, cell: Cell, inputs: Inputs) -> dict[str, Any] | None:
    path = folder / f"{cell.key}.json"
    if not path.exists():
        return None
    content = json.loads(path.read_text())
    same = content["made_with"] == _fingerprint(cell, inputs)
    return content["result"] if same else None


def _store(folder: Path, cell: Cell, inputs: Inputs, result: dict[str, Any]) -> None:
    content = {
        "made_with": _fingerprint(cell, inputs),
        "inputs": asdict(inputs),
        "result": result,
    }
    text = json.dumps(content, indent=1, default=_name_of)
    write_whole(folder / f"{cell.key}.json", text)


def _name_of(path: Path) -> str:
    """A file by its last name: records are published, and directories say nothing elsewhere."""
    return path.name
