"""Cutouts kept on disk: a bounded directory of plain FITS files, the least recently used leave.

It never fetches, never holds a failure, and never makes a query fail: what goes wrong here is
a logged warning and a cutout that is fetched anew.
"""

import logging
import os
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from astropy.io import fits

from app.errors import UnreadableFits
from app.fits_image import FitsImage, read_fits
from app.fits_writing import as_fits

logger = logging.getLogger(__name__)

_ABANDONED_AFTER_S = 3600.0


@dataclass(frozen=True)
class CutoutCache:
    """A directory of FITS images that several threads and processes may use at once.

    A file appears whole (written beside, then renamed) and carries CHECKSUM and DATASUM, so a
    damaged one is noticed. Its modification time is that of its last use.

    Parameters
    ----------
    directory : Path
        Made when first written to.
    max_bytes : int
        Of all files together. A file larger than that is not kept.
    """

    directory: Path
    max_bytes: int

    def get(self, name: str) -> FitsImage | None:
        """Give the image of that name, or None if there is none; drop it if it is damaged."""
        path = self._path(name)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as exc:
            logger.warning("The cached cutout %s cannot be read: %s", path, exc)
            return None
        image = _intact(content)
        if image is None:
            logger.warning("The cached cutout %s is damaged; it is dropped and fetched anew", path)
            self.drop(name)
            return None
        with suppress(OSError):  # evicted meanwhile, or another user's file
            os.utime(path)
        return image

    def put(self, name: str, image: FitsImage) -> None:
        """Keep an image, and let the least recently used go while there are too many bytes."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._write(self._path(name), as_fits(image))
            self._evict()
        except OSError as exc:
            logger.warning("The cutout cache %s cannot be written: %s", self.directory, exc)

    def drop(self, name: str) -> None:
        """Remove an image, if it is there."""
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as exc:
            logger.warning("The cached cutout %s cannot be removed: %s", name, exc)

    def _path(self, name: str) -> Path:
        return self.directory / f"{name}.fits"

    def _write(self, path: Path, content: bytes) -> None:
        handle, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.directory)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(part, path)
        except OSError:
            Path(part).unlink(missing_ok=True)
            raise

    def _evict(self) -> None:
        files = []  # (last use, bytes, path)
        for path in self.directory.iterdir():
            with suppress(FileNotFoundError):  # another process evicts too
                status = path.stat()
                if path.suffix == ".fits":
                    files.append((status.st_mtime_ns, status.st_size, path))
                elif path.suffix == ".part" and _abandoned(status):
                    path.unlink()
        surplus = sum(size for _, size, _ in files) - self.max_bytes
        for _, size, path in sorted(files):
            if surplus <= 0:
                break
            path.unlink(missing_ok=True)
            surplus -= size


def _abandoned(status: os.stat_result) -> bool:
    """Whether a half-written file is of a process that was killed."""
    return time.time() - status.st_mtime > _ABANDONED_AFTER_S


def _intact(content: bytes) -> FitsImage | None:
    """Read a file of ours; None if a byte of it is not what was written."""
    try:
        image = read_fits(content)
        hdu = fits.PrimaryHDU.fromstring(content)
        intact = hdu.verify_datasum() == 1 and hdu.verify_checksum() == 1
    except (UnreadableFits, ValueError, TypeError, LookupError, fits.VerifyError):
        return None
    return image if intact else None
