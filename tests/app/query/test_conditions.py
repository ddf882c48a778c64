"""Conditions on neighbours against brute force in numpy, over all sources of a real bundle."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.bundle.latent_space import LatentSpace
from app.errors import ExplorerError, NothingFits, UnknownColumn, UnusableCondition
from app.query.conditions import Conditions, Selection, read_cone, read_where
from app.query.explorer import Answer, Explorer
from app.query.ranking import SearchOptions

ROW = 11


@pytest.fixture(scope="module")
def space(explorer: Explorer) -> LatentSpace:
    return explorer.space


def similarities(space: LatentSpace, row: int) -> NDArray[np.float64]:
    """Equation 3 to all sources, in double precision."""
    y = np.asarray(space.y, np.float64)
    lengths = np.sqrt((y * y).sum(axis=1))
    return (y * y[row]).sum(axis=1) / lengths / lengths[row]


def values(space: LatentSpace, column: str) -> list[Any]:
    return [space.catalogue.row(row)[column] for row in range(len(space))]


def ask(explorer: Explorer, conditions: Conditions, **options: Any) -> Answer:
    source_id = str(explorer.space.catalogue.row(ROW)["source_id"])
    return explorer.neighbours_of(source_id, SearchOptions(conditions=conditions, **options))


def where(space: LatentSpace, *texts: str) -> Conditions:
    return Conditions(columns=read_where(space.catalogue, texts))


def check(explorer: Explorer, conditions: Conditions, wanted: list[bool], words: str) -> None:
    """The 7 best, the population and the percentiles are those of a loop over all sources."""
    s = similarities(explorer.space, ROW)
    fits = [row for row, ok in enumerate(wanted) if ok and row != ROW]
    best = sorted(fits, key=lambda row: -s[row])[:7]
    answer = ask(explorer, conditions, k=7)
    assert 0 < len(fits) < len(explorer.space) - 1
    assert [neighbour.match.row for neighbour in answer.neighbours] == best
    assert answer.ranks.population == len(fits)
    assert answer.ranks.more == (len(fits) > 7)
    others = np.delete(s, ROW)
    lower = [100 * np.mean(others < s[row] - 1e-13) for row in best]
    assert [n.match.percentile for n in answer.neighbours] == pytest.approx(lower, abs=1e-9)
    assert words in " | ".join(answer.ranks.conditions)


def test_a_category_is_one_of_some_values(explorer: Explorer, space: LatentSpace) -> None:
    labels = values(space, "source_catalogue")
    check(
        explorer,
        where(space, "source_catalogue:Capetti2017a"),
        [label == "Capetti2017a" for label in labels],
        "Capetti2017a",
    )
    two = where(space, "source_catalogue:Capetti2017a", "source_catalogue:Gendre")
    check(
        explorer,
        two,
        [label in ("Capetti2017a", "Gendre") for label in labels],
        "Capetti2017a or Gendre",
    )


@pytest.mark.parametrize(
    ("text", "low", "high", "words"),
    [
        ("redshift:0.05..0.2", 0.05, 0.2, "0.05 to 0.2"),
        ("redshift: 0.1 ..", 0.1, math.inf, "at least 0.1"),
        ("redshift:..0.1", -math.inf, 0.1, "at most 0.1"),
        ("dec_deg:-20..+10", -20, 10, "-20 to 10 deg"),
    ],
)
def test_a_number_lies_in_a_range(
    explorer: Explorer, space: LatentSpace, text: str, low: float, high: float, words: str
) -> None:
    column = text.partition(":")[0]
    numbers = values(space, column)
    check(
        explorer,
        where(space, text),
        [number is not None and low <= number <= high for number in numbers],
        words,
    )


def test_the_ends_of_a_range_belong_to_it(explorer: Explorer, space: LatentSpace) -> None:
    known = sorted({z for z in values(space, "redshift") if z is not None})[3:6]
    found = ask(explorer, where(space, f"redshift:{known[0]}..{known[2]}"), k=50)
    rows = [neighbour.match.row for neighbour in found.neighbours]
    assert {space.catalogue.row(row)["redshift"] for row in rows} == set(known)


def test_unknown_is_a_value_that_can_be_asked_for(explorer: Explorer, space: LatentSpace) -> None:
    redshifts = values(space, "redshift")
    check(explorer, where(space, "redshift:"), [z is None for z in redshifts], "unknown")
    check(
        explorer,
        where(space, "redshift:", "redshift:0.1..0.2"),
        [z is None or 0.1 <= z <= 0.2 for z in redshifts],
        "0.1 to 0.2 or unknown",
    )


def test_the_extent_is_near_the_query_s(explorer: Explorer, space: LatentSpace) -> None:
    extents = values(space, "angular_extent_arcsec")
    own = extents[ROW]
    check(
        explorer,
        Conditions(extent_percent=30),
        [0.7 * own <= extent <= 1.3 * own for extent in extents],
        f"the query's {own:.1f} arcsec ({0.7 * own:.1f} to {1.3 * own:.1f} arcsec)",
    )


def test_s_is_at_least_a_value_to_the_last_digit(explorer: Explorer, space: LatentSpace) -> None:
    s = similarities(space, ROW)
    nth = float(ask(explorer, Conditions(), k=20).neighbours[-1].match.similarity)
    assert ask(explorer, Conditions(min_similarity=nth), k=50).ranks.population == 20
    above = math.nextafter(nth, 2)
    assert ask(explorer, Conditions(min_similarity=above), k=50).ranks.population == 19
    check(explorer, Conditions(min_similarity=0.9), (s >= 0.9).tolist(), "S at least 0.9")


def test_a_region_of_the_sky_is_a_cone(explorer: Explorer, space: LatentSpace) -> None:
    centre = space.position(5)
    places = [space.position(row) for row in range(len(space))]
    cone = read_cone(f"{centre.ra.deg},{centre.dec.deg:+},25")
    inside = [place.separation(centre).deg <= 25 for place in places]
    check(explorer, Conditions(cone=cone), inside, "within 25 deg of")
    small = read_cone(f"{centre.ra.deg},{centre.dec.deg:+},1500'")
    check(explorer, Conditions(cone=small), inside, "within 25 deg of")


def test_a_selection_is_searched_alone(explorer: Explorer, space: LatentSpace) -> None:
    mask = np.random.default_rng(5).random(len(space)) < 0.2
    check(explorer, Conditions(selection=Selection("abc", mask)), mask.tolist(), "selection abc")


def test_all_conditions_hold_at_once(explorer: Explorer, space: LatentSpace) -> None:
    labels, extents = values(space, "source_catalogue"), values(space, "angular_extent_arcsec")
    both = Conditions(
        columns=read_where(space.catalogue, ["source_catalogue:Capetti2017a"]), extent_percent=40
    )
    own = extents[ROW]
    check(
        explorer,
        both,
        [
            label == "Capetti2017a" and 0.6 * own <= extent <= 1.4 * own
            for label, extent in zip(labels, extents, strict=True)
        ],
        "Capetti2017a | angular extent",
    )


@pytest.mark.parametrize("hide_duplicates", [False, True])
def test_pages_repeat_nothing_and_leave_nothing_out(
    explorer: Explorer, space: LatentSpace, hide_duplicates: bool
) -> None:
    how = {"hide_duplicates": hide_duplicates, "duplicates_arcsec": 3600.0}
    conditions = where(space, "source_catalogue:Capetti2017a", "source_catalogue:MiraBest")
    whole = ask(explorer, conditions, k=239, **how).neighbours
    pages: list = []
    while True:
        page = ask(explorer, conditions, k=17, from_rank=len(pages) + 1, **how)
        pages += page.neighbours
        if not page.ranks.more:
            break
    assert pages == whole
    assert [neighbour.rank for neighbour in pages] == list(range(1, len(pages) + 1))
    assert page.ranks.from_rank == len(pages) - len(page.neighbours) + 1


def test_percentiles_far_down_a_conditioned_list_count_everybody(
    explorer: Explorer, space: LatentSpace
) -> None:
    s = similarities(space, ROW)
    others = np.delete(s, ROW)
    last = ask(explorer, where(space, "source_catalogue:Gendre"), k=239).neighbours[-1]
    rank_in_all = int(np.sum(others > last.match.similarity)) + 1
    assert rank_in_all > last.rank + 20
    assert last.match.percentile == pytest.approx(
        100 * np.mean(others < last.match.similarity - 1e-13)
    )


@pytest.mark.parametrize(
    ("texts", "kind", "said"),
    [
        (["flavour:up"], UnknownColumn, "There is no column 'flavour'"),
        (["label"], UnusableCondition, "where='label' cannot be used: it has no colon"),
        (["label:FR9"], UnusableCondition, "label has no such value; its values are"),
        (["redshift:high"], UnusableCondition, "its column holds numbers"),
        (["redshift:nan"], UnusableCondition, "its column holds numbers"),
        (["redshift:.."], UnusableCondition, "its column holds numbers"),
        (["redshift:0.5..0.1"], UnusableCondition, "ends before it begins"),
        (["label:0.1..0.5"], UnusableCondition, "no such value"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_value(
    space: LatentSpace, texts: list[str], kind: type[ExplorerError], said: str
) -> None:
    with pytest.raises(kind) as caught:
        read_where(space.catalogue, texts)
    assert said in str(caught.value)
    assert caught.value.parameter == "where"


@pytest.mark.parametrize(
    ("text", "radius_deg"),
    [
        ("176.27,+19.61,2.5", 2.5),
        ("176.27 +19.61 2.5", 2.5),
        ("176.27, +19.61, 0.5 deg", 0.5),
        ("176.27,19.61,0.5°", 0.5),
        ("176.27,+19.61,30'", 0.5),
        ("176.27,+19.61,30′", 0.5),
        ("176.27 +19.61 30 arcmin", 0.5),
        ('176.27,+19.61,1800"', 0.5),
        ("176.27,+19.61,1800 arcsec", 0.5),
        ("11h45m04.8s +19d36m36s, 30'", 0.5),
        ("11:45:04.8 +19:36:36 30 arcmin", 0.5),
    ],
)
def test_a_cone_is_read_in_the_units_that_astronomers_write(text: str, radius_deg: float) -> None:
    cone = read_cone(text)
    assert cone.radius_deg == pytest.approx(radius_deg)
    assert (cone.ra_deg, cone.dec_deg) == (pytest.approx(176.27), pytest.approx(19.61))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("176.27,+19.61,3 pc", "'pc' is no unit of a radius"),
        ("176.27,+19.61", "'176.27' was taken for the position and '+19.61' for the radius"),
        ("11 45 05 +19 36 22", "a position and a radius are needed"),
        ('11 45 05 +19 36 22"', "a position and a radius are needed"),
        ("1,95,3", "declination 95"),
    ],
)
def test_a_cone_that_could_mean_two_things_is_refused_with_what_is_wrong(
    text: str, said: str
) -> None:
    with pytest.raises(UnusableCondition) as caught:
        read_cone(text)
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["", "1,2", "1,2,3,4", "a,2,3", "1,95,3", "1,2,0", "1,nan,2"])
def test_a_cone_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(UnusableCondition, match="within=") as caught:
        read_cone(text)
    assert caught.value.parameter == "within"


def test_where_nothing_fits_each_condition_s_count_is_said(
    explorer: Explorer, space: LatentSpace
) -> None:
    n = sum(label == "Gendre" for label in values(space, "source_catalogue"))
    impossible = Conditions(
        columns=read_where(space.catalogue, ["source_catalogue:Gendre", "redshift:50.."]),
        min_similarity=0.99999,
    )
    with pytest.raises(NothingFits) as caught:
        ask(explorer, impossible)
    said = str(caught.value)
    best = np.delete(similarities(space, ROW), ROW).max()
    assert f"Gendre: {n}; " in said
    assert "at least 50: 0; " in said
    assert f"The largest S to this query is {best:.6g}." in said


def test_an_unknown_extent_of_the_query_is_said(explorer: Explorer) -> None:
    unknown = replace(explorer.bundle_subject(3), angular_extent_arcsec=math.nan)
    options = SearchOptions(conditions=Conditions(extent_percent=30))
    with pytest.raises(UnusableCondition, match="extent of the query is unknown"):
        next(explorer.answers_of([unknown], options))
