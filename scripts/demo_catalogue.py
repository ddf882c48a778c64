"""The demo catalogue: the 2,158 FIRST images of the data package firstgalaxydata.

It never fetches anything; `make` installs the package.
"""

from collections.abc import Iterator

from app.catalogue import ColumnInfo
from app.manifest import SourceRecord
from model.firstgalaxydata import (
    PACKAGE,
    FirstGalaxy,
    centre_image,
    installed_version,
    read_galaxies,
)
from model.preprocess import INPUT_SIZE_PX, centre_crop
from scripts.catalogues import Candidate, CatalogueSource

N_LISTED = 2158
FIRST_TERMS = (
    "FIRST images: provenance the FIRST project team (R. J. Becker, D. H. Helfand, R. L. White, "
    "M. D. Gregg, S. A. Laurent-Muehleisen); copyright 1994, University of California; "
    "permission is granted for scholarly, educational, and private non-commercial use."
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
