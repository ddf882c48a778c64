"""The self-supervised learners around one encoder: BYOL (Fig. 1) and those that learn faster.

They never see labels, and they know nothing of data, schedules or optimisers.
"""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.encoder import FEATURES, Encoder
from model.objectives import byol_loss, ntxent_loss, update_average


@dataclass(frozen=True)
class Learned:
    """What one step computed."""

    loss: Tensor
    y: Tensor  # (V * B, 512), of V views of B images, view after view


class Byol(nn.Module):
    """Bootstrap your own latent: predict the target network's projection of the other view.

    Parameters
    ----------
    encoder : Encoder
        The online encoder; trained in place.
    hidden, projected : int
        Widths of the heads (512 and 256 in the published code).
    tau : float
        Decay rate of eq. 1.
    """

    def __init__(
        self, encoder: Encoder, hidden: int = 512, projected: int = 256, tau: float = 0.996
    ) -> None:
        super().__init__()
        self.tau = tau
        self.encoder = encoder
        self.projection = head(FEATURES, hidden, projected)
        self.prediction = head(projected, hidden, projected)
        self.target_encoder = copy.deepcopy(encoder).requires_grad_(False)
        self.target_projection = copy.deepcopy(self.projection).requires_grad_(False)

    def forward(self, v1: Tensor, v2: Tensor) -> Learned:
        """Half the sum of eq. 2 over both directions, from views (B, 1, S, S)."""
        y1, y2 = self.encoder(v1), self.encoder(v2)  # (B, 512)
        q1, q2 = (self.prediction(self.projection(y)) for y in (y1, y2))  # (B, 256)
        with torch.no_grad():
            z1, z2 = (self.target_projection(self.target_encoder(v)) for v in (v1, v2))
        loss = (byol_loss(q1, z2) + byol_loss(q2, z1)) / 2
        return Learned(loss, torch.cat([y1, y2]))

    def after_step(self) -> None:
        """Let the target follow the online network (eq. 1)."""
        update_average(self.target_encoder, self.encoder, self.tau)
        update_average(self.target_projection, self.projection, self.tau)

    @property
    def best_encoder(self) -> Encoder:
        """The encoder to keep: the online one, as in the paper."""
        return self.encoder


class Contrastive(nn.Module):
    """SimCLR: tell the two views of an image from those of all others of the batch.

    Parameters
    ----------
    tau : float
        Decay rate of the averaged weights that are kept in the end; 0 keeps the last ones.
    """

    def __init__(
        self,
        encoder: Encoder,
        hidden: int = 512,
        projected: int = 128,
        temperature: float = 0.2,
        tau: float = 0.0,
    ) -> None:
        super().__init__()
        self.temperature, self.tau = temperature, tau
        self.encoder = encoder
        self.projection = head(FEATURES, hidden, projected)
        self.average = copy.deepcopy(encoder).requires_grad_(False) if tau > 0 else None

    def forward(self, v1: Tensor, v2: Tensor) -> Learned:
        """The loss of views (B, 1, S, S), both in one batch through the encoder."""
        y = self.encoder(torch.cat([v1, v2]))  # (2B, 512)
        z1, z2 = self.projection(y).chunk(2)  # (B, 128)
        return Learned(ntxent_loss(z1, z2, self.temperature), y)

    def after_step(self) -> None:
        """Average the encoder's weights."""
        if self.average is not None:
            update_average(self.average, self.encoder, self.tau)

    @property
    def best_encoder(self) -> Encoder:
        """The encoder to keep."""
        return self.encoder if self.average is None else self.average


def head(features: int, hidden: int, out: int) -> nn.Sequential:
    """Linear (no bias), batch norm, ReLU, linear, as in the published code."""
    return nn.Sequential(
        nn.Linear(features, hidden, bias=False),
        nn.BatchNorm1d(hidden),
        nn.ReLU(inplace=True),
        nn.Linear(hidden, out),
    )
