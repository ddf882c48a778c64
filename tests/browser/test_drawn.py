"""The page over drawn images in Chromium: models are told as such, and both maps can be seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.bundle.files import current_version, read_manifest
from app.main import create_app
from app.settings import Settings
from model.encoder import load_encoder
from scripts.bundle.build import BuildConfig, build
from scripts.bundle.drawn import DrawingConfig, DrawnImages
from scripts.bundle.named import read_source_list
from scripts.bundle.sources import list_catalogue
from tests.browser.page import PHONE_SLOWLY, SIZES, new_page, open_ready
from tests.replay.rendered import write_components, write_published_map
from tests.site import serving

pytestmark = pytest.mark.browser

FULL = 50_790


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site over a small bundle of drawn images with the published map's columns."""
    directory = tmp_path_factory.mktemp("rendered")
    components = write_components(directory / "first_catalogue.parquet")
    sources = read_source_list(str(write_published_map(directory / "umap.parquet")))
    catalogue = list_catalogue(sources, DrawnImages(DrawingConfig(components)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scripts.bundle.stages.fit_umap", lambda scores, _: scores[:, :2])
        build(BuildConfig(directory / "bundle", catalogue, load_encoder()))
    settings = Settings(bundle=directory / "bundle", data_dir=directory, cutout_cache_mb=0)
    with serving(create_app(settings)) as found:
        yield found


@contextmanager
def opened(chromium: Browser, address: str, size: str) -> Iterator[Page]:
    """The page with the first source open."""
    with new_page(chromium, SIZES[size]) as page:
        open_ready(page, f"{address}/?source=rgz-map-1")
        yield page


@pytest.mark.parametrize("size", PHONE_SLOWLY)
def test_models_are_told_as_such_wherever_they_are_shown(
    chromium: Browser, address: str, size: str
) -> None:
    with opened(chromium, address, size) as page:
        expect(page.locator("#image-origin")).to_contain_text("models, not observations")
        expect(page.locator("#source")).to_contain_text("MODEL, not observed")
        expect(page.locator("#source")).to_contain_text("drawn model, not observed")
        neighbours = page.locator("#neighbours li")
        expect(neighbours.first).to_contain_text("drawn model")
        assert neighbours.locator(".model-label").count() == neighbours.count()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.slow
def test_the_catalogues_map_is_a_choice_that_a_link_keeps(chromium: Browser, address: str) -> None:
    with opened(chromium, address, "desktop") as page:
        marks = page.locator("#marks")
        ours = marks.inner_html()
        page.select_option("#layout", "listed")
        expect(page.locator("[data-layout=listed]")).to_be_visible()
        expect(page.locator("[data-layout=ours]")).to_be_hidden()
        page.wait_for_function(
            "before => document.querySelector('#marks').innerHTML !== before", arg=ours
        )
        assert "map=listed" in page.url
        listed = marks.inner_html()
        page.locator("#rail-overlays").click()
        other = page.locator("#other-map")
        expect(other.locator("h3")).to_have_text("The other map: Ours")
        expect(other.locator(".mark-ring").first).to_be_attached()
        box = other.locator(".small-map").bounding_box()
        assert box
        before = page.locator("#source-title").inner_text()
        page.mouse.click(box["x"] + 20, box["y"] + box["height"] - 20)
        expect(page.locator("#source-title")).not_to_have_text(before)
        page.go_back()
        expect(page.locator("#source-title")).to_have_text(before)
        page.locator("#rail-overlays").click()
        page.reload()
        page.wait_for_selector("html[data-ready=true]")
        expect(page.locator("#layout")).to_have_value("listed")
        page.wait_for_function(
            "before => document.querySelector('#marks').innerHTML === before", arg=listed
        )
        page.select_option("#layout", "ours")
        page.wait_for_function(
            "before => document.querySelector('#marks').innerHTML === before", arg=ours
        )
        assert "map=" not in page.url


@pytest.mark.slow
def test_the_whole_published_map_is_drawn_served_and_shown(
    chromium: Browser, shared_data: Path, tmp_path: Path
) -> None:
    sources = read_source_list(str(shared_data / "rgz_dr1_umap.parquet"))
    images = DrawnImages(DrawingConfig(shared_data / "first_catalogue.parquet", workers=2))
    build(BuildConfig(tmp_path / "bundle", list_catalogue(sources, images), load_encoder()))
    manifest = read_manifest(current_version(tmp_path / "bundle"))
    assert manifest.source.n_listed == FULL == manifest.n + manifest.source.n_rejected
    assert manifest.source.n_rejected < 100
    settings = Settings(bundle=tmp_path / "bundle", data_dir=tmp_path, cutout_cache_mb=0)
    with serving(create_app(settings)) as address:
        for size in SIZES:
            with opened(chromium, address, size) as page:
                expect(page.locator("#image-origin")).to_contain_text(f"All {manifest.n:,} images")
                expect(page.locator("#neighbours li")).to_have_count(12)
