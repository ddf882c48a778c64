"""The command line: help before anything is installed, and every failure one sentence."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from app.errors import ExplorerError
from model.errors import ModelError
from model.leakage import Positions
from scripts.cli import app, main
from tests.small_mirabest import write_small_mirabest

ROOT = Path(__file__).parents[2]
NEVER_NEGATIVE = (
    *("seed", "warmup-epochs", "decay-epochs", "large-view-epochs"),
    *("description-weight", "cut-arcsec"),
)
NOBODY = Positions(np.empty(0), np.empty(0))


@pytest.fixture
def mirabest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small MiraBest; no source judges, which saves reading all the sets that do."""
    for module in ("training.images", "experiments.pretraining"):
        monkeypatch.setattr(f"scripts.{module}.judges", lambda _: NOBODY)
    return write_small_mirabest(tmp_path / "batches")


def sentence_of(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert isinstance(result.exception, ExplorerError | ModelError), result.exception
    return str(result.exception)


def training(name: str, mirabest: Path, tmp_path: Path) -> list[object]:
    """The words of a command that trains on images, but for its images."""
    if name == "pretrain":
        return [name, "--mirabest", mirabest, "--out", tmp_path / "run"]
    return [
        *("experiment", name, "--mirabest", mirabest, "--budget", "smoke"),
        *("--work", tmp_path / "work", "--out", tmp_path / "results"),
    ]


def write_positions(path: Path, **columns: list[float]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("name", ["pretrain", "table8"])
@pytest.mark.parametrize("content", [None, b"no Parquet"])
def test_a_wrong_component_catalogue(
    name: str, content: bytes | None, mirabest: Path, tmp_path: Path
) -> None:
    positions = write_positions(tmp_path / "p.parquet", ra_deg=[150.0], dec_deg=[30.0])
    components = tmp_path / "components.parquet"
    if content is not None:
        components.write_bytes(content)
    words = training(name, mirabest, tmp_path)
    said = sentence_of(*words, "--data", f"drawn:{positions}", "--components", components)
    assert f"component catalogue '{components}' cannot be read" in said
    assert "fetch first-catalogue" in said


def test_a_component_catalogue_of_other_columns(mirabest: Path, tmp_path: Path) -> None:
    positions = write_positions(tmp_path / "p.parquet", ra_deg=[150.0], dec_deg=[30.0])
    words = training("pretrain", mirabest, tmp_path)
    said = sentence_of(*words, "--data", f"drawn:{positions}", "--components", positions)
    assert "sidelobe_prob" in said


@pytest.mark.parametrize("kind", ["absent", "no Parquet", "no positions"])
def test_wrong_positions(kind: str, mirabest: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    if kind == "no Parquet":
        path.write_bytes(b"ra,dec")
    if kind == "no positions":
        write_positions(path, flux=[1.0])
    words = training("pretrain", mirabest, tmp_path)
    said = sentence_of(*words, "--data", f"drawn:{path}", "--components", path)
    assert f"positions '{path}' cannot be read" in said
    assert "ra_deg and dec_deg" in said


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    absent = tmp_path / "absent.tar.gz"
    assert f"'{absent}'" in sentence_of("finetune", "--mirabest", absent)


def test_a_data_package_that_is_not_installed(
    mirabest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.firstgalaxydata.PACKAGE", "a-package-that-nobody-has")
    words = training("pretrain", mirabest, tmp_path)
    said = sentence_of(*words, "--data", "firstgalaxydata")
    assert "pip install --no-deps firstgalaxydata" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--shares", "0.3", "--shares", "0.7"), "2 --shares for 1 --data"),
        (("--shares", "-1"), "A share of -1 is no share"),
        (("--epochs", "0"), "0 epochs are none"),
        (("--epochs", "nan"), "nan epochs are none"),
        (("--epochs", "3"), "A warm-up of 10 epochs leaves nothing of 3"),
        (("--decay-epochs", "501"), "the last 501 epochs needs as many; there are 500"),
    ],
)
def test_a_training_that_could_teach_nothing(
    words: tuple[str, ...], said: str, mirabest: Path, tmp_path: Path
) -> None:
    given = [*training("pretrain", mirabest, tmp_path), "--data", "firstgalaxydata"]
    assert said in sentence_of(*given, *words)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("option", ["--out", "--save"])
@pytest.mark.parametrize("command", ["finetune", "probe"])
def test_a_result_that_could_not_be_written_is_found_before_the_work(
    command: str, option: str, tmp_path: Path
) -> None:
    there_is_none = tmp_path / "none.tar.gz"  # would be missed next
    said = sentence_of(command, "--mirabest", there_is_none, option, tmp_path / "no" / "x")
    assert f"There is no directory '{tmp_path / 'no'}' to write 'x' into" in said


@pytest.mark.parametrize("words", [("finetune",), ("experiment", "fig4")])
def test_a_device_that_is_not_there(words: tuple[str, ...], tmp_path: Path) -> None:
    said = sentence_of(*words, "--mirabest", tmp_path / "none.tar.gz", "--device", "tpu")
    assert said.startswith("'tpu' cannot be computed on here (")
    assert "cpu, cuda, cuda:1, mps" in said


@pytest.mark.parametrize(
    "words",
    [
        ("pretrain", "--batch-size", "1"),  # batch norm needs two
        *(("pretrain", f"--{option}", "-1") for option in NEVER_NEGATIVE),
        ("probe", "--resplits", "-1"),
        ("probe", "--table-5", "-1"),
    ],
)
def test_a_number_out_of_its_range(words: tuple[str, ...], tmp_path: Path) -> None:
    command, option, value = words
    given = ["--mirabest", str(tmp_path / "none.tar.gz")]
    if command == "pretrain":
        given += ["--data", "firstgalaxydata", "--out", str(tmp_path / "run")]
    ended = CliRunner().invoke(app, [command, *given, option, value])
    assert ended.exit_code == 2
    assert "greater than or equal to" in " ".join(ended.output.replace("│", " ").split())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", ["pretrain", "probe", "finetune", "experiment"])
def test_help_needs_no_training_library(command: str) -> None:
    script = (
        "import sys\n"
        "for name in ('kornia', 'matplotlib', 'pytorch_lightning'):\n"
        "    sys.modules[name] = None\n"
        f"sys.argv = ['rgz-explorer', '{command}', '--help']\n"
        "from scripts.cli import main\n"
        "main()"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "--mirabest" in ran.stdout
    assert "make train" in ran.stdout


@pytest.mark.parametrize("command", ["pretrain", "probe", "finetune", "experiment"])
def test_a_missing_training_library_is_named_before_anything_is_read(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kornia", None)
    absent = tmp_path / "absent.tar.gz"
    words = {
        "pretrain": ["--data", "firstgalaxydata", "--out", tmp_path, "--mirabest", absent],
        "experiment": ["fig4", "--mirabest", absent],
    }
    said = sentence_of(command, *words.get(command, ["--mirabest", absent]))
    assert said.startswith(f"`rgz-explorer {command}` needs the training libraries (kornia is")
    assert "make train" in said


def end_of(monkeypatch: pytest.MonkeyPatch, *words: object) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["rgz-explorer", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied", "/some/e.pt"), "permission denied"),
        (FileNotFoundError(2, "No such file or directory", "/some/e.pt"), "no such file"),
        (IsADirectoryError(21, "Is a directory", "/some/e.pt"), "is a directory"),
    ],
)
def test_a_file_that_the_system_refuses_is_named_whatever_reads_it(
    error: OSError,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr("scripts.bench.run_bench", refuse)
    assert end_of(monkeypatch, "bench") == 1
    said = capsys.readouterr().err
    assert said.startswith(f"Error: '/some/e.pt' cannot be used: {words}")
    assert said.count("\n") == 1


def test_a_misspelt_variable_is_named_with_the_one_that_was_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RGZ_BUNDEL", str(tmp_path))
    for command in (("serve", "--port", "0"), ("embed", "x.fits", "--out", "y.csv")):
        assert end_of(monkeypatch, *command) == 1
        assert "RGZ_BUNDEL is no option: did you mean RGZ_BUNDLE?" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["embed", "probe", "build"])
def test_every_command_names_a_variable_that_is_no_option(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RGZ_COLOUR", "blue")
    assert end_of(monkeypatch, command, "--mirabest", "x") == 1
    said = capsys.readouterr().err
    assert "RGZ_COLOUR is no option: there are RGZ_DATA_DIR, RGZ_BUNDLE" in said
    assert end_of(monkeypatch, command, "--help") == 0  # help needs no right environment


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="/proc is what nobody can write into")
@pytest.mark.parametrize("command", ["probe", "finetune"])
def test_a_directory_that_cannot_be_written_is_found_before_the_work(
    command: str, tmp_path: Path
) -> None:
    said = sentence_of(command, "--mirabest", tmp_path / "none.tar.gz", "--out", "/proc/x.json")
    assert said.startswith("'/proc/x.json' cannot be written")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="/proc is what nobody can write into")
def test_a_run_that_could_not_be_kept_is_found_before_images_are_gathered(
    mirabest: Path, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    for out, said in (
        ("/proc/runs/one", "'/proc/runs/one' cannot be written"),
        (file, f"'{file}' is a file; name a directory"),
        (file / "run", f"'{file}' is a file; name a directory"),
    ):
        absent = tmp_path / "absent"  # would be missed next
        words = ("--mirabest", mirabest, "--data", f"fits:{absent}")
        assert said in sentence_of("pretrain", *words, "--out", out)
        experiment = ("experiment", "fig4", "--mirabest", absent, "--work", tmp_path / "work")
        assert said in sentence_of(*experiment, "--out", out)


def test_a_catalogue_that_could_not_be_kept_is_found_before_it_is_fetched(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    fetch = ("fetch", "first-catalogue", "--out")
    said = sentence_of(*fetch, file / "first.parquet")
    assert said == f"'{file}' is a file; name a directory to write into."
    assert sentence_of(*fetch, tmp_path) == f"'{tmp_path}' is a directory; name a file in it."


def test_an_archive_that_may_not_be_read_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("ra,dec\n1,2\n")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("tarfile.is_tarfile", refuse)
    words = ("--catalogue", path, "--images", tmp_path, "--bundle", tmp_path / "b")
    assert end_of(monkeypatch, "build", *words) == 1
    assert f"'{path}' cannot be used: permission denied." in capsys.readouterr().err


def test_a_classifier_that_is_not_there_is_no_such_file(tmp_path: Path) -> None:
    absent = tmp_path / "fr.safetensors"
    said = sentence_of("embed", "a.fits", "--out", tmp_path / "y.csv", "--classifier", absent)
    assert said == f"There is no classifier file at '{absent}'."


def test_the_version_is_that_of_the_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert end_of(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"rgz-explorer {version('rgz-explorer')}\n"
