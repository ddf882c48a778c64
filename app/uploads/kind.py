"""What the bytes of a file are, told from the bytes alone and never from the file's name.

It never decodes an image.
"""

from typing import Literal

from app.errors import UnsupportedImage

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
