"""Where the images of a list of sources come from. It never decides which sources are listed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.manifest import RenderingRecord
from model.preprocess import IMAGE_SIZE_PX


@dataclass(frozen=True)
class SourceRow:
    """One source of a `SourceList`."""

    index: int
    """Its place in the list, from 0."""
    row: int
    """Its row in the file, from 1."""
    source_id: str
    name: str
    ra_deg: float
    dec_deg: float


@dataclass(frozen=True, eq=False)
class SourceImage:
    """The cleaned image of a source, or why there is none."""

    pixels: NDArray[np.uint8]  # (150, 150), row 0 south; all zero where there is a reason
    reason: str | None = None
    """Why there is no usable image; None if there is one."""
    image_origin: str = "observed"
    """observed | model"""
    survey: str = "VLA FIRST"
    rms_jy_beam: float = np.nan
    scale_min_jy_beam: float = np.nan
    scale_max_jy_beam: float = np.nan


class ImageSource(Protocol):
    """Gives the images of the sources of a list, always the same for the same source."""

    @property
    def input_kind(self) -> str:
        """raw | published | pedestal, as in the manifest."""

    @property
    def version(self) -> str:
        """Changes whenever any image could: a digest of the files and settings behind them."""

    @property
    def description(self) -> str:
        """Where the images are from, in words, for the manifest."""

    @property
    def terms(self) -> str:
        """Terms of use of the images; may be empty."""

    @property
    def rendering(self) -> RenderingRecord | None:
        """How the images were drawn; None: they are observed."""

    def images_of(self, rows: Iterable[SourceRow]) -> Iterator[SourceImage]:
        """Give each source's image, or the reason why it has none, in the order of the rows."""


def no_image(reason: str) -> SourceImage:
    """A source without an image."""
    return SourceImage(np.zeros((IMAGE_SIZE_PX, IMAGE_SIZE_PX), np.uint8), reason)
