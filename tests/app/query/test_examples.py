"""A search with several examples against its formula, term by term."""

import numpy as np
import pytest
from numpy.typing import NDArray

from app.bundle.latent_space import LatentSpace
from app.errors import UnusableExamples
from app.query.conditions import Conditions, read_where
from app.query.examples import Example, search_examples
from app.query.explorer import Explorer
from app.query.ranking import SearchOptions

WANTED = {3: 1.0, 17: 2.5, 101: 0.5}
UNWANTED = {8: 1.0, 60: 3.0}


@pytest.fixture(scope="module")
def space(explorer: Explorer) -> LatentSpace:
    return explorer.space


def examples(explorer: Explorer, weights: dict[int, float]) -> list[Example]:
    return [Example(explorer.bundle_subject(row), weight) for row, weight in weights.items()]


def similarity(space: LatentSpace, row: int) -> NDArray[np.float64]:
    y = np.asarray(space.y, np.float64)
    return np.array([one @ y[row] / np.sqrt(one @ one) / np.sqrt(y[row] @ y[row]) for one in y])


def mean(space: LatentSpace, weights: dict[int, float]) -> NDArray[np.float64]:
    total = sum(weight * similarity(space, row) for row, weight in weights.items())
    return np.asarray(total / sum(weights.values()))


@pytest.mark.parametrize("unwanted", [UNWANTED, {}])
def test_the_score_is_the_difference_of_two_weighted_means(
    explorer: Explorer, space: LatentSpace, unwanted: dict[int, float]
) -> None:
    score = mean(space, WANTED) - (mean(space, unwanted) if unwanted else 0)
    others = [row for row in range(len(space)) if row not in {**WANTED, **unwanted}]
    best = sorted(others, key=lambda row: -score[row])[:15]
    answer = search_examples(
        space, examples(explorer, WANTED), examples(explorer, unwanted), SearchOptions(k=15)
    )
    assert [each.match.row for each in answer.neighbours] == best
    assert [each.score for each in answer.neighbours] == pytest.approx(score[best], abs=1e-12)
    lower = [100 * np.mean(score[others] < score[row] - 1e-13) for row in best]
    assert [each.match.percentile for each in answer.neighbours] == pytest.approx(lower)
    assert answer.ranks.population == len(others)


def test_s_is_that_to_the_wanted_example_that_a_hit_is_most_like(
    explorer: Explorer, space: LatentSpace
) -> None:
    each = np.stack([similarity(space, row) for row in WANTED])  # (W, N)
    ids = [f"{space.catalogue.row(row)['source_id']}" for row in WANTED]
    answer = search_examples(
        space, examples(explorer, WANTED), examples(explorer, UNWANTED), SearchOptions(k=60)
    )
    for neighbour in answer.neighbours:
        closest = int(each[:, neighbour.match.row].argmax())
        assert neighbour.similar_to == ids[closest]
        assert neighbour.match.similarity == pytest.approx(
            each[closest, neighbour.match.row], abs=1e-12
        )
        place = space.position(list(WANTED)[closest])
        separation = place.separation(space.position(neighbour.match.row)).arcsec
        assert neighbour.separation_arcsec == pytest.approx(separation, rel=1e-9, abs=1e-6)
    assert len({neighbour.similar_to for neighbour in answer.neighbours}) > 1


def test_one_wanted_example_is_the_plain_search(explorer: Explorer, space: LatentSpace) -> None:
    source_id = str(space.catalogue.row(42)["source_id"])
    plain = explorer.neighbours_of(source_id, SearchOptions(k=30))
    answer = search_examples(space, examples(explorer, {42: 7.0}), [], SearchOptions(k=30))
    assert [n.match.row for n in answer.neighbours] == [n.match.row for n in plain.neighbours]
    for one, other in zip(answer.neighbours, plain.neighbours, strict=True):
        assert one.match.similarity == pytest.approx(other.match.similarity, abs=1e-13)
        assert one.score == pytest.approx(other.match.similarity, abs=1e-13)
        assert one.match.percentile == pytest.approx(other.match.percentile)
        assert one.separation_arcsec == pytest.approx(other.separation_arcsec)


def test_conditions_hold_for_several_examples_too(explorer: Explorer, space: LatentSpace) -> None:
    best = np.max([similarity(space, row) for row in WANTED], axis=0)
    floor = round(float(np.median(best)), 3)
    near = best >= floor
    catalogues = space.catalogue.table["source_catalogue"].to_pylist()
    extents = [explorer.bundle_subject(row).angular_extent_arcsec for row in WANTED]
    extent = np.average(extents, weights=list(WANTED.values()))
    own = space.catalogue.numbers("angular_extent_arcsec")
    fits = [
        row
        for row in range(len(space))
        if row not in WANTED
        and near[row]
        and catalogues[row] == "MiraBest"
        and 0.4 * extent <= own[row] <= 1.6 * extent
    ]
    conditions = Conditions(
        extent_percent=60,
        min_similarity=floor,
        columns=read_where(space.catalogue, ["source_catalogue:MiraBest"]),
    )
    options = SearchOptions(k=239, conditions=conditions)
    answer = search_examples(space, examples(explorer, WANTED), [], options)
    assert 0 < len(fits) < 239
    assert sorted(n.match.row for n in answer.neighbours) == fits
    assert answer.extent_arcsec == pytest.approx(extent)
    assert any(
        f"S to a wanted example at least {floor:g}" in words for words in answer.ranks.conditions
    )


def test_the_sky_of_any_example_is_that_of_the_query(
    explorer: Explorer, space: LatentSpace
) -> None:
    options = SearchOptions(k=237, duplicates_arcsec=3600.0)
    answer = search_examples(space, examples(explorer, WANTED), [], options)
    places = [space.position(row) for row in WANTED]
    for neighbour in answer.neighbours:
        own = space.position(neighbour.match.row)
        close = any(own.separation(place).deg <= 1 for place in places)
        assert (neighbour.duplicate_of == "query") == close


def test_a_source_given_twice_is_refused(explorer: Explorer, space: LatentSpace) -> None:
    with pytest.raises(UnusableExamples, match="is among the examples twice"):
        search_examples(
            space, examples(explorer, WANTED), examples(explorer, {17: 1.0}), SearchOptions()
        )
