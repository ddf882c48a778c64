"""What a catalogue gives to a build: candidates one by one, and a record of where they come from.

It never embeds or reduces.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import zarr
from numpy.typing import NDArray

from app.bundle.catalogue import CORE_COLUMNS, Catalogue, ColumnInfo, read_table
from app.bundle.files import SourceRecord, current_version, verify
from app.surveys.surveys import FIRST_USE
from app.tables.write import read_plain_csv
from model.firstgalaxydata import (
    PACKAGE,
    FirstGalaxy,
    centre_image,
    installed_version,
    read_galaxies,
)
from model.preprocess import IMAGE_SIZE_PX, INPUT_SIZE_PX, centre_crop


@dataclass(frozen=True)
class Candidate:
    """One row of a source catalogue with its cleaned image."""

    source_id: str
    name: str
    ra_deg: float
    dec_deg: float
    image: NDArray[np.uint8]  # (150, 150), row 0 south
    reason: str | None = None
    """Why it cannot be used; None if it can."""
    own: Mapping[str, object] = field(default_factory=dict)
    """Values of the catalogue's own columns."""
    catalogued_extent_arcsec: float | None = None
    """Angular extent as the catalogue gives it; None: it is measured from the image."""
    extent_flag: str = "ok"
    """Limit of the catalogued extent."""
    image_origin: str = "observed"
    survey: str = "VLA FIRST"
    rms_jy_beam: float = np.nan
    scale_min_jy_beam: float = np.nan
    scale_max_jy_beam: float = np.nan


@dataclass(frozen=True)
class CatalogueSource:
    """A catalogue that a bundle can be built from."""

    record: SourceRecord
    input_kind: str
    """raw | published | pedestal, as in the manifest."""
    demo: bool
    own_columns: Mapping[str, ColumnInfo]
    read: Callable[[], Iterator[Candidate]]
    """Yields every candidate, usable or not, always in the same order."""


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
    for reject in read_plain_csv((version_dir / "rejects.csv").read_bytes()):
        yield Candidate(
            source_id=reject["source_id"],
            name=reject["name"],
            ra_deg=float(reject["ra_deg"] or "nan"),
            dec_deg=float(reject["dec_deg"] or "nan"),
            image=nothing,
            reason=reject["reason"],
        )


def _number(value: object) -> float:
    return np.nan if value is None else float(str(value))


N_LISTED = 2158
FIRST_TERMS = (
    "FIRST images: provenance the FIRST project team (R. J. Becker, D. H. Helfand, R. L. White, "
    "M. D. Gregg, S. A. Laurent-Muehleisen); copyright 1994, University of California; "
    f"permission is granted for {FIRST_USE}."
)
OWN_COLUMNS = {
    "label": ColumnInfo("Label (literature)", description="FRI | FRII | Compact | Bent."),
    "source_catalogue": ColumnInfo("Source catalogue", description="Where the label comes from."),
    "split": ColumnInfo("Split", description="The package's train | valid | test split."),
    "redshift": ColumnInfo("Redshift", ucd="src.redshift", description="MiraBest sources only."),
    "catalogued_las_arcsec": ColumnInfo(
        "Catalogued LAS", "arcsec", "phys.angSize", "Largest angular size given by MiraBest."
    ),
    "package_entry": ColumnInfo("Package entry", description="coord_str of the data package."),
}


def demo_catalogue() -> CatalogueSource:
    """Describe the demo catalogue, without reading its images yet."""
    version = installed_version()
    return CatalogueSource(
        record=SourceRecord(
            name=f"{PACKAGE} {version}",
            description="2,158 labelled radio galaxies of the VLA FIRST survey, from MiraBest, "
            "Gendre, Capetti 2017a and b, Baldi 2018 and Proctor",
            version=version,
            doi="10.5281/zenodo.7120632",
            url="https://github.com/floriangriese/RadioGalaxyDataset",
            citation="Griese et al. 2023, Data in Brief 47, 108974; FIRST: Becker, White & "
            "Helfand 1995, ApJ 450, 559",
            terms=FIRST_TERMS,
            n_listed=N_LISTED,
            n_rejected=0,
        ),
        input_kind="pedestal",
        demo=True,
        own_columns=OWN_COLUMNS,
        read=_candidates,
    )


def _candidates() -> Iterator[Candidate]:
    return (_candidate(galaxy) for galaxy in read_galaxies())


def _candidate(galaxy: FirstGalaxy) -> Candidate:
    image = centre_image(galaxy.field)
    reason = None
    if not galaxy.field.any():
        reason = "the image is blank"
    elif not centre_crop(image, INPUT_SIZE_PX).any():
        reason = 'the image is blank in the central 70 px (126") that the network sees'
    return Candidate(
        source_id=f"{PACKAGE}-{galaxy.key.removeprefix('data_')}",
        name="",
        ra_deg=galaxy.ra_deg,
        dec_deg=galaxy.dec_deg,
        image=image,
        reason=reason,
        own={
            "label": galaxy.label,
            "source_catalogue": galaxy.source_catalogue,
            "split": galaxy.split,
            "redshift": galaxy.redshift,
            "catalogued_las_arcsec": galaxy.las_arcsec,
            "package_entry": galaxy.entry,
        },
    )
