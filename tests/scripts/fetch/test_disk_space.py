"""A fetch takes no more disk than there is, or than it may, and says so beforehand."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.fetch.cutout_dir import FetchError
from tests.fetching import config_of, fetch_from, rows_of
from tests.replay.fetch import FetchReplay


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FetchReplay]:
    """A FIRST server on loopback, asked directly even where a proxy is set."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FetchReplay() as replay:
        yield replay


def test_what_cannot_fit_is_refused_before_anything_is_asked(
    server: FetchReplay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FetchError, match=r"20 images to fetch, 109 kB each: 2.2 MB .* --max-gb"):
        fetch_from(server.first_url, rows_of(20), config_of(tmp_path, max_bytes=1_000_000))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9e9, 8.5e9, 5e8))
    with pytest.raises(FetchError, match=r"of the 500.0 MB that are free.* Free some"):
        fetch_from(server.first_url, rows_of(20), config_of(tmp_path))
    assert server.count() == 0


def test_a_disk_that_fills_up_ends_the_fetch_in_a_sentence_and_loses_nothing(
    server: FetchReplay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil._ntuple_diskusage(9e9, 0, 9e9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free if server.count() < 5 else full)
    full = shutil._ntuple_diskusage(9e9, 9e9, 0)
    outcome = fetch_from(server.first_url, rows_of(20), config_of(tmp_path))
    assert outcome.stopped is not None
    assert "nearly full: 0.0 MB are free" in outcome.stopped
    kept = len(list(tmp_path.rglob("*.fits")))
    assert outcome.counts.fetched == kept == server.count()
    assert outcome.counts.not_tried == 20 - kept
    monkeypatch.undo()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert fetch_from(server.first_url, rows_of(20), config_of(tmp_path)).counts.had == kept
    assert set(server.asked.values()) == {1}
