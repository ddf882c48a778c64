"""Read the real FIRST images of the data-only package firstgalaxydata 0.2.1 (Griese et al. 2023).

It never imports that package's code (which wants torchvision): it finds its HDF5 file among the
installed files and reads that.
"""

import importlib.metadata
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.coordinates.angles.errors import IllegalSecondWarning
from numpy.typing import NDArray

from model.errors import ModelError
from model.preprocess import IMAGE_SIZE_PX, MASK_RADIUS_PX, centre_crop

PACKAGE = "firstgalaxydata"
ARCHIVE = "galaxy_data_h5.zip"
NOT_INSTALLED = (
    f"The images of the data package {PACKAGE} are not installed; "
    f"`pip install --no-deps {PACKAGE}==0.2.1` gets them (14 MB)."
)
LABELS = ("FRI", "FRII", "Compact", "Bent")
"""Meaning of the package's Label_literature values 0, 1, 2, 3."""

_MIRABEST_ENTRY = re.compile(
    r"\d{3}_(?P<ra>\d+\.\d+)(?P<dec>[+-]\d+\.\d+)_(?P<z>\d\.\d+)_(?P<las>\d+\.\d+)"
)


class DataPackageMissing(ModelError):
    """The package, or its image file, is not installed; the message says how to get it."""


@dataclass(frozen=True)
class FirstGalaxy:
    """One image of the package and what it says of it."""

    key: str
    """Name of the HDF5 group, such as data_107."""
    field: NDArray[np.uint8]
    """(300, 300), 1.8"/px, row 0 south, already cleaned by the package's authors."""
    ra_deg: float
    dec_deg: float
    entry: str
    """The package's coord_str: a sexagesimal position, or the MiraBest file name."""
    source_catalogue: str
    label: str
    split: str
    redshift: float
    """NaN unless the entry is a MiraBest file name."""
    las_arcsec: float
    """Largest angular size of the MiraBest file name, NaN for the others."""


def archive_path() -> Path:
    """Where the installed package keeps its images.

    Raises
    ------
    DataPackageMissing
    """
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError as exc:
        raise DataPackageMissing(NOT_INSTALLED) from exc
    found = [Path(str(file.locate())) for file in files if file.name == ARCHIVE]
    if not found or not found[0].exists():
        raise DataPackageMissing(NOT_INSTALLED)
    return found[0]


def installed_version() -> str:
    """Version of the installed package.

    Raises
    ------
    DataPackageMissing
    """
    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError as exc:
        raise DataPackageMissing(NOT_INSTALLED) from exc


def read_galaxies() -> Iterator[FirstGalaxy]:
    """Yield the 2,158 galaxies in the order of their group numbers.

    Raises
    ------
    DataPackageMissing

    Notes
    -----
    The positions in the RA and DEC attributes are rounded to 0.001 degree (3.6"). Where the entry
    is a sexagesimal position, that one is used; it agrees with the rounded one within 2.5" for
    all 1,413 of them.
    """
    with _open_hdf5() as file:
        for key in sorted(file, key=lambda name: int(name.removeprefix("data_"))):
            yield _read_one(key, file[key])


def centre_image(field: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring a field of the package as near to a published cleaned image as can be.

    Parameters
    ----------
    field : ndarray, shape (300, 300), uint8

    Returns
    -------
    image : ndarray, shape (150, 150), uint8
        Centre crop, zero outside the disc of 75 px, brightest pixel of the disc at 255.

    Notes
    -----
    The package scales by the maximum of the whole field, the published recipe by that of the
    disc: they differ for 261 images, whose 8 bits were spent on another source. What the package
    took away cannot be given back: a pedestal of about 3 sigma subtracted before scaling, and in
    places a grid one pixel off.
    """
    image = centre_crop(field, IMAGE_SIZE_PX)
    row, column = np.ogrid[:IMAGE_SIZE_PX, :IMAGE_SIZE_PX]
    centre = IMAGE_SIZE_PX // 2
    disc = (row - centre) ** 2 + (column - centre) ** 2 <= MASK_RADIUS_PX**2
    image = np.where(disc, image, np.uint8(0))
    brightest = int(image.max())
    if brightest in (0, 255):
        return image
    return (image.astype(np.uint16) * 255 // brightest).astype(np.uint8)


@contextmanager
def _open_hdf5() -> Iterator[h5py.File]:
    with zipfile.ZipFile(archive_path()) as archive:
        content = archive.read(archive.namelist()[0])
    with h5py.File(io.BytesIO(content)) as file:
        yield file


def _read_one(key: str, group: h5py.Group) -> FirstGalaxy:
    image = group["Img"]
    entry = str(image.attrs["coord_str"])
    mirabest = _MIRABEST_ENTRY.match(entry)
    if mirabest:
        ra_deg, dec_deg = float(mirabest["ra"]), float(mirabest["dec"])
    else:
        ra_deg, dec_deg = _sexagesimal(entry)
    return FirstGalaxy(
        key=key,
        field=image[()],
        ra_deg=ra_deg,
        dec_deg=dec_deg,
        entry=entry,
        source_catalogue=str(image.attrs["Source"]),
        label=LABELS[int(group["Label_literature"][()])],
        split=group["Split_literature"][()].decode(),
        redshift=float(mirabest["z"]) if mirabest else np.nan,
        las_arcsec=float(mirabest["las"]) if mirabest else np.nan,
    )


def _sexagesimal(entry: str) -> tuple[float, float]:
    """Read 'hh mm ss.s +dd mm ss', whose minus may be a typographic one; seconds may be 60.0."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IllegalSecondWarning)  # 60.0 s is the next minute
        position = SkyCoord(entry.replace("\N{MINUS SIGN}", "-"), unit=(u.hourangle, u.deg))
    return float(position.ra.deg), float(position.dec.deg)
