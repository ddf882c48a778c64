"""What the browser tests share: one Chromium, and one server of the small bundle by our command."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from app.bundle.latent_space import LatentSpace, open_latent_space
from tests.browser.page import launched, new_page, served_by_command


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A Chromium; each test has pages of its own in it."""
    with launched() as browser:
        yield browser


@pytest.fixture(scope="package")
def small_site(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address at which the real command serves the small bundle, without any survey."""
    with served_by_command(bundle, tmp_path_factory.mktemp("data")) as url:
        yield url


@pytest.fixture(scope="module")
def address(small_site: str) -> str:
    """The site of a module: this one, where it makes none of its own."""
    return small_site


@pytest.fixture(scope="package")
def space(bundle: Path) -> LatentSpace:
    """What the page should show, read without it."""
    return open_latent_space(bundle)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A blank page whose downloads are kept; an error of a script in it fails the test."""
    with new_page(chromium) as page:
        yield page
