"""The unit of surface brightness in a FITS header. It never guesses a factor silently."""

import re

from astropy.io import fits

from app.errors import UnreadableFits

_JANSKY = re.compile(r"(|m|u|µ|μ|n|milli|micro)(?:jy|jansky)s?(?:(/|per)?beam(?:\^?-1)?)?")
_FACTOR = {
    "": 1.0,
    "m": 1e-3,
    "milli": 1e-3,
    "u": 1e-6,
    "µ": 1e-6,
    "μ": 1e-6,
    "micro": 1e-6,
    "n": 1e-9,
}


def jy_per_unit(header: fits.Header) -> tuple[float, tuple[str, ...]]:
    """Give the factor that turns the image into Jy/beam, and what a person should know of it.

    Raises
    ------
    UnreadableFits
        If BUNIT is another unit than Jy, mJy or uJy a beam.
    """
    unit = str(header.get("BUNIT", "")).strip()
    if not unit:
        return 1.0, ("The header gives no unit (BUNIT); it was taken for Jy/beam.",)
    found = _JANSKY.fullmatch(re.sub(r"[\s*.]", "", unit.casefold()))
    if found is None:
        raise UnreadableFits(
            f"The image is in '{unit[:40]}'; Jy/beam or mJy/beam (BUNIT) is needed. Convert it "
            "first, for example with astropy.units.",
            parameter="file",
        )
    return _FACTOR[found[1]], tuple(_remarks(unit, found))


def _remarks(unit: str, found: re.Match[str]) -> list[str]:
    remarks = []
    if "beam" not in found[0]:
        remarks.append(f"The unit '{unit}' was taken to be per beam.")
    if unit.startswith("MJ") and found[1] == "m":
        remarks.append(f"The unit '{unit}' was taken for mJy, as in headers written in capitals.")
    return remarks
