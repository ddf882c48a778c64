"""The first stage of a build: candidates to images, the catalogue table and the rejects file."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import zarr
from numpy.typing import NDArray

from app.catalogue import CORE_COLUMNS, make_table, write_table
from app.errors import BuildError
from app.manifest import SourceRecord
from model.extent import measure_extent
from model.first_beam import first_beam
from model.preprocess import IMAGE_SIZE_PX
from scripts.catalogues import Candidate, CatalogueSource
from scripts.progress import track

SHARD = 1024
FEWEST_SOURCES = 4
"""UMAP cannot lay out fewer."""


def write_sources(source: CatalogueSource, out: Path) -> None:
    """Write images.zarr, catalogue.parquet and rejects.csv.

    Raises
    ------
    BuildError
        If the catalogue yields another number of rows than it lists, a repeated source_id, or too
        few usable sources for a map.
    """
    columns: dict[str, list[object]] = defaultdict(list)
    rejects: list[Candidate] = []
    with ImageWriter(out / "images.zarr", source.record.n_listed) as images:
        for candidate in track(source.read(), "Images and extents", source.record.n_listed):
            if candidate.reason:
                rejects.append(candidate)
                continue
            images.append(candidate.image)
            for name, value in _row(candidate).items():
                columns[name].append(value)
    _check_counts(columns["source_id"], rejects, source.record)
    write_table(
        make_table(columns, {**CORE_COLUMNS, **source.own_columns}), out / "catalogue.parquet"
    )
    _write_rejects(rejects, out / "rejects.csv")


class ImageWriter:
    """Writes images into shards of one zarr array, one shard at a time (one writer, always)."""

    def __init__(self, path: Path, at_most: int) -> None:
        side = IMAGE_SIZE_PX
        self._array = zarr.create_array(
            path,
            shape=(at_most, side, side),
            chunks=(1, side, side),
            shards=(SHARD, side, side),
            dtype=np.uint8,
            fill_value=0,
            overwrite=True,
            attributes={"pixel_scale_arcsec": 1.8, "orientation": "row 0 south, column 0 east"},
        )
        self._waiting: list[NDArray[np.uint8]] = []
        self._written = 0

    def __enter__(self) -> "ImageWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._array.resize((self._written, IMAGE_SIZE_PX, IMAGE_SIZE_PX))

    def append(self, image: NDArray[np.uint8]) -> None:
        """Add one image (150, 150)."""
        self._waiting.append(image)
        if len(self._waiting) == SHARD:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            stop = self._written + len(self._waiting)
            self._array[self._written : stop] = np.stack(self._waiting)
            self._written, self._waiting = stop, []


def _row(candidate: Candidate) -> dict[str, object]:
    return {
        "source_id": candidate.source_id,
        "name": candidate.name,
        "ra_deg": candidate.ra_deg,
        "dec_deg": candidate.dec_deg,
        **_extent(candidate),
        "image_origin": candidate.image_origin,
        "survey": candidate.survey,
        **_beam(candidate.ra_deg, candidate.dec_deg),
        "rms_jy_beam": candidate.rms_jy_beam,
        "scale_min_jy_beam": candidate.scale_min_jy_beam,
        "scale_max_jy_beam": candidate.scale_max_jy_beam,
        **candidate.own,
    }


def _extent(candidate: Candidate) -> dict[str, object]:
    arcsec, flag, origin = candidate.catalogued_extent_arcsec, candidate.extent_flag, "catalogue"
    if arcsec is None:
        measured = measure_extent(candidate.image)
        arcsec, flag, origin = measured.arcsec, measured.flag, "measured"
    return {"angular_extent_arcsec": arcsec, "extent_origin": origin, "extent_flag": flag}


def _beam(ra_deg: float, dec_deg: float) -> dict[str, float]:
    """FIRST's beam where the position decides it, NaN where it does not."""
    beam = first_beam(ra_deg, dec_deg)
    values = (beam.major_arcsec, beam.minor_arcsec, beam.pa_deg) if beam else (np.nan,) * 3
    names = ("beam_major_arcsec", "beam_minor_arcsec", "beam_pa_deg")
    return dict(zip(names, values, strict=True))


def _check_counts(source_ids: list[object], rejects: list[Candidate], record: SourceRecord) -> None:
    seen = len(source_ids) + len(rejects)
    if seen != record.n_listed:
        raise BuildError(
            f"{record.name} should list {record.n_listed:,} sources but gave {seen:,}."
        )
    if len(source_ids) < FEWEST_SOURCES:
        raise BuildError(
            f"{record.name} has {len(source_ids)} usable sources ({len(rejects)} of {seen:,} were "
            f"rejected); a map needs at least {FEWEST_SOURCES}."
        )
    if len(set(source_ids)) != len(source_ids):
        raise BuildError(f"{record.name} repeats a source_id.")


def _write_rejects(rejects: list[Candidate], path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["source_id", "name", "ra_deg", "dec_deg", "reason"])
        for reject in rejects:
            position = (reject.ra_deg, reject.dec_deg)
            writer.writerow([reject.source_id, reject.name, *position, reject.reason])
