"""Fine-tuning an encoder to labels, to any depth (Slijepcevic et al. 2024, Sec. 2.5 and 2.6).

The supervised baseline is the same from random weights; the linear probe of Table 5 is the same
with depth 0. It never touches a frozen layer, its batch-norm statistics included.
"""

import copy
import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from model.classifier import Classifier
from model.encoder import FEATURES, Encoder
from model.errors import ModelError
from model.pretrain_config import ScheduleConfig, learning_rate
from model.views import FINE_TUNING_VIEWS, ViewConfig, random_views


class UnusableDepth(ModelError):
    """The encoder does not have so many layers."""


@dataclass(frozen=True)
class FinetuneConfig:
    """Everything that decides a fit. Defaults: Tables 2 and 4."""

    depth: int = 9
    """Layers trained below the head, from the last block backwards: 0 none, 9 all of ResNet-18
    (8 blocks and the stem; the paper says 10 and counts the average pool)."""
    optimizer: Literal["adamw", "sgd"] = "adamw"
    base_learning_rate: float = 1e-3
    """At a batch of 256; scaled by batch size / 256."""
    batch_size: int = 64
    weight_decay: float = 0.005
    betas: tuple[float, float] = (0.9, 0.999)
    momentum: float = 0.9
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup_epochs: int = 0
    epochs: int = 300
    layer_decay: float = 0.75
    views: ViewConfig = field(default_factory=lambda: FINE_TUNING_VIEWS)
    seed: int = 0
    device: str = "cpu"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"


TABLE_5 = FinetuneConfig(
    depth=0,
    optimizer="sgd",
    base_learning_rate=0.1,
    weight_decay=0.0,
    schedule="constant",
    warmup_epochs=10,
    epochs=100,
)
"""The linear probe of the paper."""


def supervised(config: FinetuneConfig) -> FinetuneConfig:
    """Give the same fit as the paper does it from random weights: no layer-wise decay (Table 4)."""
    return replace(config, layer_decay=1.0)


def finetune(
    encoder: Encoder,
    pixels: NDArray[np.uint8],
    label: NDArray[np.int64],
    classes: tuple[str, ...],
    config: FinetuneConfig,
) -> Classifier:
    """Fit a classifier to labelled images; no early stopping (Sec. 2.6.3).

    Parameters
    ----------
    encoder : Encoder
        Pre-trained; or untrained, for the supervised baseline. It is left as it is.
    pixels : ndarray, shape (N, 150, 150), uint8
    label : ndarray, shape (N,)
        Index into ``classes``.

    Raises
    ------
    UnusableDepth
    """
    return finetune_depths(encoder, pixels, label, classes, config, [config.depth])[config.depth]


def finetune_depths(
    encoder: Encoder,
    pixels: NDArray[np.uint8],
    label: NDArray[np.int64],
    classes: tuple[str, ...],
    config: FinetuneConfig,
    depths: Collection[int],
    on_epoch: Callable[[], None] | None = None,
) -> dict[int, Classifier]:
    """Fit one classifier a depth: each is what `finetune` gives, in less time.

    Every fit sees the same views, so that they pass once through the layers that all leave frozen.

    Parameters
    ----------
    encoder, pixels, label, classes
        As of `finetune`.
    config : FinetuneConfig
        Its depth is not used.
    depths : collection of int
    on_epoch : callable, optional
        Called after each epoch, to show how far the fit is.

    Raises
    ------
    UnusableDepth
    """
    steps = math.ceil(len(label) / config.batch_size)
    fits = {
        depth: _Fit(encoder, len(classes), replace(config, depth=depth), steps)
        for depth in sorted(depths, reverse=True)  # from the fewest frozen layers to the most
    }
    for epoch in range(config.epochs):
        for views, target in _batches(pixels, label, config, epoch):
            x, passed = views, 0
            for fit in fits.values():
                x = fit.step(x, passed, target)
                passed = len(fit.network.frozen)
        if on_epoch is not None:
            on_epoch()
    return {
        depth: _classifier(fit.network.eval().cpu(), classes, fit.config)
        for depth, fit in fits.items()
    }


