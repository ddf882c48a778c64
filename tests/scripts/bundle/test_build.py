"""The build: its counts, its words, the same map twice, and what it does not do again."""

import csv
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.bundle.files import current_version, read_manifest, verify
from app.bundle.latent_space import LatentSpace, open_latent_space
from app.errors import BuildError, BundleMissing
from model.encoder import load_encoder
from model.preprocess import PREPROCESSING
from scripts.bundle import build as building
from scripts.bundle.build import BuildConfig, build
from scripts.bundle.sources import SourceCatalogue
from tests.small_builds import no_layout, small_config, stamps, with_rejects

FEW = 12


def test_the_manifest_says_what_the_bundle_was_made_of(bundle: Path) -> None:
    manifest = read_manifest(current_version(bundle))
    assert manifest.n == 240
    assert (manifest.source.n_listed, manifest.source.n_rejected) == (240, 0)
    assert manifest.preprocessing == PREPROCESSING
    assert manifest.input_kind == "pedestal"
    assert manifest.demo
    assert manifest.source.doi
    assert manifest.encoder.trained == load_encoder().card.trained
    assert manifest.encoder.sha256 == load_encoder().card.sha256
    assert manifest.reduction.pca_components == 200
    assert 0.99 < manifest.reduction.pca_variance_kept <= 1
    assert manifest.reduction.umap_n_neighbors == 50
    assert manifest.reduction.umap_min_dist == 0.0005
    assert manifest.libraries["torch"].partition("+")[0] == torch.__version__.partition("+")[0]


def test_labels_positions_and_catalogue_come_along(
    bundle: Path, small_catalogue: SourceCatalogue
) -> None:
    catalogue = open_latent_space(bundle).catalogue
    for row, source in enumerate(small_catalogue.read()):
        if row in (0, 60, 239):
            values = catalogue.row(row)
            assert values["label"] == source.own["label"]
            assert values["source_catalogue"] == source.own["source_catalogue"]
            assert (values["ra_deg"], values["dec_deg"]) == (source.ra_deg, source.dec_deg)
            assert values["extent_origin"] == "measured"
            assert values["image_origin"] == "observed"


@pytest.mark.usefixtures("quick_layout")
def test_counts_add_up_and_rejects_have_their_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "[/b] [v2]"  # no name of a directory is mistaken for a colour
    config = with_rejects(small_config(bundle, FEW), 3)
    version_dir = build(config)
    manifest = verify(version_dir)
    assert (manifest.source.n_listed, manifest.n, manifest.source.n_rejected) == (FEW, FEW - 3, 3)
    with (version_dir / "rejects.csv").open(newline="") as file:
        rejects = list(csv.DictReader(file))
    assert [reject["reason"] for reject in rejects] == ["the image is blank"] * 3
    assert_holds_the_rest(open_latent_space(bundle), config.catalogue, rejects)
    said = " ".join(capsys.readouterr().err.split())
    assert f"12 sources listed = 9 in the bundle + 3 rejected (reasons in {bundle}" in said
    assert "of the variance of y" in said


def assert_holds_the_rest(
    space: LatentSpace, catalogue: SourceCatalogue, rejects: list[dict[str, str]]
) -> None:
    """Every source is in the bundle, with its own image, or among the rejects, never in both."""
    kept = [source for source in catalogue.read() if source.reason is None]
    assert len(space) == len(kept)
    for row, source in enumerate(kept):
        assert space.catalogue.row_of(source.source_id) == row
        assert np.array_equal(space.image(row), source.image)
    names = {*space.catalogue.table["source_id"].to_pylist(), *(r["source_id"] for r in rejects)}
    assert len(names) == catalogue.record.n_listed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: with_rejects(c, FEW), "has 0 usable sources (12 of 12 were rejected)"),
        (lambda c: with_rejects(c, FEW - 3), "has 3 usable sources (9 of 12 were rejected)"),
        (lambda c: listing(c, FEW + 1), "should list 13 sources but gave 12"),
        (lambda c: listing(c, FEW - 1), "should list 11 sources but gave 12"),
        (lambda c: repeating(c), "repeats a source_id"),
    ],
)
def test_a_catalogue_that_does_not_add_up_is_refused_in_a_sentence(
    change: Callable[[BuildConfig], BuildConfig], words: str, tmp_path: Path
) -> None:
    with pytest.raises(BuildError) as refused:
        build(change(small_config(tmp_path, FEW)))
    assert words in str(refused.value)
    with pytest.raises(BundleMissing):
        current_version(tmp_path)


