"""Headers as radio software writes them: read right, or refused with the name of the card."""

import io
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import ExplorerError, UnreadableFits
from app.images.celestial import celestial_wcs
from app.images.prepare import PreparedImage, prepare_image
from model.preprocess import clean
from tests.app.images.headers import GRID, IMAGE, PLACE_DEG, a_file, with_cards
from tests.replay.uploads import Grid, fits_file, sky_image, written

WANTED = clean(IMAGE)
STEP = {"CDELT1": None, "CDELT2": None, "PC1_1": None, "PC2_2": None}


def said(image: PreparedImage) -> str:
    return " ".join(image.remarks)


def check_reference(image: PreparedImage) -> None:
    """Whether it is the reference image, bit by bit, at its place."""
    np.testing.assert_array_equal(image.pixels, WANTED)
    assert image.position is not None
    assert (image.position.ra.deg, image.position.dec.deg) == pytest.approx(PLACE_DEG, abs=2e-5)


ALIKE: dict[str, dict[str, str | None]] = {
    "CRVAL D": {"CRVAL1": "2.00000000000D+02", "CRVAL2": "3.0000D+01"},
    "CRVAL d": {"CRVAL1": "2.0d2", "CRVAL2": "0.3d+02"},
    "CRPIX D": {"CRPIX1": "1.205D+02", "CRPIX2": "12.05D1"},
    "CDELT D": {"CDELT1": "-5.000D-04", "CDELT2": "5.000D-04"},
    "CROTA D": {"CROTA1": "0.0D+00", "CROTA2": "0.0D+00"},
    "EQUINOX D": {"EQUINOX": "2.0D+03"},
    "EPOCH D": {"EQUINOX": None, "EPOCH": "2.0D+03"},
    "poles D": {"LONPOLE": "1.8D+02", "LATPOLE": "3.0D+01"},
    "PC D": {"PC1_1": "1.0D+00", "PC1_2": "0.0D+00", "PC2_1": "0.0D+00", "PC2_2": "1.0D+00"},
    "CD D": STEP | {"CD1_1": "-5.0D-04", "CD1_2": "0.0D+00", "CD2_1": "0D0", "CD2_2": "5.0D-04"},
    "PV D": {"PV2_1": "0.0D+00", "PV2_2": "0.0D+00"},
    "CRVAL text": {"CRVAL1": "'200.0   '", "CRVAL2": "'3.0D+01 '"},
    "CDELT text": {"CDELT1": "'-0.0005 '", "CDELT2": "'0.0005  '"},
    "CRPIX text": {"CRPIX1": "'120.5   '", "CRPIX2": "' 120.5  '"},
    "PC text": {"PC1_1": "'1.0     '", "PC2_2": "'1.0     '"},
    "EQUINOX text": {"EQUINOX": "'2000.0  '"},
    "EQUINOX J": {"EQUINOX": "'J2000.0 '"},
    "EPOCH J": {"EQUINOX": None, "EPOCH": "'J2000   '"},
    "PC001001": {
        "CTYPE3": "'FREQ    '", "CRVAL3": "1.4E9", "CTYPE4": "'STOKES  '", "CRVAL4": "1.0",
        **{f"PC00{i}00{j}": f"{float(i == j)}" for i in range(1, 5) for j in range(1, 5)},
    },
    "PC01_01": {f"PC0{i}_0{j}": f"{float(i == j)}" for i in range(1, 5) for j in range(1, 5)},
    "CD001001": STEP | {
        "CD001001": "-0.0005", "CD001002": "0.0", "CD002001": "0.0", "CD002002": "0.0005",
    },
    "CD01_01 D": STEP | {"CD01_01": "-5.0D-04", "CD02_02": "5.0D-04"},
    "CUNIT DEG": {"CUNIT1": "'DEG     '", "CUNIT2": "'DEG     '"},
    "CUNIT degree": {"CUNIT1": "'degree  '", "CUNIT2": "'Degrees '"},
    "CUNIT arcsec": {
        "CUNIT1": "'ARCSEC  '", "CUNIT2": "'arcsec  '", "CDELT1": "-1.8", "CDELT2": "1.8",
        "CRVAL1": "720000.0", "CRVAL2": "108000.0",
    },
    "CTYPE small": {"CTYPE1": "'ra---sin'", "CTYPE2": "'dec--sin'"},
    "RADESYS J2000": {"RADESYS": "'J2000   '"},
    "RADESYS j2000.0": {"RADESYS": "'j2000.0 '"},
    "RADECSYS fk5": {"RADESYS": None, "RADECSYS": "'fk5     '"},
    "BUNIT beam-1 Jy": {"BUNIT": "'beam-1 Jy'"},
    "BUNIT Jy beam-1": {"BUNIT": "'Jy beam-1'"},
    "BUNIT Jy/bm": {"BUNIT": "'Jy/bm   '"},
    "BUNIT JY/BEAM": {"BUNIT": "'JY/BEAM '"},
    "TELESCOP unquoted": {"TELESCOP": "MeerKAT Karoo"},
    "SURVEY unquoted": {"SURVEY": "my own"},
    "beam D": {"BMAJ": "1.5D-03", "BMIN": "1.5D-03", "BPA": "0.0D+00"},
    "beam text": {"BMAJ": "'0.0015  '", "BMIN": "'1.5D-03 '"},
    "BPA comma": {"BPA": "12,5"},
    "FREQ D": {"CTYPE3": "'FREQ    '", "CRVAL3": "1.4D+09", "CDELT3": "1.0D+06", "CRPIX3": "1D0"},
    "FREQ comma": {"CTYPE3": "'FREQ    '", "CRVAL3": "1,4E9"},
    "RESTFRQ D": {"RESTFRQ": "1.42D+09", "MJD-OBS": "5.1544D+04", "VELREF": "'257     '"},
    "WCSAXES 4": {"WCSAXES": "4", "CROTA3": "0.0", "CROTA4": "30.0"},
    "CD of axes that are not there": {"CD3_3": "1.0D6", "CD4_4": "1.0", "PC3_1": "0.5"},
    "PC001001 of three axes": {
        f"PC00{i}00{j}": f"'{float(i == j)}     '" for i in range(1, 4) for j in range(1, 4)
    },
    "CUNIT radians": {
        "CUNIT1": "'radians '", "CUNIT2": "'RADIANS '",
        "CRVAL1": f"{np.radians(200):.14f}", "CRVAL2": f"{np.radians(30):.14f}",
        "CDELT1": f"{-np.radians(5e-4):.14e}", "CDELT2": f"{np.radians(5e-4):.14e}",
    },
    "BUNIT Jy per beam": {"BUNIT": "'Jy per beam'"},
    "BUNIT Jy*beam^-1": {"BUNIT": "'Jy*beam^-1'"},
    "DATAMIN nan": {"DATAMIN": "nan", "DATAMAX": "1,5"},
    "BSCALE D": {"BSCALE": "1.0D+00", "BZERO": "0.0D+00"},
}  # fmt: skip


