"""Shared fixtures: a small bundle of real FIRST images, and where the other real data lie."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from model.encoder import Encoder, untrained_encoder
from scripts.build import BuildConfig, build
from scripts.catalogues import CatalogueSource
from scripts.demo_catalogue import demo_catalogue

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
SMALL = 240


def first_of(source: CatalogueSource, n: int) -> CatalogueSource:
    """The first n rows of a catalogue as a catalogue of their own."""
    record = source.record.model_copy(update={"n_listed": n, "description": f"its first {n} rows"})
    return replace(source, record=record, read=lambda: islice(source.read(), n))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Directory of real data for development; tests that need it skip without it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the development data (../shared/data) is not on this machine")
    return SHARED_DATA


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The seeded untrained ResNet-18."""
    return untrained_encoder()


@pytest.fixture(scope="session")
def small_source() -> CatalogueSource:
    """The first 240 rows of the demo catalogue."""
    return first_of(demo_catalogue(), SMALL)


@pytest.fixture(scope="session")
def bundle(
    tmp_path_factory: pytest.TempPathFactory, small_source: CatalogueSource, encoder: Encoder
) -> Path:
    """A bundle of 240 real sources; tests must not change it."""
    directory = tmp_path_factory.mktemp("bundles") / "small"
    build(BuildConfig(directory, small_source, encoder))
    return directory
