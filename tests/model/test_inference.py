"""The compiled encoder computes the y of torch: on real images, in any batch, until it trains."""

import builtins
import copy
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from astropy.io import fits
from numpy.typing import NDArray

from model.encoder import TORCH_ENGINE, Encoder, embed, load_encoder, untrained_encoder
from model.finish import scale_features
from model.firstgalaxydata import centre_image, read_galaxies
from model.inference import OPENVINO_ENGINE, compile_encoder, load_fast_encoder
from model.preprocess import BlankImage, clean, network_input

NEIGHBOURS = 20


def demo_inputs(step: int = 1) -> NDArray[np.float32]:
    """Network inputs of the demo's images, or of one in a few."""
    images = [centre_image(galaxy.field) for galaxy in islice(read_galaxies(), 0, None, step)]
    return network_input(np.stack([image for image in images if image.any()]))


@pytest.fixture(scope="module")
def x() -> NDArray[np.float32]:
    return demo_inputs(step=8)


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


def agree(y: NDArray[np.float32], y_torch: NDArray[np.float32]) -> None:
    """The same direction and length for all, the same first neighbours for 99 %."""
    assert cosines(y, y_torch).min() >= 0.99999
    assert np.allclose(np.linalg.norm(y, axis=1), np.linalg.norm(y_torch, axis=1), rtol=1e-3)
    pairs = zip(nearest(y), nearest(y_torch), strict=True)
    assert np.mean([set(ours) == set(theirs) for ours, theirs in pairs]) >= 0.99


def test_both_engines_give_one_y_and_the_same_neighbours_on_real_images(
    fast: Encoder, x: NDArray[np.float32], y_torch: NDArray[np.float32]
) -> None:
    """Neighbours among every eighth image of the demo; among all of them in the slow test."""
    assert fast.engine == OPENVINO_ENGINE
    agree(embed(fast, x), y_torch)


@pytest.mark.slow
def test_both_engines_give_the_same_neighbours_in_the_whole_demo_set(fast: Encoder) -> None:
    x = demo_inputs()
    agree(embed(fast, x), embed(load_encoder(), x))


@pytest.mark.slow
def test_both_engines_give_one_y_for_raw_fits(fast: Encoder, shared_data: Path) -> None:
    images = []
    for file in sorted((shared_data / "first_fits").glob("*.fits.gz")):
        with suppress(BlankImage):
            images.append(clean(fits.getdata(file)))
    x = network_input(np.stack(images))
    assert len(x) == 65
    assert cosines(embed(fast, x), embed(load_encoder(), x)).min() >= 0.99999


def test_an_image_alone_has_the_y_that_it_has_in_a_batch(
    fast: Encoder, x: NDArray[np.float32]
) -> None:
    together = embed(fast, x[:64])
    for batch_size in (1, 3):
        apart = embed(fast, x[:8], batch_size)
        np.testing.assert_allclose(apart, together[:8], rtol=0, atol=1e-6 * together.max())


def test_threads_that_embed_at_once_get_each_their_own_y(
    fast: Encoder, x: NDArray[np.float32]
) -> None:
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda image: embed(fast, image[None])[0], x[:32]))
    np.testing.assert_allclose(np.stack(alone), embed(fast, x[:32]), rtol=0, atol=1e-5)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are seen on Linux only")
def test_no_thread_is_tied_to_one_core(fast: Encoder, x: NDArray[np.float32]) -> None:
    """Two processes of one thread each would both be tied to the first core."""
    allowed, seen = os.sched_getaffinity(0), set()
    with ThreadPoolExecutor(1) as pool:
        embedding = pool.submit(embed, fast, x[:64])
        while not embedding.done():
            for thread in os.listdir("/proc/self/task"):
                with suppress(ProcessLookupError):
                    seen.add(frozenset(os.sched_getaffinity(int(thread))))
    assert seen == {frozenset(allowed)}


@pytest.mark.parametrize(
    "architecture", ["resnet14", pytest.param("resnet34", marks=pytest.mark.slow)]
)
def test_other_architectures_are_compiled_as_well(
    architecture: str, x: NDArray[np.float32]
) -> None:
    encoder = untrained_encoder(architecture)
    before = embed(encoder, x[:4])
    assert cosines(embed(compile_encoder(encoder), x[:4]), before).min() > 0.99999


def load_other(encoder: Encoder) -> None:
    encoder.load_state_dict(untrained_encoder("resnet14", seed=2).state_dict())


def scale(encoder: Encoder) -> None:
    scale_features(encoder, torch.linspace(1, 2, 512))


def take_a_step(encoder: Encoder) -> None:
    encoder.train()
    encoder(torch.ones(2, 1, 70, 70)).sum().backward()
    torch.optim.SGD(encoder.parameters(), 0.1).step()
    encoder.eval()


@pytest.mark.parametrize("change", [load_other, scale, take_a_step])
@pytest.mark.parametrize("of_a_copy", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_torch_computes_once_the_weights_have_changed(
    change: Callable[[Encoder], None], of_a_copy: bool, x: NDArray[np.float32]
) -> None:
    original = compile_encoder(untrained_encoder("resnet14"))
    before = embed(original, x[:4])
    encoder = copy.deepcopy(original) if of_a_copy else original
    change(encoder)
    fresh = untrained_encoder("resnet14", seed=3)
    fresh.load_state_dict(encoder.state_dict())
    np.testing.assert_allclose(embed(encoder, x[:4]), embed(fresh, x[:4]), rtol=1e-4, atol=1e-5)
    assert encoder.engine == TORCH_ENGINE
    if of_a_copy:
        assert original.engine == OPENVINO_ENGINE
        np.testing.assert_array_equal(embed(original, x[:4]), before)


def test_torch_computes_while_any_part_trains() -> None:
    encoder = compile_encoder(untrained_encoder("resnet14"))
    encoder.layers[3].train()
    assert encoder.engine == TORCH_ENGINE
    encoder.eval()
    assert encoder.engine == OPENVINO_ENGINE


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
    assert encoder.engine == TORCH_ENGINE
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