@pytest.mark.parametrize("cards", ALIKE.values(), ids=ALIKE.keys())
def test_every_spelling_of_a_card_gives_the_reference_image(cards: dict[str, str | None]) -> None:
    image = prepare_image(a_file(**cards))
    check_reference(image)
    assert "gives no beam" not in said(image)


@pytest.mark.parametrize("crota", ["-45.0", "-4.5D+01", "'-45.0   '", "'-4.5D+01'"])
def test_a_turned_image_is_turned_back_however_crota_is_written(crota: str) -> None:
    grid = Grid((400, 400), projection="SIN", turned_deg=45)
    content = fits_file(sky_image(grid), grid, 5.4)
    matrix = {f"PC{i}_{j}": None for i in (1, 2) for j in (1, 2)}
    turned = prepare_image(with_cards(content, **matrix, CROTA2=crota))
    upright = prepare_image(fits_file(sky_image(GRID), GRID, 5.4))
    assert np.abs(turned.pixels.astype(int) - prepare_image(content).pixels).max() <= 1
    assert np.corrcoef(turned.pixels.ravel(), upright.pixels.ravel())[0, 1] > 0.99


REFUSED: dict[str, tuple[dict[str, str | None], str]] = {
    "CRVAL comma": ({"CRVAL1": "200,0"}, "CRVAL1"),
    "CRVAL nan": ({"CRVAL2": "nan"}, "CRVAL2"),
    "CRVAL NaN text": ({"CRVAL1": "'NaN     '"}, "CRVAL1"),
    "CRVAL sexagesimal": ({"CRVAL1": "'13:20:00'"}, "CRVAL1"),
    "CRVAL missing": ({"CRVAL1": None}, "CRVAL1 is missing"),
    "CRVAL true": ({"CRVAL1": "T"}, "CRVAL1"),
    "CRVAL twice": ({"CRVAL1_": "201.0"}, "CRVAL1 twice"),
    "CRPIX missing": ({"CRPIX2": None}, "CRPIX2 is missing"),
    "CDELT zero": ({"CDELT1": "0.0"}, "CDELT1 is 0"),
    "CDELT missing": ({"CDELT2": None}, "CDELT2 is missing"),
    "CDELT comma": ({"CDELT1": "-0,0005"}, "CDELT1"),
    "CROTA text": ({"CROTA2": "'north   '"}, "CROTA2"),
    "CROTA1 alone": ({"CROTA1": "30.0"}, "CROTA1 = 30"),
    "CROTA and PC": ({"CROTA2": "30.0", "PC1_1": "1.0", "PC2_2": "1.0"}, "PC and CROTA"),
    "CD and PC": (
        {"CD1_1": "-0.0005", "CD2_2": "0.0007", "PC1_1": "1.0", "PC2_2": "1.0"}, "CD and PC",
    ),
    "PC two spellings": ({"PC1_1": "1.0", "PC001001": "0.5"}, "two spellings"),
    "PC mixes": ({"PC001003": "0.1"}, "PC001003 mixes"),
    "CD comma": (STEP | {"CD1_1": "-0,0005", "CD2_2": "0.0005"}, "CD1_1"),
    "CTYPE unquoted": ({"CTYPE1": "RA---SIN"}, "CTYPE1"),
    "CTYPE twice the same": ({"CTYPE2": "'RA---SIN'"}, "one longitude and one latitude"),
    "CTYPE ecliptic": ({"CTYPE1": "'ELON-SIN'", "CTYPE2": "'ELAT-SIN'"}, "CTYPE1 = 'ELON-SIN'"),
    "CTYPE supergalactic": ({"CTYPE1": "'SLON-TAN'", "CTYPE2": "'SLAT-TAN'"}, "CTYPE1 = 'SLON"),
    "CTYPE of two frames": ({"CTYPE2": "'GLAT-SIN'"}, "one longitude and one latitude"),
    "CTYPE too few dashes": ({"CTYPE1": "'RA--SIN '", "CTYPE2": "'DEC-SIN '"}, "'RA--SIN'"),
    "CTYPE of no projection": ({"CTYPE1": "'RA---QQQ'", "CTYPE2": "'DEC--QQQ'"}, "coordinates"),
    "CUNIT hourangle": ({"CUNIT1": "'hour    '"}, "CUNIT1 = 'hour'"),
    "CUNIT unquoted": ({"CUNIT2": "deg/pix"}, "CUNIT2"),
    "EQUINOX 2": ({"EQUINOX": "2.0"}, "EQUINOX = '2.0'"),
    "EQUINOX word": ({"EQUINOX": "'now     '"}, "EQUINOX = 'now'"),
    "EPOCH comma": ({"EQUINOX": None, "EPOCH": "2000,0"}, "EPOCH"),
    "RADESYS galactic": ({"RADESYS": "'galactic'"}, "RADESYS = 'galactic'"),
    "RADESYS GAPPT": ({"RADESYS": "'GAPPT   '"}, "RADESYS = 'GAPPT'"),
    "RADESYS J2000 of 1950": ({"RADESYS": "'FK4     '"}, "RADESYS = 'FK4' and EQUINOX = 2000"),
    "RADESYS ICRS of 1950": ({"EQUINOX": "1950.0"}, "RADESYS = 'ICRS' and EQUINOX = 1950"),
    "LONPOLE word": ({"LONPOLE": "'north   '"}, "LONPOLE"),
    "PV word": ({"PV2_1": "'a lot   '"}, "PV2_1"),
    "SIP order": ({"A_ORDER": "99"}, "A_ORDER"),
    "SIP word": ({"A_ORDER": "2", "A_2_0": "'much    '"}, "A_2_0"),
    "table distortion": ({"CPDIS1": "'LOOKUP  '"}, "CPDIS1"),
    "BUNIT unquoted": ({"BUNIT": "Jy/beam"}, "BUNIT"),
    "BUNIT unquoted words": ({"BUNIT": "mJy per beam"}, "BUNIT"),
    "BUNIT mega": ({"BUNIT": "'MJy/beam'"}, "BUNIT"),
    "BSCALE comma": ({"BSCALE": "1,0"}, "BSCALE"),
    "BSCALE text": ({"BSCALE": "'1.0D+00 '"}, "BSCALE = '1.0D+00' is a text"),
    "BZERO text": ({"BZERO": "'0,5     '"}, "BZERO = '0,5' is a text"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("cards", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_or_has_two_readings_is_refused_with_the_card(
    cards: dict[str, str | None], named: str
) -> None:
    with pytest.raises(UnreadableFits) as caught:
        prepare_image(a_file(**cards))
    assert named in str(caught.value)


@pytest.mark.parametrize(
    "equinox", [{"EQUINOX": "1950.0"}, {"EQUINOX": "'B1950   '"}, {"RADESYS": "'B1950   '"}]
)
def test_b1950_is_where_it_is_and_not_two_thirds_of_a_degree_off(equinox: dict[str, str]) -> None:
    image = prepare_image(a_file(**{"EQUINOX": None, "RADESYS": None} | equinox))
    assert image.position is not None
    there = SkyCoord(*PLACE_DEG, unit="deg", frame="fk4").icrs
    assert image.position.separation(there).arcsec < 0.1


def test_an_unusual_equinox_is_used_and_said() -> None:
    image = prepare_image(a_file(EQUINOX="1993.3", RADESYS=None))
    assert "equinox 1993.3, as EQUINOX says" in said(image)


def test_axes_without_a_projection_are_linear_as_the_standard_says_and_that_is_said() -> None:
    image = prepare_image(a_file(CTYPE1="'RA      '", CTYPE2="'DEC     '"))
    assert "CTYPE1 = 'RA' names no projection; it was taken for a linear axis." in said(image)


@pytest.mark.parametrize("radesys", ["'galactic'", "'ICRS    '", "'J2000   '"])
def test_galactic_axes_are_galactic_whatever_radesys_and_equinox_say(radesys: str) -> None:
    grid = Grid((300, 300), frame="galactic")
    content = fits_file(sky_image(grid, noise_jy=1e-4), grid, 5.4)
    image = prepare_image(with_cards(content, RADESYS=radesys, EQUINOX="1950.0"))
    assert image.position is not None
    assert (image.position.ra.deg, image.position.dec.deg) == pytest.approx(PLACE_DEG, abs=2e-5)


@pytest.mark.parametrize("projection", ["NCP", "GLS"])
def test_the_projections_of_wsrt_and_aips_are_read(projection: str) -> None:
    image = prepare_image(a_file(CTYPE1=f"'RA---{projection}'", CTYPE2=f"'DEC--{projection}'"))
    assert image.position is not None
    assert image.position.ra.deg == pytest.approx(200.0, abs=2e-4)
    assert np.corrcoef(image.pixels.ravel(), WANTED.ravel())[0, 1] > 0.99


@pytest.mark.parametrize(
    ("shape", "order"),
    [
        ((1, 240, 240), "RA DEC FREQ"),
        ((1, 1, 240, 240), "RA DEC STOKES FREQ"),
        ((240, 240, 1), "STOKES RA DEC"),
        ((240, 1, 240), "RA FREQ DEC"),
        ((240, 1, 240, 1), "STOKES RA FREQ DEC"),
    ],
)
def test_axes_of_length_one_may_stand_anywhere(shape: tuple[int, ...], order: str) -> None:
    own = {
        "RA": ("RA---SIN", 200.0, 120.5, -0.0005), "DEC": ("DEC--SIN", 30.0, 120.5, 0.0005),
        "FREQ": ("FREQ", 1.4e9, 1.0, 1e6), "STOKES": ("STOKES", 1.0, 1.0, 1.0),
    }  # fmt: skip
    header = fits.Header({"BUNIT": "Jy/beam", "BMAJ": 0.0015, "BMIN": 0.0015, "EQUINOX": 2000.0})
    for axis, name in enumerate(order.split(), start=1):
        keywords = (f"{word}{axis}" for word in ("CTYPE", "CRVAL", "CRPIX", "CDELT"))
        header.update(zip(keywords, own[name], strict=True))
    check_reference(prepare_image(written_image(IMAGE.reshape(shape), header)))


def written_image(pixels: np.ndarray, header: fits.Header) -> bytes:
    return written(fits.HDUList([fits.PrimaryHDU(pixels, header)]))


def test_a_cube_and_axes_that_the_image_has_not_are_refused() -> None:
    header = fits.getheader(io.BytesIO(a_file()))
    with pytest.raises(UnreadableFits, match="a cube"):
        prepare_image(written_image(np.stack([IMAGE, IMAGE]), header))
    for word in ("CTYPE", "CRVAL", "CRPIX", "CDELT"):
        for old, new in ((2, 4), (1, 3)):
            header.rename_keyword(f"{word}{old}", f"{word}{new}")
    with pytest.raises(UnreadableFits, match="celestial axes are 3 and 4"):
        prepare_image(written_image(IMAGE, header))


PLAIN = {
    "CTYPE1": "'RA---TAN'", "CTYPE2": "'DEC--TAN'", "CRVAL1": "150.25", "CRVAL2": "-12.5",
    "CRPIX1": "3.5", "CRPIX2": "2.0", "CDELT1": "-0.0005", "CDELT2": "0.0005",
}  # fmt: skip
NUMBERS = (
    *("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CDELT1", "CDELT2", "CROTA1", "CROTA2", "EQUINOX"),
    *("EPOCH", "LONPOLE", "LATPOLE", "PC1_1", "PC1_2", "PC2_1", "PC2_2", "PC001001", "PC01_02"),
    *("CD1_1", "CD1_2", "CD2_1", "CD2_2", "CD001002", "PV1_1", "PV2_1", "A_ORDER", "A_2_0"),
)
VALUES = st.one_of(
    st.floats(-400, 400, allow_nan=False).map(lambda value: round(value, 4)),
    st.sampled_from([0.0, 1.0, 45.0, 180.0, 1950.0, 2000.0, 0.0005, -0.0005, 2.0, 1e-5]),
)
SPELLINGS = st.sampled_from([
    "{0}", "{0:.6E}", "{0:.6e}", "'{0}'", "'{0:.6E}'", "' {0} '", "D", "d", "'D'", "'d'",
    "{0} / note", "'{0}' / note", "{0:.3f}E+00", "+{0}", "{0}.5", "'{0} deg'", "{0},5", "nan",
    "'{0},5'", "{0:.4f} D+01", "T", "", "'J{0}'", "1 {0}", "'0x10'", "'1_0'", "'inf'", "1E400",
])  # fmt: skip


def spelled(value: float, spelling: str) -> str:
    for quote in ("", "'"):
        for letter in "Dd":
            if spelling == f"{quote}{letter}{quote}":
                return f"{quote}{value:.6E}{quote}".replace("E", letter)
    return spelling.format(value)


def read_by_astropy(header: fits.Header, keyword: str) -> float | None:
    """astropy's value of a card, a number in quotes included."""
    value: Any = header.get(keyword)
    if value is None or isinstance(value, fits.card.Undefined):
        return None
    return float(str(value).strip().replace("D", "E").replace("d", "e").lstrip("JB"))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(NUMBERS), VALUES, SPELLINGS), min_size=1, max_size=5))
