"""The encoder: its shapes, its weights files, and what must never be run from one."""

import io
import os
import pathlib
import shutil
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.encoder import (
    Encoder,
    EncoderFileError,
    embed,
    load_encoder,
    save_encoder,
    untrained_encoder,
    weights_digest,
)
from model.preprocess import network_input

BLOCKS = {"resnet14": 6, "resnet18": 8, "resnet34": 16}
PARAMETERS = {"resnet18": 11_167_680, "resnet34": 21_275_840}
"""The well-known 11,689,512 and 21,797,672, less 1,000 classes and a stem of 9,408, plus ours."""


@pytest.fixture(scope="module")
def small() -> Encoder:
    """The smallest encoder, seeded otherwise than the one that `load_encoder` falls back to."""
    return untrained_encoder("resnet14", seed=5)


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """A directory that is emptied afterwards: weights are large."""
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.fixture(scope="module")
def x() -> NDArray[np.float32]:
    """Eleven network inputs: noise in the middle of empty sky."""
    cleaned = np.zeros((11, 150, 150), np.uint8)
    cleaned[:, 60:90, 60:90] = np.random.default_rng(7).integers(0, 256, (11, 30, 30))
    return network_input(cleaned)


def lightning(weights: dict[str, Tensor], **more: Tensor) -> dict[str, Any]:
    """A checkpoint as Lightning writes it, with paths among its hyper-parameters."""
    return {
        "epoch": 1200,
        "pytorch-lightning_version": "1.9.0",
        "state_dict": {f"encoder.{k}": v for k, v in weights.items()} | more,
        "optimizer_states": [{"state": {0: {"momentum_buffer": torch.ones(2)}}}],
        "hyper_parameters": {"paths": {"main": pathlib.PosixPath("/data/rgz")}, "lr": 0.2},
    }


@pytest.fixture(scope="module", params=BLOCKS)
def any_depth(request: pytest.FixtureRequest) -> Encoder:
    """An encoder of each architecture."""
    return untrained_encoder(request.param, seed=4)


def test_every_depth_gives_512_numbers_an_image(any_depth: Encoder, x: NDArray[np.float32]) -> None:
    encoder, architecture = any_depth, any_depth.architecture
    y = embed(encoder, x[:3])
    assert y.shape == (3, 512)
    assert y.dtype == np.float32
    assert np.isfinite(y).all()
    assert len(encoder.layers) == BLOCKS[architecture] + 2
    convolutions = [m for m in encoder.modules() if isinstance(m, torch.nn.Conv2d)]
    in_the_skips = [m for m in convolutions if m.kernel_size == (1, 1)]
    assert len(convolutions) - len(in_the_skips) + 1 == int(architecture[-2:])


@pytest.mark.parametrize("architecture", PARAMETERS)
def test_the_known_depths_have_the_known_number_of_weights(architecture: str) -> None:
    encoder = Encoder(architecture)
    assert sum(weight.numel() for weight in encoder.parameters()) == PARAMETERS[architecture]


def test_the_layers_have_the_published_names() -> None:
    names = set(untrained_encoder("resnet18").state_dict())
    assert {"layers.0.0.weight", "layers.1.conv1.weight", "layers.8.bn2.running_var"} <= names
    skips = {int(name.split(".")[1]) for name in names if "downsample" in name}
    assert skips == {3, 5, 7}
    assert not any(name.startswith("layers.9.") for name in names)


def test_the_untrained_encoder_is_the_same_every_time_and_says_it_is_untrained() -> None:
    torch.manual_seed(1)
    first = untrained_encoder("resnet14")
    drawn = torch.rand(1)
    torch.manual_seed(1)
    assert torch.rand(1) == drawn  # and it leaves the random numbers of others alone
    torch.manual_seed(2)
    second = untrained_encoder("resnet14")
    assert first.card == second.card
    assert not first.card.trained
    assert first.card.name == "untrained ResNet-14 (seed 69)"
    assert untrained_encoder("resnet14", seed=70).card.sha256 != first.card.sha256


def test_safetensors_give_the_encoder_back(
    any_depth: Encoder, scratch: Path, x: NDArray[np.float32]
) -> None:
    encoder = any_depth
    path = scratch / "encoder.safetensors"
    save_encoder(encoder, path, "ours", "a test", trained=False)
    loaded = load_encoder(path)
    assert (loaded.card.name, loaded.card.origin, loaded.card.trained) == ("ours", "a test", False)
    assert loaded.card.architecture == encoder.architecture
    assert loaded.card.sha256 == encoder.card.sha256
    assert not loaded.training
    assert np.array_equal(embed(loaded, x[:1]), embed(encoder, x[:1]))


