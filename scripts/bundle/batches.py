"""Batches of images as a list of sources with their images: MiraBest, RGZ108k, MIGHTEE.

It never looks a position up: an image whose names carry none is rejected.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.bundle.catalogue import ColumnInfo, make_table
from app.bundle.files import SourceRecord, file_digest
from app.errors import ExplorerError
from app.sky.resolve import parse_position
from app.tables.lists import Reject, SourceList, UnreadableCatalogue
from model.batch_files import (
    BatchSet,
    NotBatches,
    UnsafePickle,
    read_labelled_batches,
    read_rgz108k,
)
from scripts.bundle.sources import ImageRecord, Source

NO_POSITION = "neither its file name nor its source id holds a position"
MIRABEST_CLASSES = ("100", "102", "104", "110", "112", "200", "201", "210", "300", "310")
"""Of the labels 0 to 9: FRI, FRII, hybrid; confident or not; morphology."""
_MIRABEST_NAME = re.compile(r"_(\d+\.\d+)_(\d+\.\d+)(?:\.\w+)?$")


@dataclass(frozen=True)
class BatchKind:
    """What is known of one published set of batches."""

    prefix: str
    name: str
    description: str
    doi: str
    citation: str
    survey: str
    has_ids: bool = False
    """RGZ108k: source ids, sizes and a MiraBest flag; else labels."""


RGZ108K = BatchKind(
    "rgz108k",
    "RGZ108k batches",
    "Radio Galaxy Zoo sources of the paper's training set",
    "",
    "Slijepcevic et al. 2024, RAS Techniques and Instruments 3, 19, Sec. 2.4",
    "VLA FIRST",
    has_ids=True,
)
MIRABEST = BatchKind(
    "mirabest",
    "MiraBest_F",
    "1,256 FRI, FRII and hybrid radio galaxies of FIRST, labelled by experts",
    "10.5281/zenodo.4288837",
    "Porter & Scaife 2023; Miraghaei & Best 2017",
    "VLA FIRST",
)
MIGHTEE = BatchKind(
    "mightee",
    "MIGHTEE labelled set",
    "117 FRI and FRII of the MIGHTEE survey, labelled by experts",
    "10.5281/zenodo.8188867",
    "Slijepcevic et al. 2024, Sec. 3.4; MIGHTEE: Heywood et al. 2022",
    "MIGHTEE",
)


class BatchImages:
    """An `ImageSource` of the images that came with the list."""

    def __init__(self, pixels: NDArray[np.uint8], record: ImageRecord, survey: str) -> None:
        self.record = record
        self._pixels = pixels
        self._survey = survey

    def images_of(self, sources: Iterable[Source]) -> Iterator[Source]:
        """Give each source its image, or the reason why it has none."""
        for source in sources:
            yield source.with_pixels(self._pixels[source.row - 1], self._survey)


def read_batch_list(path: Path, kind: BatchKind) -> tuple[SourceList, BatchImages]:
    """Read batches as a list of sources, and the images that came with it.

    Raises
    ------
    UnreadableCatalogue
    """
    try:
        batches = read_rgz108k(path) if kind.has_ids else read_labelled_batches(path)
    except (NotBatches, UnsafePickle) as exc:
        raise UnreadableCatalogue(str(exc)) from exc
    ra_deg, dec_deg = batch_positions(batches)
    ids = [f"{kind.prefix}-{row}" for row in range(1, len(batches) + 1)]
    names = batches.source_ids
    kept = np.flatnonzero(np.isfinite(ra_deg))
    rejects = [
        Reject(int(i) + 1, ids[i], names[i], NO_POSITION)
        for i in np.flatnonzero(~np.isfinite(ra_deg))
    ]
    if not len(kept):
        raise UnreadableCatalogue(f"Of the {len(batches):,} images of '{path}' {NO_POSITION}.")
    version = _version(path, batches)
    own = _own(batches, kind)
    repeats = int(batches.repeats().sum())
    sources = SourceList(
        record=_record(kind, version, len(batches), len(rejects)),
        source_ids=[ids[i] for i in kept],
        names=[names[i] for i in kept],
        ra_deg=ra_deg[kept],
        dec_deg=dec_deg[kept],
        rows=kept + 1,
        extents_arcsec=batches.las_arcsec[kept] if kind.has_ids else None,
        own=make_table(
            {name: [values[i] for i in kept] for name, (values, _) in own.items()},
            {name: info for name, (_, info) in own.items()},
        ),
        rejects=rejects,
        notes=[f"{repeats:,} images equal an earlier one; all are kept."] if repeats else [],
    )
    about = ImageRecord(f"images of {kind.name}, as published", version, input_kind="published")
    return sources, BatchImages(batches.pixels, about, kind.survey)


def batch_positions(batches: BatchSet) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions in degrees of the names, or else those that the source ids are written with."""
    ra_deg, dec_deg = batches.positions.ra_deg.copy(), batches.positions.dec_deg.copy()
    for i in np.flatnonzero(~np.isfinite(ra_deg)):
        try:
            position = parse_position(batches.source_ids[i])
        except ExplorerError:
            continue
        ra_deg[i], dec_deg[i] = position.icrs.ra.deg, position.icrs.dec.deg
    return ra_deg, dec_deg


def _own(batches: BatchSet, kind: BatchKind) -> dict[str, tuple[list[object], ColumnInfo]]:
    columns: dict[str, tuple[list[object], ColumnInfo]] = {
        "split": (list(batches.split), ColumnInfo("Split", description="train | test")),
        "file": (list(batches.filenames), ColumnInfo("File", description="Within the batches.")),
    }
    if kind.has_ids:
        flags: list[object] = ["yes" if flag else "no" for flag in batches.in_mirabest]
        columns["in_mirabest"] = (flags, ColumnInfo("In MiraBest", description="mb_flag."))
        return columns
    labels: list[object] = [str(label) for label in batches.labels]
    if kind is MIRABEST:
        labels = [_mirabest_class(int(label)) for label in batches.labels]
        found = [_MIRABEST_NAME.search(name) for name in batches.filenames]
        redshifts: list[object] = [float(m[1]) if m else None for m in found]
        sizes: list[object] = [float(m[2]) if m else None for m in found]
        columns["redshift"] = (redshifts, ColumnInfo("Redshift", ucd="src.redshift"))
        columns["catalogued_las_arcsec"] = (
            sizes,
            ColumnInfo("Catalogued LAS", "arcsec", "phys.angSize", "As the file names give it."),
        )
    return {"label": (labels, ColumnInfo("Label", description="As published.")), **columns}


def _mirabest_class(label: int) -> str:
    return MIRABEST_CLASSES[label] if 0 <= label < len(MIRABEST_CLASSES) else str(label)


def _version(path: Path, batches: BatchSet) -> str:
    """A digest of the archive; of a directory, of the images in it."""
    if path.is_file():
        return f"sha256 {file_digest(path)[:16]}"
    return f"sha256 {hashlib.sha256(batches.pixels.tobytes()).hexdigest()[:16]}"


def _record(kind: BatchKind, version: str, listed: int, rejected: int) -> SourceRecord:
    return SourceRecord(
        name=kind.name,
        description=kind.description,
        version=version,
        doi=kind.doi,
        url=f"https://doi.org/{kind.doi}" if kind.doi else "",
        citation=kind.citation,
        terms="",
        n_listed=listed,
        n_rejected=rejected,
    )
