"""Looking things up in a bundle: similarity, percentiles, novelty and the sky, by brute force."""

from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.bundle.latent_space import LatentSpace, open_latent_space
from model.encoder import Encoder, embed
from model.preprocess import network_input
from scripts.bundle.sources import SourceCatalogue
from tests.synthetic import make_space


@pytest.fixture(scope="module")
def space(bundle: Path) -> LatentSpace:
    """The small real bundle."""
    return open_latent_space(bundle)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> LatentSpace:
    """203 sources: 60 of one representation, 20 of its double, 3 of another; the rest differ."""
    y = np.random.default_rng(11).random((203, 512)).astype(np.float32)
    same = np.random.default_rng(12).permutation(203)[:83]
    y[same[:60]] = y[same[0]]
    y[same[60:80]] = 2 * y[same[0]]
    y[same[80:]] = y[same[80]]
    return make_space(tmp_path_factory.mktemp("crowd"), y=y)


def eq_3(y: NDArray, query: NDArray) -> NDArray[np.float64]:
    """Slijepcevic et al. 2024, eq. 3, term by term: f(x).f(x') / |f(x)| |f(x')|."""
    y, query = np.asarray(y, np.float64), np.asarray(query, np.float64)
    norms = np.sqrt((y * y).sum(axis=1)) * np.sqrt((query * query).sum())
    return np.array([np.dot(other, query) for other in y]) / norms


def equal_rows(crowd: LatentSpace, count: int) -> list[int]:
    """The rows of the group of so many equal directions."""
    groups = [np.flatnonzero(np.isclose(eq_3(crowd.y, y), 1, atol=1e-12)) for y in crowd.y]
    return next(group.tolist() for group in groups if len(group) == count)


def share_lower(similarity: NDArray, value: float) -> float:
    """Per cent of the values that are lower; equal within rounding is not lower."""
    return 100 * float(np.mean(similarity < value - 1e-12))


def test_every_real_source_is_its_own_first_neighbour(space: LatentSpace) -> None:
    for row in range(len(space)):
        first, second = space.search(space.y[row], 2)
        assert first.row == row
        assert first.similarity == pytest.approx(1, abs=1e-12)
        assert first.similarity <= 1
        assert first.percentile == pytest.approx(100 * (len(space) - 1) / len(space))
        assert second.similarity < first.similarity


def test_similarity_is_eq_3_on_real_representations(space: LatentSpace) -> None:
    for row in (0, 17, 101, 239):
        wanted = eq_3(space.y, space.y[row])
        matches = space.search(space.y[row], 24, exclude_row=row)
        got = np.array([match.similarity for match in matches])
        rows = [match.row for match in matches]
        np.testing.assert_allclose(got, wanted[rows], rtol=0, atol=1e-13)
        wanted[row] = -1
        assert rows == np.argsort(-wanted)[:24].tolist()
        assert row not in rows


def test_a_query_from_outside_is_compared_with_every_source(space: LatentSpace) -> None:
    query = np.abs(np.random.default_rng(3).normal(space.y.mean(axis=0), space.y.std(axis=0)))
    wanted = eq_3(space.y, query)
    for match in space.search(query.astype(np.float32), 50):
        assert match.similarity == pytest.approx(wanted[match.row], abs=1e-7)
        assert match.percentile == pytest.approx(share_lower(wanted, wanted[match.row]))


@pytest.mark.parametrize("exclude", [False, True])
def test_percentiles_are_the_share_with_a_lower_similarity(
    exclude: bool, space: LatentSpace
) -> None:
    for row in (3, 77, 200):
        wanted = eq_3(space.y, space.y[row])
        compared = np.delete(wanted, row) if exclude else wanted
        matches = space.search(space.y[row], 30, exclude_row=row if exclude else None)
        assert [match.percentile for match in matches] == pytest.approx(
            [share_lower(compared, wanted[match.row]) for match in matches]
        )


@pytest.mark.parametrize("k", [1, 5, 59, 79, 80, 199])
@pytest.mark.parametrize("exclude", [False, True])
def test_equal_similarities_share_a_rank_however_many_they_are(
    k: int, exclude: bool, crowd: LatentSpace
) -> None:
    row = equal_rows(crowd, 80)[40]
    compared = eq_3(crowd.y, crowd.y[row])
    if exclude:
        compared = np.delete(compared, row)
    matches = crowd.search(crowd.y[row], k, exclude_row=row if exclude else None)
    assert len(matches) == k
    for match in matches:
        assert match.percentile == pytest.approx(share_lower(compared, match.similarity))


@pytest.mark.parametrize("count", [3, 80])
def test_equal_similarities_come_in_the_order_of_the_catalogue(
    count: int, crowd: LatentSpace
) -> None:
    equal = equal_rows(crowd, count)
    first = crowd.y[equal[1]]
    others = np.random.default_rng(4).random((10, 512))
    for query in (first, *others, *(0.1 * others - first)):  # ranked first, amid, and last
        found = [match for match in crowd.search(query, 203) if match.row in equal]
        assert [match.row for match in found] == equal
        assert len({match.similarity for match in found}) == 1
        assert len({match.percentile for match in found}) == 1


def test_the_length_of_a_representation_does_not_matter(space: LatentSpace) -> None:
    y = np.asarray(space.y[8])
    for factor in (1e-3, 7.0, 1e4):
        assert [m.row for m in space.search(y * np.float32(factor), 9)] == [
            m.row for m in space.search(y, 9)
        ]


@pytest.mark.parametrize("exclude", [False, True])
def test_asking_for_more_than_there_is_gives_all(exclude: bool, space: LatentSpace) -> None:
    matches = space.search(space.y[4], 10_000, exclude_row=4 if exclude else None)
    assert len(matches) == len(space) - exclude
    assert len({match.row for match in matches}) == len(matches)
    assert matches[-1].percentile == 0
    similarity = [match.similarity for match in matches]
    assert similarity == sorted(similarity, reverse=True)
    assert -1 <= similarity[-1] <= similarity[0] <= 1


