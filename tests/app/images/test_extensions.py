"""Which image of a FITS file is taken: the science, said, or the one that is asked for."""

import numpy as np
import pytest
from astropy.io import fits

from app.errors import ExplorerError, UnreadableFits
from app.images.prepare import PreparedImage, prepare_image
from tests.app.images.headers import GRID, IMAGE, noise
from tests.replay.uploads import fits_file, picture, written

WANTED = prepare_image(fits_file(IMAGE, GRID, 5.4)).pixels
ABOUT = {"BUNIT": "Jy/beam", "BMAJ": 0.0015, "BMIN": 0.0015, "BPA": 0.0}


def a_file(*names: str, science: str, primary: dict | None = None, **cards: object) -> bytes:
    """Extensions of these names, of which one is the science and the others noise."""
    header = GRID.wcs().to_header()
    header.update(ABOUT | cards)
    hdus = [fits.PrimaryHDU(header=fits.Header(primary or {}))]
    for number, name in enumerate(names):
        pixels = IMAGE if name == science else noise(IMAGE.shape, number)
        hdus.append(fits.ImageHDU(pixels, header, name=name))
    return written(fits.HDUList(hdus))


def said(image: PreparedImage) -> str:
    return " ".join(image.remarks)


@pytest.mark.parametrize(
    ("names", "science"),
    [
        (("RMS", "IMAGE"), "IMAGE"),
        (("MASK", "WEIGHT", "MOSAIC"), "MOSAIC"),
        (("ERR", "SCI", "DQ"), "SCI"),
        (("STOKES_I", "RMS_I"), "STOKES_I"),
        (("NOISE", "I.IMAGE"), "I.IMAGE"),
        (("PSF", "MODEL", "RESIDUAL", "DATA"), "DATA"),
        (("POINTING1", "IMAGE"), "IMAGE"),
    ],
)
def test_the_science_is_taken_and_not_its_noise_mask_or_weight(
    names: tuple[str, ...], science: str
) -> None:
    image = prepare_image(a_file(*names, science=science))
    np.testing.assert_array_equal(image.pixels, WANTED)
    number = names.index(science) + 1
    assert f"The image of extension {number} ({science}) was taken; not used: " in said(image)
    assert "extension=" in said(image)


@pytest.mark.parametrize("extension", ["IMAGE", "image", "2", " 2 "])
def test_an_extension_can_be_asked_for_by_name_or_number(extension: str) -> None:
    image = prepare_image(a_file("SCI", "IMAGE", science="IMAGE"), extension=extension)
    np.testing.assert_array_equal(image.pixels, WANTED)
    assert "extension 2 (IMAGE) was taken, as asked" in said(image)
    rms = prepare_image(a_file("IMAGE", "RMS", science="RMS"), extension="RMS")
    np.testing.assert_array_equal(rms.pixels, WANTED)


@pytest.mark.parametrize("extension", ["3", "WEIGHT", "0", ""])
def test_an_extension_that_there_is_not_is_refused_with_those_that_there_are(
    extension: str,
) -> None:
    with pytest.raises(UnreadableFits, match=r"it has 1 \(SCI\), 2 \(IMAGE\)") as caught:
        prepare_image(a_file("SCI", "IMAGE", science="IMAGE"), extension=extension)
    assert caught.value.parameter == "extension"


def test_a_file_of_noise_and_masks_alone_is_refused_and_can_be_chosen_from() -> None:
    content = a_file("RMS", "MASK", science="MASK")
    with pytest.raises(UnreadableFits, match=r"noise, masks or weights: 1 \(RMS\), 2 \(MASK\)"):
        prepare_image(content)
    assert prepare_image(content, extension="2").pixels.any()


def test_a_picture_has_no_extension() -> None:
    with pytest.raises(ExplorerError, match="no extensions"):
        prepare_image(picture(np.eye(200, dtype=np.uint8) * 255), extension="1")


def test_what_the_values_are_is_believed_too() -> None:
    header = GRID.wcs().to_header()
    header.update(ABOUT)
    weights = fits.ImageHDU(noise(IMAGE.shape), header)
    weights.header["BTYPE"] = "Weight"
    content = written(fits.HDUList([fits.PrimaryHDU(), weights, fits.ImageHDU(IMAGE, header)]))
    np.testing.assert_array_equal(prepare_image(content).pixels, WANTED)


def test_inherited_cards_count_and_others_do_not() -> None:
    primary = {"BUNIT": "mJy/beam", "TELESCOP": "MeerKAT", "EQUINOX": 2000.0}
    header = GRID.wcs().to_header()
    header.update(ABOUT)
    header.remove("BUNIT")
    for inherit in (True, False):
        header["INHERIT"] = inherit
        hdus = [fits.PrimaryHDU(header=fits.Header(primary)), fits.ImageHDU(IMAGE * 1e3, header)]
        image = prepare_image(written(fits.HDUList(hdus)))
        assert (image.survey == "MeerKAT") == inherit
        assert ("gives no unit (BUNIT)" in said(image)) != inherit
        factor = 1 if inherit else 1e3
        assert image.rms_jy_beam == pytest.approx(0.15e-3 * factor, rel=0.2)


def test_an_extensions_own_cards_go_before_inherited_ones() -> None:
    content = a_file("IMAGE", science="IMAGE", primary={"BUNIT": "K"}, INHERIT=True)
    np.testing.assert_array_equal(prepare_image(content).pixels, WANTED)


@pytest.mark.filterwarnings("ignore")
def test_an_extension_that_cannot_be_read_is_said_and_not_passed_over() -> None:
    content = a_file("SCI", "IMAGE", science="SCI")
    assert "cannot be read" not in said(prepare_image(content))
    at = content.rindex(b"NAXIS1  =")
    image = prepare_image(content[:at] + b"NAXIS1  = about 240".ljust(80) + content[at + 80 :])
    assert "bytes after extension 1; what is there cannot be read" in said(image)
