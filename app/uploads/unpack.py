"""Unpacks gzip without ever holding more than a stated number of bytes."""

import io
import zlib

from app.errors import UnreadableFits, UploadTooLarge
from app.uploads.limits import CUT_OUT, MAX_UNPACKED_BYTES

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
