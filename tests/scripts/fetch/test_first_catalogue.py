"""The FIRST catalogue from VizieR, through astroquery's own client and a real socket."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io.votable import from_table
from astropy.table import MaskedColumn, Table

from model.components import read_components
from scripts import cli
from scripts.fetch.archives import FetchFailed, WrongContent
from scripts.fetch.first_catalogue import COLUMNS, ask_vizier, fetch_first_catalogue
from tests.replay.faults import Answer, Fault
from tests.replay.server import ReplayServer

PATH = "/viz-bin/votable"
UNITS = {"_RAJ2000": "deg", "_DEJ2000": "deg", "Fpeak": "mJy", "Fint": "mJy", "Rms": "mJy"}
UNITS |= {"Maj": "arcsec", "Min": "arcsec", "PA": "deg"}


def vizier_table(n: int = 50) -> Table:
    """Components as VizieR gives them, with one that has no flux and one without an angle."""
    random = np.random.default_rng(1)
    table = Table()
    for theirs, _ in COLUMNS.values():
        values = MaskedColumn(random.uniform(0, 1, n), unit=UNITS.get(theirs))
        table[theirs] = values
    table["_RAJ2000"][:], table["_DEJ2000"][:] = random.uniform(0, 80, (2, n))
    table["Fpeak"].mask[3] = True
    table["PA"].mask[5] = True
    return table


def as_answer(table: Table, name: str = "VIII/92/first14") -> bytes:
    document = from_table(table)
    document.get_first_table().name = name
    buffer = io.BytesIO()
    document.to_xml(buffer)
    return buffer.getvalue()


@pytest.fixture
def vizier(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplayServer]:
    with ReplayServer(drip_s=0.05) as server:
        content = as_answer(vizier_table())
        server.routes[PATH] = lambda _: Answer(content, "text/xml")
        monkeypatch.setenv("RGZ_VIZIER_SERVER", server.url)
        yield server


def answered_with(server: ReplayServer, content: bytes) -> None:
    server.routes[PATH] = lambda _: Answer(content, "text/xml")


def test_the_catalogue_is_kept_as_the_renderer_reads_it(
    vizier: ReplayServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = fetch_first_catalogue(tmp_path / "new" / "first.parquet", 1)
    table, sent = pq.read_table(path), vizier_table()
    assert table.num_rows == 49
    assert table["ra_deg"].to_pylist()[:3] == pytest.approx(list(sent["_RAJ2000"][:3]))
    assert table["sidelobe_prob"].to_pylist()[:3] == pytest.approx(list(sent["p(S)"][:3]))
    assert table["ra_deg"].to_pylist()[3] == pytest.approx(sent["_RAJ2000"][4])  # 3 has no flux
    assert table["pa_deg"].to_pylist()[4] == 0
    assert table.schema.field("peak_mjy").metadata[b"unit"] == b"mJy/beam"
    assert len(read_components(path, 1.0).values) == 49
    said = " ".join(capsys.readouterr().err.split())
    assert "50 components from VizieR = 49 in" in said
    assert "+ 1 without position" in said


def test_all_rows_and_all_columns_are_asked_for(vizier: ReplayServer) -> None:
    ask_vizier(vizier.url, 20)
    (path, form), *others = vizier.requests
    assert not others
    script = "\n".join(f"{key}={value}" for key, value in form.items())
    assert path == PATH
    assert "-source=VIII/92/first14" in script
    assert "-out.max=unlimited" in script
    for theirs, _ in COLUMNS.values():
        assert theirs in script


def test_an_answer_is_never_taken_from_a_cache(vizier: ReplayServer) -> None:
    ask_vizier(vizier.url, 20)
    ask_vizier(vizier.url, 20)
    assert vizier.count(PATH) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.HTTP_500, "HTTP status 500"),
        (Fault.HTML, "holds no table"),
        (Fault.BUSY, "holds no table"),
        (Fault.EMPTY, "holds no table"),
        (Fault.RESET, "cannot be reached"),
        (Fault.SHORT_BODY, "cannot be reached|truncated"),
        (Fault.SILENCE, "within 0.5 s"),
        (Fault.DRIP_BODY, "within 0.5 s"),
        (Fault.DRIP_UNANNOUNCED, "within 0.5 s"),
    ],
)
def test_what_goes_wrong_is_a_sentence(vizier: ReplayServer, fault: Fault, words: str) -> None:
    vizier.fault = fault
    with pytest.raises(FetchFailed, match=words):
        ask_vizier(vizier.url, 0.5 if "0.5" in words else 20)


def test_a_truncated_table_is_refused(vizier: ReplayServer) -> None:
    answered_with(vizier, as_answer(vizier_table())[:3000])
    with pytest.raises(WrongContent, match="truncated"):
        ask_vizier(vizier.url, 20)


def test_a_table_without_a_column_or_in_another_unit_is_refused(
    vizier: ReplayServer, tmp_path: Path
) -> None:
    lacking = vizier_table()
    lacking.remove_column("p(S)")
    answered_with(vizier, as_answer(lacking))
    with pytest.raises(WrongContent, match=r"has no column p\(S\)"):
        fetch_first_catalogue(tmp_path / "x", 1)
    other = vizier_table()
    other["Fpeak"].unit = "Jy"
    answered_with(vizier, as_answer(other))
    with pytest.raises(WrongContent, match=r"Fpeak .* is in Jy, not mJy/beam"):
        fetch_first_catalogue(tmp_path / "x", 1)
    assert not list(tmp_path.iterdir())


def test_a_name_as_votable_ids_write_it_is_understood(vizier: ReplayServer, tmp_path: Path) -> None:
    table = vizier_table()
    table.rename_column("p(S)", "p_S_")
    answered_with(vizier, as_answer(table))
    assert pq.read_table(fetch_first_catalogue(tmp_path / "x", 1)).num_rows == 49


def test_the_command_fetches(
    vizier: ReplayServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = str(tmp_path / "first.parquet")
    monkeypatch.setattr("sys.argv", ["rgz-explorer", "fetch", "first-catalogue", "--out", out])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert pq.read_table(out).num_rows == 49
