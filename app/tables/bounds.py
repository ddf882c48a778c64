"""How much a table that a stranger sends may be, looked at before anything of it is unpacked.

It never reads a value: it goes by headers, counts and sizes, each format by its own.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits

from app.errors import UnreadableFits, UploadTooLarge
from app.images.bounds import gunzip
from app.tables.lists import UnreadableCatalogue

GZIP = b"\x1f\x8b"
_DELIMITERS = b",;\t|"
_NUMBER = re.compile(r"\d+")


class TableTooLarge(UnreadableCatalogue):
    """A table that exceeds its bounds; the sentence says which."""


@dataclass(frozen=True)
class TableBounds:
    """The most that is read of one table."""

    bytes_unpacked: int = 64 * 2**20
    rows: int = 100_000
    columns: int = 1_000
    cell_values: int = 10_000
    """Numbers in one cell, or letters."""


def unpacked(content: bytes, bounds: TableBounds | None) -> bytes:
    """The bytes of a file, those of a gzip file unpacked; no more than the bounds allow are made.

    Raises
    ------
    TableTooLarge
    UnreadableCatalogue
        If the gzip file is damaged.
    """
    if not content.startswith(GZIP):
        return content
    most = bounds.bytes_unpacked if bounds else 2**40
    try:
        return gunzip(content, most)
    except UploadTooLarge as exc:
        raise TableTooLarge(
            f"The gzip file unpacks to more than {most / 1e6:.0f} MB; no more is read."
        ) from exc
    except UnreadableFits as exc:
        raise UnreadableCatalogue(str(exc)) from exc


def check_bounds(content: bytes, bounds: TableBounds) -> None:
    """Refuse the bytes of a table, of whatever format, that would become too large when read.

    Raises
    ------
    TableTooLarge
    """
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if content.startswith(b"SIMPLE"):
        sizes = _fits_sizes(content)
    elif content.startswith(b"PAR1"):
        sizes = _parquet_sizes(content, bounds)
    elif start.startswith((b"<?xml", b"<VOTABLE")):
        sizes = iter([_votable_size(content, bounds)])
    else:
        sizes = iter([_text_size(content, bounds)])
    for rows, columns in sizes:
        if rows > bounds.rows:
            raise TableTooLarge(f"It has {rows:,} rows; at most {bounds.rows:,} are read.")
        if columns > bounds.columns:
            raise TableTooLarge(f"It has {columns:,} columns; at most {bounds.columns:,} are read.")


def _text_size(content: bytes, bounds: TableBounds) -> tuple[int, int]:
    line_ends = max(content.count(b"\n"), content.count(b"\r"))
    longest = max(map(len, re.split(rb"[\r\n]+", content[: 4 * 2**20])), default=0)
    columns = 0
    if longest > bounds.columns:
        lines = re.split(rb"[\r\n]+", content)
        columns = 1 + max(line.count(bytes([mark])) for line in lines for mark in _DELIMITERS)
    return line_ends - 100, columns  # a preamble is no rows


def _fits_sizes(content: bytes) -> Iterator[tuple[int, int]]:
    with fits.open(io.BytesIO(content), lazy_load_hdus=True) as hdus:
        for hdu in hdus:
            if isinstance(hdu, fits.BinTableHDU | fits.TableHDU):
                if hdu.header.get("ZTABLE") or hdu.header.get("ZIMAGE"):
                    raise TableTooLarge("Compressed FITS tables are not read; unpack it.")
                yield int(hdu.header["NAXIS2"]), int(hdu.header.get("TFIELDS", 0))


def _parquet_sizes(content: bytes, bounds: TableBounds) -> Iterator[tuple[int, int]]:
    about = pq.read_metadata(pa.BufferReader(content))
    yield about.num_rows, about.num_columns
    groups = (about.row_group(i) for i in range(about.num_row_groups))
    if (size := sum(group.total_byte_size for group in groups)) > bounds.bytes_unpacked:
        raise TableTooLarge(
            f"It unpacks to {size / 1e6:.0f} MB; at most {bounds.bytes_unpacked / 1e6:.0f} MB are "
            "read."
        )


def _votable_size(content: bytes, bounds: TableBounds) -> tuple[int, int]:
    """Rows and columns by the tags, and refusal of what would grow or be fetched."""
    counted = {"TR": 0, "FIELD": 0}
    announced = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal announced
        name = tag.rpartition(":")[2]
        if name in counted:
            counted[name] += 1
        if name == "TABLE":
            announced = max(announced, int(attributes.get("nrows") or 0))
        if name in ("FIELD", "PARAM"):
            values = 1
            for length in _NUMBER.findall(attributes.get("arraysize", "")):
                values *= int(length)
            if values > bounds.cell_values:
                raise TableTooLarge(
                    f"A cell of '{attributes.get('name', '')[:40]}' has {values:,} values; at most "
                    f"{bounds.cell_values:,} are read."
                )
        if name == "STREAM":
            if "href" in attributes:
                raise TableTooLarge(
                    "Its data are a link to another place, which is not followed; send the table "
                    "with its data in it."
                )
            if "gzip" in attributes.get("encoding", ""):
                raise TableTooLarge("Packed data inside a VOTable are not read.")

    def refuse(*_: object) -> None:
        raise TableTooLarge("It defines entities of its own, which are not read.")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError) as exc:
        raise UnreadableCatalogue(f"It is no whole XML document ({exc}).") from exc
    return max(counted["TR"], announced), counted["FIELD"]
