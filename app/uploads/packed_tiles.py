"""Whether the tiles of a packed FITS image (.fz) unpack to what they announce, and no more.

It never keeps what it unpacks: astropy does the reading, but would unpack a bomb as well.
"""

import io
import zlib

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from app.errors import UnreadableFits
from app.uploads.limits import check_pixels

SAFE = ("RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "NOCOMPRESS")
PACKED_COLUMNS = ("COMPRESSED_DATA", "GZIP_COMPRESSED_DATA")
MAX_BYTES_A_PIXEL = 8
MAX_TILES = 100_000
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = 31


def check_tiles(content: bytes, number: int) -> None:
    """Look at the tiles of one extension of a file before astropy unpacks them.

    Raises
    ------
    UnreadableFits
        If a tile is larger than announced, or is packed by a method other than Rice and gzip.
    UploadTooLarge
        If the image has too many pixels.
    """
    source = io.BytesIO(content)
    with fits.open(source, memmap=False, disable_image_compression=True) as hdus:
        table = hdus[number]
        header = table.header
        axes = range(1, int(header["ZNAXIS"]) + 1)
        lengths = [int(header[f"ZNAXIS{axis}"]) for axis in axes]
        tiles = [int(header.get(f"ZTILE{axis}", lengths[0] if axis == 1 else 1)) for axis in axes]
        check_pixels(int(np.prod(lengths, dtype=float)), 1)
        check_pixels(int(np.prod(tiles, dtype=float)), 1)
        _check_method(str(header.get("ZCMPTYPE")))
        if len(table.data) > MAX_TILES:
            raise _unreadable(f"The packed FITS image has more than {MAX_TILES:,} tiles.")
        most = int(np.prod(tiles)) * MAX_BYTES_A_PIXEL
        for name in set(PACKED_COLUMNS) & set(table.columns.names):
            for tile in table.data[name]:
                _check_tile(tile, most)


def _check_method(method: str) -> None:
    if method not in SAFE:
        raise _unreadable(
            f"The FITS image is packed by '{method[:20]}'; Rice and gzip can be read. Unpack it "
            "first, for example with funpack."
        )


def _check_tile(tile: NDArray, most_bytes: int) -> None:
    packed = np.asarray(tile).tobytes()
    if packed.startswith(_GZIP_MAGIC):
        unpacked = zlib.decompressobj(_GZIP).decompress(packed, most_bytes + 1)
        if len(unpacked) > most_bytes:
            raise _unreadable("A tile of the packed FITS image is larger than it announces.")


def _unreadable(sentence: str) -> UnreadableFits:
    return UnreadableFits(sentence, parameter="file")
