"""A fetch that is killed, at random and at its worst moments, ends as one that was not."""

import os
import random
import signal
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from scripts.fetch.targets import ListRow
from tests.fetching import MOMENTS, config_of, digests, fetch_in_a_process, rows_of
from tests.replay.faults import Fault
from tests.replay.fetch import FetchReplay, Place
from tests.site import HUNG_S

KILLS = 10
ROWS = [*rows_of(44), ListRow("south", 10.0, -60.0), ListRow("twin", 130.0, 5.0)]


def damaged(place: Place, _: int) -> Fault | None:
    """Some places have a definite fault, always the same."""
    hours = float(place.split()[0])
    return {0: Fault.BLANK, 1: Fault.UNDERSIZED}.get(round(hours * 1e4) % 12)


@pytest.fixture(scope="module")
def server() -> Iterator[FetchReplay]:
    with FetchReplay(damaged) as replay:
        replay.delay_s = 0.02
        yield replay


@pytest.fixture(scope="module")
def undisturbed(server: FetchReplay, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a fetch leaves that nothing disturbs."""
    out = tmp_path_factory.mktemp("undisturbed")
    ended(fetch_in_a_process(server.first_url, ROWS, config_of(out)))
    found = digests(out)
    assert len(found) > 30
    assert all(f",{kind}," in found["failures"] for kind in ("footprint", "blank", "undersized"))
    return found


def ended(process: BaseProcess) -> None:
    process.join(HUNG_S)
    assert process.exitcode == 0


def leftovers(out: Path) -> list[Path]:
    return [path for path in out.rglob("*") if path.suffix == ".unfinished"]


@pytest.mark.slow
def test_ten_kills_at_random_leave_exactly_what_an_undisturbed_fetch_leaves(
    server: FetchReplay, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    chance = random.Random(69)
    server.asked.clear()
    killed = 0
    for _ in range(KILLS):
        process = fetch_in_a_process(server.first_url, ROWS, config_of(tmp_path))
        wait_for_requests(server, sum(server.asked.values()) + chance.randint(0, 4), process)
        time.sleep(chance.uniform(0, 0.04))
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        killed += process.exitcode == -signal.SIGKILL
    assert killed == KILLS
    assert 0 < len(list(tmp_path.rglob("*.fits"))) < len(undisturbed) - 1
    ended(fetch_in_a_process(server.first_url, ROWS, config_of(tmp_path)))
    assert digests(tmp_path) == undisturbed
    assert not leftovers(tmp_path)
    again = sum(server.asked.values()) - len(server.asked)
    assert again <= KILLS * 3  # only what was under way at a kill


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_at_the_worst_moment_loses_and_doubles_nothing(
    server: FetchReplay, undisturbed: dict[str, str], tmp_path: Path, moment: str
) -> None:
    process = fetch_in_a_process(server.first_url, ROWS, config_of(tmp_path), moment)
    process.join(HUNG_S)
    assert process.exitcode == -signal.SIGKILL
    if moment.startswith("not"):
        assert leftovers(tmp_path)
    ended(fetch_in_a_process(server.first_url, ROWS, config_of(tmp_path)))
    assert digests(tmp_path) == undisturbed
    assert not leftovers(tmp_path)


def test_sigterm_ends_a_fetch_in_order_and_what_is_under_way_is_kept(
    server: FetchReplay, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    server.asked.clear()
    process = fetch_in_a_process(server.first_url, ROWS, config_of(tmp_path))
    wait_for_requests(server, 5, process)
    process.terminate()
    ended(process)
    assert sum(server.asked.values()) < len(ROWS) / 2
    ended(fetch_in_a_process(server.first_url, ROWS, config_of(tmp_path)))
    assert set(server.asked.values()) == {1}
    assert digests(tmp_path) == undisturbed


def wait_for_requests(server: FetchReplay, n: int, process: BaseProcess) -> None:
    """Until the server was asked n times in all."""
    while sum(server.asked.values()) < n and process.is_alive():
        time.sleep(0.002)
