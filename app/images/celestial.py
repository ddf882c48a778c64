"""Where an image lies on the sky, by its header: one header, one parser.

astropy alone reads the cards; wcslib sees only what was understood, written back in plain form.
What has two readings, or none, is refused with the name of the card.
"""

import re
import warnings
from collections.abc import Iterator

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS, NoConvergence, WcsError
from numpy.typing import NDArray

from app.errors import UnreadableFits
from app.images.header import LONGEST_QUOTE, as_number, card_value, number, text, unreadable

UNUSABLE_COORDINATES = (
    WcsError, NoConvergence, ValueError, TypeError, LookupError, ArithmeticError, AssertionError,
    AttributeError, MemoryError, fits.VerifyError,
)  # fmt: skip
"""What astropy raises for coordinates that cannot be used."""


_SKY_AXIS = re.compile(r"(?:(RA|GLON)|(DEC|GLAT)|[A-Z]?LON|[A-Z]?LAT)(?:-.*)?")
"""Groups: a longitude, a latitude; neither: of a frame that is not read, such as the ecliptic."""
MAX_AXES = 9
MAX_SIP_ORDER = 9
_MATRIX = re.compile(r"(PC|CD)(?:(\d{3})(\d{3})|(\d{1,2})_(\d{1,2}))")
"""PC1_2, and as older AIPS++ and CASA write it: PC001002, PC01_02."""
_PROJECTION_VALUE = re.compile(r"PV(\d)_(\d{1,2})")
_POLYNOMIAL = re.compile(r"(A|B|AP|BP)_(\d{1,2})_(\d{1,2})")
_LOOKUP_TABLE = re.compile(r"(CPDIS|CQDIS|D2IMDIS|D2IMARR|CPERR|DP|DQ)\d.*")
_UNITS = {
    **dict.fromkeys(("", "deg", "degs", "degree", "degrees"), "deg"),
    **dict.fromkeys(("rad", "rads", "radian", "radians"), "rad"),
    **dict.fromkeys(("arcsec", "arcsecs", "arcsecond", "arcseconds"), "arcsec"),
    **dict.fromkeys(("arcmin", "arcmins", "arcminute", "arcminutes"), "arcmin"),
    "mas": "mas",
}
"""CUNIT as it is written, in small letters, and as wcslib knows it."""
_FRAMES = {
    **dict.fromkeys(("FK5", "J2000", "J2000.0", "FK5(2000.0)"), "FK5"),
    **dict.fromkeys(("FK4", "B1950", "B1950.0", "B1950_VLA"), "FK4"),
    "FK4-NO-E": "FK4-NO-E",
    "ICRS": "ICRS",
}
"""RADESYS as it is written, in capitals, and as wcslib knows it."""
_FK4_UNTIL = 1984.0
"""The standard's bound: an equinox before it belongs to FK4 (B1950), later ones to FK5."""
EQUINOXES = (1800.0, 2100.0)
USUAL_EQUINOXES = (1950.0, 2000.0)
SAME_MATRIX = 1e-6


def sky_axes(header: fits.Header) -> tuple[int, int] | None:
    """Numbers (from 1) of the two axes whose CTYPE names the sky, in their order.

    None where no CTYPE does.

    Raises
    ------
    UnreadableFits
        If they are not one longitude and one latitude.
    """
    named = [
        (axis, found)
        for axis in range(1, MAX_AXES + 1)
        if (found := _SKY_AXIS.fullmatch(text(header, f"CTYPE{axis}").upper()))
    ]
    if not named:
        return None
    words = " and ".join(f"CTYPE{axis} = '{found[0][:10]}'" for axis, found in named)
    kinds = [(bool(found[1]), bool(found[2])) for _, found in named]
    galactic = {found[0].startswith("G") for _, found in named}
    if (False, False) in kinds:
        raise _coordinates(f"{words}: right ascension and declination, or GLON and GLAT, are read")
    if sorted(kinds) != [(False, True), (True, False)] or len(galactic) > 1:
        raise _coordinates(f"{words} are not one longitude and one latitude of a frame")
    return named[0][0], named[1][0]


