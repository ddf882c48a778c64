"""Fetching a list over a real socket: what is asked, what is kept, and how it adds up."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits

from app.images.fits import read_fits
from app.surveys.cutouts import make_cutout
from scripts.fetch.cutout_dir import FetchError, open_store
from scripts.fetch.failures import FailureClass
from scripts.fetch.targets import ListRow
from tests.fetching import EagerClock, config_of, fetch_from, rows_of
from tests.replay.faults import Fault
from tests.replay.fetch import FetchReplay
from tests.replay.images import real_images
from tests.replay.server import ReplayServer
from tests.replay.surveys import FIRST_PATH, SKYVIEW_PATH

OFF_FOOTPRINT = ListRow("south", 10.0, -60.0)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FetchReplay]:
    """A FIRST server on loopback, asked directly even where a proxy is set."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FetchReplay() as replay:
        yield replay


def table(out: Path) -> list[dict[str, str]]:
    """The table of failures."""
    with (out / "failures.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def place(row: ListRow) -> str:
    """A row's position as the form has it."""
    position = SkyCoord(row.ra_deg, row.dec_deg, unit="deg")
    return f"{position.ra.hour:.8f} {position.dec.deg:.7f}"


def test_every_listed_row_is_in_one_count_and_every_image_where_it_is_looked_for(
    server: FetchReplay, tmp_path: Path
) -> None:
    rows = [*rows_of(5), ListRow("twin", 130.000001, 5.000001), OFF_FOOTPRINT]
    counts = fetch_from(server.first_url, rows, config_of(tmp_path)).counts
    assert (counts.had, counts.fetched, counts.shared, counts.not_tried) == (0, 5, 1, 0)
    assert counts.failed == {FailureClass.FOOTPRINT: 1}
    assert counts.listed == len(rows) == 7
    assert server.count() == 5
    assert (tmp_path / "130" / "VLA_FIRST_130.00000+05.00000_4.5.fits").exists()
    assert len(list(tmp_path.rglob("*.fits"))) == 5
    assert not list(tmp_path.rglob("*.unfinished"))
    assert json.loads((tmp_path / "fetch.json").read_text()) == {
        "survey": "VLA FIRST",
        "field_arcmin": 4.5,
    }


def test_a_fetched_file_is_the_survey_s_image_with_its_coordinates_beam_and_origin(
    server: FetchReplay, tmp_path: Path
) -> None:
    if not real_images():
        pytest.skip("the real FIRST images (../shared/data/first_fits) are not on this machine")
    real = real_images()[0]
    row = ListRow("real", float(real.position.ra.deg), float(real.position.dec.deg))
    fetch_from(server.first_url, [row], config_of(tmp_path, field_arcmin=9.0))
    (path,) = tmp_path.rglob("*.fits")
    with fits.open(path, checksum=True) as hdus:
        np.testing.assert_array_equal(hdus[0].data, real.pixels())
        assert hdus[0].verify_checksum() == hdus[0].verify_datasum() == 1
    kept = make_cutout(read_fits(path.read_bytes()), real.position, "VLA FIRST")
    assert kept.service == "FIRST server"
    assert kept.offset_arcsec < 1.3
    assert kept.beam is not None
    assert kept.beam.major_arcsec == pytest.approx(5.4)


def test_what_is_there_is_not_asked_for_again(server: FetchReplay, tmp_path: Path) -> None:
    rows = [*rows_of(6), OFF_FOOTPRINT]
    first = fetch_from(server.first_url, rows, config_of(tmp_path, limit=4))
    assert first.counts.fetched + sum(first.counts.failed.values()) == 4
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.fits")}
    second = fetch_from(server.first_url, rows, config_of(tmp_path)).counts
    third = fetch_from(server.first_url, rows, config_of(tmp_path)).counts
    assert second.had == first.counts.fetched
    assert (third.had, third.fetched, third.listed) == (6, 0, 7)
    assert set(server.asked.values()) == {1}
    assert server.count() == 6
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


def test_a_file_that_lost_its_end_is_fetched_anew(server: FetchReplay, tmp_path: Path) -> None:
    fetch_from(server.first_url, rows_of(2), config_of(tmp_path))
    torn, empty = sorted(tmp_path.rglob("*.fits"))
    whole = torn.stat().st_size
    torn.write_bytes(torn.read_bytes()[:-1000])
    empty.write_bytes(b"")
    assert fetch_from(server.first_url, rows_of(2), config_of(tmp_path)).counts.fetched == 2
    assert torn.stat().st_size == empty.stat().st_size == whole


def test_the_rows_of_one_place_all_get_its_failure(server: FetchReplay, tmp_path: Path) -> None:
    rows = [OFF_FOOTPRINT, ListRow("south-too", 10.0, -60.0)]
    counts = fetch_from(server.first_url, rows, config_of(tmp_path)).counts
    assert counts.failed == {FailureClass.FOOTPRINT: 2}
    assert counts.shared == 0
    lines = table(tmp_path)
    assert [line["source_id"] for line in lines] == ["south", "south-too"]
    assert (lines[0]["ra_deg"], lines[0]["dec_deg"]) == ("10.0", "-60.0")
    assert "FIRST has no data" in lines[0]["reason"]
    assert (lines[0]["service"], lines[0]["tries"]) == ("FIRST server", "1")


@pytest.mark.parametrize(
    ("fault", "kind", "tries"),
    [
        (Fault.HTTP_500, "unavailable", 3),
        (Fault.RESET, "unavailable", 3),
        (Fault.SHORT_BODY, "bad-answer", 3),
        (Fault.TRUNCATED, "bad-answer", 3),
        (Fault.WRONG_FIELD, "bad-answer", 3),
        (Fault.HTML, "bad-answer", 3),
        (Fault.BLANK, "blank", 1),
        (Fault.UNDERSIZED, "undersized", 1),
        (Fault.NO_DATA, "footprint", 1),
    ],
)
def test_a_fault_of_one_place_is_tried_again_classified_and_retried_by_its_class(
    server: FetchReplay, tmp_path: Path, fault: Fault, kind: str, tries: int
) -> None:
    rows = rows_of(12)
    bad = place(rows[4])
    server.plan = lambda asked, _: fault if asked == bad else None
    counts = fetch_from(server.first_url, rows, config_of(tmp_path), EagerClock()).counts
    assert (counts.fetched, counts.failed) == (11, {FailureClass(kind): 1})
    (line,) = table(tmp_path)
    assert (line["source_id"], line["class"], line["tries"]) == ("s-004", kind, str(tries))
    assert server.asked[bad] == tries
    server.plan = None

    def again(*retry: str) -> int:
        kinds = frozenset(map(FailureClass, retry))
        config = config_of(tmp_path, retry=kinds)
        return fetch_from(server.first_url, rows, config, EagerClock()).counts.fetched

    assert again() == again("timeout") == 0
    assert server.asked[bad] == tries
    assert again(kind) == 1
    assert table(tmp_path) == []


def test_a_fault_that_passes_costs_one_more_request_and_leaves_no_failure(
    server: FetchReplay, tmp_path: Path
) -> None:
    rows = rows_of(30)
    bad = {place(row) for row in rows[::7]}
    server.plan = lambda asked, nth: Fault.TRUNCATED if asked in bad and nth == 1 else None
    counts = fetch_from(server.first_url, rows, config_of(tmp_path), EagerClock()).counts
    assert (counts.fetched, counts.failed) == (30, {})
    assert server.count() == 30 + len(bad)
    assert table(tmp_path) == []


def test_tries_of_a_retry_are_added_to_those_before(server: FetchReplay, tmp_path: Path) -> None:
    rows = rows_of(8)
    bad = place(rows[1])
    server.plan = lambda asked, _: Fault.RESET if asked == bad else None
    for _ in range(2):
        config = config_of(tmp_path, retry=frozenset({FailureClass.UNAVAILABLE}))
        fetch_from(server.first_url, rows, config, EagerClock())
    assert [(line["source_id"], line["tries"]) for line in table(tmp_path)] == [("s-001", "6")]


def test_a_second_fetch_and_another_field_are_refused_in_a_sentence(
    server: FetchReplay, tmp_path: Path
) -> None:
    with (
        open_store(tmp_path, "VLA FIRST", 4.5),
        pytest.raises(FetchError, match=r"Another fetch into '.*' is running"),
    ):
        fetch_from(server.first_url, rows_of(1), config_of(tmp_path))
    with pytest.raises(FetchError, match=r"holds cutouts of VLA FIRST, 4\.5' wide"):
        fetch_from(server.first_url, rows_of(1), config_of(tmp_path, field_arcmin=9.0))
    assert server.count() == 0


def services(out: Path) -> Counter[str]:
    """How many of the images each service gave."""
    return Counter(str(fits.getheader(path)["SERVICE"]) for path in out.rglob("*.fits"))


def test_one_timeout_of_first_does_not_hand_the_next_images_to_skyview(tmp_path: Path) -> None:
    with ReplayServer() as both:
        both.coming = [Fault.SILENCE]
        config = config_of(tmp_path, connections=1)
        counts = fetch_from(
            both.first_url, rows_of(4), config, deadline_s=1.0, skyview_url=both.skyview_url
        ).counts
        assert (counts.fetched, counts.failed) == (4, {})
        assert services(tmp_path) == {"SkyView server": 1, "FIRST server": 3}


def test_where_first_is_dead_skyview_is_really_asked_for_every_try(tmp_path: Path) -> None:
    with ReplayServer() as both:
        both.coming = [Fault.RESET] * 6  # three times FIRST, then SkyView
        both.faults[FIRST_PATH] = Fault.RESET
        config = config_of(tmp_path, connections=1)
        url = both.skyview_url
        counts = fetch_from(
            both.first_url, rows_of(6), config, EagerClock(), skyview_url=url
        ).counts
        assert (counts.fetched, counts.failed) == (6, {})
        assert services(tmp_path) == {"SkyView server": 6}
        assert both.count(FIRST_PATH) == 3
        assert both.count(SKYVIEW_PATH) == 3 + 6
