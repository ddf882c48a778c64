"""The self-supervised losses, the moving average and the measure of collapse, as plain functions.

It never holds a network or an optimiser.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

RANK_FLOOR = 1e-3
"""Singular values below this share of the norm of y are taken for rounding (bfloat16)."""


def byol_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean squared distance of unit vectors, 2 - 2 cos (eq. 2).

    Parameters
    ----------
    prediction : Tensor, shape (B, D)
        q(z) of the online network.
    target : Tensor, shape (B, D)
        z of the target network; no gradient flows into it.

    Notes
    -----
    Slijepcevic et al. 2024, eq. 2, of normalised vectors as in Grill et al. 2020, eq. 2. The
    published code computes the negative cosine instead, which has half of this gradient.
    """
    q = functional.normalize(prediction.float(), dim=1)
    z = functional.normalize(target.detach().float(), dim=1)
    return (q - z).square().sum(dim=1).mean()


def ntxent_loss(z1: Tensor, z2: Tensor, temperature: float) -> Tensor:
    """Normalised-temperature cross-entropy over the 2B views of a batch.

    Parameters
    ----------
    z1, z2 : Tensor, shape (B, D)
        Projections of two views of the same B images.

    Notes
    -----
    SimCLR, Chen et al. 2020, eq. 1, which Sec. 2.1 of the paper names.
    """
    z = functional.normalize(torch.cat([z1, z2]).float(), dim=1)  # (2B, D)
    similarity = z @ z.T / temperature  # (2B, 2B)
    similarity.fill_diagonal_(-torch.inf)
    partner = torch.arange(len(z), device=z.device).roll(len(z1))
    return functional.cross_entropy(similarity, partner)


@torch.no_grad()
def update_average(average: nn.Module, online: nn.Module, tau: float) -> None:
    """Move the average's parameters towards the online ones, xi <- tau xi + (1 - tau) theta.

    Batch-norm statistics are averaged likewise; counters are copied.
    Slijepcevic et al. 2024, eq. 1.
    """
    mine, theirs = average.state_dict(), online.state_dict()
    numbers = [key for key, value in mine.items() if value.is_floating_point()]
    torch._foreach_lerp_([mine[k] for k in numbers], [theirs[k] for k in numbers], 1 - tau)
    for key in mine.keys() - numbers:
        mine[key].copy_(theirs[key])


@torch.no_grad()
def effective_rank(y: Tensor) -> float:
    """Effective number of dimensions that centred representations spread over.

    Parameters
    ----------
    y : Tensor, shape (B, D)

    Returns
    -------
    rank : float
        exp of the entropy of the normalised singular values (Roy & Vetterli 2007); 0 if all rows
        are the same to within `RANK_FLOOR`.
    """
    y = y.float()
    singular = torch.linalg.svdvals(y - y.mean(dim=0))
    singular = singular[singular > RANK_FLOOR * y.norm()]
    if len(singular) == 0:
        return 0.0
    share = singular / singular.sum()
    return float(torch.exp(-(share * share.log()).sum()))
