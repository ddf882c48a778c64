"""What the bytes of a file are, told from the bytes alone and never from the file's name.

It never decodes an image.
"""

import io
import zlib
from typing import Literal

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from app.errors import UnreadableFits, UnsupportedImage, UploadTooLarge

MAX_UPLOAD_BYTES = 64 * 2**20
MAX_UNPACKED_BYTES = 256 * 2**20
MAX_PIXELS = 25_000_000
CUT_OUT = "Cut the 9' around the source out of it first, for example with astropy's Cutout2D."


def check_bytes(length: int) -> None:
    """Raise `UploadTooLarge` for a file of too many bytes."""
    if length > MAX_UPLOAD_BYTES:
        raise UploadTooLarge(
            f"The file has {length / 2**20:.1f} MiB; at most {MAX_UPLOAD_BYTES // 2**20} MiB can "
            f"be read. {CUT_OUT}",
            parameter="file",
        )


def check_pixels(width: int, height: int) -> None:
    """Raise `UploadTooLarge` for an image of too many pixels."""
    if width * height > MAX_PIXELS:
        raise UploadTooLarge(
            f"The image has {width} x {height} px; at most {MAX_PIXELS / 1e6:.0f} million can be "
            f"read. {CUT_OUT}",
            parameter="file",
        )


MAX_MEMBERS = 20_000
"""A bgzip file of 256 MiB has about 4,000; a file of empty members would take minutes."""

_GZIP = 31  # zlib's window bits for a gzip header
_STEP_BYTES = 2**16


def gunzip(content: bytes, max_bytes: int = MAX_UNPACKED_BYTES) -> bytes:
    """Unpack a gzip file of one or several members.

    Raises
    ------
    UploadTooLarge
        As soon as more than `max_bytes` have come out.
    UnreadableFits
        If it is damaged or ends early.
    """
    unpacked, view, at = io.BytesIO(), memoryview(content), 0
    for _ in range(MAX_MEMBERS):
        at = _unpack_member(view, at, unpacked, max_bytes)
        if at == len(view) or view[at] == 0:  # the padding that tapes leave
            return unpacked.getvalue()  # the buffer itself: nothing is copied
    raise UnreadableFits(f"The gzip file has more than {MAX_MEMBERS:,} members.", parameter="file")


def _unpack_member(view: memoryview, at: int, unpacked: io.BytesIO, max_bytes: int) -> int:
    """Unpack one member from a place on; gives the place where the next one begins."""
    member = zlib.decompressobj(_GZIP)
    while not member.eof:
        piece = view[at : at + _STEP_BYTES]
        if not piece:
            raise UnreadableFits("The gzip file is truncated.", parameter="file")
        try:
            unpacked.write(member.decompress(piece, max_bytes + 1 - unpacked.tell()))
        except zlib.error as exc:
            raise UnreadableFits("The gzip file is damaged.", parameter="file") from exc
        if unpacked.tell() > max_bytes:
            raise UploadTooLarge(
                f"The gzip file unpacks to more than {max_bytes // 2**20} MiB, the most that can "
                f"be read. {CUT_OUT}",
                parameter="file",
            )
        at += len(piece) - len(member.unused_data)
    return at


SAFE = ("RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "NOCOMPRESS")
PACKED_COLUMNS = ("COMPRESSED_DATA", "GZIP_COMPRESSED_DATA")
MAX_BYTES_A_PIXEL = 8
MAX_TILES = 100_000
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_TILE = 31


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
        unpacked = zlib.decompressobj(_GZIP_TILE).decompress(packed, most_bytes + 1)
        if len(unpacked) > most_bytes:
            raise _unreadable("A tile of the packed FITS image is larger than it announces.")


def _unreadable(sentence: str) -> UnreadableFits:
    return UnreadableFits(sentence, parameter="file")


Kind = Literal["fits", "gzip", "picture"]

_TAKEN: dict[bytes, Kind] = {
    b"SIMPLE  =": "fits",
    b"\x1f\x8b": "gzip",
    b"\x89PNG\r\n\x1a\n": "picture",
    b"\xff\xd8\xff": "picture",
}
_REFUSED = {
    b"PK": "a zip archive",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"(\xb5/\xfd": "a zstd file",
    b"\x1f\x9d": "a file packed by compress (.Z)",
    b"GIF8": "a GIF picture",
    b"II*\x00": "a TIFF picture",
    b"MM\x00*": "a TIFF picture",
    b"RIFF": "a WebP picture",
    b"BM": "a BMP picture",
    b"%PDF": "a PDF document",
    b"\x89HDF": "an HDF5 file",
    b"PAR1": "a Parquet table",
}
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<svg")
ACCEPTED = "A FITS image (also .gz or .fz), a PNG or a JPEG is needed."
KINDS = "FITS (also .gz or .fz), PNG or JPEG"
"""What ACCEPTED asks for, as a label."""
FILE_TYPES = (
    ".fits",
    ".fit",
    ".fts",
    ".fz",
    ".gz",
    "image/fits",
    "image/png",
    "image/jpeg",
)
"""What a browser is told to offer for choice: ends of names, and media types."""


def kind_of(content: bytes) -> Kind:
    """Tell what a file is.

    Raises
    ------
    UnsupportedImage
        If it is none of the kinds that can be read; the sentence names what it seems to be.
    """
    if not content:
        raise UnsupportedImage(f"The file is empty. {ACCEPTED}", parameter="file")
    for magic, kind in _TAKEN.items():
        if content.startswith(magic):
            return kind
    raise UnsupportedImage(f"The file is {_seems(content)}. {ACCEPTED}", parameter="file")


def _seems(content: bytes) -> str:
    for magic, words in _REFUSED.items():
        if content.startswith(magic):
            return words
    if content[:200].lstrip().lower().startswith(_MARKUP):
        return "a web page or other markup"
    return "of a kind that is not recognised"
