"""What a fetch says of itself while it runs."""

import pytest

from scripts.fetch import progress
from scripts.fetch.progress import FetchProgress


def test_progress_says_the_rate_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now_s)
    shown = FetchProgress(10_000)
    for number in range(50):
        shown.advance(failed=number < 3)
    now_s = 125.0
    assert shown.line() == "50 of 10,000, 3 failed, 2.00 images/s, 1.4 h left"
