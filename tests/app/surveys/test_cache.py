"""The cutout cache: exact, bounded, and never a reason for a query to fail."""

import logging
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from app.images.celestial import celestial_wcs
from app.images.fits import FitsImage, read_fits
from app.surveys.cache import CutoutCache
from tests.replay.images import drawn_double, first_answer

FILE_BYTES = 44_000  # of an image of 100 x 100 px with its header, roughly


def field(seed: int = 0, size_px: int = 100) -> FitsImage:
    """A noise image as the FIRST server would send it."""
    pixels = np.random.default_rng(seed).normal(0, 1.5e-4, (size_px, size_px)).astype(np.float32)
    return read_fits(first_answer(pixels, SkyCoord(150.0, 20.0, unit="deg")))


@pytest.fixture
def cache(tmp_path: Path) -> CutoutCache:
    return CutoutCache(tmp_path / "cutouts", 10 * FILE_BYTES)


def names(cache: CutoutCache) -> set[str]:
    return {path.stem for path in cache.directory.glob("*.fits")}


def test_an_image_comes_back_bit_by_bit_with_its_sky(cache: CutoutCache) -> None:
    pixels = drawn_double()
    pixels[10:20, 30:40] = np.nan
    kept = read_fits(first_answer(pixels, SkyCoord(150.0, 20.0, unit="deg")))
    cache.put("a", kept)
    image = cache.get("a")
    assert image is not None
    np.testing.assert_array_equal(image.pixels.view(np.uint32), pixels.view(np.uint32))
    before, after = (celestial_wcs(each.header).pixel_to_world(0, 299) for each in (kept, image))
    assert before.separation(after).arcsec < 1e-6
    assert image.header["BMAJ"] == 0.0015


def test_an_unknown_name_is_a_miss_and_makes_no_directory(cache: CutoutCache) -> None:
    assert cache.get("never") is None
    assert not cache.directory.exists()


def test_the_bytes_stay_bounded_and_the_least_recently_used_goes(cache: CutoutCache) -> None:
    for number in range(10):
        cache.put(f"{number}", field(number))
        os.utime(cache.directory / f"{number}.fits", (number, number))
    size = (cache.directory / "0.fits").stat().st_size
    bounded = CutoutCache(cache.directory, 10 * size)
    assert bounded.get("0") is not None  # used now: 1 is the oldest from here on
    bounded.put("new", field(99))
    assert names(bounded) == {"0", "2", "3", "4", "5", "6", "7", "8", "9", "new"}


def test_an_image_larger_than_the_cache_is_not_kept(tmp_path: Path) -> None:
    cache = CutoutCache(tmp_path, 1000)
    cache.put("large", field())
    assert names(cache) == set()


@pytest.mark.parametrize("place", [5, 400, 2880 * 2 + 7, -1], ids=["start", "header", "px", "end"])
def test_a_changed_byte_is_noticed_and_the_file_dropped(
    cache: CutoutCache, place: int, caplog: pytest.LogCaptureFixture
) -> None:
    cache.put("a", field())
    path = cache.directory / "a.fits"
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert cache.get("a") is None
    assert not path.exists()
    assert "damaged" in caplog.text


@pytest.mark.parametrize("length", [0, 100, 2880, 30_000])
def test_a_file_cut_off_is_dropped(cache: CutoutCache, length: int) -> None:
    cache.put("a", field())
    path = cache.directory / "a.fits"
    path.write_bytes(path.read_bytes()[:length])
    assert cache.get("a") is None
    assert not path.exists()


def test_a_directory_that_cannot_be_written_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = CutoutCache(tmp_path / "file" / "cutouts", 10**6)
    with caplog.at_level(logging.WARNING):
        cache.put("a", field())
        assert cache.get("a") is None
        cache.drop("a")
    assert "cannot be written" in caplog.text


def test_what_a_killed_writer_left_is_swept_away_but_not_a_live_writers(cache: CutoutCache) -> None:
    cache.put("a", field())
    for name, age_s in ((".dead.unfinished", 2 * 3600), (".alive.unfinished", 0)):
        part = cache.directory / name
        part.write_bytes(b"half")
        os.utime(part, (time.time() - age_s,) * 2)
    cache.put("b", field())
    assert {path.name for path in cache.directory.glob(".*")} == {".alive.unfinished"}


def test_the_directory_is_gone_through_once_in_a_64th_of_the_room_and_the_bound_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = field(size_px=10)
    CutoutCache(tmp_path, 10**9).put("0", small)
    size = (tmp_path / "0.fits").stat().st_size
    cache = CutoutCache(tmp_path, 320 * size)
    looks: list[int] = []
    look = CutoutCache._files

    def counted(self: CutoutCache) -> list[tuple[int, int, str]]:
        looks.append(1)
        return look(self)

    monkeypatch.setattr(CutoutCache, "_files", counted)
    for number in range(1, 500):
        cache.put(f"{number}", small)
        if number % 50 == 0:
            assert sum(1 for _ in tmp_path.iterdir()) <= 320
    assert 499 / 6 - 1 <= len(looks) <= 499 / 5 + 1
    kept = {int(name) for name in names(cache)}
    assert len(kept) >= 314
    assert set(range(200, 500)) <= kept  # the latest


def test_while_one_thread_goes_through_the_directory_no_other_waits(
    cache: CutoutCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, seen = threading.Event(), threading.Event()
    look = CutoutCache._files

    def slow(self: CutoutCache) -> list[tuple[int, int, str]]:
        looking.set()
        assert seen.wait(10)
        return look(self)

    monkeypatch.setattr(CutoutCache, "_files", slow)
    first = threading.Thread(target=cache.put, args=("first", field(1)))
    first.start()
    assert looking.wait(10)
    cache.put("second", field(2))
    assert cache.get("second") is not None
    seen.set()
    first.join()
    assert names(cache) == {"first", "second"}


HAMMER = """
    import sys
    from pathlib import Path
    import numpy as np
    from app.surveys.cache import CutoutCache
    from tests.app.surveys.test_cache import FILE_BYTES, field

    cache = CutoutCache(Path(sys.argv[1]), 4 * FILE_BYTES)
    random = np.random.default_rng(int(sys.argv[2]))
    fields = [field(seed) for seed in range(8)]
    hits = 0
    for _ in range(60):
        seed = int(random.integers(8))
        image = cache.get(str(seed))
        if image is None:
            cache.put(str(seed), fields[seed])
        else:
            hits += 1
            assert np.array_equal(image.pixels, fields[seed].pixels)
    assert hits > 5, hits
"""


def test_two_processes_share_a_full_cache_without_a_wrong_image_or_an_error(
    cache: CutoutCache,
) -> None:
    code = textwrap.dedent(HAMMER)
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error::UserWarning", "-c", code, str(cache.directory), seed],
            cwd=Path(__file__).parents[3],
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    errors = [process.communicate()[1] for process in processes]
    assert errors == ["", ""]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum(path.stat().st_size for path in cache.directory.iterdir()) < 6 * FILE_BYTES
