"""A linear head that tells the shape descriptors of an image from y: a self-supervised task.

It never sees a label; what it is taught is computed from the image itself.
"""

import torch
from torch import Tensor, nn

from model.encoder import FEATURES
from model.shape_descriptors import describe_shapes

CLIP = 4.0
"""Targets farther than so many standard deviations from the mean are brought there."""


class Describer(nn.Module):
    """The head and the mean and spread of what it is taught.

    Parameters
    ----------
    examples : Tensor, shape (N, 150, 150), uint8
        Training images, from which mean and spread are taken.

    Attributes
    ----------
    mean, spread : Tensor, shape (D,)
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, examples: Tensor) -> None:
        super().__init__()
        found = describe_shapes(examples)  # (N, D)
        self.register_buffer("mean", found.mean(dim=0))
        self.register_buffer("spread", found.std(dim=0).clamp(min=1e-3))
        self.head = nn.Linear(FEATURES, found.shape[1])

    def forward(self, y: Tensor, images: Tensor) -> Tensor:
        """Mean squared error, in units of each descriptor's spread.

        Parameters
        ----------
        y : Tensor, shape (2B, 512)
            Of two views of the same B images, one batch after the other.
        images : Tensor, shape (B, 150, 150), uint8
            As they were before any view was made.
        """
        told = self.head(y).float()  # (2B, D)
        target = self.targets(images).repeat(2, 1)
        return (told - target).square().mean()

    @torch.no_grad()
    def targets(self, images: Tensor) -> Tensor:
        """Standardised descriptors, (B, D)."""
        return ((describe_shapes(images) - self.mean) / self.spread).clamp(-CLIP, CLIP)
