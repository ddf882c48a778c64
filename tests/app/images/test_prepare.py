"""The parts that read a person's file: units, beams, extensions, pictures, packed bytes."""

import gzip
import io

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from app.errors import UnreadableFits, UploadTooLarge
from app.images.beams import stated_beam
from app.images.bounds import gunzip
from app.images.fits import read_sky_image
from app.images.header import jy_per_unit
from app.images.pictures import BRIGHT_SKY, read_picture
from app.images.sky_image import SkyImage
from model.beam import Beam
from tests.replay.uploads import Grid, fits_file, picture, sky_image, written

WHOLE = (slice(None), slice(None))
RAMP = np.arange(200 * 210, dtype=np.uint32).reshape(200, 210) % 251


def header(**cards: object) -> fits.Header:
    made = fits.Header()
    made.update(cards)
    return made


def pixels(plane: SkyImage) -> np.ndarray:
    return plane.read(WHOLE)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("Jy/beam", 1), ("JY/BEAM", 1), ("Jy beam-1", 1), ("Jy per beam", 1), ("Jy beam^-1", 1),
        ("mJy/beam", 1e-3), ("mJy/bm", 1e-3), ("beam-1 Jy", 1),
        ("Jy.beam**-1", 1), ("Jy beam^{-1}", 1), ("1/beam Jy", None), ("MJy/beam", None),
        ("/beam mJy", 1e-3), ("JY/BM", 1), ("beam^-1 mJy", 1e-3),
        ("MJY/BEAM", 1e-3), ("uJy/beam", 1e-6),
        ("milliJy/beam", 1e-3), ("Jansky/beam", 1), ("Jy", 1),
        ("mJy", 1e-3), ("K", None), ("MJy/sr", None), ("Jy/pixel", None), ("counts", None),
        ("Jy/beam km/s", None),
    ],
)  # fmt: skip
def test_units_of_surface_brightness(unit: str, factor: float | None) -> None:
    made = header(BUNIT=unit)
    if factor is None:
        with pytest.raises(UnreadableFits, match="Jy/beam or mJy/beam"):
            jy_per_unit(made)
    else:
        assert jy_per_unit(made)[0] == factor


def test_what_was_taken_for_granted_of_a_unit_is_said() -> None:
    assert "no unit (BUNIT)" in jy_per_unit(header())[1][0]
    assert "taken to be per beam" in jy_per_unit(header(BUNIT="mJy"))[1][0]
    assert "taken for mJy" in jy_per_unit(header(BUNIT="MJY/BEAM"))[1][0]
    assert jy_per_unit(header(BUNIT="Jy/beam"))[1] == ()


def test_the_beam_is_that_of_the_cards_or_of_the_last_clean() -> None:
    assert stated_beam(header(BMAJ=6 / 3600, BMIN=3 / 3600, BPA=20.0)).beam == Beam(6, 3, 20)
    assert stated_beam(header(BMAJ=3 / 3600, BMIN=6 / 3600, BPA=20.0)).beam == Beam(6, 3, 110)
    aips = header()
    for major in (9, 6):
        aips.add_history(f"AIPS   CLEAN BMAJ=  {major / 3600:.4E} BMIN=  8.3333E-04 BPA=  20.00")
    found = stated_beam(aips).beam
    assert found is not None
    assert found.major_arcsec == pytest.approx(6, rel=1e-3)
    assert found.minor_arcsec == pytest.approx(3, rel=1e-3)
    assert stated_beam(header()).beam is None
    for major, minor in ((0.0, 0.0), (-1.0, 1.0), ("x", "y"), (0.001, "y")):
        assert stated_beam(header(BMAJ=major, BMIN=minor)).beam is None


def test_the_first_image_of_several_is_taken_and_that_is_said() -> None:
    image, other = np.ones((200, 200), np.float32), np.zeros((9, 9), np.float32)
    about = fits.Header(Grid((200, 200)).wcs().to_header())
    content = written(
        fits.HDUList(
            [fits.PrimaryHDU(), fits.ImageHDU(image, about, name="SCI"), fits.ImageHDU(other)]
        )
    )
    plane = read_sky_image(content)
    assert plane.shape == (200, 200)
    assert (
        "The image of extension 1 (SCI) was taken; not used: 2. Another is chosen with extension=."
        in plane.remarks
    )


