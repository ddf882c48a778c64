"""`rgz-explorer serve` as a process of its own: what it prints, and how it ends."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from app.bundle.files import FILE_NAME, current_version
from model.encoder import save_encoder, untrained_encoder
from scripts.cli import main
from tests.replay.server import ReplayServer
from tests.site import HUNG_S

COMMAND = str(Path(sys.executable).with_name("rgz-explorer"))
HELD_BACK_S = 0.04
"""What a delayed acknowledgement costs at least."""
NEVER_SAID = ("Traceback", 'File "', "Exception")


@dataclass
class Running:
    """A server process and the address that it printed."""

    process: subprocess.Popen[str]
    said: str
    address: str


def start(data_dir: Path, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, "serve", *map(str, arguments)],
        env=os.environ | {"RGZ_DATA_DIR": str(data_dir), "OMP_NUM_THREADS": "1"} | environment,
        cwd=data_dir,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_as_on_a_terminal,
    )


def _as_on_a_terminal() -> None:
    """Heed Ctrl+C, which what a shell starts in the background inherits as ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline()


def end(process: subprocess.Popen[str], how: signal.Signals) -> tuple[int, str]:
    """Exit status, and all that was said since."""
    process.send_signal(how)
    try:
        out, err = process.communicate(timeout=HUNG_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, out + err


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def running(bundle: Path, survey: ReplayServer, data_dir: Path) -> Iterator[Running]:
    services = {
        "RGZ_FIRST_SERVER": survey.first_url,
        "RGZ_SKYVIEW_SERVER": survey.skyview_url,
        "RGZ_HIPS2FITS_SERVER": survey.hips2fits_url,
        "RGZ_SESAME_URL": "",
    }
    process = start(data_dir, "--bundle", bundle, "--port", 0, **services)
    try:
        said = first_line(process)
        found = re.search(r"http://\S+", said)
        assert found, said
        yield Running(process, said, found[0])
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def refusals(
    bundle: Path, running: Running, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[int, str]]:
    """Exit status and words of what must not serve; started together to save time."""
    other = tmp_path_factory.mktemp("weights") / "other.safetensors"
    save_encoder(untrained_encoder(seed=1), other, "another", "a test", trained=False)
    taken = running.address.rpartition(":")[2]
    processes = {
        "missing bundle": start(data_dir, "--bundle", "/no/[such]/bundle"),
        "port taken": start(data_dir, "--bundle", bundle, "--port", taken),
        "another encoder": start(data_dir, "--bundle", bundle, "--encoder", other),
    }
    found = {}
    for name, process in processes.items():
        out, err = process.communicate(timeout=HUNG_S)
        found[name] = (process.returncode, out + err)
    return found


def assert_one_sentence(words: str) -> None:
    assert words.startswith("Error: ")
    assert len(words.strip().splitlines()) == 1
    assert not any(never in words for never in NEVER_SAID)


def test_a_kept_connection_answers_at_once(running: Running) -> None:
    """Nagle's algorithm would hold back every answer after the first, the quickest too."""
    with httpx.Client(base_url=running.address, trust_env=False) as client:
        took_s = [client.get("/healthz").elapsed.total_seconds() for _ in range(40)]
    assert min(took_s[1:]) < HELD_BACK_S


def test_the_printed_address_is_true(running: Running, bundle: Path) -> None:
    assert httpx.get(f"{running.address}/readyz").json() == {"status": "ok"}
    meta = httpx.get(f"{running.address}/api/meta").json()
    assert meta["version"] == current_version(bundle).name
    assert f"{meta['n']:,} sources" in running.said
    assert meta["encoder"]["name"] in running.said
    assert running.said.count("\n") == 1


def test_the_process_answers_a_live_query(running: Running, survey: ReplayServer) -> None:
    asked = survey.count()
    query = f"{running.address}/api/query?position=12:00:00+30:00:00&k=3"
    answer = httpx.get(query, timeout=60)
    assert answer.status_code == 200, answer.text
    assert answer.json()["query"]["service"] == "FIRST server"
    assert survey.count() == asked + 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing bundle", "'/no/[such]/bundle'"),
        ("missing bundle", "rgz-explorer build"),
        ("port taken", "--port"),
        ("another encoder", "--reembed"),
    ],
)
def test_what_cannot_serve_says_why_in_one_sentence_and_exits_with_1(
    refusals: dict[str, tuple[int, str]], name: str, said: str
) -> None:
    status, words = refusals[name]
    assert status == 1
    assert said in words
    assert_one_sentence(words)


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        ([], {}, "bundles/demo'"),
        (["--bundle", "{broken}"], {}, "schema version 99"),
        (["--bundle", "{broken}"], {}, "/[bundle]/v1'"),
        (["--bundle", "{bundle}", "--encoder", "none.pt"], {}, "'none.pt'"),
        (["--bundle", "{bundle}", "--host", "192.0.2.1"], {}, "192.0.2.1:8000"),
        (["--bundle", "{bundle}", "--host", "no.such.host.invalid"], {}, "no.such.host.invalid"),
        ([], {"RGZ_SURVEY_DEADLINE_S": "soon"}, "RGZ_SURVEY_DEADLINE_S cannot be 'soon'"),
        ([], {"RGZ_PORT": "70000"}, "RGZ_PORT cannot be '70000'"),
    ],
)
def test_other_mistakes_are_one_sentence_too(
    arguments: list[str],
    environment: dict[str, str],
    said: str,
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = tmp_path / "[bundle]"
    (broken / "v1").mkdir(parents=True)
    (broken / "v1" / FILE_NAME).write_text('{"schema_version": 99}')
    (broken / "current").symlink_to("v1")
    given = [argument.format(broken=broken, bundle=bundle) for argument in arguments]
    monkeypatch.setattr(sys, "argv", ["rgz-explorer", "serve", *given])
    for name, value in ({"RGZ_DATA_DIR": str(tmp_path)} | environment).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main()
    words = capsys.readouterr().err
    assert ended.value.code == 1
    assert said in words
    assert_one_sentence(words)


def test_sigterm_ends_it_without_a_word_over_an_open_connection(
    running: Running, refusals: object
) -> None:
    address = running.address
    with httpx.Client(base_url=address) as idle:  # a connection that is kept alive
        assert idle.get("/healthz").status_code == 200
        status, words = end(running.process, signal.SIGTERM)
    assert status in (0, -signal.SIGTERM)
    assert words == ""
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/healthz")


def test_ctrl_c_ends_it_without_a_traceback(bundle: Path, data_dir: Path) -> None:
    process = start(data_dir, "--bundle", bundle, "--port", 0, "--host", "::1")
    said = first_line(process)
    if "Cannot listen" in said:
        pytest.skip("this machine has no IPv6 loopback")
    assert re.search(r"http://\[::1\]:\d+ ", said)
    status, words = end(process, signal.SIGINT)
    assert status == 130
    assert not any(never in words for never in NEVER_SAID), words
