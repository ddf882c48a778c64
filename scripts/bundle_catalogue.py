"""A bundle as the catalogue of its own successor: its stored images and columns, embedded again."""

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import zarr

from app.bundle import current_version, verify
from app.catalogue import CORE_COLUMNS, Catalogue, read_table
from model.preprocess import IMAGE_SIZE_PX
from scripts.catalogues import Candidate, CatalogueSource


def bundle_catalogue(bundle: Path) -> CatalogueSource:
    """Describe the sources that a bundle holds.

    Raises
    ------
    BundleError
        If the bundle is missing, corrupt or of another schema.
    """
    version_dir = current_version(bundle)
    manifest = verify(version_dir)
    catalogue = Catalogue(read_table(version_dir / "catalogue.parquet"))
    own = {k: v for k, v in catalogue.info.items() if k not in CORE_COLUMNS}
    return CatalogueSource(
        record=manifest.source,
        input_kind=manifest.input_kind,
        demo=manifest.demo,
        own_columns=own,
        read=lambda: chain(_sources(version_dir, catalogue, list(own)), _rejects(version_dir)),
    )


def _sources(version_dir: Path, catalogue: Catalogue, own: list[str]) -> Iterator[Candidate]:
    images = zarr.open_array(version_dir / "images.zarr", mode="r")
    for row in range(len(catalogue)):
        values = catalogue.row(row)
        from_catalogue = values["extent_origin"] == "catalogue"
        yield Candidate(
            source_id=str(values["source_id"]),
            name=str(values["name"] or ""),
            ra_deg=float(catalogue.ra_deg[row]),
            dec_deg=float(catalogue.dec_deg[row]),
            image=np.asarray(images[row]),
            own={name: values[name] for name in own},
            catalogued_extent_arcsec=_number(values["angular_extent_arcsec"])
            if from_catalogue
            else None,
            extent_flag=str(values["extent_flag"]),
            image_origin=str(values["image_origin"]),
            survey=str(values["survey"]),
            rms_jy_beam=_number(values["rms_jy_beam"]),
            scale_min_jy_beam=_number(values["scale_min_jy_beam"]),
            scale_max_jy_beam=_number(values["scale_max_jy_beam"]),
        )


def _rejects(version_dir: Path) -> Iterator[Candidate]:
    """Rejected rows stay in the count, with their reasons."""
    nothing = np.zeros((IMAGE_SIZE_PX, IMAGE_SIZE_PX), np.uint8)
    with (version_dir / "rejects.csv").open(newline="") as file:
        for reject in csv.DictReader(file):
            yield Candidate(
                source_id=reject["source_id"],
                name=reject["name"],
                ra_deg=float(reject["ra_deg"]),
                dec_deg=float(reject["dec_deg"]),
                image=nothing,
                reason=reject["reason"],
            )


def _number(value: object) -> float:
    return np.nan if value is None else float(str(value))
