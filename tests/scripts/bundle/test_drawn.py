"""Bundles of drawn images: marked as models everywhere, the same whatever draws them."""

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from PIL import Image

from app.bundle.files import current_version, read_manifest
from app.images.draw import MARK_RGB, mark_model
from app.main import create_app
from app.query.caveats import mixed_warning
from app.settings import Settings
from app.tables.lists import SourceList, UnreadableCatalogue
from model.encoder import load_encoder
from scripts import cli
from scripts.bundle.build import BuildConfig, build
from scripts.bundle.drawn import NOTHING_IN_VIEW, DrawingConfig, DrawnImages
from scripts.bundle.named import read_source_list
from scripts.bundle.sources import Source, list_catalogue, listed_sources
from scripts.bundle.stored import bundle_catalogue
from tests.replay.rendered import DEC, RA, N, write_components, write_published_map
from tests.replay.server import ReplayServer
from tests.site import serving
from tests.small_builds import no_layout


@pytest.fixture(scope="module")
def components(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_components(tmp_path_factory.mktemp("components") / "first_catalogue.parquet")


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_published_map(tmp_path_factory.mktemp("list") / "umap.parquet")


@pytest.fixture(scope="module")
def sources(listed: Path) -> SourceList:
    return read_source_list(str(listed))


@pytest.fixture(scope="module")
def rendered(
    components: Path, sources: SourceList, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A bundle of the twelve places that have something to draw."""
    bundle = tmp_path_factory.mktemp("rendered") / "bundle"
    catalogue = list_catalogue(sources, DrawnImages(DrawingConfig(components)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scripts.bundle.stages.fit_umap", no_layout)
        build(BuildConfig(bundle, catalogue, load_encoder()))
    return bundle


@pytest.fixture(scope="module")
def site(
    rendered: Path, survey: ReplayServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    settings = Settings(
        bundle=rendered,
        data_dir=tmp_path_factory.mktemp("data"),
        first_server=survey.first_url,
        cutout_cache_mb=0,
    )
    application = create_app(settings)
    with serving(application) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client


def test_the_same_place_gives_the_same_image_whatever_list_and_processes_draw_it(
    components: Path, sources: SourceList
) -> None:
    alone = DrawnImages(DrawingConfig(components))
    several = DrawnImages(DrawingConfig(components, workers=2))
    images = list(alone.images_of(listed_sources(sources)))
    for one, other in zip(images, several.images_of(listed_sources(sources)), strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        assert one.reason == other.reason
    (again,) = alone.images_of([Source("another id", "", RA[4], DEC[4], row=99)])
    np.testing.assert_array_equal(again.image, images[4].image)


def test_a_field_without_a_source_in_view_is_rejected_with_its_reason(
    components: Path, sources: SourceList
) -> None:
    images = list(DrawnImages(DrawingConfig(components)).images_of(listed_sources(sources)))
    reasons = [image.reason for image in images]
    assert reasons == [None] * (N - 2) + [NOTHING_IN_VIEW] * 2
    sidelobes = DrawnImages(DrawingConfig(components, max_sidelobe=1.0))
    assert list(sidelobes.images_of(listed_sources(sources)))[N - 2].reason is None


def test_another_catalogue_sidelobe_cut_or_seed_is_another_version(
    components: Path, tmp_path: Path
) -> None:
    version = DrawnImages(DrawingConfig(components)).record.version
    assert DrawnImages(DrawingConfig(components, workers=2)).record.version == version
    copied = shutil.copy(components, tmp_path / "other name.parquet")
    assert DrawnImages(DrawingConfig(Path(copied))).record.version == version
    assert DrawnImages(DrawingConfig(components, seed=1)).record.version != version
    assert DrawnImages(DrawingConfig(components, max_sidelobe=0.5)).record.version != version
    with pytest.raises(UnreadableCatalogue, match="fetch first-catalogue"):
        DrawnImages(DrawingConfig(tmp_path / "none.parquet"))


def test_the_bundle_says_that_its_images_are_models_and_how_they_were_drawn(
    rendered: Path, components: Path
) -> None:
    version = current_version(rendered)
    table, manifest = pq.read_table(version / "catalogue.parquet"), read_manifest(version)
    assert set(table["image_origin"].to_pylist()) == {"model"}
    assert manifest.source.rendering is not None
    assert manifest.source.rendering.component_catalogue == components.name
    assert manifest.source.rendering.max_sidelobe_probability == 0.1
    assert manifest.input_kind == "raw"
    assert manifest.default_column == "novelty"  # all extents of this list are the same
    assert "none of them is an observation" in manifest.source.terms
    rejects = (version / "rejects.csv").read_text().splitlines()[1:]
    assert manifest.n + len(rejects) == manifest.source.n_listed == N
    assert table["extent_origin"].to_pylist() == ["catalogue"] * manifest.n
    assert table["umap_x"].to_pylist()[:3] == [0.0, 1.5, 3.0]
    assert table["scale_max_jy_beam"].to_pylist()[0] > 0.01


def test_the_command_builds_and_prints_counts_that_add_up(
    components: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    quick_layout: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = "".join(f"s{i},{ra},{dec}\n" for i, (ra, dec) in enumerate(zip(RA, DEC, strict=True)))
    listed = tmp_path / "mine.csv"
    listed.write_text(f'name,ra,dec\n{rows}lost,,\n"two\nlines",400,10\n')
    arguments = ["--catalogue", listed, "--render-from", components, "--bundle", tmp_path / "b"]
    monkeypatch.setattr("sys.argv", ["rgz-explorer", "build", *map(str, arguments)])
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert not ended.value.code, said
    assert "16 sources listed = 12 in the bundle + 4 rejected" in said
    assert f"2: {NOTHING_IN_VIEW}" in said
    assert "1: it has no ra" in said
    version = current_version(tmp_path / "b")
    manifest = read_manifest(version)
    assert (manifest.n, manifest.source.n_listed, manifest.source.n_rejected) == (12, 16, 4)
    table = pq.read_table(version / "catalogue.parquet")
    assert table["source_id"].to_pylist()[0] == "mine-1"
    assert set(table["extent_origin"].to_pylist()) == {"measured"}


def test_embedding_again_keeps_images_origin_and_the_catalogues_own_map(rendered: Path) -> None:
    again = bundle_catalogue(rendered)
    found = list(again.read())
    assert {c.image_origin for c in found if c.reason is None} == {"model"}
    assert again.record.rendering == read_manifest(current_version(rendered)).source.rendering
    assert found[2].own["umap_x"] == 3.0
    assert len(found) == N


def test_the_page_and_every_answer_say_model(site: httpx.Client) -> None:
    meta = site.get("/api/meta").json()
    assert meta["image_origin_statement"].startswith(f"All {meta['n']} images here are models")
    assert "models, not observations" in site.get("/").text
    found = site.get("/api/sources/rgz-map-1/neighbours?k=3").json()
    assert found["query"]["image_origin"] == "model"
    assert {each["image_origin"] for each in found["neighbours"]} == {"model"}
    assert not any("mixes" in warning for warning in found["query"]["warnings"])
    table = site.get("/api/sources/rgz-map-1/neighbours?k=3&format=ecsv").text
    assert re.search(r"query_image: .?model, ", table)
    assert ',"model",' in table
    image = fits.open(io.BytesIO(site.get("/api/sources/rgz-map-1/cutout.fits").content))
    assert image[0].header["IMGORIG"] == "model"


def test_the_mark_is_burned_into_the_picture_beside_what_the_network_sees(
    site: httpx.Client, rendered: Path
) -> None:
    def picture(url: str) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(site.get(url).content)).convert("RGB"))

    whole = picture("/api/sources/rgz-map-1/cutout.png?colours=grey")
    marked = (whole == MARK_RGB).all(axis=-1)
    assert marked[0].any()
    assert marked[-14:, -60:].sum() > 100
    assert not marked[40:110, 40:110].any()
    small = picture("/api/sources/rgz-map-1/cutout.png?size_px=70")
    assert (small == MARK_RGB).all(axis=-1).sum() > 100
    place = picture(f"/api/cutout.png?ra={RA[0]}&dec={DEC[0]}")
    assert (place == MARK_RGB).all(axis=-1).any()


def test_the_catalogues_own_map_can_be_asked_for_beside_ours(site: httpx.Client) -> None:
    layouts = site.get("/api/meta").json()["layouts"]
    assert [layout["name"] for layout in layouts] == ["ours", "listed"]
    ours, listed = (site.get(f"/api/map?layout={name}") for name in ("ours", "listed"))
    assert b'"x": {"min": 0.0, "max": 16.5}' in listed.content
    assert listed.content != ours.content
    assert listed.headers["etag"] != ours.headers["etag"]
    page = site.get("/").text
    assert '<select id="layout"' in page
    assert "made by others, from other images and with another encoder" in page


def test_an_observed_query_over_models_says_that_it_mixes(site: httpx.Client) -> None:
    found = site.get("/api/query?ra=180&dec=30&k=4").json()
    assert found["query"]["image_origin"] == "observed"
    (warning,) = [text for text in found["query"]["warnings"] if "mixes" in text]
    assert "the query's image is no model, all 4 neighbours' are models" in warning
    plain = site.get("/api/cutout.png?ra=180&dec=30").content
    assert not (np.asarray(Image.open(io.BytesIO(plain)).convert("RGB")) == MARK_RGB).all(-1).any()


def test_a_mixture_is_said_only_where_there_is_one() -> None:
    assert mixed_warning("observed", ["observed"] * 3) == ()
    assert mixed_warning("model", ["model"] * 3) == ()
    assert mixed_warning("uploaded", ["observed"] * 3) == ()
    assert "2 of the 3" in mixed_warning("observed", ["model", "observed", "model"])[0]
    assert "0 of the 3" in mixed_warning("model", ["observed"] * 3)[0]


@pytest.mark.parametrize("side", [10, 26, 27, 70, 150])
def test_a_mark_leaves_the_middle_alone(side: int) -> None:
    black = np.zeros((side, side, 3), np.uint8)
    marked = mark_model(black)
    assert (marked == MARK_RGB).all(axis=-1).any()
    assert not black.any()
    middle = slice(side // 2 - side // 8, side // 2 + side // 8)
    assert not marked[middle, middle].any()
