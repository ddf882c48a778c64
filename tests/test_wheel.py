"""The wheel, installed where there is no clone: it serves, embeds, and says what it lacks."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile

import httpx
import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits

from model.encoder import Encoder
from tests.site import HUNG_S

ROOT = Path(__file__).parents[1]
NOT_INSTALLED = ("rgz_explorer", "__editable__", "firstgalaxydata", "__pycache__")
"""What the new environment does not share with ours: this software, and the data package."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `python -m build` makes of the files that git knows, by way of the source archive."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in known_files():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        copyfile(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", built, source]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HUNG_S)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel; its dependencies are links to those installed here."""
    directory = tmp_path_factory.mktemp("environment")
    venv.create(directory, symlinks=True, with_pip=False)
    packages = packages_of(directory)
    for installed in packages_of().iterdir():
        if not installed.name.startswith(NOT_INSTALLED):
            (packages / installed.name).symlink_to(installed)
    into = ["--python", str(directory / "bin" / "python"), "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", *into, "install", "--no-deps", "--no-index", wheel]
    subprocess.run(command, check=True, capture_output=True, timeout=HUNG_S)
    return directory


@pytest.fixture(scope="module")
def site(
    environment: Path, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A client of `rgz-explorer serve` of the new environment, run outside the clone."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with serving(environment, elsewhere, "--bundle", bundle) as client:
        yield client


@contextmanager
def serving(environment: Path, directory: Path, *arguments: object) -> Iterator[httpx.Client]:
    """A client of a server of the new environment, from its first address to its end."""
    process = subprocess.Popen(
        [command_of(environment), "serve", "--port", "0", *map(str, arguments)],
        cwd=directory,
        env=outside_environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        said = ""
        while not (address := re.search(r"http://\S+", said)):
            line = process.stderr.readline()
            assert line, said
            said += line
        with httpx.Client(base_url=address[0], timeout=60) as client:
            yield client
    finally:
        process.kill()
        process.communicate()


def known_files() -> list[str]:
    """What is committed or could be: no build output, no environment, no data."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in names.splitlines() if (ROOT / name).is_file()]


def packages_of(environment: Path | None = None) -> Path:
    """Where an environment keeps its packages; None: the one that runs the tests."""
    own = {} if environment is None else {"base": str(environment)}
    return Path(sysconfig.get_path("purelib", vars=own))


def command_of(environment: Path) -> str:
    return str(environment / "bin" / "rgz-explorer")


def outside_environment() -> dict[str, str]:
    """Ours without what would lead Python back to the clone."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL"))}
    return inherited | {"OMP_NUM_THREADS": "1"}


def run(environment: Path, directory: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A command of the new environment, run to its end in another directory."""
    return subprocess.run(
        [command_of(environment), *map(str, arguments)],
        cwd=directory,
        env=outside_environment(),
        capture_output=True,
        text=True,
        timeout=HUNG_S,
    )


def write_double_source(path: Path) -> None:
    """A FITS image of two lobes in noise of 0.15 mJy/beam, on FIRST's pixels."""
    row, column = np.mgrid[:300, :300]
    lobes = [np.exp(-((row - 150) ** 2 + (column - 150 - dx) ** 2) / 4.0) for dx in (-10, 10)]
    noise = np.random.default_rng(1).normal(0, 1.5e-4, (300, 300))
    cards = {"CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN", "CRVAL1": 150.0, "CRVAL2": 30.0}
    cards |= {"CRPIX1": 151.0, "CRPIX2": 151.0, "CDELT1": -0.0005, "CDELT2": 0.0005}
    header = fits.Header(list((cards | {"BUNIT": "JY/BEAM"}).items()))
    fits.PrimaryHDU((0.02 * sum(lobes) + noise).astype(np.float32), header).writeto(path)


def test_wheel_holds_the_page_the_weights_and_the_footprint(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    folders = ("static/", "templates/")
    page = {f"app/web/{name}" for name in known_files() if name.startswith(folders)}
    code = {name for name in known_files() if re.match(r"(app|model|scripts)/", name)}
    assert len(page) > 10
    assert page | code <= packed
    assert {name.partition("/")[0] for name in packed - code - page} == {
        next(name for name in packed if name.endswith("METADATA")).partition("/")[0]
    }


def test_wheel_carries_every_licence_and_says_where_they_are(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (licences,) = {
        n.partition("/")[0] + "/licenses/" for n in archive.namelist() if "METADATA" in n
    }
    ours = {name for name in known_files() if name.startswith("licences/")}
    assert ours
    assert {f"{licences}{name}" for name in {"LICENSE", *ours}} <= set(archive.namelist())


def test_version_is_that_of_the_project(environment: Path, tmp_path: Path) -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    done = run(environment, tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"rgz-explorer {version[1]}\n")


def test_code_is_that_of_the_wheel(environment: Path, tmp_path: Path) -> None:
    said = "import app, model, scripts; print(app.__file__, model.__file__, scripts.__file__)"
    python = str(environment / "bin" / "python")
    done = subprocess.run(
        [python, "-c", said], cwd=tmp_path, env=outside_environment(), capture_output=True
    )
    assert done.stdout.count(str(environment).encode()) == 3, done.stderr


def test_wheel_serves_the_page_and_all_that_it_loads(site: httpx.Client) -> None:
    page = site.get("/")
    assert page.status_code == 200
    loaded = re.findall(r'(?:src|href)="(/[^"#?]+)[^"]*"', page.text)
    assert {"/static/js/main.js", "/plotly.min.js"} <= set(loaded)
    assert {path: site.get(path).status_code for path in loaded} == dict.fromkeys(loaded, 200)
    for name in known_files():
        if name.startswith("static/"):
            answer = site.get(f"/{name}")
            assert answer.content == (ROOT / name).read_bytes(), name


def test_wheel_serves_the_bundle_with_the_weights_that_ship(
    site: httpx.Client, encoder: Encoder
) -> None:
    meta = site.get("/api/meta").json()
    assert meta["encoder"]["sha256"] == encoder.card.sha256
    found = site.get("/api/rows/0").json()["source_id"]
    assert site.get(f"/api/sources/{found}/neighbours?k=3").json()["neighbours"]


def test_embed_of_the_wheel_uses_the_weights_that_ship(
    environment: Path, encoder: Encoder, tmp_path: Path
) -> None:
    write_double_source(tmp_path / "double.fits")
    done = run(environment, tmp_path, "embed", "double.fits", "--out", "y.parquet")
    assert done.returncode == 0, done.stderr
    metadata = pq.read_schema(tmp_path / "y.parquet").metadata
    assert encoder.card.sha256.encode() in metadata.values()
    assert encoder.card.trained


@pytest.mark.slow
def test_demo_without_its_data_package_says_the_command(environment: Path, tmp_path: Path) -> None:
    done = run(environment, tmp_path, "serve", "--demo", "--port", "0")
    assert done.returncode == 1
    assert "`pip install --no-deps firstgalaxydata==0.2.1`" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_demo_with_its_data_package_is_built_and_served(environment: Path, tmp_path: Path) -> None:
    shared, packages = packages_of(), packages_of(environment)
    added = [packages / path.name for path in shared.glob("firstgalaxydata*")]
    for link in added:
        link.symlink_to(shared / link.name)
    try:
        with serving(environment, tmp_path, "--demo") as client:
            assert client.get("/api/meta").json()["n"] == 2155
    finally:
        for link in added:
            link.unlink()
    assert (tmp_path / "data" / "bundles" / "demo" / "current").is_symlink()
