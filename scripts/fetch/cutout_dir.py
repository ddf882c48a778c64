"""A directory of fetched cutouts: one plain FITS file an image, whole or not there.

It never fetches, and never changes a file that is there.
"""

import fcntl
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from astropy.coordinates import SkyCoord
from astropy.io import fits

from app.errors import ExplorerError
from app.surveys.cutouts import Cutout, cutout_name
from model.whole_file import UNFINISHED, write_whole

RECORD = "fetch.json"
FITS_BLOCK_BYTES = 2880


class FetchError(ExplorerError):
    """Cutouts could not be fetched, or not be kept."""


@dataclass(frozen=True)
class CutoutStore:
    """The cutouts of one survey, all of one size, in directories by whole degrees of RA.

    Parameters
    ----------
    directory : Path
    survey : str
    field_arcmin : float
        Side of the field of every cutout.
    """

    directory: Path
    survey: str
    field_arcmin: float

    def name_of(self, ra_deg: float, dec_deg: float) -> str:
        """Name the cutout at a position; positions that agree to 1e-5 deg share one."""
        position = SkyCoord(ra_deg, dec_deg, unit="deg")
        return cutout_name(self.survey, position, self.field_arcmin)

    def path_of(self, name: str) -> Path:
        """Say where a cutout lies: DIRECTORY/016/VLA_FIRST_016.23560+00.07312_9.fits."""
        whole_deg = name[len(self.survey) + 1 :][:3]
        return self.directory / whole_deg / f"{name}.fits"

    def sizes_bytes(self) -> dict[str, int]:
        """List the whole cutouts that are there, with their sizes.

        A file that is empty or ends within a FITS block (a disk that lost power) is not listed,
        and so is fetched anew.
        """
        found = {}
        for path in self.directory.glob("[0-9][0-9][0-9]/[!.]*.fits"):
            size_bytes = path.stat().st_size
            if size_bytes and size_bytes % FITS_BLOCK_BYTES == 0:
                found[path.stem] = size_bytes
        return found

    def write(self, name: str, cutout: Cutout) -> int:
        """Keep a cutout, and give the size of its file in bytes.

        The file appears under its name only when all of it is on the disk.

        Raises
        ------
        FetchError
            If it cannot be written; nothing of it is left then.
        """
        path = self.path_of(name)
        content = as_fits(cutout)
        try:
            path.parent.mkdir(exist_ok=True)
            write_whole(path, content)
        except OSError as exc:
            raise FetchError(f"The image '{path}' cannot be written ({exc.strerror}).") from exc
        return len(content)

    def remove_parts(self) -> None:
        """Remove what a killed fetch left half-written."""
        for part in self.directory.glob(f"[0-9][0-9][0-9]/.*{UNFINISHED}"):
            part.unlink(missing_ok=True)


def as_fits(cutout: Cutout) -> bytes:
    """Write a cutout as a FITS file: its pixels and header as they came, with checksums.

    The comments of CHECKSUM and DATASUM hold FETCHED and not the present time, so that the bytes
    are decided by the cutout.
    """
    hdu = fits.PrimaryHDU(cutout.image, cutout.header)
    hdu.add_checksum(when=f"as of {cutout.header['FETCHED']}")
    buffer = io.BytesIO()
    hdu.writeto(buffer, output_verify="silentfix+ignore")
    return buffer.getvalue()


@contextmanager
def open_store(directory: Path, survey: str, field_arcmin: float) -> Iterator[CutoutStore]:
    """Open a directory to fetch into, made if need be, for this process alone.

    Raises
    ------
    FetchError
        If it cannot be written, another fetch runs in it, or it holds other cutouts.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / ".lock").open("w")
    except OSError as exc:
        raise FetchError(
            f"Cannot write the directory '{directory}' ({exc.strerror}); choose another with --out."
        ) from exc
    with lock as file:
        _lock(file.fileno(), directory)
        store = CutoutStore(directory, survey, field_arcmin)
        if (directory / RECORD).exists():
            _check_same(store, read_store(directory))
        else:
            _write_record(store)
        store.remove_parts()
        yield store


def read_store(directory: Path) -> CutoutStore:
    """Open a directory of fetched cutouts for reading.

    Raises
    ------
    FetchError
        If it is none.
    """
    path = directory / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return CutoutStore(directory, str(record["survey"]), float(record["field_arcmin"]))
    except (OSError, ValueError, TypeError, LookupError) as exc:
        raise FetchError(
            f"'{directory}' is no directory of fetched cutouts: it has no readable {RECORD}. "
            "`rgz-explorer fetch cutouts LIST --out DIR` makes one."
        ) from exc


def _lock(handle: int, directory: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        raise FetchError(
            f"Another fetch into '{directory}' is running; wait for it or stop it."
        ) from exc


def _check_same(asked: CutoutStore, found: CutoutStore) -> None:
    if asked != found:
        raise FetchError(
            f"'{found.directory}' holds cutouts of {found.survey}, {found.field_arcmin:g}' wide, "
            f"not of {asked.survey}, {asked.field_arcmin:g}'; choose another directory with --out."
        )


def _write_record(store: CutoutStore) -> None:
    record = {"survey": store.survey, "field_arcmin": store.field_arcmin}
    try:
        write_whole(store.directory / RECORD, json.dumps(record, indent=2) + "\n")
    except OSError as exc:
        raise FetchError(f"'{store.directory}' cannot be written ({exc.strerror}).") from exc