class Network(nn.Module):
    """An encoder with a linear head, of which only the last layers are trained.

    Parameters
    ----------
    encoder : Encoder
        It is copied.
    n_classes : int
    depth : int
        As `FinetuneConfig.depth`.

    Raises
    ------
    UnusableDepth
    """

    def __init__(self, encoder: Encoder, n_classes: int, depth: int) -> None:
        super().__init__()
        self.encoder = copy.deepcopy(encoder)
        layers = list(self.encoder.layers)
        weighted = [i for i, layer in enumerate(layers) if any(True for _ in layer.parameters())]
        if not 0 <= depth <= len(weighted):
            raise UnusableDepth(
                f"A depth of {depth} layers is not possible: {encoder.architecture} has "
                f"{len(weighted)} layers with weights; choose 0 (the head alone) to "
                f"{len(weighted)}."
            )
        split = weighted[len(weighted) - depth] if depth else len(layers)
        self.frozen = layers[:split]
        self.trained = layers[split:]
        self.encoder.requires_grad_(False)
        for layer in self.trained:
            layer.requires_grad_(True)
        self.head = nn.Linear(FEATURES, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, 70, 70) -> class scores (B, C)."""
        return self.scores(self.pass_frozen(x))

    def pass_frozen(self, x: Tensor, begin: int = 0) -> Tensor:
        """Pass images, or what the first ``begin`` layers made of them, through the frozen ones."""
        with torch.no_grad():
            for layer in self.frozen[begin:]:
                x = layer(x)
        return x

    def scores(self, x: Tensor) -> Tensor:
        """What the frozen layers give -> class scores (B, C)."""
        for layer in self.trained:
            x = layer(x)
        return self.head(x.flatten(1))

    def train(self, mode: bool = True) -> "Network":
        """Switch modes; frozen layers stay in evaluation mode, whose statistics do not move."""
        super().train(mode)
        for layer in self.frozen:
            layer.eval()
        return self

    def rates(self, rate: float, decay: float) -> list[dict[str, Any]]:
        """Give parameter groups: the head at ``rate``, layer i at rate * decay^i, i = 0 the last.

        Notes
        -----
        Sec. 2.6.2, in the order of the published code.
        """
        groups: list[dict[str, Any]] = [{"params": list(self.head.parameters()), "lr": rate}]
        layers = [
            layer for layer in reversed(self.trained) if any(True for _ in layer.parameters())
        ]
        for i, layer in enumerate(layers):
            groups.append({"params": list(layer.parameters()), "lr": rate * decay**i})
        return groups


class _Fit:
    """A network with its optimiser and its schedule."""

    def __init__(self, encoder: Encoder, n_classes: int, config: FinetuneConfig, steps: int):
        self.config = config
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.network = Network(encoder, n_classes, config.depth)
        self.network.to(config.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network.train()
        self.optimizer = _optimizer(self.network, config)
        schedule = _schedule(config, steps)
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: 1.0 if schedule is None else learning_rate(step, schedule)
        )

    def step(self, x: Tensor, passed: int, target: Tensor) -> Tensor:
        """Take one step; ``x`` has passed the first layers, and is given past the frozen ones."""
        bf16 = self.config.precision == "bf16-mixed"
        with torch.autocast(x.device.type, torch.bfloat16, bf16):
            x = self.network.pass_frozen(x, passed)
            scores = self.network.scores(x)
        loss = functional.cross_entropy(scores.float(), target)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.scheduler.step()
        return x


def _optimizer(network: Network, config: FinetuneConfig) -> torch.optim.Optimizer:
    rate = config.base_learning_rate * config.batch_size / 256
    groups = network.rates(rate, config.layer_decay)
    if config.optimizer == "sgd":
        return torch.optim.SGD(
            groups, rate, momentum=config.momentum, weight_decay=config.weight_decay
        )
    return torch.optim.AdamW(groups, rate, config.betas, weight_decay=config.weight_decay)


def _schedule(config: FinetuneConfig, steps_per_epoch: int) -> ScheduleConfig | None:
    """Warm-up, then cosine decay or (Table 5) nothing; None: the full rate throughout."""
    warmup, total = config.warmup_epochs * steps_per_epoch, config.epochs * steps_per_epoch
    if config.schedule == "cosine":
        return ScheduleConfig(warmup, total)
    return ScheduleConfig(warmup, total, decay_steps=0) if warmup else None


def _batches(
    pixels: NDArray[np.uint8], label: NDArray[np.int64], config: FinetuneConfig, epoch: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Augmented batches, each a function of seed, epoch and place; batch norm wants two images."""
    order = np.random.default_rng([config.seed, epoch]).permutation(len(label))
    parts = np.array_split(order, math.ceil(len(order) / config.batch_size))
    for place, part in enumerate(parts):
        draw = np.random.default_rng([config.seed, epoch, place]).integers(2**62)
        generator = torch.Generator(config.device).manual_seed(int(draw))
        images = torch.from_numpy(pixels[part]).to(config.device)
        views = random_views(images, config.views, generator)
        views = views.contiguous(memory_format=torch.channels_last)
        yield views, torch.from_numpy(label[part]).to(config.device)


def _classifier(network: Network, classes: tuple[str, ...], config: FinetuneConfig) -> Classifier:
    encoder = network.encoder.requires_grad_(False)
    origin = (
        f"{config.depth} layers and the head trained for {config.epochs} epochs "
        f"({config.optimizer}, seed {config.seed})"
    )
    weight, bias = (p.detach().numpy() for p in (network.head.weight, network.head.bias))
    return Classifier(encoder, weight, bias, classes, origin)
