"""Every experiment of the paper runs in its smallest form, and its page says how it was made."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from app.errors import ExplorerError
from model.classifier import Classifier
from model.datasets import Images
from model.encoder import Encoder, load_encoder, untrained_encoder
from model.tasks import Labelled, mirabest_task
from model.views import ViewConfig
from scripts.cli import app
from scripts.experiments.command import experiments
from scripts.experiments.grid import Cell, InputMissing, Inputs
from scripts.experiments.hybrids import neighbours
from scripts.experiments.labels import depth_cells, label_cells
from scripts.experiments.maps import OtherEncoder, occupied_share, order_by, run_catalogue
from scripts.experiments.paper_values import TABLE_6, TABLE_7, TABLE_8, TABLE_9, TABLE_10
from scripts.experiments.pretraining import cells_of, error_at, some_views
from scripts.experiments.table7 import UnknownSet, divided, split
from tests.small_mirabest import write_small_mirabest

PAPER = Path(__file__).parents[4] / "shared" / "paper.txt"
LABELS = ("table6", "fig4", "fig5", "fig7", "table7", "fig6")
MAPS = ("fig2", "fig3")
PRETRAIN = ("table8", "table9", "table10", "fig9", "fig10", "fig11")
CPU = Inputs(budget="cpu")


@pytest.fixture(scope="module")
def mirabest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Batches in MiraBest's form; relative paths keep reports free of places."""
    return write_small_mirabest(tmp_path_factory.mktemp("mirabest") / "batches")


@pytest.fixture(scope="module")
def galaxies(first_galaxies: Images) -> Images:
    """Every sixteenth of the real images."""
    return first_galaxies.where(np.arange(0, len(first_galaxies), 16))