def test_where_no_source_is_usable_the_reasons_stay_beside_the_bundle(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"12: the image is blank\. '.*rejects\.csv' lists them"):
        build(with_rejects(small_config(tmp_path, FEW), FEW))
    with (tmp_path / "rejects.csv").open(newline="") as file:
        assert [row["reason"] for row in csv.DictReader(file)] == ["the image is blank"] * FEW
    assert not list(tmp_path.glob(".build-*"))


def listing(config: BuildConfig, n: int) -> BuildConfig:
    """The same rows under another count."""
    record = config.catalogue.record.model_copy(update={"n_listed": n})
    return replace(config, catalogue=replace(config.catalogue, record=record))


def repeating(config: BuildConfig) -> BuildConfig:
    """The same rows, all of one name."""
    catalogue = config.catalogue
    read = lambda: (replace(source, source_id="x") for source in catalogue.read())  # noqa: E731
    return replace(config, catalogue=replace(catalogue, read=read))


def test_a_bundle_that_is_up_to_date_is_left_alone(
    bundle_copy: Path,
    small_catalogue: SourceCatalogue,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before, version = stamps(bundle_copy), current_version(bundle_copy)
    monkeypatch.setattr(building, "Stages", None)  # a stage would fail
    assert build(BuildConfig(bundle_copy, small_catalogue, load_encoder())) == version
    assert stamps(bundle_copy) == before
    assert "is up to date" in capsys.readouterr().err


@pytest.mark.usefixtures("quick_layout")
def test_another_encoder_is_a_reason_to_build_again_and_is_named(
    bundle_copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = current_version(bundle_copy)
    new = build(small_config(bundle_copy, FEW))
    assert current_version(bundle_copy) == new != old
    assert verify(old).n == 240  # a server may still read it
    said = " ".join(capsys.readouterr().err.split())
    before = load_encoder().card.name
    assert f"its encoder was '{before}', now it is 'untrained ResNet-14" in said


@pytest.mark.usefixtures("quick_layout")
def test_going_back_finds_the_version_that_was_built_before(
    bundle_copy: Path, small_catalogue: SourceCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = current_version(bundle_copy)
    build(small_config(bundle_copy, FEW))
    monkeypatch.setattr(building, "Stages", None)
    assert build(BuildConfig(bundle_copy, small_catalogue, load_encoder())) == old
    assert len(open_latent_space(bundle_copy)) == 240


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of six sources, to be copied."""
    directory = tmp_path_factory.mktemp("six") / "bundle"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scripts.bundle.stages.fit_umap", no_layout)
        build(small_config(directory, 6))
    return directory


def another_schema(manifest: Path) -> None:
    """Give a manifest the schema version of some other software."""
    manifest.write_text(manifest.read_text().replace('"schema_version": 1', '"schema_version": 7'))


@pytest.mark.usefixtures("quick_layout")
@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        ("map.npy", lambda path: os.truncate(path, 60), "The file map.npy of the bundle"),
        ("map.npy", Path.unlink, "lacks its file map.npy"),
        ("manifest.json", Path.unlink, "it has no manifest.json"),
        ("manifest.json", another_schema, "has schema version 7; this software reads version 1"),
    ],
)
def test_a_damaged_bundle_is_built_again_with_the_reason(
    name: str,
    damage: Callable[[Path], None],
    words: str,
    six: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bundle = Path(shutil.copytree(six, tmp_path / "bundle", symlinks=True))
    old = current_version(bundle)
    damage(old / name)
    new = build(small_config(bundle, 6))
    assert new != old
    assert len(open_latent_space(bundle)) == 6
    said = " ".join(capsys.readouterr().err.split())
    assert words in said
    assert "its settings changed" not in said


@pytest.mark.slow
def test_two_builds_of_the_same_catalogue_give_the_same_bundle(tmp_path: Path) -> None:
    first = verify(build(small_config(tmp_path / "first", 40)))
    torch.manual_seed(1)
    np.random.seed(1)  # the content depends on no one's random numbers
    second = verify(build(small_config(tmp_path / "second", 40)))
    assert first.files == second.files  # the map among them, to the last bit
    assert first.fingerprint == second.fingerprint