def test_scaled_integers_and_their_blanks_are_read_as_they_are_meant() -> None:
    stored = np.array([[0, 100], [200, -32768]], np.int16)
    hdu = fits.PrimaryHDU(stored)
    hdu.header.update({"BSCALE": 0.5, "BZERO": 10.0, "BLANK": -32768, "BUNIT": "mJy/beam"})
    read = pixels(read_sky_image(written(fits.HDUList([hdu]))))
    np.testing.assert_allclose(read[0], [0.010, 0.060], rtol=1e-6)
    assert read[1, 0] == pytest.approx(0.110)
    assert np.isnan(read[1, 1])


def test_a_plane_is_read_by_the_piece_with_row_0_first_in_the_file() -> None:
    image = sky_image(Grid())
    plane = read_sky_image(fits_file(image[None, None], Grid()))
    piece = plane.read((slice(10, 20), slice(30, 50)))
    np.testing.assert_array_equal(piece, image[10:20, 30:50])


@pytest.mark.parametrize("survey", ["FIRST", "VLA FIRST (1.4 GHz)", "first"])
def test_an_image_of_first_is_known_by_its_survey(survey: str) -> None:
    assert read_sky_image(fits_file(sky_image(Grid()), Grid(), SURVEY=survey)).is_first


@pytest.mark.parametrize("survey", ["VLASS", "NVSS", "THE FIRST TRY", "FIRSTLIGHT"])
def test_another_survey_is_not_taken_for_first(survey: str) -> None:
    assert not read_sky_image(fits_file(sky_image(Grid()), Grid(), SURVEY=survey)).is_first


def test_grey_colour_transparent_and_deep_pictures_have_one_brightness() -> None:
    grey = RAMP.astype(np.uint8)
    np.testing.assert_array_equal(pixels(read_picture(picture(grey))), grey)
    rgb = read_picture(picture(np.dstack([grey] * 3)))
    np.testing.assert_array_equal(pixels(rgb), grey)
    assert not any("colours" in remark for remark in rgb.remarks)
    red = read_picture(picture(np.dstack([grey, grey * 0, grey * 0])))
    np.testing.assert_allclose(pixels(red), 0.299 * grey, rtol=1e-5)
    assert any("colours were turned into luminance" in remark for remark in red.remarks)
    clear = read_picture(picture(np.dstack([grey, grey, grey, np.full_like(grey, 51)])))
    np.testing.assert_allclose(pixels(clear), 0.2 * grey, rtol=1e-5)
    assert any("Transparency" in remark for remark in clear.remarks)
    deep = read_picture(picture((RAMP * 200).astype(np.uint16)))
    np.testing.assert_array_equal(pixels(deep), RAMP * 200)


def test_a_picture_is_turned_as_its_exif_says_and_dark_on_light_is_warned_of() -> None:
    drawn = Image.fromarray(RAMP.astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    buffer = io.BytesIO()
    drawn.save(buffer, "PNG", exif=exif)
    plane = read_picture(buffer.getvalue())
    assert plane.shape == (210, 200)
    assert any("EXIF" in remark for remark in plane.remarks)
    light = np.full((200, 200), 250, np.uint8)
    light[90:110, 90:110] = 0
    assert BRIGHT_SKY in read_picture(picture(light)).remarks


def test_gunzip_joins_members_skips_padding_and_stops_at_its_limit() -> None:
    packed = gzip.compress(b"a" * 100) + gzip.compress(b"b" * 100)
    assert gunzip(packed) == b"a" * 100 + b"b" * 100
    assert gunzip(packed + bytes(512)) == b"a" * 100 + b"b" * 100
    assert len(gunzip(packed, 200)) == 200
    with pytest.raises(UploadTooLarge):
        gunzip(packed, 199)
