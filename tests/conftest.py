"""Shared fixtures: a small bundle of real FIRST images, and where the other real data lie."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from filelock import FileLock
from hypothesis import settings as hypothesis_settings

from app.main import create_app
from app.query.explorer import Explorer
from app.settings import Settings
from model.datasets import Images, read_first_galaxies
from model.encoder import Encoder, load_encoder
from scripts.bundle.build import BuildConfig, build
from scripts.bundle.sources import SourceCatalogue
from tests.replay.server import ReplayServer
from tests.replay.sesame import add_sesame
from tests.site import serving
from tests.small_builds import first_of_demo, no_layout

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
SMALL = 240

# The same examples on every machine, however slow it is.
hypothesis_settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis_settings.load_profile("steady")


@pytest.fixture(scope="session", autouse=True)
def nothing_leaves_this_machine() -> Iterator[None]:
    """Where a test names no server of its own, none answers; and none is left alone for failing."""
    nowhere = "http://127.0.0.1:9/"  # the port of `discard`: refused at once
    with pytest.MonkeyPatch.context() as patch:
        for service in ("FIRST_SERVER", "SKYVIEW_SERVER", "HIPS2FITS_SERVER", "SESAME_URL"):
            patch.setenv(f"RGZ_{service}", nowhere)
        patch.setenv("RGZ_SURVEY_PAUSE_S", "0")
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Directory of real data for development; tests that need it skip without it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the development data (../shared/data) is not on this machine")
    return SHARED_DATA


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The encoder that builds and serves where none is named."""
    return load_encoder()


@pytest.fixture(scope="session")
def first_galaxies() -> Images:
    """firstgalaxydata whole, which takes seconds to read; tests must not change it."""
    return read_first_galaxies()


@pytest.fixture(scope="session")
def small_catalogue() -> SourceCatalogue:
    """The first 240 rows of the demo catalogue."""
    return first_of_demo(SMALL)


@pytest.fixture(scope="session")
def shared_by_workers(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A directory for what pytest-xdist's worker processes make once for all of them."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def bundle(shared_by_workers: Path, small_catalogue: SourceCatalogue, encoder: Encoder) -> Path:
    """A bundle of 240 real sources; tests must not change it."""
    directory = shared_by_workers / "small_bundle"
    with FileLock(shared_by_workers / "small_bundle.lock"):
        if not directory.is_dir():
            build(BuildConfig(directory, small_catalogue, encoder))
    return directory


@pytest.fixture(scope="session")
def survey() -> Iterator[ReplayServer]:
    """All services on loopback, replaying real images; who sets a fault takes it back."""
    with ReplayServer() as server:
        yield server


@pytest.fixture(scope="session")
def application(
    bundle: Path, survey: ReplayServer, tmp_path_factory: pytest.TempPathFactory
) -> FastAPI:
    """The application over the small bundle and the replayed survey, without a cutout cache."""
    data_dir = tmp_path_factory.mktemp("data")
    return create_app(
        Settings(
            bundle=bundle,
            data_dir=data_dir,
            first_server=survey.first_url,
            skyview_server=survey.skyview_url,
            hips2fits_server=survey.hips2fits_url,
            sesame_url=add_sesame(survey),
            cutout_cache_mb=0,
        )
    )


@pytest.fixture(scope="session")
def explorer(application: FastAPI) -> Explorer:
    """The query engine that the application serves."""
    found: Explorer = application.state.served.explorer
    return found


@pytest.fixture(scope="session")
def site(application: FastAPI) -> Iterator[httpx.Client]:
    """A client of the application on a real socket."""
    with serving(application) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client


@pytest.fixture
def bundle_copy(bundle: Path, tmp_path: Path) -> Path:
    """A copy of the small bundle, to be damaged or built over."""
    return Path(shutil.copytree(bundle, tmp_path / "bundle", symlinks=True))


@pytest.fixture
def quick_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave UMAP out of a build where the test is not about the map."""
    monkeypatch.setattr("scripts.bundle.stages.fit_umap", no_layout)
