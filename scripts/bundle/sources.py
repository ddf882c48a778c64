"""What a bundle is built from: sources, each with its image or the reason why it has none.

It never embeds or reduces, and no source of a catalogue leaves without a word.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.bundle.catalogue import ColumnInfo
from app.bundle.files import EncoderRecord, RenderingRecord, SourceRecord
from app.images.prepare import PreparedImage
from app.tables.lists import SourceList
from model.preprocess import INPUT_SIZE_PX, PIXEL_SCALE_ARCSEC, Cleaned, centre_crop

BLANK = "the image is blank"
BLANK_CENTRE = (
    f"the image is blank in the central {INPUT_SIZE_PX} px "
    f'({INPUT_SIZE_PX * PIXEL_SCALE_ARCSEC:.0f}") that the network sees'
)


@dataclass(frozen=True, eq=False)
class Source:
    """One entry of a source catalogue."""

    source_id: str
    name: str
    ra_deg: float
    dec_deg: float
    """ICRS; NaN as long as only its image knows."""
    row: int = 0
    """Its row in the file that lists it, from 1."""
    own: Mapping[str, object] = field(default_factory=dict)
    """Values of the catalogue's own columns."""
    catalogued_extent_arcsec: float | None = None
    """Angular extent as the catalogue gives it; None: it is measured from the image."""
    extent_flag: str = "ok"
    """Limit of the catalogued extent."""
    image: NDArray[np.uint8] | None = None  # (150, 150), cleaned, row 0 south
    y: NDArray[np.float32] | None = None
    """(D,) Its representation, where that was made elsewhere."""
    reason: str | None = None
    """Why it cannot be used; None if it can."""
    image_origin: str = "observed"
    """observed | model | none"""
    survey: str = "VLA FIRST"
    rms_jy_beam: float = np.nan
    scale_min_jy_beam: float = np.nan
    scale_max_jy_beam: float = np.nan
    blank_fraction: float = np.nan
    """Of the cutout, not observed; NaN where it is not known."""

    def without_image(self, reason: str) -> "Source":
        """The same source, with the reason why it cannot be used."""
        return replace(self, image=None, reason=reason)

    def with_cleaned(
        self, image: Cleaned | PreparedImage, survey: str, image_origin: str = "observed"
    ) -> "Source":
        """The same source with an image that we cleaned from Jy/beam."""
        return replace(
            self,
            image=image.pixels,
            image_origin=image_origin,
            survey=survey,
            rms_jy_beam=image.rms_jy_beam,
            scale_min_jy_beam=image.scale_min_jy_beam,
            scale_max_jy_beam=image.scale_max_jy_beam,
            blank_fraction=image.blank_fraction,
        )

    def with_pixels(self, pixels: NDArray[np.uint8], survey: str) -> "Source":
        """The same source with an image that others cleaned, unless it is blank."""
        if not pixels.any():
            return self.without_image(BLANK)
        if not centre_crop(pixels, INPUT_SIZE_PX).any():
            return self.without_image(BLANK_CENTRE)
        return replace(self, image=pixels, survey=survey)


@dataclass(frozen=True)
class SourceCatalogue:
    """A catalogue with images that a bundle can be built from."""

    record: SourceRecord
    input_kind: str
    """raw | published | pedestal, as in the manifest."""
    own_columns: Mapping[str, ColumnInfo]
    read: Callable[[], Iterator[Source]]
    """Yields every source, usable or not, always in the same order."""
    demo: bool = False
    made_elsewhere: EncoderRecord | None = None
    """Of the representations that its sources bring along; None: their images are embedded."""


@dataclass(frozen=True)
class ImageRecord:
    """Where the images of a list are from, for the manifest."""

    description: str
    version: str
    """Changes whenever any image could: a digest of the files and settings behind them."""
    input_kind: str = "raw"
    terms: str = ""
    """Terms of use of the images."""
    rendering: RenderingRecord | None = None
    """How the images were drawn; None: they are observed."""
    columns: Mapping[str, ColumnInfo] = field(default_factory=dict)
    """What is said of each image in columns of its own."""
    made_elsewhere: EncoderRecord | None = None
    """Of representations that come with the images; None: the build embeds the images."""


class ImageSource(Protocol):
    """Where the images of listed sources come from; the same source always has the same image."""

    @property
    def record(self) -> ImageRecord:
        """Where they are from, and all that decides them."""

    def images_of(self, sources: Iterable[Source]) -> Iterator[Source]:
        """Give each source its image, or the reason why it has none, in their order."""


def list_catalogue(listed: SourceList, images: ImageSource) -> SourceCatalogue:
    """Describe a list and its images, which are read or drawn when the build asks for them."""
    about = images.record
    return SourceCatalogue(
        record=_record(listed.record, about),
        input_kind=about.input_kind,
        own_columns={**listed.own_columns, **about.columns},
        read=lambda: _with_rejects(listed, images),
        made_elsewhere=about.made_elsewhere,
    )


def listed_sources(listed: SourceList) -> Iterator[Source]:
    """The sources of a list one by one, without their images."""
    extents = listed.extents_arcsec
    for i, own in enumerate(listed.own_rows()):
        extent = np.nan if extents is None else float(extents[i])
        yield Source(
            source_id=listed.source_ids[i],
            name=listed.names[i],
            ra_deg=float(listed.ra_deg[i]),
            dec_deg=float(listed.dec_deg[i]),
            row=int(listed.rows[i]),
            own=own,
            catalogued_extent_arcsec=extent if np.isfinite(extent) else None,
        )


def _with_rejects(listed: SourceList, images: ImageSource) -> Iterator[Source]:
    yield from images.images_of(listed_sources(listed))
    for each in listed.rejects:
        yield Source(
            each.source_id, each.name, each.ra_deg, each.dec_deg, each.row, reason=each.reason
        )


def _record(listed: SourceRecord, images: ImageRecord) -> SourceRecord:
    """The list's record, with where the images are from and under what terms."""
    return listed.model_copy(
        update={
            "description": "; ".join(filter(None, (listed.description, images.description))),
            "version": "; ".join(filter(None, (listed.version, f"images {images.version}"))),
            "terms": " ".join(text for text in (listed.terms, images.terms) if text),
            "rendering": images.rendering,
        }
    )
