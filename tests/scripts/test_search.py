"""`rgz-explorer search`, as it is typed: a list in, a table and the unmatched out."""

from pathlib import Path

import pytest
from astropy.table import Table
from typer.testing import CliRunner

from app.errors import ExplorerError
from app.query.explorer import Explorer
from scripts.cli import app
from tests.replay.server import ReplayServer


@pytest.fixture
def run(
    bundle: Path, survey: ReplayServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CliRunner:
    """Runs in an empty directory, with the services on loopback."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "NO_PROXY": "127.0.0.1",
        "RGZ_BUNDLE": str(bundle),
        "RGZ_FIRST_SERVER": survey.first_url,
        "RGZ_SKYVIEW_SERVER": survey.url + "/none",
        "RGZ_SESAME_URL": "",
    }.items():
        monkeypatch.setenv(name, value)
    return CliRunner()


def said_by(run: CliRunner, *arguments: str) -> str:
    result = run.invoke(app, ["search", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return " ".join(result.output.split())


def write_list(explorer: Explorer, n: int = 3) -> Path:
    catalogue = explorer.space.catalogue
    lines = [f"{catalogue.ra_deg[i]:.6f} {catalogue.dec_deg[i]:+.6f}" for i in range(n)]
    path = Path("list.txt")
    path.write_text("\n".join([*lines, "firstgalaxydata-9", "190 +39.3", "10 -60", "200 95"]))
    return path


@pytest.mark.parametrize(
    ("name", "form"),
    [
        pytest.param("out.ecsv", "ascii.ecsv", marks=pytest.mark.slow),
        pytest.param("out.vot", "votable", marks=pytest.mark.slow),
        ("out.parquet", "parquet"),
    ],
)
def test_a_list_gives_one_table_and_the_unmatched(
    run: CliRunner, explorer: Explorer, name: str, form: str
) -> None:
    said = said_by(run, str(write_list(explorer)), "--k", "4", "--out", name)
    assert "7 listed = 4 answered from the bundle + 1 by the survey + 2 unmatched." in said
    assert f"20 neighbours are in '{name}'" in said
    table = Table.read(name, format=form)
    assert list(table["query_row"][::4]) == [1, 2, 3, 4, 5]
    assert table["query_text"][12] == "firstgalaxydata-9"
    assert set(table["answered_by"][16:]) == {"service"}
    unmatched = Table.read(f"{name}.unmatched.csv", format="ascii.csv")
    assert list(unmatched["row"]) == [6, 7]
    assert "FIRST has no data" in unmatched["reason"][0]
    again = said_by(run, "list.txt", "--out", name, "--survey-max", "0")
    assert "+ 0 by the survey + 3 unmatched" in again


def test_columns_units_and_frames_may_be_said(run: CliRunner, explorer: Explorer) -> None:
    position = explorer.space.position(3).galactic
    Table({"a": [position.l.deg], "b": [position.b.deg]}).write("t.csv", format="ascii.csv")
    options = ["--ra-column", "a", "--dec-column", "b", "--frame", "galactic"]
    said = said_by(run, "t.csv", "--out", "o.csv", "--k", "2", *options)
    assert "1 listed = 1 answered from the bundle" in said
    assert not Path("o.csv.unmatched.csv").exists()


def test_an_earlier_unmatched_file_does_not_stay(run: CliRunner, explorer: Explorer) -> None:
    write_list(explorer)
    said_by(run, "list.txt", "--out", "o.csv", "--survey-max", "0")
    assert Path("o.csv.unmatched.csv").exists()
    Path("list.txt").write_text("firstgalaxydata-9\n")
    said_by(run, "list.txt", "--out", "o.csv")
    assert not Path("o.csv.unmatched.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list.txt", "--out", "o.xls"], r"does not say its format; let it end in \.csv, \.ecsv"),
        (["list.txt", "--out", "nowhere/o.csv"], r"There is no directory 'nowhere'"),
        (["absent.txt", "--out", "o.csv"], r"absent\.txt"),
        (["empty.txt", "--out", "o.csv"], r"The list is empty"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_leaves_no_file(
    run: CliRunner, explorer: Explorer, arguments: list[str], said: str
) -> None:
    write_list(explorer)
    Path("empty.txt").write_text("\n")
    with pytest.raises(ExplorerError, match=said):
        said_by(run, *arguments)
    assert not list(Path().glob("o.*"))
