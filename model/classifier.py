"""A classifier on top of an encoder: what fitting gives, kept in a file and applied to images.

It never trains, and it never unpickles.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from model.encoder import (
    FEATURES,
    Encoder,
    EncoderCard,
    EncoderFileError,
    embed,
    weights_digest,
    write_weights,
)

FORMAT = "radio-galaxy classifier 1"


class ClassifierFileError(EncoderFileError):
    """A file that holds no classifier, or a damaged one."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """A linear layer on y, with the encoder that gives the y it was fitted to."""

    encoder: Encoder
    weight: NDArray[np.float32]  # (C, 512)
    bias: NDArray[np.float32]  # (C,)
    classes: tuple[str, ...]
    origin: str
    """How it was fitted, in words."""
    input_kind: str = "published"
    """How the images were prepared that it was fitted to: published, or pedestal."""

    def probabilities(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give the softmax probabilities (N, C) of network inputs (N, 70, 70).

        They are the classifier's own scores; nothing has calibrated them.
        """
        return self.probabilities_of(embed(self.encoder, x))

    def probabilities_of(self, y: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give the softmax probabilities (N, C) of representations (N, 512) of its encoder."""
        scores = y @ self.weight.T + self.bias  # (N, C)
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.int64]:
        """Give the index of the likeliest class of each input; shape (N,)."""
        return self.probabilities(x).argmax(axis=1)


def save_classifier(classifier: Classifier, path: Path) -> None:
    """Write a classifier with its whole encoder as one safetensors file."""
    tensors = {
        f"encoder.{key}": value.contiguous()
        for key, value in classifier.encoder.state_dict().items()
    }
    tensors["head.weight"] = torch.from_numpy(np.ascontiguousarray(classifier.weight))
    tensors["head.bias"] = torch.from_numpy(np.ascontiguousarray(classifier.bias))
    metadata = {
        "format": FORMAT,
        "architecture": classifier.encoder.architecture,
        "classes": json.dumps(classifier.classes),
        "origin": classifier.origin,
        "input_kind": classifier.input_kind,
    }
    write_weights(path, tensors, metadata)


def load_classifier(path: Path) -> Classifier:
    """Read a classifier that `save_classifier` wrote.

    Raises
    ------
    ClassifierFileError
    """
    none = ClassifierFileError(
        f"'{path}' holds no classifier: name a file that `rgz-explorer finetune --save` or "
        "`probe --save` wrote."
    )
    if not path.is_file():
        raise ClassifierFileError(f"There is no classifier file at '{path}'.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except OSError as exc:
        raise ClassifierFileError(f"'{path}' cannot be read ({exc}).") from exc
    except SafetensorError as exc:
        raise none from exc
    if metadata.get("format") != FORMAT:
        raise none
    try:
        return _classifier(tensors, metadata, path.name)
    except (KeyError, ValueError, RuntimeError, TypeError) as exc:
        raise ClassifierFileError(
            f"'{path}' is a damaged classifier ({str(exc).splitlines()[0]}). Fit it again."
        ) from exc


def _classifier(
    tensors: dict[str, torch.Tensor], metadata: dict[str, str], file_name: str
) -> Classifier:
    encoder = Encoder(metadata["architecture"])
    prefix = "encoder."
    encoder.load_state_dict(
        {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    )
    encoder.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    digest = weights_digest(encoder.state_dict())
    encoder.card = EncoderCard(
        f"encoder of {file_name}", encoder.architecture, metadata["origin"], True, digest
    )
    weight, bias = tensors["head.weight"], tensors["head.bias"]
    classes = tuple(json.loads(metadata["classes"]))
    if weight.shape != (len(classes), FEATURES) or bias.shape != (len(classes),):
        raise ValueError(f"its head has the shape {tuple(weight.shape)} for {len(classes)} classes")
    return Classifier(
        encoder,
        weight.numpy(),
        bias.numpy(),
        classes,
        metadata["origin"],
        metadata["input_kind"],
    )
