"""Batches of training images, each a function of the run's seed and the step alone.

It never augments, and it never looks at labels.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.pretrain_config import PretrainConfig


class Batches:
    """Batches of cleaned images, each a function of the seed and the step alone.

    Several processes share a batch: the one of a rank takes every ``world``-th image.
    """

    def __init__(
        self,
        sources: list[NDArray[np.uint8]],
        config: PretrainConfig,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.sources, self.config, self.rank, self.world = sources, config, rank, world
        numbers = np.array([len(source) for source in sources])
        shares = np.array(config.shares) if config.shares else numbers / numbers.sum()
        self.steps_per_epoch = max(1, int(numbers.sum()) // config.batch_size)
        edges = np.round(np.cumsum(shares / shares.sum()) * config.batch_size).astype(int)
        self.counts = np.diff(np.concatenate([[0], edges]))

    def images(self, step: int) -> Tensor:
        """The cleaned images of a step, (B / world, 150, 150), uint8."""
        chosen = [source[self._indices(which, step)] for which, source in enumerate(self.sources)]
        return torch.from_numpy(np.concatenate(chosen)[self.rank :: self.world])

    def part(self, rank: int, world: int) -> "Batches":
        """The same batches, as the process of that rank of so many sees them."""
        return Batches(self.sources, self.config, rank, world)

    def _indices(self, which: int, step: int) -> NDArray[np.int64]:
        """A walk through one permutation of the source after the other."""
        count, size = int(self.counts[which]), len(self.sources[which])
        places = np.arange(step * count, (step + 1) * count)
        result = np.empty(count, np.int64)
        for turn in np.unique(places // size):
            order = np.random.default_rng([self.config.seed, which, turn]).permutation(size)
            here = places // size == turn
            result[here] = order[places[here] % size]
        return np.sort(result)
