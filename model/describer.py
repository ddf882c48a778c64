"""A self-supervised task: to tell from y what can be computed from the whole image.

It never sees a label.
"""

import torch
from torch import Tensor, nn

from model.encoder import FEATURES
from model.shapes import describe_shapes

CLIP = 4.0
"""Targets farther than so many standard deviations from the mean are brought there."""

EXAMPLES_AT_ONCE = 200


class Describer(nn.Module):
    """A linear head for the targets, and what they are measured in.

    The targets are the shape descriptors, of three kinds. All weigh the same, however many numbers
    each has.

    Parameters
    ----------
    examples : Tensor, shape (N, 150, 150), uint8
        Training images, from which mean and spread are taken.

    Attributes
    ----------
    mean, spread, share : Tensor, shape (D,)
        The shares of all targets sum to 1.
    """

    mean: Tensor
    spread: Tensor
    share: Tensor

    def __init__(self, examples: Tensor) -> None:
        super().__init__()
        parts = [describe_shapes(part) for part in examples.split(EXAMPLES_AT_ONCE)]
        kinds = [torch.cat(kind) for kind in zip(*parts, strict=True)]
        found = torch.cat(kinds, dim=1)  # (N, D)
        self.register_buffer("mean", found.mean(dim=0))
        self.register_buffer("spread", found.std(dim=0).clamp(min=1e-3))
        shares = [torch.full((n,), 1 / (n * len(kinds))) for n in (k.shape[1] for k in kinds)]
        self.register_buffer("share", torch.cat(shares))
        self.head = nn.Linear(FEATURES, found.shape[1])

    def forward(self, y: Tensor, target: Tensor) -> Tensor:
        """Mean squared error of what the head predicts, in units of each target's spread.

        Parameters
        ----------
        y : Tensor, shape (V * B, 512)
            Of V views of the same B images, one batch after the other.
        target : Tensor, shape (B, D)
        """
        predicted = self.head(y).float()  # (V * B, D)
        wrong = predicted - target.repeat(len(y) // len(target), 1)
        return (wrong.square() * self.share).sum(dim=1).mean()

    @torch.no_grad()
    def targets(self, images: Tensor) -> Tensor:
        """Standardised targets (B, D) of images (B, H, W) as they were before any view."""
        found = torch.cat(describe_shapes(images), dim=1)
        return ((found - self.mean) / self.spread).clamp(-CLIP, CLIP)

    def table(self, images: Tensor) -> Tensor:
        """The targets (N, D) of all images of a source."""
        return torch.cat([self.targets(part) for part in images.split(EXAMPLES_AT_ONCE)])
