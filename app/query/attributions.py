"""What makes S of two sources of the bundle: worked out once a pair, one pair at a time.

It never draws, and it never asks a survey.
"""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.bundle.stored_image import stored_image
from app.errors import NoStoredImage, ServerBusy, UnknownEncoder
from app.images.cleaned_image import CleanedImage
from app.query.explorer import Explorer
from model.attribution import CELL_PX, PATCH_ARCSEC, cells_of, explain_similarity
from model.preprocess import INPUT_SIZE_PX, PIXEL_SCALE_ARCSEC

KEPT = 256
WAITING = 4
"""Pairs that may wait for the one that is worked on."""
CENTRE_ARCSEC = PATCH_ARCSEC
"""All cells that a square over a point source in the middle touches lie within this of it."""


@dataclass(frozen=True)
class CellDifference:
    """What one cell of an image does to S, and where its middle is from that of the image."""

    difference: float
    east_arcsec: float
    north_arcsec: float


@dataclass(frozen=True, eq=False)
class ExplainedImage:
    """One image of a pair."""

    row: int
    image: CleanedImage
    map: NDArray[np.float32]  # (70, 70), row 0 south

    @property
    def cells(self) -> NDArray[np.float32]:
        """The map with one value a cell, (14, 14), row 0 south, column 0 east."""
        return cells_of(self.map)

    @property
    def strongest(self) -> tuple[CellDifference, CellDifference]:
        """The cell that most makes the pair alike, and the one that most sets it apart."""
        return self._cell(int(self.cells.argmax())), self._cell(int(self.cells.argmin()))

    @property
    def central_share(self) -> float | None:
        """Share of the sum of |dS| within CENTRE_ARCSEC of the middle; None where all are 0."""
        offset = _offsets_arcsec()
        central = np.hypot(offset[:, None], offset[None]) <= CENTRE_ARCSEC
        size = np.abs(self.cells.astype(np.float64))
        return float(size[central].sum() / size.sum()) if size.any() else None

    def _cell(self, index: int) -> CellDifference:
        row, column = divmod(index, len(self.cells))
        offset = _offsets_arcsec()
        value = float(self.cells[row, column])
        return CellDifference(value, float(-offset[column]), float(offset[row]))


@dataclass(frozen=True, eq=False)
class ExplainedPair:
    """What makes S of two sources."""

    similarity: float
    images: tuple[ExplainedImage, ExplainedImage]
    embedded: int

    @property
    def limit(self) -> float:
        """The largest difference of either image, either way."""
        return max(float(np.abs(each.map).max()) for each in self.images)


class Attributions:
    """Explains pairs of the bundle's sources.

    Parameters
    ----------
    explorer : Explorer
    """

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._kept: dict[tuple[int, int], ExplainedPair] = {}
        self._working = threading.Lock()
        self._places = threading.BoundedSemaphore(1 + WAITING)

    def of(self, row: int, other: int) -> ExplainedPair:
        """Explain S of the sources in two rows.

        Raises
        ------
        UnknownEncoder
            If nobody knows which encoder made the bundle.
        NoStoredImage
        ServerBusy
            If too many wait already.
        """
        pair = (row, other)
        if known := self._kept.get(pair):
            return known
        if not self._places.acquire(blocking=False):
            raise ServerBusy(
                f"The server is working out what makes S for {1 + WAITING} pairs already. Try "
                "again in some seconds."
            )
        try:
            with self._working:  # two cores: one pair at a time is the fastest
                if pair not in self._kept:
                    self._keep(pair, self._explain(row, other))
                return self._kept[pair]
        finally:
            self._places.release()

    def _explain(self, row: int, other: int) -> ExplainedPair:
        space, encoder = self._explorer.space, self._explorer.encoder
        if encoder is None:
            raise UnknownEncoder(
                f"The bundle holds {space.manifest.encoder.origin}, so that what makes S of its "
                "sources cannot be worked out: their images would have to be embedded again."
            )
        images = [stored_image(space, each) for each in (row, other)]
        for image, each in zip(images, (row, other), strict=True):
            if image.origin == "none":
                name = space.catalogue.row(each)["source_id"]
                raise NoStoredImage(f"The bundle holds no image of its source '{name}'.")
        found = explain_similarity(encoder, images[0].pixels, images[1].pixels)
        first, second = (
            ExplainedImage(each, image, differences)
            for each, image, differences in zip((row, other), images, found.maps, strict=True)
        )
        return ExplainedPair(found.similarity, (first, second), found.embedded)

    def _keep(self, pair: tuple[int, int], explained: ExplainedPair) -> None:
        """Keep it, seen from either side, and forget the oldest."""
        turned = ExplainedPair(explained.similarity, explained.images[::-1], explained.embedded)
        self._kept[pair[::-1]], self._kept[pair] = turned, explained
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]


def _offsets_arcsec() -> NDArray[np.float64]:
    """From the image's middle pixel to the middle of each cell, along an axis."""
    middles = np.arange(0, INPUT_SIZE_PX, CELL_PX) + CELL_PX // 2
    return np.asarray((middles - INPUT_SIZE_PX // 2) * PIXEL_SCALE_ARCSEC, np.float64)