def test_asking_for_none_gives_none(space: LatentSpace) -> None:
    assert space.search(space.y[4], 0) == []


def test_novelty_is_leave_one_out_by_brute_force(space: LatentSpace) -> None:
    wanted = []
    for row in range(len(space)):
        others = np.delete(eq_3(space.y, space.y[row]), row)
        wanted.append(np.mean(1 - np.sort(others)[::-1][:10]))
    np.testing.assert_allclose(space.novelty, wanted, rtol=0, atol=1e-6)
    strange = int(np.argmax(wanted))
    assert space.novelty_percentile_of(strange) == 100
    assert space.novelty_percentile_of(int(np.argmin(wanted))) == 0
    middle = int(np.argsort(space.novelty)[60])
    assert space.novelty_percentile_of(middle) == pytest.approx(100 * 60 / 239)


def test_the_novelty_of_a_query_is_its_rank_among_the_sources(space: LatentSpace) -> None:
    query = np.random.default_rng(5).normal(size=512).astype(np.float32)
    assert space.novelty_percentile(space.search(query, 10)) == 100
    query = space.y.mean(axis=0)
    mean = np.mean(1 - np.sort(eq_3(space.y, query))[::-1][:10])
    wanted = 100 * np.mean(space.novelty < mean)
    assert space.novelty_percentile(space.search(query, 10)) == pytest.approx(wanted)
    assert space.novelty_percentile(space.search(query, 50)) == pytest.approx(wanted)


def test_a_query_is_placed_amid_its_ten_nearest(space: LatentSpace) -> None:
    matches = space.search(space.y[9], 30, exclude_row=9)
    near = space.xy[[match.row for match in matches[:10]]]
    assert space.place(matches) == pytest.approx(tuple(np.median(near, axis=0)))


SKY = [
    (0.0, 89.9999),
    (180.0, 89.9999),
    (90.0, -89.9995),
    (270.0, -90.0),
    (0.0001, 0.0),
    (359.9999, 0.0),
    (359.9999, 60.0),
    (0.0, 60.0005),
    (120.0, 45.0),
    (300.0, -45.0),
]


@pytest.fixture(scope="module")
def sky(tmp_path_factory: pytest.TempPathFactory) -> LatentSpace:
    """Sources at the poles, about RA 0, and strewn over the sphere."""
    rng = np.random.default_rng(8)
    ra_deg = np.concatenate([[ra for ra, _ in SKY], rng.uniform(0, 360, 40)])
    dec_deg = np.concatenate([[d for _, d in SKY], np.degrees(np.arcsin(rng.uniform(-1, 1, 40)))])
    return make_space(tmp_path_factory.mktemp("sky"), ra_deg=ra_deg, dec_deg=dec_deg)


@pytest.mark.parametrize(
    "position", [*SKY, (33.0, 90.0), (33.0, -90.0), (360.0, 0.0), (12.0, 4.5), (8.0, 60.0)]
)
def test_separations_are_those_of_astropy(position: tuple[float, float], sky: LatentSpace) -> None:
    here = SkyCoord(*position, unit=u.deg)
    there = SkyCoord(sky.catalogue.ra_deg, sky.catalogue.dec_deg, unit=u.deg)
    wanted = here.separation(there).arcsec
    got = sky.separations_arcsec(here)
    near = wanted < 3600
    np.testing.assert_allclose(got[near], wanted[near], rtol=0, atol=1e-6)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=0.01)
    rows = np.array([7, 0, 3])
    np.testing.assert_allclose(sky.separations_arcsec(here, rows), got[rows])
    for radius_arcsec in (0.0, 0.5, 5.0, 3600.0):
        found = sky.within(here, radius_arcsec)
        assert {row for row, _ in found} == set(np.flatnonzero(got <= radius_arcsec))
        distances = [distance for _, distance in found]
        assert distances == sorted(distances)


def test_sources_are_found_across_ra_0_and_over_the_pole(sky: LatentSpace) -> None:
    across = sky.within(SkyCoord(359.99995, 0, unit=u.deg), 1.0)
    assert [row for row, _ in across] == [5, 4]
    assert [d for _, d in across] == pytest.approx([0.18, 0.54], abs=1e-6)
    over = sky.within(SkyCoord(0, 89.99995, unit=u.deg), 1.0)
    assert [row for row, _ in over] == [0, 1]
    assert [d for _, d in over] == pytest.approx([0.18, 0.54], abs=1e-6)


def test_positions_in_other_frames_are_the_same_places(sky: LatentSpace) -> None:
    galactic = SkyCoord(120.0, 45.0, unit=u.deg).galactic
    assert sky.within(galactic, 1.0)[0][0] == 8
    assert sky.position(8).separation(galactic.icrs).arcsec < 1e-6


def test_images_are_those_that_the_catalogue_gave(
    space: LatentSpace, small_catalogue: SourceCatalogue
) -> None:
    candidates = list(small_catalogue.read())
    for row in (0, 100, 239):
        assert np.array_equal(space.image(row), candidates[row].image)
        assert space.catalogue.row(row)["source_id"] == candidates[row].source_id
        assert space.image(row).dtype == np.uint8


def test_a_bundle_image_embeds_to_its_stored_representation(
    space: LatentSpace, encoder: Encoder
) -> None:
    for row in (2, 150):
        y = embed(encoder, network_input(space.image(row))[None])[0]
        np.testing.assert_allclose(y, space.y[row], rtol=0, atol=1e-4)
        assert space.search(y, 1)[0].row == row
