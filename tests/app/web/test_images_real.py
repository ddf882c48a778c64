"""The 66 real FITS images as queries: their published images exactly, and a sane neighbourhood."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.bundle.latent_space import LatentSpace
from app.main import create_app
from app.settings import Settings
from model.batch_files import read_labelled_batches
from model.encoder import Encoder
from scripts.bundle.build import BuildConfig, build
from scripts.bundle.demo import demo_catalogue
from tests.app.web.test_images import answered, ask, used
from tests.problem import problem_of
from tests.replay.images import RealImage, real_images
from tests.site import serving
from tests.small_builds import no_layout

ANOTHER_IMAGE = "300_147.428-000.840"
PARTLY_NAN = "100_036.061+000.563"
BLANK = "200_033.655+000.710"
SAME_SKY_ARCSEC = 10.0


def key(image: RealImage) -> str:
    return image.path.name.removesuffix(".fits.gz")


@pytest.fixture(scope="module")
def published(shared_data: Path) -> dict[str, NDArray[np.uint8]]:
    """The images of MiraBest_F by file name without its ending."""
    batches = read_labelled_batches(shared_data / "MiraBest_F_batches.tar.gz")
    names = [Path(name).name.removesuffix(".png") for name in batches.filenames]
    return dict(zip(names, batches.pixels, strict=True))


def test_63_of_the_66_give_their_published_image_and_the_others_what_the_design_says(
    site: httpx.Client, published: dict[str, NDArray[np.uint8]]
) -> None:
    exact, refused, different, unpublished = 0, [], [], []
    for image in real_images():
        response = ask(site, image.path.read_bytes(), image.path.name, k=1)
        if response.status_code != 200:
            assert "no pixel of it was observed" in problem_of(response)["detail"]
            refused.append(key(image))
            continue
        result = answered(response)
        said = " ".join(result.query.warnings)
        assert "resampled" not in said
        assert "convolved" not in said
        said_place = SkyCoord(result.query.ra_deg, result.query.dec_deg, unit="deg")
        assert image.position.separation(said_place).arcsec < 3
        if key(image) not in published:
            assert "49.1 % of the field was not observed" in said
            unpublished.append(key(image))
        elif np.array_equal(used(result), published[key(image)]):
            exact += 1
        else:
            different.append(key(image))
    assert exact == 63
    outcome = [(BLANK, refused), (PARTLY_NAN, unpublished), (ANOTHER_IMAGE, different)]
    for name, (only,) in outcome:
        assert only.startswith(name)


@pytest.fixture(scope="module")
def demo_site(
    tmp_path_factory: pytest.TempPathFactory, encoder: Encoder
) -> Iterator[tuple[httpx.Client, LatentSpace]]:
    """The whole demo bundle; its map is not looked at."""
    directory = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scripts.bundle.stages.fit_umap", no_layout)
        build(BuildConfig(directory / "bundle", demo_catalogue(), encoder))
    application = create_app(Settings(bundle=directory / "bundle", data_dir=directory))
    with serving(application) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client, application.state.served.explorer.space


def _row_of(space: LatentSpace, position: SkyCoord) -> int | None:
    """The bundle's source at a position; its positions have 3 decimals."""
    nearby = space.within(position, SAME_SKY_ARCSEC)
    return nearby[0][0] if nearby else None


@pytest.mark.slow
def test_a_source_of_the_demo_bundle_is_among_the_first_of_what_its_raw_image_finds(
    demo_site: tuple[httpx.Client, LatentSpace], shared_data: Path
) -> None:
    """It need not come first: the bundle's images had a pedestal subtracted (preparation.md)."""
    site, space = demo_site
    percentiles = []
    for image in real_images():
        row = _row_of(space, image.position)
        if row is None or key(image).startswith(BLANK):
            continue
        result = answered(ask(site, image.path.read_bytes(), k=200))
        found = [n.percentile for n in result.neighbours if n.row == row]
        percentiles.append(found[0] if found else 0.0)
    assert len(percentiles) >= 38
    assert np.median(percentiles) > 99.9
    assert np.sort(percentiles)[2] > 99.5
    assert min(percentiles) > 99
