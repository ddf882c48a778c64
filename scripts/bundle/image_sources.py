"""Where the images of a list of sources come from. It never decides which sources are listed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.bundle.files import RenderingRecord, SourceRecord
from app.tables.lists import Reject, SourceList
from model.preprocess import IMAGE_SIZE_PX
from scripts.bundle.sources import Candidate, CatalogueSource


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
    ra_deg: float = np.nan
    dec_deg: float = np.nan
    """ICRS; where the image says it is, for a list that does not."""


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


def list_catalogue(sources: SourceList, images: ImageSource) -> CatalogueSource:
    """Describe the catalogue; its images are read or drawn when the build asks for them."""
    return CatalogueSource(
        record=_record(sources.record, images),
        input_kind=images.input_kind,
        demo=False,
        own_columns=sources.own_columns,
        read=lambda: _candidates(sources, images),
    )


def source_rows(sources: SourceList) -> Iterator[SourceRow]:
    """The sources of a list one by one."""
    for i, source_id in enumerate(sources.source_ids):
        yield SourceRow(
            index=i,
            row=int(sources.rows[i]),
            source_id=source_id,
            name=sources.names[i],
            ra_deg=float(sources.ra_deg[i]),
            dec_deg=float(sources.dec_deg[i]),
        )


def _candidates(sources: SourceList, images: ImageSource) -> Iterator[Candidate]:
    rows, own = source_rows(sources), sources.own_rows()
    pictures = images.images_of(source_rows(sources))
    for row, values, image in zip(rows, own, pictures, strict=True):
        yield _candidate(sources, row, values, image)
    nothing = np.zeros((IMAGE_SIZE_PX, IMAGE_SIZE_PX), np.uint8)
    for reject in sources.rejects:
        yield _rejected(reject, nothing)


def _candidate(
    sources: SourceList, row: SourceRow, own: dict[str, object], image: SourceImage
) -> Candidate:
    extents = sources.extents_arcsec
    extent = float(extents[row.index]) if extents is not None else np.nan
    return Candidate(
        source_id=row.source_id,
        name=row.name,
        ra_deg=row.ra_deg if np.isfinite(row.ra_deg) else image.ra_deg,
        dec_deg=row.dec_deg if np.isfinite(row.dec_deg) else image.dec_deg,
        image=image.pixels,
        reason=image.reason,
        own=own,
        catalogued_extent_arcsec=extent if np.isfinite(extent) else None,
        image_origin=image.image_origin,
        survey=image.survey,
        rms_jy_beam=image.rms_jy_beam,
        scale_min_jy_beam=image.scale_min_jy_beam,
        scale_max_jy_beam=image.scale_max_jy_beam,
    )


def _rejected(reject: Reject, nothing: np.ndarray) -> Candidate:
    return Candidate(
        source_id=reject.source_id,
        name=reject.name,
        ra_deg=reject.ra_deg,
        dec_deg=reject.dec_deg,
        image=nothing,
        reason=reject.reason,
    )


def _record(listed: SourceRecord, images: ImageSource) -> SourceRecord:
    """The list's record, with where the images are from and under what terms."""
    return listed.model_copy(
        update={
            "description": f"{listed.description}; {images.description}",
            "version": f"{listed.version}; images {images.version}",
            "terms": " ".join(text for text in (listed.terms, images.terms) if text),
            "rendering": images.rendering,
        }
    )
