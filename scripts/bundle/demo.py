"""The demo catalogue: the labelled FIRST images of the data package firstgalaxydata.

It never fetches: the package is installed, or the sentence says how.
"""

from collections.abc import Iterator

from app.bundle.catalogue import ColumnInfo
from app.bundle.files import SourceRecord
from app.surveys.surveys import FIRST_TERMS
from model.firstgalaxydata import (
    PACKAGE,
    FirstGalaxy,
    centre_image,
    installed_version,
    read_galaxies,
)
from scripts.bundle.sources import Source, SourceCatalogue

N_LISTED = 2158
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


def demo_catalogue() -> SourceCatalogue:
    """Describe the demo catalogue, without reading its images yet.

    Raises
    ------
    DataPackageMissing
    """
    version = installed_version()
    return SourceCatalogue(
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
        read=_sources,
    )


def _sources() -> Iterator[Source]:
    return (_source(galaxy) for galaxy in read_galaxies())


def _source(galaxy: FirstGalaxy) -> Source:
    source = Source(
        source_id=f"{PACKAGE}-{galaxy.key.removeprefix('data_')}",
        name="",
        ra_deg=galaxy.ra_deg,
        dec_deg=galaxy.dec_deg,
        own={
            "label": galaxy.label,
            "source_catalogue": galaxy.source_catalogue,
            "split": galaxy.split,
            "redshift": galaxy.redshift,
            "catalogued_las_arcsec": galaxy.las_arcsec,
            "package_entry": galaxy.entry,
        },
    )
    return source.with_pixels(centre_image(galaxy.field), "VLA FIRST")