@pytest.fixture
def read_once(galaxies: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the data package once, not once a run: it takes seconds."""
    for module in ("training.images", "experiments.table7", "experiments.hybrids"):
        monkeypatch.setattr(f"scripts.{module}.read_first_galaxies", lambda: galaxies)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One place for all runs, so that experiments of one family do theirs once."""
    return tmp_path_factory.mktemp("work")


def run(name: str, mirabest: Path, out: Path, *more: str, work: Path | None = None) -> str:
    """Do an experiment through the command line and give its page."""
    words = ["experiment", name, "--budget", "smoke", "--mirabest", str(mirabest)]
    words += ["--work", str(work or out / "work"), "--out", str(out / "results"), *more]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0
    return (out / "results" / f"{name}.md").read_text()


def check_page(page: str, name: str, out: Path) -> None:
    assert f"Command: `rgz-explorer experiment {name} --mirabest batches --budget smoke" in page
    assert str(out) not in page
    assert "Budget: smoke." in page
    assert "smoke figures" in page
    assert "Seed" in page or "no seed" in page
    assert "\n| --- |" in page or name == "fig3"
    pictures = [line for line in page.splitlines() if line.startswith("![")]
    assert pictures
    for line in pictures:
        assert (out / "results" / line.partition("(")[2].rstrip(")")).stat().st_size > 1000


def says_the_encoder(page: str) -> bool:
    card = load_encoder().card
    return f"Encoder: {card.name}, weights sha256 `{card.sha256}`" in page


@pytest.mark.parametrize("name", LABELS)
def test_an_experiment_on_labels_runs_and_reports(
    name: str, mirabest: Path, tmp_path: Path, work: Path, read_once: None
) -> None:
    page = run(name, mirabest, tmp_path, work=work)
    check_page(page, name, tmp_path)
    assert says_the_encoder(page)


@pytest.mark.parametrize("name", MAPS)
def test_a_map_is_made_of_a_bundle(name: str, mirabest: Path, tmp_path: Path, bundle: Path) -> None:
    page = run(name, mirabest, tmp_path, "--bundle", str(bundle))
    check_page(page, name, tmp_path)
    assert says_the_encoder(page)
    assert "Seed 69." in page


@pytest.mark.parametrize(
    "name",
    [
        name if i < 1 else pytest.param(name, marks=pytest.mark.slow)
        for i, name in enumerate(PRETRAIN)
    ],
)
def test_an_experiment_that_pre_trains_runs_and_reports(
    name: str, mirabest: Path, tmp_path: Path, read_once: None
) -> None:
    page = run(name, mirabest, tmp_path, "--data", "firstgalaxydata")
    check_page(page, name, tmp_path)
    assert "every run trains its own" in page
    assert "1 step of ntxent on firstgalaxydata" in page


def test_every_experiment_is_among_the_smoke_runs() -> None:
    assert set(experiments()) == {*LABELS, *MAPS, *PRETRAIN}


def test_a_run_keeps_its_full_configuration(mirabest: Path, tmp_path: Path, work: Path) -> None:
    run("table6", mirabest, tmp_path, work=work)
    kept = sorted((work / "fits" / "smoke").glob("*9-layers*.json"))
    assert len(kept) == 2
    for path in kept:
        result = json.loads(path.read_text())["result"]
        assert result["configuration"]["optimizer"] == "adamw"
        assert result["configuration"]["views"]["crop_area_min"] == 0.9


def test_experiments_of_one_family_share_their_runs(
    mirabest: Path, tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("table6", mirabest, tmp_path, work=work)
    monkeypatch.setattr("scripts.experiments.labels.fit_and_test_depths", None)
    assert "# Fig. 5" in run("fig5", mirabest, tmp_path, work=work)


def test_hybrids_are_searched_in_a_bundle_too(
    mirabest: Path, tmp_path: Path, bundle: Path, read_once: None
) -> None:
    page = run("fig6", mirabest, tmp_path, "--bundle", str(bundle))
    assert "## Searching MiraBest" in page
    assert "nearest of 240 sources" in page
    assert (tmp_path / "results" / "fig6-bundle.png").exists()


def test_a_query_does_not_find_its_own_source() -> None:
    y = np.eye(12, 512, dtype=np.float32) + 0.1
    same = np.eye(1, 12, dtype=bool)
    nearest, similarity = neighbours(y[:1], y, same)
    assert 0 not in nearest[0]
    assert nearest.shape == (1, 8)
    assert (np.diff(similarity[0]) <= 0).all()


def test_a_bundle_of_another_encoder_is_refused_in_words(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = untrained_encoder("resnet14")
    monkeypatch.setattr("scripts.experiments.maps.load_encoder", lambda _: other)
    with pytest.raises(OtherEncoder, match="untrained ResNet-14"):
        run_catalogue(Cell("c", {}), Inputs(bundle=bundle), tmp_path)


def test_an_unknown_experiment_is_refused_in_words() -> None:
    result = CliRunner().invoke(app, ["experiment", "table1"])
    assert isinstance(result.exception, ExplorerError)
    assert "'table1' is no experiment; there are fig2, fig3, table6" in str(result.exception)


def test_both_arms_choose_the_same_labels_and_seeds() -> None:
    cells = label_cells(CPU)
    arms = {arm: [c.values for c in cells if c.values["arm"] == arm] for arm in TABLE_6[36]}
    assert len(cells) == 2 * 3 * 3
    for one, other in zip(*arms.values(), strict=True):
        assert {**one, "arm": ""} == {**other, "arm": ""}
        assert (one["epochs"], one["precision"]) == (100, "bf16-mixed")


def test_the_paper_budget_is_the_papers() -> None:
    cells = label_cells(replace(CPU, budget="paper"))
    assert {c.values["labels"] for c in cells} == {26, *TABLE_6}
    assert {c.values["seed"] for c in cells} == set(range(10))
    assert {c.values["epochs"] for c in cells if c.values["labels"] == 26} == {100}
    assert {c.values["epochs"] for c in cells if c.values["labels"] != 26} == {300}
    assert {c.values["precision"] for c in cells} == {"32-true"}


def test_fig7_reuses_the_runs_of_table6() -> None:
    depths = depth_cells(CPU)
    assert [c.values["depths"] for c in depths if "depths" in c.values] == [[0, 1, 4]] * 9
    shared = {c.key for c in depths} & {c.key for c in label_cells(CPU)}
    assert len(shared) == 3 * 3  # every label count and seed at full depth


def test_an_ablation_keeps_the_named_views_only() -> None:
    assert some_views("rotation+crop+flip+jitter+blur") == ViewConfig()
    none = some_views("none")
    assert not none.rotate
    assert (none.crop_area_min, none.flip_probability) == (1.0, 0.0)
    assert (none.jitter_probability, none.blur_probability) == (0.0, 0.0)
    assert len(cells_of("views")(replace(CPU, budget="paper"))) == 10 * len(TABLE_10)


def test_a_centre_crop_is_judged_on_the_crop_it_was_trained_on() -> None:
    weight = np.stack([np.zeros(512), np.ones(512)]).astype(np.float32)
    encoder = Sizes()
    classifier = Classifier(encoder, weight, np.array([0, -512 * 29.5], np.float32), ("a", "b"), "")
    images = Labelled(np.zeros((3, 150, 150), np.uint8), np.zeros(3, np.int64))
    assert error_at(classifier, images, 20) == 0.0
    assert error_at(classifier, images, 30) == 1.0


class Sizes(Encoder):
    """An encoder whose every feature is the side of the image it was given."""

    def forward(self, x):
        return x.new_full((len(x), 512), x.shape[-1])


def test_a_set_is_split_by_seed_and_class() -> None:
    label = np.repeat([0, 1], [45, 72])
    pixels = np.arange(117)[:, None, None]
    train, test = split(Labelled(pixels, label), seed=0)
    assert (len(train), len(test)) == (82, 35)  # 30 per cent, Sec. 3.4
    assert not set(train.pixels.ravel()) & set(test.pixels.ravel())
    assert np.bincount(test.label).tolist() == [13, 22]
    other = split(Labelled(pixels, label), seed=1)[1]
    assert not np.array_equal(other.pixels, test.pixels)


def test_sets_that_are_not_there_are_asked_for_in_words() -> None:
    with pytest.raises(UnknownSet, match="'lotss' is no labelled set"):
        divided("lotss", CPU, 0)
    with pytest.raises(InputMissing, match="--mightee FILE"):
        divided("mightee", CPU, 0)


def test_a_map_in_order_correlates_with_its_neighbours_and_noise_does_not() -> None:
    generator = np.random.default_rng(0)
    xy = generator.uniform(size=(500, 2)).astype(np.float32)
    assert order_by(xy, xy[:, 0].astype(float)) > 0.95
    assert abs(order_by(xy, generator.uniform(size=500))) < 0.2
    left = xy[:, 0] < 0.5
    assert occupied_share(xy, left) == pytest.approx(left.mean(), abs=0.05)


def test_real_mirabest_is_729_104_and_34_hybrids(shared_data: Path) -> None:
    from model.datasets import HYBRID, read_mirabest

    archive = shared_data / "MiraBest_F_batches.tar.gz"
    task = mirabest_task(archive)
    assert (len(task.train), len(task.tests["confident"])) == (729, 104)
    assert np.isin(read_mirabest(archive).label, HYBRID).sum() == 34


@pytest.mark.skipif(not PAPER.exists(), reason="the paper is not here")
def test_the_papers_figures_are_the_papers() -> None:
    text = PAPER.read_text().replace("<b>", "").replace("<math>", "")
    text = text.replace("</math>", "").replace("</b>", "").replace("$", "").replace("*", "")
    for arms in TABLE_6.values():
        for mean, error in arms.values():
            assert rf"{mean:.2f} \pm {error:.2f}" in text
    for row in TABLE_7.values():
        cells = (rf"{mean:.2f} \pm {error:.2f} per cent" for mean, error in row)
        assert "\t".join(cells) in text
    for cut, (mean, error) in TABLE_8.items():
        assert any(
            line.startswith(f"{cut}\t") and line.endswith(rf"{mean:.2f} \pm {error:.2f}")
            for line in text.splitlines()
        )
    for name, (mean, error) in TABLE_9.items():
        assert f"{name.removeprefix('resnet')}\t{mean:.2f} \\pm {error:.2f} per cent" in text
    for linear, tuned in TABLE_10.values():
        assert rf"{linear[0]:.2f} \pm {linear[1]:.2f}	{tuned[0]:.2f} \pm {tuned[1]:.2f}" in text
