"""What the tests of a fetch share: places, a clock without waits, and what lies on disk."""

import hashlib
import os
import signal
from datetime import UTC, datetime, tzinfo
from multiprocessing.process import BaseProcess
from pathlib import Path

import app.surveys.cutouts
import scripts.fetch.cutout_dir
import scripts.fetch.run
from app.settings import Settings
from scripts.fetch.cutouts import FetchOutcome, fetch_cutouts, first_source
from scripts.fetch.failures import FailureTable
from scripts.fetch.rate_limit import Clock
from scripts.fetch.run import FetchConfig
from scripts.fetch.targets import ListRow
from tests.forked import FORKED

FIELD_ARCMIN = 4.5
"""150 px: the smallest that is a cutout, and quickly sent."""
MOMENTS = ("not whole", "not renamed", "renamed", "half a failure", "not tidied")


class EagerClock(Clock):
    """A clock whose waits take no time and are noted."""

    def __init__(self) -> None:
        super().__init__()
        self.time_s = 0.0
        self.waits_s: list[float] = []

    def now_s(self) -> float:
        return self.time_s

    def wait(self, seconds: float) -> None:
        self.waits_s.append(seconds)
        self.time_s += seconds


def rows_of(n: int) -> list[ListRow]:
    """List n places well inside FIRST's northern sky, half a degree apart and more."""
    return [ListRow(f"s-{i:03d}", 130.0 + 0.7 * (i % 140), 5.0 + 0.4 * (i % 97)) for i in range(n)]


def config_of(out: Path, **options: object) -> FetchConfig:
    """A fetch of small images that does not wait between requests."""
    quick = {"field_arcmin": FIELD_ARCMIN, "rate_per_s": 1000.0, **options}
    return FetchConfig(out, **quick)  # type: ignore[arg-type]


def fetch_from(
    url: str,
    rows: list[ListRow],
    config: FetchConfig,
    clock: Clock | None = None,
    deadline_s: float = 20.0,
    skyview_url: str | None = None,
) -> FetchOutcome:
    """Fetch with the real client from a server on loopback, and SkyView's if there is one."""
    settings = Settings(
        first_server=url,
        skyview_server=skyview_url or "",
        survey_deadline_s=deadline_s,
        survey_pause_s=60.0,
    )
    asks_skyview = skyview_url is not None
    source = first_source(settings, config.field_arcmin, config.connections, asks_skyview)
    return fetch_cutouts(rows, source, config, clock)


def digests(out: Path) -> dict[str, str]:
    """Give the sha256 of every image, and of the failures in the order of their sources."""
    found = {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in out.rglob("*.fits")
    }
    table = (out / "failures.csv").read_text().splitlines()
    return found | {"failures": "\n".join(sorted(table))}


def fetch_in_a_process(
    url: str, rows: list[ListRow], config: FetchConfig, moment: str | None = None
) -> BaseProcess:
    """Start a fetch in its own process, at a fixed time of day; at a moment it kills itself."""
    process = FORKED.Process(target=_fetch_as_process, args=(url, rows, config, moment))
    process.start()
    return process


def _fetch_as_process(
    url: str, rows: list[ListRow], config: FetchConfig, moment: str | None
) -> None:
    os.environ["NO_PROXY"] = "127.0.0.1"
    app.surveys.cutouts.datetime = _NoTime  # type: ignore[misc]
    scripts.fetch.run.datetime = _NoTime  # type: ignore[misc]
    if moment:
        _die_at(moment)
    fetch_from(url, rows, config)


class _NoTime(datetime):
    """A time of day that stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "_NoTime":
        return cls(2026, 1, 1, tzinfo=UTC)


def _die_at(moment: str) -> None:
    """Arrange for the death of this process at its third image, first failure, or tidying up."""
    replace = os.replace
    images: list[str] = []

    def time_has_come(path: object) -> bool:
        if moment == "not tidied":
            return str(path).endswith("failures.csv")
        images.append(str(path))
        return sum(path.endswith(".fits") for path in images) == 3

    def replace_and_die(part: Path, path: Path) -> None:
        last = time_has_come(path)
        if last and moment == "not whole":
            os.truncate(part, 50_000)
        if last and moment == "renamed":
            replace(part, path)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(part, path)

    def append_half(table: FailureTable, failures: object) -> None:
        with table.path.open("ab") as file:
            file.write(b"s-000,120.0,-5.0,footpr")
        os.kill(os.getpid(), signal.SIGKILL)

    if moment == "half a failure":
        FailureTable.append = append_half  # type: ignore[assignment, method-assign]
    else:
        os.replace = replace_and_die  # type: ignore[assignment]
