"""Fine-tuning: what is trained, at which rate, and what stays bit for bit the same."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from model.classifier import Classifier, ClassifierFileError, load_classifier, save_classifier
from model.encoder import load_encoder, save_encoder, untrained_encoder
from model.finetune import (
    TABLE_5,
    FinetuneConfig,
    Network,
    UnusableDepth,
    finetune,
    finetune_depths,
    supervised,
)
from model.preprocess import network_input
from model.tasks import Labelled, TooManyLabels, subset
from model.views import FINE_TUNING_VIEWS
from tests.small_mirabest import two_shapes

TINY = replace(FinetuneConfig(), epochs=1, batch_size=8)
CLASSES = ("round", "long")


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    return two_shapes(16)


def test_defaults_are_those_of_tables_4_and_2() -> None:
    config = FinetuneConfig()
    assert (config.optimizer, config.base_learning_rate, config.batch_size) == ("adamw", 1e-3, 64)
    assert (config.weight_decay, config.betas, config.schedule) == (0.005, (0.9, 0.999), "cosine")
    assert (config.epochs, config.layer_decay) == (300, 0.75)
    assert config.views == FINE_TUNING_VIEWS
    assert config.views.crop_area_min == 0.9


def test_linear_probe_is_that_of_table_5() -> None:
    assert (TABLE_5.depth, TABLE_5.optimizer, TABLE_5.base_learning_rate) == (0, "sgd", 0.1)
    assert (TABLE_5.batch_size, TABLE_5.momentum, TABLE_5.weight_decay) == (64, 0.9, 0.0)
    assert (TABLE_5.schedule, TABLE_5.warmup_epochs, TABLE_5.epochs) == ("constant", 10, 100)


def test_rates_fall_by_rho_a_layer_from_the_last_block() -> None:
    network = Network(untrained_encoder(), 2, depth=9)
    rates = [group["lr"] for group in network.rates(1.0, 0.75)]
    assert rates == [1.0, *(0.75**i for i in range(9))]  # head, eight blocks, stem
    last_block, stem = network.rates(1.0, 0.75)[1], network.rates(1.0, 0.75)[-1]
    assert last_block["params"][0] is next(network.encoder.layers[8].parameters())
    assert stem["params"][0] is network.encoder.layers[0][0].weight


def test_the_baseline_has_one_rate_for_all_layers() -> None:
    assert supervised(FinetuneConfig()).layer_decay == 1.0


@pytest.mark.parametrize("depth", [0, 1, 4])
def test_frozen_layers_are_bit_identical_after_training(depth: int, data) -> None:
    encoder = untrained_encoder()
    fitted = finetune(encoder, *data, CLASSES, replace(TINY, depth=depth)).encoder
    before, after = encoder.state_dict(), fitted.state_dict()
    trained = tuple(f"layers.{i}." for i in range(9 - depth, 9))
    for key, value in before.items():
        if not key.startswith(trained):
            assert torch.equal(value, after[key]), key  # batch-norm statistics too
    moved = [key for key, value in before.items() if not torch.equal(value, after[key])]
    assert len({key.split(".")[1] for key in moved}) == depth
    assert any("running_mean" in key for key in moved) == (depth > 0)


def test_training_leaves_the_given_encoder_as_it_is(data) -> None:
    encoder = untrained_encoder()
    before = {k: v.clone() for k, v in encoder.state_dict().items()}
    finetune(encoder, *data, CLASSES, TINY)
    assert all(torch.equal(before[k], v) for k, v in encoder.state_dict().items())


@pytest.mark.slow
def test_the_same_seed_gives_the_same_classifier(data) -> None:
    config = replace(TINY, depth=1)
    once, again = (finetune(untrained_encoder(), *data, CLASSES, config) for _ in range(2))
    other = finetune(untrained_encoder(), *data, CLASSES, replace(config, seed=1))
    assert np.array_equal(once.weight, again.weight)
    assert not np.array_equal(once.weight, other.weight)


@pytest.mark.parametrize(
    "precision", ["32-true", pytest.param("bf16-mixed", marks=pytest.mark.slow)]
)
def test_depths_fitted_together_are_those_fitted_alone(precision, data) -> None:
    config = replace(TINY, epochs=2, precision=precision)
    encoder = untrained_encoder("resnet14")
    together = finetune_depths(encoder, *data, CLASSES, config, [0, 4])
    for depth, fitted in together.items():
        alone = finetune(encoder, *data, CLASSES, replace(config, depth=depth))
        assert fitted.origin == alone.origin
        assert np.array_equal(fitted.weight, alone.weight), depth
        ours, theirs = fitted.encoder.state_dict(), alone.encoder.state_dict()
        assert all(torch.equal(value, theirs[key]) for key, value in ours.items()), depth


def test_it_learns_to_tell_discs_from_bars() -> None:
    images, label = two_shapes(16)
    config = replace(TINY, depth=1, epochs=4, base_learning_rate=0.03)
    fitted = finetune(load_encoder(), images, label, CLASSES, config)
    assert (fitted.predict(network_input(images)) == label).mean() > 0.9


@pytest.mark.parametrize("depth", [-1, 10])
def test_an_impossible_depth_is_refused_in_words(depth: int) -> None:
    with pytest.raises(UnusableDepth, match=rf"{depth} layers .* 9 layers"):
        Network(untrained_encoder(), 2, depth)


def test_a_saved_classifier_gives_the_same_probabilities(tmp_path, data) -> None:
    images, _ = data
    fitted = finetune(untrained_encoder(), *data, CLASSES, replace(TINY, depth=1))
    save_classifier(fitted, tmp_path / "fitted.safetensors")
    loaded = load_classifier(tmp_path / "fitted.safetensors")
    x = network_input(images)
    assert loaded.classes == CLASSES
    assert np.array_equal(loaded.probabilities(x), fitted.probabilities(x))
    assert np.allclose(loaded.probabilities(x).sum(axis=1), 1)


def test_a_file_that_is_no_classifier_is_refused_in_words(tmp_path) -> None:
    path = tmp_path / "none.safetensors"
    path.write_bytes(b"nothing")
    with pytest.raises(ClassifierFileError, match="holds no classifier"):
        load_classifier(path)


@pytest.mark.parametrize("lost", ["head.bias", "encoder.layers.0.0.weight"])
def test_a_damaged_classifier_is_refused_in_words(tmp_path, lost: str) -> None:
    encoder = untrained_encoder("resnet14")
    zeros = np.zeros((2, 512), np.float32), np.zeros(2, np.float32)
    path = tmp_path / "fitted.safetensors"
    save_classifier(Classifier(encoder, *zeros, CLASSES, "a test", "pedestal"), path)
    assert load_classifier(path).input_kind == "pedestal"
    with safe_open(path, "pt") as file:
        tensors = {k: file.get_tensor(k) for k in file.keys() if k != lost}  # noqa: SIM118
        metadata = file.metadata()
    save_file(tensors, path, metadata)
    with pytest.raises(ClassifierFileError, match="damaged classifier"):
        load_classifier(path)


def test_an_encoder_is_no_classifier(tmp_path) -> None:
    save_encoder(untrained_encoder("resnet14"), tmp_path / "e.safetensors", "", "", trained=False)
    with pytest.raises(ClassifierFileError, match="holds no classifier"):
        load_classifier(tmp_path / "e.safetensors")


def test_a_subset_keeps_the_proportions_of_the_classes() -> None:
    label = np.repeat([0, 1, 2], [60, 30, 10])
    labelled = Labelled(np.zeros((100, 1, 1), np.uint8), label)
    assert np.bincount(subset(labelled, 20, seed=0).label).tolist() == [12, 6, 2]
    assert np.bincount(subset(labelled, 3, seed=0).label).tolist() == [1, 1, 1]
    assert len(subset(labelled, 100, seed=0)) == 100


@pytest.mark.parametrize("count", [2, 101])
def test_more_labels_than_there_are_is_refused(count: int) -> None:
    labelled = Labelled(np.zeros((100, 1, 1), np.uint8), np.repeat([0, 1, 2], [60, 30, 10]))
    with pytest.raises(TooManyLabels, match="100 in 3 classes"):
        subset(labelled, count, seed=0)