def test_half_precision_halves_the_file_and_hardly_moves_y(
    small: Encoder, scratch: Path, x: NDArray[np.float32]
) -> None:
    whole, half = scratch / "whole.safetensors", scratch / "half.safetensors"
    save_encoder(small, whole, "w", "a test", trained=True)
    save_encoder(small, half, "h", "a test", trained=True, half=True)
    assert half.stat().st_size < 0.51 * whole.stat().st_size
    loaded = load_encoder(half)
    assert loaded.card.trained
    assert next(loaded.parameters()).dtype == torch.float32
    y, same = embed(loaded, x[:4]), embed(small, x[:4])
    cosine = (y * same).sum(1) / np.linalg.norm(y, axis=1) / np.linalg.norm(same, axis=1)
    assert cosine.min() > 0.99999
    assert loaded.card.sha256 != small.card.sha256
    save_encoder(loaded, half, "again", "a test", trained=True, half=True)
    assert load_encoder(half).card.sha256 == loaded.card.sha256


def published_files(weights: dict[str, Tensor]) -> dict[str, object]:
    """What the published files hold, and what fine-tuning scripts add to them."""
    copies = {f"finetuning_{name}": value + 1 for name, value in weights.items()}
    others = {"projection.0.weight": torch.ones(3), "layers.0.0.weight": torch.ones(3)}
    target = {f"m_encoder.{name}": value + 2 for name, value in weights.items()}
    return {
        "encoder.pt": weights,
        "copies.pt": weights | copies,
        "byol.ckpt": lightning(weights, **others, **target),
        "copies.ckpt": lightning(weights | copies),
        "renamed": lightning(weights),
    }


@pytest.mark.parametrize("name", published_files({}))
def test_the_published_layouts_load_to_the_same_encoder(
    name: str, small: Encoder, scratch: Path, x: NDArray[np.float32]
) -> None:
    path = scratch / name
    torch.save(published_files(dict(small.state_dict()))[name], path)
    loaded = load_encoder(path)
    assert loaded.card.sha256 == small.card.sha256
    assert loaded.card.architecture == "resnet14"
    assert loaded.card.trained
    assert loaded.card.name == f"ResNet-14 from {name}"
    assert np.array_equal(embed(loaded, x[:2]), embed(small, x[:2]))


def test_a_checkpoint_of_the_time_before_zip_files_loads_too(small: Encoder, scratch: Path) -> None:
    path = scratch / "old.ckpt"
    checkpoint = lightning(dict(small.state_dict()))
    torch.save(checkpoint, path, _use_new_zipfile_serialization=False)
    assert load_encoder(path).card.sha256 == small.card.sha256


