"""Batches of training images, resident on the device that trains or read from where they lie.

It never draws a number that the run's seed and the step do not decide.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.preprocess import centre_crop
from model.pretrain_config import PretrainConfig

VIEWED_PX = 110
"""The centre that any view can show: the diagonal of the network's 70 px is 99."""


class Batches:
    """Batches of cleaned images, each a function of the seed and the step alone.

    Several processes share a batch: the one of a rank takes every ``world``-th image.

    Parameters
    ----------
    sources : sequence of ndarray, shape (N_i, H, W), uint8
        One array a data source, H and W >= 110; may be memory-mapped.
    config : PretrainConfig
    """

    def __init__(
        self,
        sources: Sequence[NDArray[np.uint8]],
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
        self._orders: dict[int, tuple[int, NDArray[np.int64]]] = {}
        self._resident: list[Tensor] | None = None

    def images(self, step: int) -> Tensor:
        """The images of a step, (B / world, 110, 110), uint8, where they were made resident."""
        rows = [self._rows(which, step) for which in range(len(self.sources))]
        if self._resident is not None:
            return self.chosen(self._resident, step)
        found = [centre_crop(s[r], VIEWED_PX) for s, r in zip(self.sources, rows, strict=True)]
        return torch.from_numpy(np.concatenate(found)[self.rank :: self.world])

    def chosen(self, tables: Sequence[Tensor], step: int) -> Tensor:
        """The rows of a step out of tables, one a source, on whatever device they lie."""
        parts = [
            table[torch.from_numpy(self._rows(which, step)).to(table.device, non_blocking=True)]
            for which, table in enumerate(tables)
        ]
        return torch.cat(parts)[self.rank :: self.world]

    def part(self, rank: int, world: int, device: torch.device | None = None) -> "Batches":
        """The same batches as the process of that rank of so many sees them.

        Parameters
        ----------
        device : torch.device, optional
            Where all images are brought, so that no step copies one; None: they stay.
        """
        result = Batches(self.sources, self.config, rank, world)
        if self._resident is not None and self._resident[0].device == device:
            result._resident = self._resident
        elif device is not None:
            result._resident = [
                torch.from_numpy(np.ascontiguousarray(centre_crop(source, VIEWED_PX))).to(device)
                for source in self.sources
            ]
        return result

    @property
    def resident(self) -> list[Tensor] | None:
        """All images, (N_i, 110, 110) a source, where they lie on the device; else None."""
        return self._resident

    def _rows(self, which: int, step: int) -> NDArray[np.int64]:
        """A walk through one permutation of the source after the other."""
        count, size = int(self.counts[which]), len(self.sources[which])
        places = np.arange(step * count, (step + 1) * count)
        result = np.empty(count, np.int64)
        for turn in np.unique(places // size):
            here = places // size == turn
            result[here] = self._order(which, int(turn))[places[here] % size]
        return np.sort(result)

    def _order(self, which: int, turn: int) -> NDArray[np.int64]:
        """The permutation of a turn; the last one of each source is kept."""
        kept = self._orders.get(which)
        if kept is None or kept[0] != turn:
            order = np.random.default_rng([self.config.seed, which, turn])
            kept = turn, order.permutation(len(self.sources[which]))
            self._orders[which] = kept
        return kept[1]
