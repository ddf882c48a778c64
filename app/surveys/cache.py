"""Cutouts kept on disk: a bounded directory of plain FITS files, the least recently used leave.

It never fetches, never holds a failure, and never makes a query fail: what goes wrong here is
a logged warning and a cutout that is fetched anew.
"""

import logging
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from astropy.io import fits

from app.errors import UnreadableFits
from app.images.fits import FitsImage, as_fits, read_fits
from model.whole_file import UNFINISHED, write_whole

logger = logging.getLogger(__name__)

_ABANDONED_AFTER_S = 3600.0
SLACK = 64
"""The directory is gone through once in a 64th of the room written, and that much is freed then."""


class _Tally:
    """How much one process believes the directory to hold, so that it need not look each time."""

    def __init__(self) -> None:
        self.looking = threading.Lock()
        self.total_bytes: int | None = None
        """When last looked at, and what was written since; None: never looked."""
        self.written_bytes = 0
        """Since then, by this process; others write too."""

    def add(self, size_bytes: int) -> None:
        """Count a file in."""
        self.written_bytes += size_bytes
        if self.total_bytes is not None:
            self.total_bytes += size_bytes

    def due(self, max_bytes: int) -> bool:
        """Whether the directory may hold too much, as far as can be known without looking."""
        if self.total_bytes is None or self.total_bytes > max_bytes:
            return True
        return self.written_bytes > max_bytes // SLACK


@dataclass(frozen=True)
class CutoutCache:
    """A directory of FITS images that several threads and processes may use at once.

    A file appears whole (written beside, then renamed) and carries CHECKSUM and DATASUM, so a
    damaged one is noticed. Its modification time is that of its last use. The directory is gone
    through now and then only: several processes together can exceed the bound by a 64th each.

    Parameters
    ----------
    directory : Path
        Made when first written to.
    max_bytes : int
        Of all files together. A file larger than that is not kept.
    """

    directory: Path
    max_bytes: int
    _tally: _Tally = field(default_factory=_Tally, init=False, repr=False, compare=False)

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
            content = as_fits(image)
            write_whole(self._path(name), content)
            self._tally.add(len(content))
            self._evict_if_due()
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

    def _evict_if_due(self) -> None:
        """Look whether there is too much, unless somebody is looking or there is no need."""
        if self._tally.due(self.max_bytes) and self._tally.looking.acquire(blocking=False):
            try:
                self._tally.written_bytes = 0
                self._tally.total_bytes = self._evict()
            finally:
                self._tally.looking.release()

    def _evict(self) -> int:
        """Let the least recently used go; give the bytes that are left."""
        files = self._files()
        total = sum(size for _, size, _ in files)
        if total <= self.max_bytes:
            return total
        slack = self.max_bytes // SLACK
        wanted = self.max_bytes - (slack if slack > total / len(files) else 0)
        for _, size, path in sorted(files):
            if total <= wanted:
                break
            Path(path).unlink(missing_ok=True)
            total -= size
        return total

    def _files(self) -> list[tuple[int, int, str]]:
        """List last use, bytes and path of all images; sweep away what killed writers left."""
        files = []
        with os.scandir(self.directory) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another process evicts too
                    status = entry.stat()
                    if entry.name.endswith(".fits"):
                        files.append((status.st_mtime_ns, status.st_size, entry.path))
                    elif entry.name.endswith(UNFINISHED) and _abandoned(status):
                        os.unlink(entry.path)
        return files


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
