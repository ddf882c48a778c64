"""FIRST's footprint: derived from the catalogue, committed, and asked before the server is."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy_healpix import HEALPix
from mocpy import MOC

from app.errors import OutsideFootprint
from app.surveys.footprint import EDGE_ARCMIN, FOOTPRINT_FILE, Footprint, first_footprint
from app.surveys.services import FirstServer
from scripts.studies.footprint import OUT, derive_moc
from tests.replay.images import real_images
from tests.replay.server import ReplayServer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplayServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ReplayServer() as replay:
        yield replay


def catalogue(shared_data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Positions of all 946,432 components, degrees."""
    table = pq.read_table(shared_data / "first_catalogue.parquet", columns=["ra_deg", "dec_deg"])
    return table["ra_deg"].to_numpy(), table["dec_deg"].to_numpy()


@pytest.mark.filterwarnings("ignore:invalid value encountered in neighbours_nested")
def test_the_committed_footprint_is_what_the_script_derives(shared_data: Path) -> None:
    derived, filled = derive_moc(*catalogue(shared_data))
    assert derived == first_footprint().moc
    assert derived.max_order == 7
    assert filled == 9


def test_every_component_of_a_sample_lies_inside(shared_data: Path) -> None:
    ra_deg, dec_deg = catalogue(shared_data)
    sample = np.random.default_rng(4).choice(len(ra_deg), 20_000, replace=False)
    moc = first_footprint().moc
    assert moc.contains_lonlat(ra_deg[sample] * u.deg, dec_deg[sample] * u.deg).all()


def test_the_real_images_lie_inside() -> None:
    for image in real_images():
        assert first_footprint().reaches(image.position, 0.1), image.path.name


def test_its_area_is_the_survey_s_and_a_little_more() -> None:
    assert 10_575 < first_footprint().area_deg2 < 10_575 * 1.05  # deg2: Helfand et al. 2015


@pytest.mark.parametrize(
    ("where", "reached"),
    [
        ((180.0, 30.0), True),
        ((330.0, 0.0), True),
        ((0.0, 0.0), True),
        ((202.784, 30.509), True),  # 3C 286, a hole without components
        ((83.6, 22.0), False),  # the Crab, between the two regions
        ((180.0, -40.0), False),
        ((180.0, 80.0), False),
        ((0.0, 90.0), False),
        ((0.0, -90.0), False),
        ((345.0, 40.0), False),
    ],
)
def test_known_places(where: tuple[float, float], reached: bool) -> None:
    assert first_footprint().reaches(SkyCoord(*where, unit="deg"), EDGE_ARCMIN) is reached


def test_a_margin_is_kept_to_two_arcmin_all_round_a_cell() -> None:
    cell, grid = Footprint(MOC.from_string("7/81000")), HEALPix(128, order="nested")
    middle = SkyCoord(*grid.healpix_to_lonlat(81000))
    for place in SkyCoord(*grid.boundaries_lonlat(81000, 2))[0]:
        away = middle.position_angle(place)
        assert cell.reaches(place.directional_offset_by(away, 25 * u.arcmin), 30.0)
        assert not cell.reaches(place.directional_offset_by(away, 50 * u.arcmin), 30.0)


def test_within_30_arcmin_of_the_edge_the_server_decides_and_beyond_it_is_not_asked(
    server: ReplayServer,
) -> None:
    first, footprint = FirstServer(server.first_url), first_footprint()
    northward = [SkyCoord(180.0, dec_deg, unit="deg") for dec_deg in np.arange(64, 67, 0.02)]
    near = next(place for place in northward if not footprint.reaches(place, 27.0))
    far = next(place for place in northward if not footprint.reaches(place, 33.0))
    with pytest.raises(OutsideFootprint):  # by the server, which covers less
        first.download(near, 9.0)
    assert server.count() == 1
    with pytest.raises(OutsideFootprint, match=r"FIRST has no data at 12h00m00.0s \+6"):
        first.download(far, 9.0)
    assert server.count() == 1


def test_the_script_writes_where_the_program_reads() -> None:
    assert OUT.name == FOOTPRINT_FILE
    assert OUT.is_file()


@pytest.mark.filterwarnings("ignore:invalid value encountered in neighbours_nested")
def test_small_holes_are_filled_and_larger_gaps_are_left() -> None:
    grid = HEALPix(128, order="nested")
    cells = grid.cone_search_lonlat(180 * u.deg, 30 * u.deg, 5 * u.deg)
    hole, gap = (grid.lonlat_to_healpix(180 * u.deg, dec_deg * u.deg) for dec_deg in (28.0, 32.0))
    around_gap = [gap, *grid.neighbours(gap)]
    kept = np.setdiff1d(cells, [hole, *around_gap])
    ra, dec = grid.healpix_to_lonlat(kept)
    moc, filled = derive_moc(ra.deg, dec.deg)
    assert filled == 1
    covered = set(moc.flatten())
    assert covered == {*kept.tolist(), int(hole)}
