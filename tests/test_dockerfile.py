"""The Dockerfile's promises that can be checked without a Docker engine."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from app.settings import Settings

ROOT = Path(__file__).parents[1]
BASE_IMAGE = "python:3.11-slim"


def instructions(name: str) -> list[str]:
    """Arguments of every instruction of that name, continuation lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", "").splitlines()
    return [line.partition(" ")[2].strip() for line in lines if line.startswith(f"{name} ")]


def environment() -> dict[str, list[str]]:
    """Values that ENV gives to every variable, in order."""
    values: dict[str, list[str]] = {}
    for assignment in " ".join(instructions("ENV")).split():
        name, _, value = assignment.partition("=")
        values.setdefault(name, []).append(value)
    return values


def copied_from_context() -> list[str]:
    """What COPY takes from the build context, patterns included."""
    copies = [line.split() for line in instructions("COPY") if not line.startswith("--from=")]
    return [source for sources in copies for source in sources[:-1]]


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A server on a free port that answers /readyz with a status, and all else with 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def health_check(port: int) -> int:
    """Exit status of the image's health check, behind a proxy that does not exist."""
    arguments = json.loads(instructions("HEALTHCHECK")[0].partition("CMD")[2])
    assert arguments[0] == "python"
    proxied = {"RGZ_PORT": str(port), "http_proxy": "http://127.0.0.1:1"}
    return subprocess.run(
        [sys.executable, *arguments[1:]], env=proxied, timeout=30, capture_output=True
    ).returncode


def test_every_stage_starts_from_the_slim_python_or_from_another_stage() -> None:
    stages = [line.split() for line in instructions("FROM")]
    names = {words[2] for words in stages if len(words) == 3}
    images = {words[0] for words in stages} - names - {"demo-${DEMO:-1}"}
    assert images == {BASE_IMAGE}
    assert {"demo-0", "demo-1"} <= names


def test_container_does_not_run_as_root() -> None:
    user = instructions("USER")[-1]
    assert user not in {"root", "0"}
    assert f"--create-home {user}" in " ".join(instructions("RUN"))


def test_torch_source_is_the_variable_of_makefile_and_dockerfile() -> None:
    assert "TORCH_SOURCE=https://download.pytorch.org/whl/cpu" in instructions("ARG")
    assert re.search(r"^TORCH_SOURCE \?=", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_data_package_is_that_of_the_makefile() -> None:
    wanted = re.compile(r"firstgalaxydata==[\w.]+")
    in_image = wanted.findall(" ".join(instructions("RUN")))
    assert in_image == wanted.findall((ROOT / "Makefile").read_text())


def test_image_has_pinned_run_time_dependencies_alone() -> None:
    commands = " ".join(instructions("RUN")).split("pip install ")[1:]
    assert len(commands) == 2
    assert all("--no-cache-dir" in command for command in commands)
    assert all("--constraint requirements.lock" in c or "--no-deps" in c for c in commands)
    assert not any(re.search(r"\[(dev|train)", command) for command in commands)


def test_everything_copied_is_let_into_the_build_context() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    copied = {source.rstrip("*") for source in copied_from_context()}
    assert copied == let_in
    assert all((ROOT / source).exists() for source in copied - {"wheels"})


def test_every_option_in_the_environment_is_one_of_ours() -> None:
    options = {name for name in environment() if name.startswith("RGZ_")}
    assert options
    assert {name.removeprefix("RGZ_").lower() for name in options} <= set(Settings.model_fields)


def test_volume_is_the_data_directory_and_does_not_hide_the_built_in_bundle() -> None:
    (volume,) = instructions("VOLUME")
    assert environment()["RGZ_DATA_DIR"] == [volume]
    built_in, by_default = environment()["RGZ_BUNDLE"]
    assert not built_in.startswith(f"{volume}/")
    assert by_default == str(Settings(data_dir=Path(volume), bundle=None).bundle_dir)


def test_image_listens_on_every_address_at_the_exposed_port() -> None:
    assert environment()["RGZ_HOST"] == ["0.0.0.0"]
    assert environment()["RGZ_PORT"] == instructions("EXPOSE") == ["8000"]
    assert json.loads(instructions("CMD")[-1]) == ["rgz-explorer", "serve"]


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (404, False)])
def test_health_check_says_whether_the_server_is_ready(status: int, healthy: bool) -> None:
    with answering(status) as port:
        assert (health_check(port) == 0) is healthy


def test_health_check_fails_where_nothing_listens() -> None:
    with answering(200) as port:
        pass
    assert health_check(port) != 0