def test_paths_saved_under_the_name_of_python_3_13_load(
    small: Encoder, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = types.ModuleType("pathlib._local")
    elsewhere = type("PosixPath", (pathlib.PosixPath,), {"__module__": "pathlib._local"})
    module.__dict__["PosixPath"] = elsewhere
    monkeypatch.setitem(sys.modules, "pathlib._local", module)
    checkpoint = lightning(dict(small.state_dict()))
    checkpoint["hyper_parameters"]["paths"]["main"] = elsewhere("/data/rgz")
    path = scratch / "byol.ckpt"
    torch.save(checkpoint, path)
    assert b"pathlib._local" in path.read_bytes()
    assert load_encoder(path).card.sha256 == small.card.sha256


class Command:
    """What a malicious checkpoint holds: a command that runs when it is unpickled."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.victim}'",)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("place", ["hyper_parameters", "state_dict", "alone"])
def test_a_malicious_checkpoint_is_refused_and_not_run(
    place: str, zipped: bool, scratch: Path
) -> None:
    victim, path = scratch / "victim", scratch / "byol.ckpt"
    checkpoint = lightning({"layers.0.0.weight": torch.ones(3)})
    if place == "alone":
        checkpoint = {"x": Command(victim)}
    else:
        checkpoint[place]["x"] = Command(victim)
    torch.save(checkpoint, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(EncoderFileError, match="Nothing in it was run"):
        load_encoder(path)
    assert not victim.exists()
    torch.load(path, weights_only=False)
    assert victim.exists()  # else this file would prove nothing


Make = Callable[[bytes, dict[str, Tensor]], object]
"""Takes a whole checkpoint file and the weights in it; bytes are written as they are."""

DAMAGED: dict[str, Make] = {
    "truncated.pt": lambda whole, _: whole[: len(whole) // 2],
    "nearly-whole.pt": lambda whole, _: whole[:-100],
    "empty.pt": lambda *_: b"",
    "text.pt": lambda *_: b"not a checkpoint\n" * 100,
    "list.pt": lambda *_: [torch.ones(2)],
    "tensor.pt": lambda *_: torch.ones(2),
    "no-tensors.ckpt": lambda *_: {"state_dict": {"encoder.layers.0.0.weight": 1.5}},
    "tensor-for-a-dict.ckpt": lambda *_: {"state_dict": torch.ones(2)},
    "numbered.pt": lambda *_: {1: torch.ones(2)},
    "one-layer-missing.pt": lambda _, w: {k: w[k] for k in w if k != FIRST},
    "three-channels.pt": lambda _, w: w | {FIRST: torch.ones(64, 3, 3, 3)},
    "not-a-number.pt": lambda _, w: w | {FIRST: torch.full_like(w[FIRST], torch.nan)},
    "no-data.pt": lambda _, w: {k: v.to("meta") for k, v in w.items()},
    "empty.safetensors": lambda *_: b"",
    "text.safetensors": lambda *_: b"not safetensors\n" * 100,
    "a-checkpoint.safetensors": lambda whole, _: whole,
}
FIRST = "layers.0.0.weight"


@pytest.fixture(scope="module")
def whole(small: Encoder) -> bytes:
    """The bytes of a good checkpoint."""
    buffer = io.BytesIO()
    torch.save(dict(small.state_dict()), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("name", DAMAGED)
def test_a_file_without_a_usable_encoder_is_refused_in_a_sentence(
    name: str, small: Encoder, whole: bytes, scratch: Path
) -> None:
    content = DAMAGED[name](whole, dict(small.state_dict()))
    path = scratch / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(EncoderFileError) as refused:
        load_encoder(path)
    sentence = str(refused.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    assert len(sentence.replace(str(path), "")) < 250


def test_truncated_safetensors_and_another_network_are_refused(
    small: Encoder, scratch: Path
) -> None:
    path = scratch / "encoder.safetensors"
    save_encoder(small, path, "ours", "a test", trained=True)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(EncoderFileError, match="not a readable safetensors file"):
        load_encoder(path)
    torch.save(torch.nn.Linear(3, 3).state_dict(), scratch / "linear.pt")
    with pytest.raises(EncoderFileError, match="resnet14, resnet18, resnet34"):
        load_encoder(scratch / "linear.pt")


@pytest.mark.parametrize("name", ["none.pt", "none.safetensors", "."])
def test_a_missing_file_is_named(name: str, scratch: Path) -> None:
    with pytest.raises(EncoderFileError, match="There is no encoder file at '"):
        load_encoder(scratch / name)


def test_an_unknown_depth_is_refused_with_the_known_ones() -> None:
    with pytest.raises(EncoderFileError, match="'resnet50' is none of the encoders resnet14"):
        Encoder("resnet50")


def test_the_digest_sees_every_weight_and_no_batch_counter(small: Encoder) -> None:
    weights = {k: v for k, v in small.state_dict().items() if k.startswith("layers.1.")}
    digest = weights_digest(weights)
    assert weights_digest(dict(reversed(weights.items()))) == digest
    for name, value in weights.items():
        changed = weights | {name: value + 1}
        assert (weights_digest(changed) == digest) == name.endswith("num_batches_tracked")
    flat = weights["layers.1.bn1.weight"]
    assert weights_digest(weights | {"layers.1.bn1.weight": flat.reshape(8, 8)}) != digest


def test_y_does_not_depend_on_the_batch(encoder: Encoder, x: NDArray[np.float32]) -> None:
    together = embed(encoder, x[:5])
    for batch_size in (1, 2):
        np.testing.assert_allclose(embed(encoder, x[:5], batch_size), together, rtol=0, atol=1e-5)


def test_no_images_give_no_representations(small: Encoder) -> None:
    assert embed(small, np.empty((0, 70, 70), np.float32)).shape == (0, 512)


@pytest.mark.parametrize("shape", [(70, 70), (2, 1, 70, 70), (2, 150, 150)])
def test_embed_refuses_other_shapes(shape: tuple[int, ...], small: Encoder) -> None:
    with pytest.raises(ValueError, match="takes \\(N, 70, 70\\)"):
        embed(small, np.zeros(shape, np.float32))


def test_embed_takes_every_second_image_of_a_reversed_array(
    small: Encoder, x: NDArray[np.float32]
) -> None:
    y = embed(small, x[:4])
    np.testing.assert_allclose(embed(small, x[3::-2]), y[::-2], rtol=0, atol=1e-5)


def test_missing_weights_are_an_error_and_untrained_ones_never_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.encoder.SHIPPED_WEIGHTS", tmp_path / "encoder.safetensors")
    with pytest.raises(EncoderFileError, match=r"There is no encoder file at '.*encoder\.safe"):
        load_encoder()
