"""Builds that are killed with kill -9, or meet another build of the same bundle."""

import importlib.metadata
import random
import signal
import time
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pytest

from app.bundle.files import current_version, read_manifest, verify
from app.bundle.latent_space import open_latent_space
from app.errors import BuildInProgress
from model.encoder import TORCH_ENGINE
from model.inference import OPENVINO_ENGINE, compile_encoder
from scripts.bundle.build import build
from tests.build_process import MOMENTS, build_in_a_process
from tests.small_builds import small_config, stamps

FEW = 12
SEEN = 60


def kill_when(process: BaseProcess, sign: Path, delay_s: float = 0.0) -> None:
    """Kill -9 a process as soon as a file is there, or a little later."""
    while not sign.exists():
        assert process.is_alive(), f"the build ended before {sign} was there"
        time.sleep(0.002)
    time.sleep(delay_s)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def assert_serves(bundle: Path, version: Path, n: int) -> None:
    """A bundle serves a version, and serves it well."""
    assert current_version(bundle) == version
    space = open_latent_space(bundle)
    assert len(space) == n
    assert space.search(space.y[0], 1)[0].row == 0
    assert space.image(n - 1).any()


def interrupted(*_: object) -> None:
    """A stage at which somebody presses Ctrl+C."""
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "signs",
    [
        pytest.param(("done/representations",), id="once"),
        pytest.param(
            ("version/images.zarr/zarr.json", "done/images", "done/representations"),
            marks=pytest.mark.slow,
            id="again and again",
        ),
    ],
)
def test_a_build_killed_between_and_within_stages_goes_on_where_it_was(
    signs: tuple[str, ...], bundle_copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, old = small_config(bundle_copy, SEEN), current_version(bundle_copy)
    work = bundle_copy / f".build-{config.fingerprint[:16]}"
    delays = random.Random(69)
    for sign in signs:
        process = build_in_a_process(bundle_copy, SEEN)
        kill_when(process, work / sign, delays.uniform(0, 0.05))
        assert_serves(bundle_copy, old, 240)
    finished = stamps(work / "version")
    capsys.readouterr()
    new = build(config)
    said = capsys.readouterr().err
    assert "images: kept from the interrupted build" in said
    assert "representations: kept from the interrupted build" in said
    assert "map: kept" not in said
    kept = ("images.zarr/zarr.json", "images.zarr/c/0/0/0", "representations.npy", "rejects.csv")
    assert {name: stamps(new)[name] for name in kept} == {name: finished[name] for name in kept}
    assert_serves(bundle_copy, new, SEEN)
    assert not list(bundle_copy.glob(".build-*"))
    undisturbed = build(replace(config, bundle=tmp_path / "undisturbed"))
    assert verify(new).files == verify(undisturbed).files


@pytest.mark.usefixtures("quick_layout")
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_build_killed_while_it_swaps_leaves_a_bundle_that_serves(
    moment: str, bundle_copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = current_version(bundle_copy)
    process = build_in_a_process(bundle_copy, FEW, moment)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    if moment == "linked":
        assert_serves(bundle_copy, current_version(bundle_copy), FEW)
    else:
        assert_serves(bundle_copy, old, 240)
    capsys.readouterr()
    new = build(small_config(bundle_copy, FEW))
    said = capsys.readouterr().err
    if moment == "half a table":
        for stage in ("images", "representations", "principal components", "map"):
            assert f"{stage}: kept from the interrupted build" in said
    else:
        assert "is up to date" in said
    assert_serves(bundle_copy, new, FEW)
    assert np.isfinite(open_latent_space(bundle_copy).novelty).all()


@pytest.mark.usefixtures("quick_layout")
def test_a_resumed_build_names_the_engine_that_computed_y(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = small_config(tmp_path, FEW)
    with monkeypatch.context() as patch:
        patch.setattr("scripts.bundle.stages.fit_pca", interrupted)
        with pytest.raises(KeyboardInterrupt):
            build(config)
    version = build(replace(config, encoder=compile_encoder(config.encoder)))
    assert read_manifest(version).encoder.engine == TORCH_ENGINE
    again = build(replace(config, bundle=tmp_path / "undisturbed"))
    assert read_manifest(again).encoder.engine == OPENVINO_ENGINE


@pytest.mark.usefixtures("quick_layout")
def test_without_openvino_a_bundle_is_built_and_does_not_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.metadata.version

    def without(name: str) -> str:
        if name == "openvino":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", without)
    manifest = read_manifest(build(small_config(tmp_path, FEW)))
    assert "openvino" not in manifest.libraries
    assert manifest.libraries["torch"].startswith("2.")
    assert manifest.encoder.engine == TORCH_ENGINE


@pytest.mark.usefixtures("quick_layout")
def test_a_second_build_at_the_same_time_is_refused_in_a_sentence(tmp_path: Path) -> None:
    process = build_in_a_process(tmp_path, SEEN)
    try:
        while not list(tmp_path.glob(".build-*")):
            assert process.is_alive()
            time.sleep(0.002)
        with pytest.raises(BuildInProgress, match=r"Another build of the bundle '.*' is running"):
            build(small_config(tmp_path, FEW))
        assert not list(tmp_path.glob("2*"))
    finally:
        process.kill()
        process.join()
    assert build(small_config(tmp_path, 6)).is_dir()  # a killed build leaves no lock behind
