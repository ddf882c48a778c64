"""A bundle embedded again: everything stays but what the encoder makes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.bundle import files
from app.bundle.files import current_version, verify
from app.bundle.latent_space import open_latent_space
from app.errors import BundleCorrupt, BundleMissing, BundleUnreadable
from model.encoder import load_encoder, untrained_encoder
from scripts.bundle import build as building
from scripts.bundle.build import BuildConfig, build
from scripts.bundle.sources import Source
from scripts.bundle.stored import bundle_catalogue
from tests.small_builds import small_config, with_rejects

FEW = 12


@pytest.mark.usefixtures("quick_layout")
def test_reembedding_keeps_everything_but_what_the_encoder_makes(tmp_path: Path) -> None:
    config = with_rejects(small_config(tmp_path, FEW), 2)
    before_dir = build(config)
    before, manifest_before = open_latent_space(tmp_path), verify(before_dir)
    source = bundle_catalogue(tmp_path)
    after_dir = build(BuildConfig(tmp_path, source, untrained_encoder("resnet14", seed=3)))
    after, manifest_after = open_latent_space(tmp_path), verify(after_dir)
    assert after_dir != before_dir
    assert manifest_after.encoder.sha256 != manifest_before.encoder.sha256
    assert not np.allclose(after.y, before.y)
    for field in ("n", "source", "demo", "input_kind"):
        assert getattr(manifest_after, field) == getattr(manifest_before, field)
    ours = after.catalogue.table.drop_columns(["novelty"])
    theirs = before.catalogue.table.drop_columns(["novelty"])
    assert ours.equals(theirs, check_metadata=True)
    assert (after_dir / "rejects.csv").read_bytes() == (before_dir / "rejects.csv").read_bytes()
    for row in range(len(after)):
        assert np.array_equal(after.image(row), before.image(row))


@pytest.mark.usefixtures("quick_layout")
def test_reembedding_keeps_extents_that_came_from_a_catalogue(tmp_path: Path) -> None:
    config = small_config(tmp_path, FEW)
    catalogue = config.catalogue

    def read() -> Iterator[Source]:
        for number, source in enumerate(catalogue.read()):
            yield replace(
                source,
                name="3C 1" if number % 2 else "",
                catalogued_extent_arcsec=None if number == 0 else 1.5 * number,
                extent_flag="beyond field" if number == 5 else "ok",
                rms_jy_beam=1e-4 * number,
            )

    build(replace(config, catalogue=replace(catalogue, read=read)))
    before = open_latent_space(tmp_path).catalogue.table
    assert before["extent_origin"].to_pylist() == ["measured"] + ["catalogue"] * (FEW - 1)
    build(BuildConfig(tmp_path, bundle_catalogue(tmp_path), untrained_encoder("resnet14", 3)))
    after = open_latent_space(tmp_path).catalogue.table
    assert after.drop_columns(["novelty"]).equals(before.drop_columns(["novelty"]))
    assert after["extent_flag"][5].as_py() == "beyond field"
    assert after["angular_extent_arcsec"][7].as_py() == 10.5


def test_reembedding_with_the_same_encoder_has_nothing_to_do(
    bundle_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "Stages", None)
    old = current_version(bundle_copy)
    assert build(BuildConfig(bundle_copy, bundle_catalogue(bundle_copy), load_encoder())) == old


def test_a_damaged_bundle_is_not_a_catalogue(bundle_copy: Path, tmp_path: Path) -> None:
    (current_version(bundle_copy) / "rejects.csv").unlink()
    with pytest.raises(BundleCorrupt, match=r"lacks its file rejects\.csv"):
        bundle_catalogue(bundle_copy)
    with pytest.raises(BundleMissing):
        bundle_catalogue(tmp_path / "none")


@pytest.mark.usefixtures("quick_layout")
def test_a_bundle_of_an_older_schema_is_refused_with_the_command_that_brings_it_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_dir = build(small_config(tmp_path, FEW))
    before = open_latent_space(tmp_path)
    monkeypatch.setattr(files, "SCHEMA_VERSION", 2)
    monkeypatch.setattr(building, "SCHEMA_VERSION", 2)
    monkeypatch.setitem(files.UPGRADES, 1, lambda manifest: manifest | {"demo": False})
    with pytest.raises(BundleUnreadable, match=r"schema version 1; .* `rgz-explorer build --reemb"):
        open_latent_space(tmp_path)
    after_dir = build(
        BuildConfig(tmp_path, bundle_catalogue(tmp_path), untrained_encoder("resnet14"))
    )
    after = open_latent_space(tmp_path)
    assert after_dir != before_dir
    assert (after.manifest.schema_version, after.manifest.demo) == (2, False)
    assert after.catalogue.table.equals(before.catalogue.table)
