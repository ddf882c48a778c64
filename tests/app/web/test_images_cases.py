"""The FITS files of public reports as queries over a real socket: right, or refused by a sentence.

What is right for each is in ../shared/cases/images/README.md; small ones like them are made in
tests/app/images, so that the suite holds the kinds without that directory too.
"""

from pathlib import Path

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from app.web.schemas import QueryResult
from tests.app.images.headers import a_file
from tests.app.images.test_extensions import a_file as a_file_of_extensions
from tests.app.web.test_images import answered, ask, used
from tests.problem import problem_of

CASES = Path(__file__).parents[4] / "shared" / "cases" / "images"
NO_BEAM = "gives no beam that can be used"

EXACTLY_THE_REFERENCE = {
    "01_aips_d_exponent_crval": "",
    "05b_decimal_comma_bmaj_only": NO_BEAM,
    "06_casa_pc01_01": "",
    "07_pc001001_4d": "",
    "10_cunit_DEG": "",
    "11_bunit_beam-1_Jy": "",
    "15_radesys_j2000": "",
    "24_bmaj_nan": NO_BEAM,
}
NEARLY_THE_REFERENCE = {
    "03_crota2_string": "resampled",
    "13_pedestal_1mJy": "that was subtracted",
    "14_magic_-999": "-999 Jy/beam, which was taken to mean: not observed",
    "21_mef_rms_first": "The image of extension 2 (IMAGE) was taken; not used: 1 (RMS)",
}
OTHERWISE = {
    "12_zero_filled": "0 Jy/beam, which was taken to mean: not observed",
    "12_nan_filled": "was not observed",
    "16_car_dec60_embed": 'resampled from 0.9 x 1.8" a pixel',
    "18_beam2p5_embed": 'convolved from a beam of 2.5 x 2.5"',
    "19_casa_beams_table": 'convolved from a beam of 1.5 x 1.5"',
}


def query(site: httpx.Client, name: str) -> tuple[QueryResult, NDArray[np.uint8], str]:
    path = CASES / f"{name}.fits.gz"
    if not path.exists():
        pytest.skip("../shared/cases is not on this machine")
    result = answered(ask(site, path.read_bytes(), path.name, k=5))
    return result, used(result), " ".join(result.query.warnings)


def check_place(result: QueryResult, dec_deg: float = 18.0722) -> None:
    assert (result.query.ra_deg, result.query.dec_deg) == pytest.approx(
        (143.066, dec_deg), abs=3e-5
    )


@pytest.mark.parametrize("name", EXACTLY_THE_REFERENCE)
def test_a_header_in_another_spelling_gives_the_reference_answer(
    site: httpx.Client, name: str
) -> None:
    reference, wanted, _ = query(site, "reference")
    result, pixels, said = query(site, name)
    np.testing.assert_array_equal(pixels, wanted)
    check_place(result)
    ids = [neighbour.source_id for neighbour in result.neighbours]
    assert ids == [neighbour.source_id for neighbour in reference.neighbours]
    assert EXACTLY_THE_REFERENCE[name] in said
    assert (NO_BEAM in said) == (EXACTLY_THE_REFERENCE[name] == NO_BEAM)


@pytest.mark.parametrize("name", NEARLY_THE_REFERENCE)
def test_what_was_mended_is_said_and_the_image_is_nearly_the_reference(
    site: httpx.Client, name: str
) -> None:
    _, wanted, _ = query(site, "reference")
    result, pixels, said = query(site, name)
    assert np.corrcoef(pixels.ravel(), wanted.ravel())[0, 1] > 0.98
    check_place(result)
    assert NEARLY_THE_REFERENCE[name] in said


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_was_done_to_the_others_is_said(site: httpx.Client, name: str) -> None:
    result, _, said = query(site, name)
    check_place(result, 60.0 if name.startswith("16") else 18.0722)
    assert OTHERWISE[name] in said


def test_zeros_outside_are_as_nan_outside(site: httpx.Client) -> None:
    _, zero, _ = query(site, "12_zero_filled")
    _, nan, _ = query(site, "12_nan_filled")
    np.testing.assert_array_equal(zero, nan)


def test_a_unit_without_quotes_is_a_422_that_names_the_card(site: httpx.Client) -> None:
    path = CASES / "25_bunit_unquoted.fits.gz"
    if not path.exists():
        pytest.skip("../shared/cases is not on this machine")
    for content in (path.read_bytes(), a_file(BUNIT="Jy/beam")):
        problem = problem_of(ask(site, content))
        assert (problem["status"], problem["parameter"]) == (422, "file")
        assert "BUNIT cannot be read: 'Jy/beam'" in problem["detail"]


def test_every_case_is_looked_at() -> None:
    if not CASES.exists():
        pytest.skip("../shared/cases is not on this machine")
    names = {path.name.removesuffix(".fits.gz") for path in CASES.glob("*.fits.gz")}
    known = {*EXACTLY_THE_REFERENCE, *NEARLY_THE_REFERENCE, *OTHERWISE}
    assert names == known | {"reference", "25_bunit_unquoted"}


@pytest.mark.parametrize(
    "cards",
    [
        {"BMAJ": "nan"}, {"BUNIT": "Jy/beam"}, {"CTYPE1": "RA---SIN"}, {"CRVAL1": "200,0"},
        {"TELESCOP": "MeerKAT at"}, {"SURVEY": "a b"}, {"BSCALE": "1,0"}, {"BZERO": "none"},
        {"BLANK": "-1,0"}, {"EQUINOX": "J2000"}, {"CUNIT1": "deg"}, {"RADESYS": "FK5"},
        {"EXTEND": "yes"}, {"CASAMBM": "true"}, {"INHERIT": "yes"}, {"DATE-OBS": "today"},
    ],
    ids=lambda cards: next(iter(cards)),
)  # fmt: skip
@pytest.mark.filterwarnings("ignore")
def test_a_card_that_cannot_be_read_never_ends_in_a_500(
    site: httpx.Client, cards: dict[str, str]
) -> None:
    response = ask(site, a_file(**cards))
    assert response.status_code in (200, 422), response.text
    if response.status_code == 422:
        assert next(iter(cards)) in problem_of(response)["detail"]


def test_an_extension_is_chosen_by_a_field_of_the_form(site: httpx.Client) -> None:
    content = a_file_of_extensions("SCI", "IMAGE", science="SCI")
    own = answered(ask(site, content, extension="SCI"))
    assert "extension 1 (SCI) was taken, as asked" in " ".join(own.query.warnings)
    problem = problem_of(ask(site, content, extension="7"))
    assert (problem["status"], problem["parameter"]) == (422, "extension")
    assert "it has 1 (SCI), 2 (IMAGE)" in problem["detail"]
