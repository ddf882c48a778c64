"""Fields drawn from catalogue components: flux, places, angles, beams, and likeness to FIRST."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.spatial import cKDTree

from model.beam import Beam, drawing_beam, first_beam
from model.components import (
    CLEAN_BIAS_MJY,
    IMAGE_ORIGIN,
    NOISE_RMS_JY_BEAM,
    Components,
    UnreadableComponents,
    draw_field,
    draw_image,
    position_seed,
    read_components,
)
from model.datasets import read_mirabest
from model.preprocess import NoEmission, centre_crop
from model.sphere import unit_vectors

RA, DEC = 180.0, 30.0


def components(*rows: tuple[float, ...]) -> Components:
    """Rows of ra, dec, peak (mJy/beam), deconvolved axes (arcsec) and position angle."""
    values = np.array(rows, float).reshape(-1, 6)
    return Components(values, cKDTree(unit_vectors(values[:, 0], values[:, 1])))


def moments(field: np.ndarray) -> tuple[float, float, float]:
    """Variances along columns and rows, and the covariance, of what stands above the noise."""
    weight = np.where(field > 10 * NOISE_RMS_JY_BEAM, field, 0)
    rows, columns = np.indices(field.shape)
    x, y = (c - np.average(c, weights=weight) for c in (columns, rows))
    xx, yy, xy = (np.average(p, weights=weight) for p in (x * x, y * y, x * y))
    return float(xx), float(yy), float(xy)


def test_a_source_stands_on_the_centre_pixel_with_its_peak() -> None:
    field = draw_field(components((RA, DEC, 1000, 0, 0, 0)), RA, DEC)
    assert np.unravel_index(field.argmax(), field.shape) == (75, 75)
    assert field.max() == pytest.approx(1.0, abs=1e-3)


def test_a_point_source_is_as_wide_as_the_beam() -> None:
    field = draw_field(components((RA, DEC, 1e5, 0, 0, 0)), RA, DEC)
    xx, yy, _ = moments(field)
    sigma_px = 5.4 / 2.3548 / 1.8
    assert np.sqrt([xx, yy]) == pytest.approx([sigma_px, sigma_px], rel=0.02)


def test_north_is_up_and_east_is_left() -> None:
    north = draw_field(components((RA, DEC + 18 / 3600, 1000, 0, 0, 0)), RA, DEC)
    east_ra = RA + 18 / 3600 / np.cos(np.deg2rad(DEC))
    east = draw_field(components((east_ra, DEC, 1000, 0, 0, 0)), RA, DEC)
    assert np.unravel_index(north.argmax(), north.shape) == (85, 75)
    assert np.unravel_index(east.argmax(), east.shape) == (75, 65)


def test_position_angle_runs_from_north_through_east() -> None:
    xx, yy, xy = moments(draw_field(components((RA, DEC, 1e5, 30, 5, 45)), RA, DEC))
    assert xx == pytest.approx(yy, rel=0.01)
    assert xy < -0.5 * xx  # up and to the left


def test_the_beam_is_elongated_north_south_in_the_south() -> None:
    assert first_beam(180.0, 30.0) == Beam(5.4, 5.4)
    assert first_beam(180.0, 0.0) == Beam(6.4, 5.4)
    assert drawing_beam(0.0, -5.0) == Beam(6.8, 5.4)
    xx, yy, _ = moments(draw_field(components((RA, 0.0, 1e5, 0, 0, 0)), RA, 0.0))
    assert np.sqrt(yy / xx) == pytest.approx(6.4 / 5.4, rel=0.02)


def test_where_the_southern_beam_is_not_known_none_is_stated() -> None:
    assert first_beam(0.0, -5.0) is None
    assert first_beam(20.29 * 15, -5.0) == Beam(6.4, 5.4)
    assert first_beam(20.31 * 15, -5.0) is None
    assert drawing_beam(0.0, -1.0) == Beam(6.4, 5.4)


def test_the_bias_of_a_catalogued_peak_is_taken_off() -> None:
    quiet = draw_field(components((RA, DEC + 1, 1, 0, 0, 0)), RA, DEC)
    drawn = draw_field(components((RA, DEC, 2.0, 0, 0, 0)), RA, DEC) - quiet
    assert drawn.max() == pytest.approx((2.0 - CLEAN_BIAS_MJY) * 1e-3, rel=1e-3)
    nothing = draw_field(components((RA, DEC, 0.1, 0, 0, 0)), RA, DEC) - quiet
    assert not nothing.any()


def test_a_component_outside_what_the_network_sees_is_not_in_view() -> None:
    assert components((RA, DEC + 60 / 3600, 10, 0, 0, 0)).in_view(RA, DEC)
    assert not components((RA, DEC + 70 / 3600, 10, 0, 0, 0)).in_view(RA, DEC)


def test_noise_is_decided_by_the_position_alone() -> None:
    assert position_seed(RA, DEC) == position_seed(RA + 360, DEC + 1e-8)
    assert position_seed(RA, DEC) != position_seed(RA, DEC + 1e-5)
    assert position_seed(RA, DEC) != position_seed(RA, DEC, seed=1)


def test_a_file_that_is_no_component_catalogue_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_text("no parquet")
    pq.write_table(pa.table({"ra_deg": [1.0]}), tmp_path / "y.parquet")
    for name in ("none.parquet", "x.parquet", "y.parquet"):
        with pytest.raises(UnreadableComponents, match="fetch first-catalogue"):
            read_components(tmp_path / name)


def test_the_noise_is_as_stated_and_seeded() -> None:
    empty = components((RA, -DEC, 1, 0, 0, 0))
    field = draw_field(empty, RA, DEC, seed=1)
    assert field.std() == pytest.approx(0.15e-3, rel=1e-3)
    np.testing.assert_array_equal(field, draw_field(empty, RA, DEC, seed=1))
    assert not np.array_equal(field, draw_field(empty, RA, DEC, seed=2))


def test_sources_across_the_zero_meridian_are_drawn() -> None:
    field = draw_field(components((359.999, 0.0, 100, 0, 0, 0)), 0.001, 0.0)
    assert field.max() > 0.05


def test_an_image_is_cleaned_as_observed_ones_are() -> None:
    image = draw_image(components((RA, DEC, 100, 10, 3, 20)), RA, DEC)
    assert image.shape == (150, 150)
    assert image.dtype == np.uint8
    assert image.max() == 255
    assert (image == 0).mean() > 0.95


def test_components_that_are_probably_sidelobes_are_left_out(shared_data: Path) -> None:
    path = shared_data / "first_catalogue.parquet"
    assert len(read_components(path, 0.1).values) < len(read_components(path, 1.0).values)


def test_what_is_drawn_is_called_a_model() -> None:
    assert IMAGE_ORIGIN == "model"


def test_drawn_fields_look_like_the_real_images_at_their_places(shared_data: Path) -> None:
    catalogue = read_components(shared_data / "first_catalogue.parquet")
    mirabest = read_mirabest(shared_data / "MiraBest_F_batches.tar.gz").where(np.arange(60))
    likeness, mirrored = [], []
    for real, ra, dec in zip(
        mirabest.pixels, mirabest.positions.ra_deg, mirabest.positions.dec_deg, strict=True
    ):
        try:
            drawn = centre_crop(draw_image(catalogue, ra, dec), 70)
        except NoEmission:
            continue
        real = centre_crop(real, 70)
        likeness.append(np.corrcoef(real.ravel(), drawn.ravel())[0, 1])
        mirrored.append(np.corrcoef(real.ravel(), drawn[:, ::-1].ravel())[0, 1])
    assert len(likeness) > 50
    assert np.median(likeness) > 0.8
    assert np.median(likeness) > np.median(mirrored) + 0.2
