"""Files that mean harm, or are no image, over a real socket: each gets a sentence, in bounds."""

import gzip
import io
import struct
import zlib

import httpx
import numpy as np
import pytest
from astropy.io import fits

from tests.app.web.test_images import ask
from tests.problem import problem_of
from tests.replay.uploads import Grid, fits_file, picture, sky_image, written

GRID = Grid()
IMAGE = sky_image(GRID, noise_jy=1e-4)
GOOD = fits_file(IMAGE, GRID, 5.4, SURVEY="FIRST")
TABLE = fits.BinTableHDU.from_columns([fits.Column("a", "E", array=np.ones(3))])


def cards(*lines: str) -> bytes:
    head = b"".join(line.ljust(80).encode() for line in (*lines, "END"))
    return head.ljust(-(-len(head) // 2880) * 2880)


def header_of(width: int, height: int, bitpix: int = -32) -> bytes:
    return cards(
        "SIMPLE  =                    T", f"BITPIX  = {bitpix:20d}", "NAXIS   =                    2",  # noqa: E501
        f"NAXIS1  = {width:20d}", f"NAXIS2  = {height:20d}",
    )  # fmt: skip


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, packed: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def zeros(n_bytes: int) -> bytes:
    """Zeros, gzipped a MiB a member."""
    return gzip.compress(bytes(2**20)) * (n_bytes // 2**20)


def scans(n: int) -> bytes:
    """A progressive JPEG that goes over its pixels again and again."""
    jpeg = picture(np.zeros((64, 64), np.uint8), "JPEG", progressive=True)
    begin = jpeg.rindex(b"\xff\xda")
    return jpeg[:begin] + jpeg[begin:-2] * n + b"\xff\xd9"


def fz(**options: object) -> bytes:
    pixels = (IMAGE * 1e6).astype(np.int16)
    packed = fits.CompImageHDU(pixels, GRID.wcs().to_header(), **options)
    return written(fits.HDUList([fits.PrimaryHDU(), packed]))


def tile_bomb() -> bytes:
    """A packed image one of whose tiles unpacks to 64 MiB."""
    content = fz(compression_type="GZIP_1")
    with fits.open(io.BytesIO(content), disable_image_compression=True) as hdus:
        table = hdus[1]
        rows = [zeros(64 * 2**20) if row == 0 else tile.tobytes()
                for row, tile in enumerate(table.data["COMPRESSED_DATA"])]  # fmt: skip
        arrays = np.empty(len(rows), object)
        arrays[:] = [np.frombuffer(row, np.uint8) for row in rows]
        column = fits.Column("COMPRESSED_DATA", "QB()", array=arrays)
        bomb = fits.BinTableHDU.from_columns([column], header=table.header)
        return written(fits.HDUList([fits.PrimaryHDU(), bomb]))


def cube(*shape: int) -> bytes:
    return written(fits.HDUList([fits.PrimaryHDU(np.zeros(shape, np.float32))]))


def with_card(name: str, value: object) -> bytes:
    return fits_file(IMAGE, GRID, **{name: value})


def constant(value: float) -> bytes:
    return fits_file(np.full((300, 300), value, np.float32), GRID, 5.4)


HOSTILE = {
    "empty": (lambda: b"", 415, "The file is empty"),
    "text named fits": (lambda: b"RA,Dec\n1,2\n" * 99, 415, "of a kind that is not recognised"),
    "web page": (lambda: b"<!DOCTYPE html><html>", 415, "a web page"),
    "zip": (lambda: b"PK\x03\x04" + bytes(99), 415, "a zip archive"),
    "gif": (lambda: b"GIF89a" + bytes(99), 415, "a GIF picture"),
    "gzip in gzip": (lambda: gzip.compress(gzip.compress(GOOD)), 415, "gzip more than once"),
    "gzip bomb": (lambda: zeros(300 * 2**20), 413, "unpacks to more than 256 MiB"),
    "gzip cut short": (lambda: gzip.compress(GOOD)[:-3000], 422, "gzip file is truncated"),
    "gzip damaged": (lambda: _damaged(gzip.compress(GOOD)), 422, "gzip file is damaged"),
    "gzip of nothing": (lambda: gzip.compress(b"") * 30_000, 422, "more than 20,000 members"),
    "fits cut short": (lambda: GOOD[: len(GOOD) // 2], 422, "is truncated: its"),
    "fits header only": (lambda: GOOD[:2880], 422, "is truncated: its"),
    "half a header": (lambda: GOOD[:800], 422, "no FITS file with a complete header"),
    "endless header": (
        lambda: header_of(9, 9)[:400] + b"COMMENT x".ljust(80) * 40_000, 422, "36,000 cards"
    ),
    "100 Mpx header": (lambda: header_of(10_000, 10_000), 413, "10000 x 10000 px; at most 25 m"),
    "absurd axes": (lambda: header_of(2**62, 2**62), 422, "no FITS file"),
    "negative axis": (lambda: header_of(-5, 10), 422, ""),
    "0 px": (lambda: header_of(0, 300), 422, "holds no image"),
    "table only": (
        lambda: written(fits.HDUList([fits.PrimaryHDU(), TABLE])), 422, "holds no image"
    ),
    "cube": (lambda: cube(5, 200, 200), 422, "a cube; one image plane is needed"),
    "all NaN": (lambda: constant(np.nan), 422, "no pixel of it was observed"),
    "constant": (lambda: constant(0.5), 422, "all its pixels have the same value"),
    "Jy/pixel": (lambda: with_card("BUNIT", "Jy/pixel"), 422, "'Jy/pixel'; Jy/beam or mJy/beam"),
    "kelvin": (lambda: with_card("BUNIT", "K"), 422, "The image is in 'K'"),
    "no projection": (lambda: with_card("CTYPE1", "RA---ZZZ"), 422, "coordinates"),
    "singular matrix": (lambda: with_card("CDELT1", 0.0), 422, "coordinates"),
    "NaN centre": (lambda: _with_nan_crval(), 422, ""),
    "endless distortion": (lambda: with_card("A_ORDER", 10**9), 422, "A_ORDER is 1000000000"),
    "tiny": (
        lambda: fits_file(IMAGE[:20, :20], Grid((20, 20)), 5.4), 422, "at least 25 % are needed"
    ),
    "tile bomb": (tile_bomb, 422, "larger than it announces"),
    "HCOMPRESS": (lambda: fz(compression_type="HCOMPRESS_1"), 422, "Rice and gzip can be read"),
    "png bomb": (
        lambda: png_of(40_000, 40_000, zlib.compress(bytes(9))), 413, "40000 x 40000 px"
    ),
    "png of 100 Mpx": (
        lambda: png_of(10_000, 10_000, zlib.compress(bytes(9))), 413, "10000 x 10000 px"
    ),
    "png that ends early": (
        lambda: png_of(400, 400, zlib.compress(bytes(99))), 422, "damaged or truncated"
    ),
    "png cut short": (lambda: _noisy_png()[:2000], 422, "damaged or truncated"),
    "png header only": (lambda: _noisy_png()[:20], 422, "cannot be opened"),
    "png of 0 px": (lambda: png_of(0, 0, b""), 422, ""),
    "black png": (lambda: picture(np.zeros((200, 200), np.uint8)), 422, "the same brightness"),
    "jpeg cut short": (
        lambda: picture(np.eye(300, dtype=np.uint8) * 255, "JPEG")[:900], 422, ""
    ),
    "jpeg of many scans": (lambda: scans(5000), 422, "more than 50 scans"),
}  # fmt: skip


def _damaged(content: bytes) -> bytes:
    return content[:5000] + bytes(byte ^ 0xFF for byte in content[5000:5100]) + content[5100:]


def _noisy_png() -> bytes:
    return picture(np.random.default_rng(1).integers(0, 255, (300, 300), np.uint8))


def _with_nan_crval() -> bytes:
    return GOOD.replace(b"CRVAL1  =                200.0", b"CRVAL1  =                  NaN")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_cannot_be_used_gets_a_sentence(site: httpx.Client, name: str) -> None:
    make, status, words = HOSTILE[name]
    problem = problem_of(ask(site, make(), "image.fits"))
    assert (problem["status"], problem["parameter"]) in ((status, "file"), (status, None)), problem
    assert words in problem["detail"], problem["detail"]


def test_a_cut_anywhere_is_refused_or_answered_but_never_a_fault(site: httpx.Client) -> None:
    rng = np.random.default_rng(7)
    whole = (GOOD, gzip.compress(GOOD), fz(compression_type="RICE_1"), _noisy_png())
    for content in whole:
        for length in rng.integers(1, len(content), 6):
            response = ask(site, content[:length])
            assert response.status_code in (200, 413, 415, 422), response.text


@pytest.mark.slow
def test_a_flipped_byte_is_refused_or_answered_but_never_a_fault(site: httpx.Client) -> None:
    rng = np.random.default_rng(8)
    for content in (GOOD, fz(compression_type="RICE_1"), fz(compression_type="GZIP_2")):
        for at in rng.integers(0, 9000, 8):
            broken = bytearray(content)
            broken[at] ^= int(rng.integers(1, 256))
            response = ask(site, bytes(broken))
            assert response.status_code in (200, 413, 415, 422), (at, response.text)


@pytest.mark.parametrize(
    ("fields", "parameter", "words"),
    [
        ({"ra": "1"}, "dec", "both ra and dec"),
        ({"dec": "1"}, "ra", "both ra and dec"),
        ({"ra": "x", "dec": "1"}, "ra", "'x' of 'ra' is no number"),
        ({"ra": "nan", "dec": "1"}, "ra", "no number"),
        ({"ra": "400", "dec": "1"}, "ra", "400"),
        ({"ra": "1", "dec": "91"}, "dec", "91"),
        ({"pixel_scale_arcsec": "0"}, "pixel_scale_arcsec", 'cannot be 0" wide'),
        ({"pixel_scale_arcsec": "1e9"}, "pixel_scale_arcsec", "give 0.01 to 120 arcsec"),
        ({"pixel_scale": "1"}, "pixel_scale", "'pixel_scale', which means nothing here"),
        ({"ra": "1" * 20_000}, "file", "cannot be read"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(
    site: httpx.Client, fields: dict[str, str], parameter: str, words: str
) -> None:
    problem = problem_of(ask(site, GOOD, **fields))
    assert problem["parameter"] == parameter
    assert words in problem["detail"]


def test_a_request_without_a_form_or_a_file_is_told_what_to_send(site: httpx.Client) -> None:
    url = "/api/query/image"
    for response in (
        site.post(url),
        site.post(url, content=GOOD, headers={"content-type": "application/fits"}),
        site.post(url, data={"ra": "1", "dec": "1"}),
        site.post(url, content=b"x", headers={"content-type": "multipart/form-data"}),
        site.post(url, content=b"x", headers={"content-type": "multipart/form-data; boundary=b"}),
        site.post(url, files=[("file", ("a", GOOD)), ("file", ("b", GOOD))]),
        site.post(url, files={"image": ("a", GOOD)}),
    ):
        problem = problem_of(response)
        assert problem["status"] == 400
        assert "the field 'file'" in problem["detail"] or "means nothing here" in problem["detail"]
