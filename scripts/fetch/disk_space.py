"""How much disk a fetch may take: told beforehand, and kept to. It never removes a file."""

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model.preprocess import PIXEL_SCALE_ARCSEC
from scripts.fetch.cutout_dir import FITS_BLOCK_BYTES, FetchError

HEADER_BLOCKS = 6
"""FIRST's headers with their history take five."""
KEPT_FREE_BYTES = 500_000_000


def free_bytes(directory: Path) -> int:
    """Give the free space of the disk that a directory is on."""
    return shutil.disk_usage(directory).free


def cutout_bytes(field_arcmin: float) -> int:
    """Size of a cutout's file: 32-bit pixels of 1.8", and its header."""
    side_px = round(field_arcmin * 60 / PIXEL_SCALE_ARCSEC)
    pixel_blocks = math.ceil(4 * side_px**2 / FITS_BLOCK_BYTES)
    return (pixel_blocks + HEADER_BLOCKS) * FITS_BLOCK_BYTES


@dataclass
class DiskSpace:
    """The disk that a fetch may fill.

    Parameters
    ----------
    directory : Path
    each_bytes : int
        Expected size of an image.
    used_bytes : int
        Of the images that are there.
    max_bytes : int, optional
        Most that all images together may take.
    free : callable
        Free bytes of the disk of a directory.
    """

    directory: Path
    each_bytes: int
    used_bytes: int
    max_bytes: int | None = None
    free: Callable[[Path], int] = free_bytes

    def foretell(self, n: int) -> str:
        """Say what n further images will take.

        Raises
        ------
        FetchError
            If that is more than may be had.
        """
        if n == 0:
            return "There is nothing left to fetch."
        need_bytes, free = n * self.each_bytes, self.free(self.directory)
        sentence = (
            f"{n:,} images to fetch, {self.each_bytes / 1e3:.0f} kB each: "
            f"{_gb(need_bytes)} of the {_gb(free)} that are free"
        )
        if need_bytes + KEPT_FREE_BYTES > free:
            raise FetchError(
                f"{sentence}, of which {_gb(KEPT_FREE_BYTES)} are left alone. Free some, choose "
                "another disk with --out, or fetch a part with --limit."
            )
        if self.max_bytes is not None and self.used_bytes + need_bytes > self.max_bytes:
            raise FetchError(
                f"{sentence}; with the {_gb(self.used_bytes)} that are there, more than the "
                f"{_gb(self.max_bytes)} of --max-gb. Allow more, or fetch a part with --limit."
            )
        return f"{sentence}."

    def check(self, under_way: int) -> None:
        """Raise `FetchError` if one more image beside those under way may not fit."""
        coming_bytes = (under_way + 1) * self.each_bytes
        free = self.free(self.directory)
        if coming_bytes + KEPT_FREE_BYTES > free:
            raise FetchError(
                f"The disk of '{self.directory}' is nearly full: {_gb(free)} are free, of which "
                f"{_gb(KEPT_FREE_BYTES)} are left alone."
            )
        if self.max_bytes is not None and self.used_bytes + coming_bytes > self.max_bytes:
            raise FetchError(
                f"The images take {_gb(self.used_bytes)}; one more could exceed the "
                f"{_gb(self.max_bytes)} of --max-gb."
            )


def _gb(size_bytes: float) -> str:
    """Write a size: '37.7 GB', or in MB below one GB."""
    return f"{size_bytes / 1e9:,.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:,.1f} MB"