def celestial_wcs(header: fits.Header) -> WCS:
    """Give the coordinates of the two celestial axes, whatever others there are.

    Raises
    ------
    UnreadableFits
        If there are none, or a card of them cannot be read or has two readings.
    """
    axes = sky_axes(header)
    if axes is None:
        raise unreadable(
            "The FITS header gives no celestial coordinates (CTYPE1 and CTYPE2) for the image."
        )
    plain = plain_cards(header, axes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            wcs = WCS(plain, fix=False)
            wcs.wcs.celfix()  # the projections NCP and GLS of WSRT and AIPS
            there = wcs.pixel_to_world(0, 0)  # a matrix or frame that cannot be used shows itself
        if wcs.has_celestial and hasattr(there, "icrs"):
            return wcs
    except UNUSABLE_COORDINATES as exc:
        why = str(exc).strip().splitlines()[-1:] or ["no reason given"]
        raise _coordinates(f"wcslib says '{why[0].strip().rstrip('.')}'") from exc
    names = " and ".join(f"'{plain[f'CTYPE{n}']}'" for n in (1, 2))
    raise unreadable(f"The FITS header gives no celestial coordinates: its axes are {names}.")


def plain_cards(header: fits.Header, axes: tuple[int, int]) -> fits.Header:
    """Write the cards that place two celestial axes on the sky in the form that wcslib expects.

    Parameters
    ----------
    header : fits.Header
    axes : tuple of int
        Numbers of the axes; in what is written they are 1 and 2.

    Raises
    ------
    UnreadableFits
        It names the card.
    """
    _check_no_table(header)
    plain = fits.Header()
    plain["WCSAXES"] = 2
    for new, axis in enumerate(axes, start=1):
        plain[f"CTYPE{new}"] = text(header, f"CTYPE{axis}").upper()
        plain[f"CUNIT{new}"] = _angle_unit(header, f"CUNIT{axis}")
        for name in ("CRVAL", "CRPIX"):
            plain[f"{name}{new}"] = _required(header, f"{name}{axis}")
        for keyword, value in _projection(header, axis):
            plain[keyword.replace(f"PV{axis}_", f"PV{new}_")] = value
    plain.update(_scale(header, axes))
    plain.update(_frame(header, plain["CTYPE1"]))
    for keyword in ("LONPOLE", "LATPOLE"):
        if (degrees := number(header, keyword)) is not None:
            plain[keyword] = degrees
    plain.update(_distortion(header, axes))
    return plain


def _check_no_table(header: fits.Header) -> None:
    for keyword in header:
        if _LOOKUP_TABLE.fullmatch(keyword):
            raise _coordinates(f"{keyword} asks for a distortion by table, which is not read")


def _required(header: fits.Header, keyword: str) -> float:
    value = number(header, keyword)
    if value is None:
        raise _coordinates(f"{keyword} is missing")
    return value


def _angle_unit(header: fits.Header, keyword: str) -> str:
    unit = text(header, keyword)
    if unit.casefold() not in _UNITS:
        raise _coordinates(f"{keyword} = '{unit[:LONGEST_QUOTE]}' is no unit of an angle")
    return _UNITS[unit.casefold()]


def _projection(header: fits.Header, axis: int) -> Iterator[tuple[str, float | str]]:
    for keyword in set(header):
        found = _PROJECTION_VALUE.fullmatch(keyword)
        if found and int(found[1]) == axis and (value := number(header, keyword)) is not None:
            yield keyword, value
        elif re.fullmatch(rf"WAT{axis}_\d{{3}}", keyword):
            yield keyword, str(card_value(header, keyword))


def _scale(header: fits.Header, axes: tuple[int, int]) -> dict[str, float]:
    """CDELT with PC or CROTA, or CD: one of the three, as they do not contradict each other."""
    steps = [number(header, f"CDELT{axis}") for axis in axes]
    pc, cd = _matrix(header, "PC", axes), _matrix(header, "CD", axes)
    if cd is not None:
        if pc is not None and not _same(cd, np.diag([step or 1.0 for step in steps]) @ pc):
            raise _coordinates("CD and PC contradict each other")
        return _matrix_cards("CD", cd)
    for axis, step in zip(axes, steps, strict=True):
        if not step:
            what = "is missing" if step is None else "is 0"
            raise _coordinates(f"CDELT{axis} {what}, so that the pixels have no width")
    scale = {f"CDELT{new}": float(step or 0) for new, step in enumerate(steps, start=1)}
    turned_deg = _turned_deg(header, axes)
    if pc is None:
        return scale | ({} if turned_deg == 0 else {f"CROTA{_latitude(header, axes)}": turned_deg})
    if turned_deg:
        angle, (x_step, y_step) = np.radians(turned_deg), scale.values()
        sine = np.sin(angle) * (1 if _latitude(header, axes) == 2 else -1)
        turned = [[np.cos(angle), -sine * y_step / x_step], [sine * x_step / y_step, np.cos(angle)]]
        if not _same(pc, np.array(turned)):
            raise _coordinates("PC and CROTA contradict each other")
    return scale | _matrix_cards("PC", pc)


def _latitude(header: fits.Header, axes: tuple[int, int]) -> int:
    """Which of the two axes, 1 or 2, is the latitude."""
    found = _SKY_AXIS.fullmatch(text(header, f"CTYPE{axes[0]}").upper())
    return 1 if found and found[2] else 2


def _turned_deg(header: fits.Header, axes: tuple[int, int]) -> float:
    """CROTA, which belongs to the latitude; the longitude's, if it is there, must be the same."""
    latitude = axes[_latitude(header, axes) - 1]
    longitude = axes[0] if latitude == axes[1] else axes[1]
    turned, other = (number(header, f"CROTA{axis}") for axis in (latitude, longitude))
    if other and other != turned:
        raise _coordinates(f"CROTA{longitude} = {other:g} is not CROTA{latitude}")
    return turned or 0.0


def _matrix(header: fits.Header, name: str, axes: tuple[int, int]) -> NDArray[np.float64] | None:
    """The part (2, 2) of a PC or CD matrix that belongs to two axes, in any spelling."""
    found: dict[tuple[int, int], float] = {}
    for keyword in header:
        match = _MATRIX.fullmatch(keyword)
        if match is None or match[1] != name or (value := number(header, keyword)) is None:
            continue
        place = int(match[2] or match[4]), int(match[3] or match[5])
        if found.setdefault(place, value) != value:
            raise _coordinates(f"{keyword} is given twice, in two spellings")
        if place[0] in axes and place[1] not in axes and value:
            raise _coordinates(f"{keyword} mixes the sky with another axis")
    if not any(i in axes and j in axes for i, j in found):
        return None
    missing = np.eye(2) if name == "PC" else np.zeros((2, 2))
    rows = [[found.get((i, j), missing[a, b]) for b, j in enumerate(axes)]
            for a, i in enumerate(axes)]  # fmt: skip
    return np.array(rows)


def _matrix_cards(name: str, matrix: NDArray[np.float64]) -> dict[str, float]:
    return {f"{name}{i + 1}_{j + 1}": float(matrix[i, j]) for i in (0, 1) for j in (0, 1)}


def _same(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return bool(np.abs(one - other).max() <= SAME_MATRIX * np.abs(one).max())


def _frame(header: fits.Header, ctype: str) -> dict[str, float | str]:
    """RADESYS and EQUINOX, where they matter."""
    if ctype.startswith("G"):
        return {}
    written = text(header, "RADESYS") or text(header, "RADECSYS")
    frame = _FRAMES.get(written.upper(), "")
    if written and not frame:
        raise _coordinates(
            f"RADESYS = '{written[:LONGEST_QUOTE]}' is no frame of right ascension and "
            "declination (FK4, FK5 and ICRS are)"
        )
    keyword = "EQUINOX" if text(header, "EQUINOX") else "EPOCH"
    equinox = _equinox(header, keyword)
    if equinox is None:
        return {"RADESYS": frame} if frame else {}
    older = equinox < _FK4_UNTIL
    if (frame.startswith("FK4") and not older) or (frame == "ICRS" and equinox != 2000.0):
        raise _coordinates(f"RADESYS = '{written}' and {keyword} = {equinox:g} contradict")
    return {"EQUINOX": equinox} | ({"RADESYS": frame} if frame else {})


def _equinox(header: fits.Header, keyword: str) -> float | None:
    written = text(header, keyword)
    if not written:
        return None
    value = as_number(re.sub(r"^[JB](?=\d)", "", written.upper()))
    low, high = EQUINOXES
    if value is None or not low <= value <= high:
        raise _coordinates(f"{keyword} = '{written[:LONGEST_QUOTE]}' is no equinox")
    return value


def coordinate_remarks(header: fits.Header, axes: tuple[int, int]) -> Iterator[str]:
    """What to say of coordinates without a projection, or neither of 1950 nor of 2000."""
    for axis in axes:
        ctype = text(header, f"CTYPE{axis}")
        if "-" not in ctype:
            yield f"CTYPE{axis} = '{ctype}' names no projection; it was taken for a linear axis."
    if text(header, f"CTYPE{axes[0]}").upper().startswith("G"):
        return
    for keyword in ("EQUINOX", "EPOCH"):
        equinox = _equinox(header, keyword)
        if equinox is None:
            continue
        if equinox not in USUAL_EQUINOXES:
            yield f"Its coordinates were taken to be of equinox {equinox:g}, as {keyword} says."
        return


def _distortion(header: fits.Header, axes: tuple[int, int]) -> dict[str, float | int]:
    """The SIP polynomials, in which the axes are 1 and 2."""
    cards: dict[str, float | int] = {}
    for keyword in header:
        if re.fullmatch(r"(A|B|AP|BP)_ORDER", keyword):
            order = number(header, keyword)
            if order is None or order not in range(MAX_SIP_ORDER + 1):
                raise unreadable(
                    f"The FITS header's {keyword} is {text(header, keyword)[:20]}, which is no "
                    "order."
                )
            cards[keyword] = int(order)
        elif _POLYNOMIAL.fullmatch(keyword) and (value := number(header, keyword)) is not None:
            cards[keyword] = value
    if cards and axes != (1, 2):
        raise _coordinates("its SIP distortion is of other axes than the first two")
    return cards


def pixel_arcsec(wcs: WCS, shape: tuple[int, int]) -> float:
    """Mean width of a pixel in the middle of an image (H, W)."""
    y_px, x_px = (length / 2 for length in shape)
    corners = wcs.pixel_to_world(np.array([0.0, 1.0, 0.0]) + x_px, np.array([0.0, 0.0, 1.0]) + y_px)
    return float(np.mean(corners[0].separation(corners[1:]).arcsec))


def _coordinates(why: str) -> UnreadableFits:
    return unreadable(f"The FITS header's celestial coordinates cannot be used: {why}.")
