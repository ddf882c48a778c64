"""The network that fine-tuning trains: an encoder of which the first layers stay as they are.

It never moves a frozen layer, its batch-norm statistics included.
"""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from model.encoder import FEATURES, Encoder


class UnusableDepth(ValueError):
    """The encoder does not have so many layers."""


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
