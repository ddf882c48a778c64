"""The query: what it finds, how it ranks it, and where it says it lies."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.bundle.catalogue import read_table, write_table
from app.bundle.files import current_version, read_manifest
from app.bundle.latent_space import LatentSpace
from app.errors import EncoderMismatch, UnknownSource
from app.query.explorer import Answer, Explorer
from app.query.ranking import SearchOptions
from model.encoder import Encoder, embed, untrained_encoder
from model.preprocess import clean, network_input
from tests.replay.server import ReplayServer

AWAY = SkyCoord(150.0, 20.0, unit="deg")
ARCSEC = 1 / 3600


def rows_of(answer: Answer) -> list[int]:
    return [neighbour.match.row for neighbour in answer.neighbours]


def ask(explorer: Explorer, row: int, **options: object) -> Answer:
    source_id = explorer.space.catalogue.table["source_id"][row].as_py()
    return explorer.neighbours_of(source_id, SearchOptions(**options))  # type: ignore[arg-type]


def similarities(space: LatentSpace, y: NDArray[np.float32]) -> NDArray[np.float64]:
    """Eq. 3, written out in NumPy."""
    others = np.asarray(space.y, np.float64)
    query = np.asarray(y, np.float64)
    return others @ query / (np.linalg.norm(others, axis=1) * np.linalg.norm(query))


@pytest.fixture(scope="module")
def moved(
    bundle: Path, explorer: Explorer, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> "Mover":
    return Mover(current_version(bundle), explorer, encoder, tmp_path_factory)


class Mover:
    """Makes explorers over the same sources at other positions."""

    def __init__(
        self, version: Path, explorer: Explorer, encoder: Encoder, tmp: pytest.TempPathFactory
    ) -> None:
        self.version, self.explorer, self.encoder, self.tmp = version, explorer, encoder, tmp

    def to(self, ra_deg: NDArray, dec_deg: NDArray) -> Explorer:
        copy = self.tmp.mktemp("moved") / "version"
        shutil.copytree(self.version, copy)
        table = read_table(copy / "catalogue.parquet")
        for name, values in (("ra_deg", ra_deg), ("dec_deg", dec_deg)):
            place = table.schema.get_field_index(name)
            table = table.set_column(place, table.schema.field(place), pa.array(values))
        write_table(table, copy / "catalogue.parquet")
        space = LatentSpace(copy, read_manifest(copy))
        return Explorer(space, self.encoder, self.explorer.cutouts)


def test_a_source_is_never_among_its_own_neighbours(explorer: Explorer) -> None:
    for row in range(0, len(explorer.space), 7):
        assert row not in rows_of(ask(explorer, row, k=50))


@pytest.mark.parametrize("k", [1, 12, 200, 239])
def test_exactly_k_neighbours_come_each_once(explorer: Explorer, k: int) -> None:
    answer = ask(explorer, 3, k=k)
    assert len(set(rows_of(answer))) == len(answer.neighbours) == k
    assert [neighbour.rank for neighbour in answer.neighbours] == list(range(1, k + 1))


def test_neighbours_are_the_most_similar_by_equation_3(explorer: Explorer) -> None:
    space = explorer.space
    for row in (0, 57, 239):
        expected = similarities(space, space.y[row])
        expected[row] = -np.inf
        answer = ask(explorer, row, k=20)
        found = [neighbour.match.similarity for neighbour in answer.neighbours]
        assert found == pytest.approx(np.sort(expected)[::-1][:20], abs=1e-12)
        assert found == pytest.approx(expected[rows_of(answer)], abs=1e-12)
        assert max(found) <= 1


def test_percentile_is_the_share_of_other_sources_with_a_lower_s(explorer: Explorer) -> None:
    row = 11
    others = np.delete(similarities(explorer.space, explorer.space.y[row]), row)
    for neighbour in ask(explorer, row, k=239).neighbours:
        lower = 100 * np.mean(others < neighbour.match.similarity - 1e-13)
        assert neighbour.match.percentile == pytest.approx(lower, abs=1e-9)
        assert 0 <= neighbour.match.percentile < 100


def test_novelty_percentiles_rank_the_sources_by_their_distance_to_ten_others(
    explorer: Explorer,
) -> None:
    space = explorer.space
    percentiles = np.array([space.novelty_percentile_of(row) for row in range(len(space))])
    mean = []
    for row in range(len(space)):
        others = np.delete(similarities(space, space.y[row]), row)
        mean.append(np.mean(1 - np.sort(others)[-10:]))
    order = np.argsort(mean)
    assert (np.diff(percentiles[order]) >= 0).all()
    assert percentiles.min() == 0
    assert percentiles.max() == 100


def test_separations_are_astropys(explorer: Explorer) -> None:
    space, answer = explorer.space, ask(explorer, 5, k=200)
    rows = rows_of(answer)
    places = SkyCoord(space.catalogue.ra_deg[rows], space.catalogue.dec_deg[rows], unit="deg")
    expected = space.position(5).separation(places).arcsec
    found = [neighbour.separation_arcsec for neighbour in answer.neighbours]
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(("dec_deg", "across_ra_0"), [(0.0, True), (64.0, False), (89.999, True)])
def test_small_separations_are_exact_anywhere(
    moved: Mover, dec_deg: float, across_ra_0: bool
) -> None:
    n = len(moved.explorer.space)
    ra_deg = (np.linspace(-30, 30, n) * ARCSEC) % 360 if across_ra_0 else np.linspace(9, 9.01, n)
    explorer = moved.to(ra_deg, np.full(n, dec_deg))
    position = SkyCoord(ra_deg[0], dec_deg, unit="deg")
    expected = position.separation(SkyCoord(ra_deg, dec_deg, unit="deg")).arcsec
    assert explorer.space.separations_arcsec(position) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("offset_arcsec", [0, 0.3, 4.9])
def test_a_position_within_5_arcsec_is_the_bundle_source(
    explorer: Explorer, survey: ReplayServer, offset_arcsec: float
) -> None:
    asked = survey.count()
    place = explorer.space.position(17).directional_offset_by(30 * u.deg, offset_arcsec * u.arcsec)
    answer = explorer.query(place, SearchOptions())
    assert answer.subject.row == 17
    assert answer.subject.service == "bundle"
    assert answer.subject.separation_arcsec == pytest.approx(offset_arcsec, abs=1e-6)
    assert answer.placed_by == "catalogue"
    assert answer.xy == pytest.approx(explorer.space.xy[17])
    assert survey.count() == asked


def test_a_position_beyond_5_arcsec_asks_the_survey_once(
    explorer: Explorer, survey: ReplayServer
) -> None:
    asked = survey.count()
    place = explorer.space.position(17).directional_offset_by(30 * u.deg, 5.1 * u.arcsec)
    answer = explorer.query(place, SearchOptions())
    assert survey.count() == asked + 1
    assert answer.subject.row is None
    assert answer.placed_by == "neighbours"
    assert 17 in rows_of(explorer.query(place, SearchOptions(k=239)))


def test_of_several_sources_within_5_arcsec_the_nearest_answers_and_the_others_are_listed(
    moved: Mover,
) -> None:
    n = len(moved.explorer.space)
    dec_deg = np.linspace(1, 50, n)
    dec_deg[[40, 41, 42]] = np.array([4, 1, -3]) * ARCSEC  # arcsec north of the equator
    explorer = moved.to(np.full(n, 200.0), dec_deg)
    subject = explorer.query(SkyCoord(200.0, 0.0, unit="deg"), SearchOptions()).subject
    assert subject.row == 41
    assert [row for row, _ in subject.also_nearby] == [42, 40]
    assert [arcsec for _, arcsec in subject.also_nearby] == pytest.approx([3, 4], abs=1e-6)


def test_hidden_duplicates_make_room_for_the_next_up_to_k(moved: Mover) -> None:
    n = len(moved.explorer.space)
    ra_deg = 100 + np.arange(n) // 4 * 0.1  # four entries at every place
    explorer = moved.to(ra_deg, np.full(n, 10.0))
    answer = ask(explorer, 0, k=20, hide_duplicates=True)
    places = ra_deg[rows_of(answer)]
    assert len(answer.neighbours) == len(set(places)) == 20
    assert ra_deg[0] not in places
    every = ask(explorer, 0, k=239)
    best = [neighbour for neighbour in every.neighbours if neighbour.duplicate_of is None]
    assert rows_of(answer) == [neighbour.match.row for neighbour in best[:20]]
    assert [neighbour.rank for neighbour in answer.neighbours] == list(range(1, 21))
    assert sum(neighbour.duplicate_of == "query" for neighbour in every.neighbours) == 3


def test_a_duplicate_names_the_better_ranked_entry(moved: Mover) -> None:
    n = len(moved.explorer.space)
    explorer = moved.to(100 + np.arange(n) // 2 * 0.1, np.full(n, 10.0))
    ids = explorer.space.catalogue.table["source_id"].to_pylist()
    seen: set[str] = set()
    for neighbour in ask(explorer, 0, k=239).neighbours:
        row, marked = neighbour.match.row, neighbour.duplicate_of
        twin = ids[row ^ 1]
        assert marked == ("query" if row == 1 else twin if twin in seen else None)
        seen.add(ids[row])


def test_with_everything_hidden_there_are_no_neighbours(moved: Mover) -> None:
    n = len(moved.explorer.space)
    crowded = moved.to(np.full(n, 180.0), np.full(n, -5.0))
    answer = ask(crowded, 0, k=200, hide_duplicates=True)
    assert answer.neighbours == []
    assert answer.novelty_percentile == moved.explorer.space.novelty_percentile_of(0)
    assert len(ask(crowded, 0, k=200, hide_duplicates=True, duplicates_arcsec=0).neighbours) == 200


def test_a_fetched_image_is_embedded_as_the_build_embeds(
    explorer: Explorer, encoder: Encoder
) -> None:
    subject = explorer.subject_at(AWAY)
    raw = explorer.cutouts.fetch(AWAY).image
    expected = embed(encoder, network_input(clean(raw))[None])[0]
    assert subject.y == pytest.approx(expected, abs=1e-3)  # by the compiled copy
    assert 1 - subject.y @ expected / np.linalg.norm(subject.y) / np.linalg.norm(expected) < 1e-6
    assert np.array_equal(explorer.image_at(AWAY).pixels, clean(raw))


def test_a_fetched_image_is_placed_among_its_neighbours(explorer: Explorer) -> None:
    answer = explorer.query(AWAY, SearchOptions(k=10))
    neighbours = explorer.space.xy[rows_of(answer)]
    assert (neighbours.min(axis=0) <= answer.xy).all()
    assert (answer.xy <= neighbours.max(axis=0)).all()
    assert 0 <= answer.novelty_percentile <= 100
    assert any("prepared differently" in warning for warning in answer.subject.warnings)


def test_an_unknown_id_is_named(explorer: Explorer) -> None:
    with pytest.raises(UnknownSource, match="'nobody'"):
        explorer.neighbours_of("nobody", SearchOptions())


def test_another_encoder_is_refused_with_the_command_that_helps(explorer: Explorer) -> None:
    with pytest.raises(EncoderMismatch, match="--reembed"):
        Explorer(explorer.space, untrained_encoder(seed=1), explorer.cutouts)
