"""Beams where radio software writes them, and beams that no image has."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from app.images.beams import stated_beam
from app.images.fits import read_sky_image
from app.images.prepare import PreparedImage, prepare_image
from tests.app.images.headers import GRID, IMAGE, a_file
from tests.replay.uploads import Grid, fits_file, sky_image, written

FINE = Grid((700, 700), 0.6)
NO_BEAM = {"BMAJ": None, "BMIN": None, "BPA": None}


def said(image: PreparedImage) -> str:
    return " ".join(image.remarks)


@pytest.mark.parametrize(
    "cards",
    [
        {"BMAJ": "nan", "BMIN": "nan", "BPA": "nan"},
        {"BMAJ": "0,0015", "BMIN": "0,0015"},
        {"BMAJ": "five"},
        {"BMAJ": "'unknown '"},
        {"BMIN": "INF"},
    ],
)
def test_an_unreadable_beam_is_an_unknown_beam_and_the_card_is_named(cards: dict[str, str]) -> None:
    image = prepare_image(a_file(**cards))
    np.testing.assert_array_equal(image.pixels, prepare_image(a_file()).pixels)
    assert f"{next(iter(cards))} = " in said(image)
    assert "gives no beam that can be used" in said(image)


def test_a_round_beam_needs_no_position_angle() -> None:
    assert "gives no beam" not in said(prepare_image(a_file(BPA="nan")))
    assert "BPA = 'nan'" in said(prepare_image(a_file(BPA="nan", BMIN="0.0014")))


@pytest.mark.parametrize("beam", ["1.5D-03", "'0.0015  '"])
def test_a_beam_in_fortrans_form_or_in_quotes_is_read(beam: str) -> None:
    image = prepare_image(a_file(BMAJ=beam, BMIN=beam))
    assert "gives no beam" not in said(image)


@pytest.mark.parametrize(
    ("beam_deg", "why"),
    [("5.4", "wider than the image"), ("324.0", "wider than the image"),
     ("4.2E-07", "much narrower than a pixel")],
)  # fmt: skip
def test_a_beam_that_the_image_cannot_have_is_not_believed(beam_deg: str, why: str) -> None:
    image = prepare_image(a_file(BMAJ=beam_deg, BMIN=beam_deg))
    np.testing.assert_array_equal(image.pixels, prepare_image(a_file()).pixels)
    assert f"is {why}; it was not believed" in said(image)
    assert ("Perhaps BMAJ is in arcsec" in said(image)) == (why == "wider than the image")


def with_table(major: list[float], unit: str = "arcsec", **cards: object) -> bytes:
    image = sky_image(FINE, beam_arcsec=2.5)
    header = FINE.wcs().to_header()
    header.update({"BUNIT": "Jy/beam", "CASAMBM": True} | cards)
    table = Table({"BMAJ": major, "BMIN": major, "BPA": [0.0] * len(major)})
    table["BMAJ"].unit = table["BMIN"].unit = unit
    table["BPA"].unit = "deg"
    beams = fits.table_to_hdu(table)
    beams.name = "BEAMS"
    return written(fits.HDUList([fits.PrimaryHDU(image, header), beams]))


@pytest.mark.parametrize(
    ("major", "unit"), [([2.5], "arcsec"), ([2.5 / 3600], "deg"), ([2.5, 2.501], "arcsec")]
)
def test_casas_table_of_beams_is_as_good_as_the_cards(major: list[float], unit: str) -> None:
    image = prepare_image(with_table(major, unit))
    assert 'convolved from a beam of 2.5 x 2.5" to 5.4 x 5.4"' in said(image)
    cards = prepare_image(fits_file(sky_image(FINE, beam_arcsec=2.5), FINE, 2.5))
    np.testing.assert_array_equal(image.pixels, cards.pixels)


def test_a_table_of_beams_that_differ_leaves_the_beam_unknown_and_cards_go_before_it() -> None:
    assert "has 2 that differ" in said(prepare_image(with_table([2.5, 3.5])))
    stated = {"BMAJ": 3.0 / 3600, "BMIN": 3.0 / 3600}
    assert "from a beam of 3 x 3" in said(prepare_image(with_table([2.5], **stated)))


@pytest.mark.parametrize(
    ("history", "arcsec"),
    [
        ("AIPS   CLEAN BMAJ=  1.6667E-03 BMIN=  8.3333E-04 BPA=  20.00", (6.0, 3.0)),
        ("AIPS   CONVL BMAJ=  1.6667E-03 BMIN=  8.3333E-04 BPA=  20.00", (6.0, 3.0)),
        ("> restoration: 6.0 by 3.0 (arcsec) at pa 20.0 (deg)", (6.0, 3.0)),
        ("BMAJ was not fitted", None),
        ("AIPS   CLEAN BMAJ= ******** BMIN= ******** BPA= *****", None),
        ("beam restored to five arcsec at the restoration", None),
    ],
)
def test_the_history_of_aips_and_casa_tells_the_beam(
    history: str, arcsec: tuple[float, float] | None
) -> None:
    header = fits.Header()
    header.add_history(history)
    found = stated_beam(header).beam
    if arcsec is None:
        assert found is None
    else:
        assert found is not None
        assert (found.major_arcsec, found.minor_arcsec) == pytest.approx(arcsec, rel=1e-3)
        assert found.pa_deg == pytest.approx(20)


def test_a_beam_of_the_history_is_looked_at_like_any_other() -> None:
    content = fits_file(IMAGE, GRID, HISTORY="AIPS   CLEAN BMAJ= 5.4 BMIN= 5.4 BPA= 0.0")
    assert read_sky_image(content).beam is None
