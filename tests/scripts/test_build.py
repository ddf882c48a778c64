"""`rgz-explorer build`: what cannot be built is one sentence, never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import cli
from scripts.build import WHAT

ROOT = Path(__file__).parents[2]
LIST = ["--catalogue", "{tmp}/list.csv", "--bundle", "{tmp}/b"]


def run_build(*arguments: str) -> tuple[int, str]:
    """Exit status and words of the real command."""
    command = [sys.executable, "-m", "scripts.cli", "build", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_contradictory_flags_give_one_sentence_and_no_traceback(tmp_path: Path) -> None:
    status, said = run_build("--demo", "--reembed", "--bundle", str(tmp_path / "b"))
    assert status == 1
    assert said == f"Error: {WHAT}\n"
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], WHAT),
        (["--demo", "--catalogue", "x"], WHAT),
        (["--demo", "--images", "{tmp}"], WHAT),
        (["--catalogue", "x.csv"], "Say where the bundle goes with --bundle DIR"),
        ([*LIST, "--images", "{tmp}/i", "--render-from", "{tmp}/c"], "not both"),
        (LIST, "'{tmp}/list.csv' is a list without images. Say where they are"),
        ([*LIST, "--images", "{tmp}"], "'{tmp}' is no directory of fetched cutouts"),
        ([*LIST, "--render-from", "{tmp}/none"], "component catalogue '{tmp}/none' cannot be read"),
        ([*LIST, "--render-from", "{tmp}/none", "--frame", "mars"], "'mars' is no frame"),
        (
            ["--catalogue", "rgz-dr1", "--bundle", "{tmp}/b", "--render-from", "x"],
            "`rgz-explorer fetch rgz-dr1` gets it",
        ),
        (["--reembed", "--bundle", "{tmp}/none"], "There is no bundle at '{tmp}/none'."),
        (["--demo", "--encoder", "{tmp}/none.pt"], "There is no encoder file at '{tmp}/none.pt'."),
        (["--demo", "--encoder", "{tmp}/file"], "'{tmp}/file' is not a checkpoint of plain"),
        (["--demo", "--bundle", "{tmp}/file"], "Cannot write the bundle directory '{tmp}/file'"),
        (["--demo", "--bundle", "{tmp}/file/b"], "Cannot write the bundle directory"),
    ],
)
def test_what_cannot_be_built_is_one_sentence_with_exit_status_1(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "list.csv").write_text("ra,dec\n10,20\n11,21\n")
    monkeypatch.setenv("RGZ_DATA_DIR", str(tmp_path / "data"))
    given = [argument.replace("{tmp}", str(tmp_path)) for argument in arguments]
    monkeypatch.setattr(sys, "argv", ["rgz-explorer", "build", *given])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: ")
    assert words.replace("{tmp}", str(tmp_path)) in said
    assert said.count("\n") == 1
    assert "Traceback" not in said
