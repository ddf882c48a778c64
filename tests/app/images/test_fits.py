"""Reading one image of a FITS file, and every way in which it can be none."""

import io
from pathlib import Path

import astroquery
import numpy as np
import pytest
from astropy.io import fits
from numpy.typing import NDArray

from app.errors import UnreadableFits
from app.images.celestial import celestial_wcs
from app.images.fits import read_fits

FIRST_SAMPLE = Path(astroquery.__file__).parent / "image_cutouts/first/tests/data/image.fits"
"""A cutout of 33 x 33 px that the FIRST server gave in 2020, kept by astroquery."""

CELESTIAL = {
    "CTYPE1": "RA---SIN", "CRVAL1": 150.0, "CRPIX1": 3.0, "CDELT1": -0.0005,
    "CTYPE2": "DEC--SIN", "CRVAL2": 20.0, "CRPIX2": 2.0, "CDELT2": 0.0005,
}  # fmt: skip


def fits_bytes(data: NDArray, **cards: object) -> bytes:
    hdu = fits.PrimaryHDU(data)
    hdu.header.update({**CELESTIAL, **cards})
    buffer = io.BytesIO()
    hdu.writeto(buffer)
    return buffer.getvalue()


@pytest.mark.skipif(not FIRST_SAMPLE.exists(), reason="astroquery came without its test data")
def test_a_real_first_header_gives_the_sky_in_spite_of_its_further_axes() -> None:
    image = read_fits(FIRST_SAMPLE.read_bytes())
    assert image.pixels.shape == (33, 33)
    assert "CTYPE3" not in image.header
    assert "CTYPE4" not in image.header
    middle = celestial_wcs(image.header).pixel_to_world(16, 16)
    assert middle.ra.deg == pytest.approx(162.530, abs=0.0005)  # OBJCTRA, OBJCTDEC; 1.8"
    assert middle.dec.deg == pytest.approx(30.677, abs=0.0005)


@pytest.mark.parametrize("shape", [(4, 5), (1, 4, 5), (1, 1, 4, 5)])
def test_unit_axes_are_left_out(shape: tuple[int, ...]) -> None:
    pixels = np.arange(20, dtype=np.float32).reshape(4, 5)
    image = read_fits(fits_bytes(pixels.reshape(shape), CTYPE3="FREQ", CRVAL3=1.4e9))
    np.testing.assert_array_equal(image.pixels, pixels)
    assert celestial_wcs(image.header).naxis == 2


def test_float32_pixels_come_through_bit_by_bit() -> None:
    pixels = np.random.default_rng(2).normal(size=(30, 40)).astype(np.float32)
    pixels[3, 4] = np.nan
    read = read_fits(fits_bytes(pixels)).pixels
    np.testing.assert_array_equal(read.view(np.uint32), pixels.view(np.uint32))


def test_missing_padding_is_no_truncation() -> None:
    content = fits_bytes(np.ones((4, 5), np.float32))
    assert read_fits(content[: 2880 + 4 * 5 * 4]).pixels.shape == (4, 5)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no FITS file"),
        (b"<html><body>Sorry</body></html>", "no FITS file"),
        (b"SIMPLE  = perhaps", "no FITS file"),
        (fits_bytes(np.ones((40, 50), np.float32))[:1000], "no FITS file"),
        (fits_bytes(np.ones((40, 50), np.float32))[:5000], "truncated"),
        (fits_bytes(np.ones((40, 50), np.float32))[:2880], "truncated"),
        (fits_bytes(np.ones((3, 4, 5), np.float32)), "shape (3, 4, 5)"),
        (fits_bytes(np.ones(7, np.float32)), "shape (7,)"),
        (fits_bytes(np.ones((4, 5), np.float32), CTYPE1="X", CTYPE2="Y"), "no celestial"),
        (fits_bytes(np.ones((4, 5), np.float32), CDELT1=0.0), "cannot be used"),
    ],
)
def test_what_is_no_image_on_the_sky_gets_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableFits) as caught:
        read_fits(content)
    assert words in str(caught.value)


@pytest.mark.filterwarnings("ignore")  # astropy tells of each damage
def test_damaged_headers_end_in_the_same_error_and_no_other() -> None:
    whole = bytearray(fits_bytes(np.ones((4, 5), np.float32)))
    random = np.random.default_rng(3)
    refused = 0
    for _ in range(300):
        damaged = whole.copy()
        for place in random.integers(0, 1600, 3):
            damaged[place] = random.integers(32, 127)
        try:
            read_fits(bytes(damaged))
        except UnreadableFits:
            refused += 1
    assert refused > 30


@pytest.mark.parametrize("keyword", ["CRVAL1", "CRPIX2", "CDELT1"])
def test_a_coordinate_that_is_no_number_is_refused_and_not_taken_for_absent(keyword: str) -> None:
    content = fits_bytes(np.ones((4, 5), np.float32))
    at = content.index(keyword.encode()) + 10
    broken = content[:at] + b"NaN".rjust(20) + content[at + 20 :]
    with pytest.raises(UnreadableFits, match=f"{keyword} cannot be read: 'NaN'"):
        read_fits(broken)
