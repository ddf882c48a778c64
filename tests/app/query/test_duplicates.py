"""Near-duplicates on the sky: who counts as the same sky, and as whose."""

from pathlib import Path

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from app.query.duplicates import NearDuplicates
from tests.synthetic import make_space

ARCSEC = 1 / 3600


def mark(
    directory: Path,
    query: tuple[float, float],
    positions: list[tuple[float, float]],
    threshold_arcsec: float = 30,
    ranking: list[int] | None = None,
) -> list[str | None]:
    """Marks of sources s0, s1, ... at (RA, Dec) in degrees, in the order of the ranking."""
    ra_deg, dec_deg = zip(*positions, strict=True)
    space = make_space(directory, ra_deg=ra_deg, dec_deg=dec_deg)
    rows = list(range(len(positions))) if ranking is None else ranking
    marks = NearDuplicates(space, threshold_arcsec).mark(SkyCoord(*query, unit=u.deg), rows)
    assert list(marks) == rows
    return list(marks.values())


FAR = (100.0, 0.0)


def test_the_better_ranked_of_a_pair_stays_and_the_other_names_it(tmp_path: Path) -> None:
    pair = [(10.0, 20.0), (50.0, 20.0), (10.0, 20.0 + 29 * ARCSEC)]
    assert mark(tmp_path, FAR, pair) == [None, None, "s0"]


def test_rank_decides_and_not_the_order_of_the_catalogue(tmp_path: Path) -> None:
    pair = [(10.0, 20.0), (50.0, 20.0), (10.0, 20.0 + 29 * ARCSEC)]
    assert mark(tmp_path, FAR, pair, ranking=[2, 0]) == [None, "s2"]


@pytest.mark.parametrize("dec_deg", [-89.99, -60.0, 0.0, 60.0, 89.99])
@pytest.mark.parametrize(("apart_arcsec", "near"), [(29.9, True), (30.1, False)])
def test_distances_are_those_on_the_sphere(
    dec_deg: float, apart_arcsec: float, near: bool, tmp_path: Path
) -> None:
    first = SkyCoord(359.9999, dec_deg, unit=u.deg)
    other = first.directional_offset_by(90 * u.deg, apart_arcsec * u.arcsec)  # over RA 0
    positions = [(first.ra.deg, first.dec.deg), (other.ra.deg, other.dec.deg)]
    assert mark(tmp_path, FAR, positions) == [None, "s0" if near else None]
    (tmp_path / "query").mkdir()
    marks = mark(tmp_path / "query", positions[0], [positions[1], FAR])
    assert marks == ["query" if near else None, None]


def test_a_threshold_of_zero_marks_nothing_not_even_the_same_position(tmp_path: Path) -> None:
    same = [(10.0, 20.0), (10.0, 20.0)]
    assert mark(tmp_path, (10.0, 20.0), same, threshold_arcsec=0) == [None, None]


def test_the_smallest_threshold_marks_the_same_position(tmp_path: Path) -> None:
    same = [(10.0, 20.0), (10.0, 20.0)]
    assert mark(tmp_path, FAR, same, threshold_arcsec=1e-3) == [None, "s0"]


def test_the_query_itself_comes_before_every_neighbour(tmp_path: Path) -> None:
    three = [(10.0, 20.0), (10.0, 20.0), (10.0, 20.0 + 60 * ARCSEC)]
    assert mark(tmp_path, (10.0, 20.0), three) == ["query", "query", None]


def test_only_what_lies_close_to_something_shown_is_marked(tmp_path: Path) -> None:
    chain = [(10.0, step * 25 * ARCSEC) for step in range(4)]
    assert mark(tmp_path, FAR, chain) == [None, "s0", None, "s2"]
    (tmp_path / "turned").mkdir()
    turned = mark(tmp_path / "turned", FAR, chain, ranking=[1, 3, 0, 2])
    assert turned == [None, None, "s1", "s1"]


def test_a_chain_that_begins_at_the_query_does_not_go_on_beyond_its_reach(tmp_path: Path) -> None:
    chain = [(10.0, step * 25 * ARCSEC) for step in (1, 2)]
    assert mark(tmp_path, (10.0, 0.0), chain) == ["query", None]


def test_no_neighbours_have_no_marks(tmp_path: Path) -> None:
    space = make_space(tmp_path, ra_deg=[1.0, 2.0], dec_deg=[0.0, 0.0])
    assert NearDuplicates(space, 30).mark(SkyCoord(0, 0, unit=u.deg), []) == {}
