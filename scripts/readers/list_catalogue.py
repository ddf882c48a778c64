"""A list of sources and the images for it, as a catalogue that a bundle can be built from.

It never draws or fetches: the `ImageSource` does, or has done.
"""

from collections.abc import Iterator

import numpy as np

from app.manifest import SourceRecord
from model.preprocess import IMAGE_SIZE_PX
from scripts.catalogues import Candidate, CatalogueSource
from scripts.readers.image_source import ImageSource, SourceImage, SourceRow
from scripts.readers.source_list import Reject, SourceList


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
    rows = source_rows(sources)
    for row, image in zip(rows, images.images_of(source_rows(sources)), strict=True):
        yield _candidate(sources, row, image)
    nothing = np.zeros((IMAGE_SIZE_PX, IMAGE_SIZE_PX), np.uint8)
    for reject in sources.rejects:
        yield _rejected(reject, nothing)


def _candidate(sources: SourceList, row: SourceRow, image: SourceImage) -> Candidate:
    extents = sources.extents_arcsec
    extent = float(extents[row.index]) if extents is not None else np.nan
    return Candidate(
        source_id=row.source_id,
        name=row.name,
        ra_deg=row.ra_deg,
        dec_deg=row.dec_deg,
        image=image.pixels,
        reason=image.reason,
        own={name: values[row.index] for name, values in sources.own.items()},
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
