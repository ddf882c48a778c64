"""A bundle as the catalogue of the next one: its stored images are embedded again.

It never changes what the bundle holds: positions, images, extents and rejects stay as they are.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import zarr

from app.bundle.catalogue import CORE_COLUMNS, Catalogue, read_table
from app.bundle.files import current_version, verify
from app.errors import BundleUnreadable
from app.tables.write import read_plain_csv
from scripts.bundle.sources import Source, SourceCatalogue


def bundle_catalogue(bundle: Path) -> SourceCatalogue:
    """Describe the sources that a bundle holds.

    Raises
    ------
    BundleError
        If the bundle is missing, corrupt or of a later schema.
    """
    version_dir = current_version(bundle)
    manifest = verify(version_dir, upgrade=True)
    if not manifest.encoder.known:
        raise BundleUnreadable(
            f"The bundle '{bundle}' holds {manifest.encoder.origin}: there is no encoder to embed "
            "its images with. `rgz-explorer build --representations FILE` builds it again."
        )
    catalogue = Catalogue(read_table(version_dir / "catalogue.parquet"))
    own = {k: v for k, v in catalogue.info.items() if k not in CORE_COLUMNS}
    return SourceCatalogue(
        record=manifest.source,
        input_kind=manifest.input_kind,
        demo=manifest.demo,
        own_columns=own,
        read=lambda: chain(_sources(version_dir, catalogue, list(own)), _rejects(version_dir)),
    )


def _sources(version_dir: Path, catalogue: Catalogue, own: list[str]) -> Iterator[Source]:
    images = zarr.open_array(version_dir / "images.zarr", mode="r")
    for row in range(len(catalogue)):
        values = catalogue.row(row)
        extent = _number(values["angular_extent_arcsec"])
        yield Source(
            source_id=str(values["source_id"]),
            name=str(values["name"] or ""),
            ra_deg=float(catalogue.ra_deg[row]),
            dec_deg=float(catalogue.dec_deg[row]),
            image=np.asarray(images[row]),
            own={name: values[name] for name in own},
            catalogued_extent_arcsec=extent if values["extent_origin"] == "catalogue" else None,
            extent_flag=str(values["extent_flag"]),
            image_origin=str(values["image_origin"]),
            survey=str(values["survey"]),
            rms_jy_beam=_number(values["rms_jy_beam"]),
            scale_min_jy_beam=_number(values["scale_min_jy_beam"]),
            scale_max_jy_beam=_number(values["scale_max_jy_beam"]),
            blank_fraction=_number(values.get("blanked_percent")) / 100,
        )


def _rejects(version_dir: Path) -> Iterator[Source]:
    """Rejected rows stay in the count, with their reasons."""
    for reject in read_plain_csv((version_dir / "rejects.csv").read_bytes()):
        yield Source(
            source_id=reject["source_id"],
            name=reject["name"],
            ra_deg=float(reject["ra_deg"] or "nan"),
            dec_deg=float(reject["dec_deg"] or "nan"),
            reason=reject["reason"],
        )


def _number(value: object) -> float:
    return np.nan if value is None else float(str(value))