@pytest.mark.filterwarnings("ignore")
def test_what_astropy_reads_and_wcslib_otherwise_is_refused_or_mended_so_that_both_agree(
    changes: list[tuple[str, float, str]],
) -> None:
    cards = dict(PLAIN)
    given_cards = [(keyword, spelled(value, spelling)) for keyword, value, spelling in changes]
    cards.update(given_cards)
    text = "".join(f"{key:<8}= {value:>20}".ljust(80)[:80] for key, value in cards.items())
    header = fits.Header.fromstring(text)
    try:
        wcs = celestial_wcs(header)
    except ExplorerError:
        return
    header = fits.Header.fromstring(text)  # as nobody has touched it yet
    wanted = {key: read_by_astropy(header, key) for key in (*cards, *NUMBERS) if "CTYPE" not in key}
    sky = wcs.wcs
    assert list(sky.crval) == [wanted["CRVAL1"], wanted["CRVAL2"]]
    assert list(sky.crpix) == [wanted["CRPIX1"], wanted["CRPIX2"]]
    cd = {key: value for key, value in wanted.items() if key.startswith("CD") and "DELT" not in key}
    matrix = wcs.pixel_scale_matrix
    if any(value is not None for value in cd.values()):
        for name, place in (("CD1_1", (0, 0)), ("CD2_1", (1, 0)), ("CD2_2", (1, 1))):
            assert matrix[place] == pytest.approx(wanted.get(name) or 0.0, abs=1e-12)
        off = cd.get("CD1_2") if cd.get("CD1_2") is not None else cd.get("CD001002")
        assert matrix[0, 1] == pytest.approx(off or 0.0, abs=1e-12)
    else:
        assert list(sky.cdelt) == [wanted["CDELT1"], wanted["CDELT2"]]
        turned = np.radians(wanted.get("CROTA2") or 0.0)
        if not any(key.startswith("PC") for key in cards):
            expected = np.array([
                [sky.cdelt[0] * np.cos(turned), -sky.cdelt[1] * np.sin(turned)],
                [sky.cdelt[0] * np.sin(turned), sky.cdelt[1] * np.cos(turned)],
            ])  # fmt: skip
            np.testing.assert_allclose(matrix, expected, atol=1e-9)
    equinox = wanted["EQUINOX"] if wanted["EQUINOX"] is not None else wanted["EPOCH"]
    if equinox is not None:
        assert sky.equinox == equinox
    if wanted["LONPOLE"] is not None:  # LATPOLE is no more than a hint to wcslib
        assert sky.lonpole == wanted["LONPOLE"]
    stated = {key: wanted[key] for key in ("PV1_1", "PV2_1") if wanted.get(key) is not None}
    assert stated.items() <= {f"PV{i}_{m}": value for i, m, value in sky.get_pv()}.items()
