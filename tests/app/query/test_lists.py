"""The search for a list: the same answers as one at a time, each entry once, no entry lost."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.query.explorer import Explorer
from app.query.lists import EntryResult, ListEntry, ListSearchOptions, search_list
from app.query.ranking import SearchOptions
from app.sky.coordinates import position_from_degrees
from tests.replay.faults import Fault
from tests.replay.server import ReplayServer

OFF_FOOTPRINT = ListEntry(90, ra_deg=10.0, dec_deg=-60.0)
EMPTY_SKY = [ListEntry(100 + n, ra_deg=190.0 + 2 * n, dec_deg=31.3) for n in range(6)]


@pytest.fixture
def patient(survey: ReplayServer) -> Iterator[ReplayServer]:
    survey.requests.clear()
    survey.most_at_once = 0
    yield survey
    survey.fault, survey.delay_s = None, 0.0


def at_rows(explorer: Explorer, rows: list[int]) -> list[ListEntry]:
    """Entries at sources of the bundle, 2" off."""
    return [
        ListEntry(
            n,
            ra_deg=float(explorer.space.catalogue.ra_deg[row]),
            dec_deg=float(explorer.space.catalogue.dec_deg[row]) + 2 / 3600,
        )
        for n, row in enumerate(rows, start=1)
    ]


def by_row(outcomes: Iterator[EntryResult]) -> dict[int, EntryResult]:
    found = list(outcomes)
    assert len({outcome.listed.row for outcome in found}) == len(found)
    return {outcome.listed.row: outcome for outcome in found}


@pytest.mark.parametrize(
    "options", [SearchOptions(7), SearchOptions(7, 3600.0, True), SearchOptions(7, 3600.0)]
)
def test_a_list_gets_the_answers_that_its_entries_get_one_by_one(
    explorer: Explorer, patient: ReplayServer, options: SearchOptions
) -> None:
    entries = at_rows(explorer, [5, 0, 100, 5, 239])
    found = by_row(search_list(explorer, entries, ListSearchOptions(options)))
    assert patient.count() == 0
    for entry in entries:
        alone = explorer.query(position_from_degrees(entry.ra_deg, entry.dec_deg), options)
        together = found[entry.row].answer
        assert together is not None
        assert found[entry.row].matched_by == "bundle"
        assert together.neighbours == alone.neighbours
        assert together.subject.row == alone.subject.row
        assert together.subject.separation_arcsec == pytest.approx(2, abs=1e-6)
        assert together.novelty_percentile == alone.novelty_percentile


def test_every_entry_has_one_outcome_and_one_failure_stops_no_other(
    explorer: Explorer, patient: ReplayServer
) -> None:
    refused = ListEntry(95, text="x", reason="It is no position.")
    entries = [*at_rows(explorer, [3]), refused, OFF_FOOTPRINT, *EMPTY_SKY[:2]]
    found = by_row(search_list(explorer, entries, ListSearchOptions(SearchOptions(4))))
    assert found.keys() == {entry.row for entry in entries}
    assert found[95].reason == "It is no position."
    assert "FIRST has no data" in found[90].reason
    assert [found[entry.row].matched_by for entry in EMPTY_SKY[:2]] == ["service", "service"]
    assert patient.count() == 2


def test_the_survey_is_asked_for_no_more_than_allowed_and_no_faster(
    explorer: Explorer, patient: ReplayServer
) -> None:
    patient.delay_s = 0.05
    options = ListSearchOptions(SearchOptions(4), survey_max=4, connections=2)
    found = by_row(search_list(explorer, EMPTY_SKY, options))
    assert patient.count() == 4
    assert patient.most_at_once == 2
    assert [bool(found[entry.row].answer) for entry in EMPTY_SKY] == [True] * 4 + [False] * 2
    assert "asked for 4 positions of one list at most" in found[EMPTY_SKY[5].row].reason
    none = by_row(search_list(explorer, EMPTY_SKY, replace(options, survey_max=0)))
    assert patient.count() == 4
    assert all("the survey was not to be asked" in outcome.reason for outcome in none.values())


def test_a_search_that_is_closed_asks_the_survey_no_more(
    explorer: Explorer, patient: ReplayServer
) -> None:
    outcomes = search_list(explorer, EMPTY_SKY, ListSearchOptions(SearchOptions(4), connections=1))
    next(outcomes)
    outcomes.close()
    assert patient.count() <= 3


def test_a_survey_that_fails_gives_each_entry_its_reason(
    explorer: Explorer, patient: ReplayServer
) -> None:
    patient.fault = Fault.BLANK
    found = by_row(search_list(explorer, EMPTY_SKY[:3], ListSearchOptions(SearchOptions(4))))
    assert all("blank" in outcome.reason for outcome in found.values())


def test_an_entry_that_names_a_source_is_that_source_whatever_shares_its_place(
    explorer: Explorer,
) -> None:
    catalogue = explorer.space.catalogue
    near = [
        (row, others)
        for row in range(len(explorer.space))
        if len(others := explorer.space.within(explorer.space.position(row), 5.0)) > 1
    ]
    for row in [row for row, _ in near[:5]] or [7]:
        entry = ListEntry(
            1,
            ra_deg=float(catalogue.ra_deg[row]),
            dec_deg=float(catalogue.dec_deg[row]),
            source_row=row,
        )
        (outcome,) = search_list(explorer, [entry], ListSearchOptions(SearchOptions(3)))
        assert outcome.answer is not None
        assert outcome.answer.subject.row == row


def test_where_all_is_hidden_as_a_near_duplicate_the_reason_says_so(explorer: Explorer) -> None:
    options = ListSearchOptions(SearchOptions(3, duplicates_arcsec=648_000.0, hide_duplicates=True))
    (outcome,) = search_list(explorer, at_rows(explorer, [0]), options)
    assert outcome.answer is None
    assert "Give a smaller distance" in outcome.reason
