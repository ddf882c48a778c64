"""How large an image of a person's own may be: in bytes, unpacked, and in pixels.

It never reads a pixel.
"""

from app.errors import UploadTooLarge

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
    """Raise `UploadTooLarge` for a plane of too many pixels."""
    if width * height > MAX_PIXELS:
        raise UploadTooLarge(
            f"The image has {width} x {height} px; at most {MAX_PIXELS / 1e6:.0f} million can be "
            f"read. {CUT_OUT}",
            parameter="file",
        )
