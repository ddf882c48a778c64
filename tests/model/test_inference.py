"""The compiled encoder computes the y of torch: on real images, in any batch, until it trains."""

import builtins
import subprocess
import sys
from itertools import islice
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model.encoder import Encoder, embed, load_encoder, untrained_encoder
from model.firstgalaxydata import centre_image, read_galaxies
from model.inference import OPENVINO_ENGINE, compile_encoder, load_fast_encoder
from model.preprocess import network_input

IMAGES = 512  # every fourth of the demo's
NEIGHBOURS = 20


@pytest.fixture(scope="module")
def x() -> NDArray[np.float32]:
    images = [centre_image(galaxy.field) for galaxy in islice(read_galaxies(), 0, None, 4)]
    return network_input(np.stack([image for image in images if image.any()][:IMAGES]))


@pytest.fixture(scope="module")
def y_torch(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return embed(load_encoder(), x)


@pytest.fixture(scope="module")
def fast() -> Encoder:
    return load_fast_encoder()


def cosines(a: NDArray, b: NDArray) -> NDArray[np.float64]:
    a, b = a.astype(np.float64), b.astype(np.float64)
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def nearest(y: NDArray[np.float32]) -> NDArray[np.intp]:
    unit = y / np.linalg.norm(y, axis=1, keepdims=True)
    s = unit @ unit.T
    np.fill_diagonal(s, -2)
    return np.argsort(-s, axis=1)[:, :NEIGHBOURS]


def test_both_engines_give_one_y_and_the_same_neighbours_on_real_images(
    fast: Encoder, x: NDArray[np.float32], y_torch: NDArray[np.float32]
) -> None:
    assert fast.engine == OPENVINO_ENGINE
    y = embed(fast, x)
    assert cosines(y, y_torch).min() >= 0.99999
    assert np.allclose(np.linalg.norm(y, axis=1), np.linalg.norm(y_torch, axis=1), rtol=1e-3)
    pairs = zip(nearest(y), nearest(y_torch), strict=True)
    assert np.mean([set(ours) == set(theirs) for ours, theirs in pairs]) >= 0.99


def test_an_image_alone_has_the_y_that_it_has_in_a_batch(
    fast: Encoder, x: NDArray[np.float32]
) -> None:
    alone = np.concatenate([embed(fast, image[None]) for image in x[:8]])
    assert np.abs(alone - embed(fast, x)[:8]).max() < 1e-4 * np.abs(alone).max()


@pytest.mark.parametrize("architecture", ["resnet14", "resnet34"])
def test_other_architectures_are_compiled_as_well(
    architecture: str, x: NDArray[np.float32]
) -> None:
    encoder = untrained_encoder(architecture)
    before = embed(encoder, x[:4])
    assert cosines(embed(compile_encoder(encoder), x[:4]), before).min() > 0.99999


def test_training_drops_the_compiled_copy(x: NDArray[np.float32]) -> None:
    encoder = compile_encoder(untrained_encoder("resnet14"))
    encoder.eval()
    assert encoder.engine == OPENVINO_ENGINE
    encoder.train()
    encoder.eval()
    assert encoder.run is None
    assert encoder.engine == "torch float32"


def test_an_encoder_in_training_is_not_compiled() -> None:
    with pytest.raises(ValueError, match="evaluation mode"):
        compile_encoder(untrained_encoder("resnet14").train())


def test_without_openvino_torch_computes_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, x: NDArray[np.float32]
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("openvino"):
            raise ImportError("No module named 'openvino'")
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    encoder = compile_encoder(untrained_encoder("resnet14"))
    assert encoder.engine == "torch float32"
    assert "torch computes instead" in caplog.text
    assert embed(encoder, x[:1]).shape == (1, 512)


def test_openvino_tells_nobody_that_it_is_used() -> None:
    code = (
        "import sys; from model.encoder import untrained_encoder as u; "
        "from model.inference import compile_encoder; "
        "print(compile_encoder(u('resnet14')).engine); "
        "print([m for m in sys.modules if m.startswith('openvino_telemetry.')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[:2] == [OPENVINO_ENGINE, "[]"]
