"""What the cards of a FITS header say, as astropy reads them: texts, numbers, unit, survey.

It never reads pixels, and never guesses: a card that cannot be read is named.
"""

import math
import re
from typing import Any

from astropy.io import fits
from astropy.io.fits.verify import VerifyError

from app.errors import UnreadableFits
from app.images.sky_image import NO_SURVEY

LONGEST_QUOTE = 40


def unreadable(sentence: str) -> UnreadableFits:
    """The error of a FITS file that cannot be used."""
    return UnreadableFits(sentence, parameter="file")


def text(header: fits.Header, keyword: str) -> str:
    """Text of a card without blanks at its ends; empty where it is absent or undefined.

    Raises
    ------
    UnreadableFits
        If the card cannot be read, such as one whose text stands without quotes.
    """
    value = card_value(header, keyword)
    return "" if value is None else str(value).strip()


def number(header: fits.Header, keyword: str) -> float | None:
    """Value of a card, also where it is a number in quotes; None where absent or undefined.

    Raises
    ------
    UnreadableFits
        If it is no finite number, or the header gives two.
    """
    value = card_value(header, keyword)
    if value is None:
        return None
    found = as_number(value)
    if found is None:
        raise unreadable(
            f"The FITS header's {keyword} = '{str(value)[:LONGEST_QUOTE]}' is no number."
        )
    return found


def card_value(header: fits.Header, keyword: str) -> Any:
    """Value of a card as astropy reads it; None where it is absent or undefined.

    Raises
    ------
    UnreadableFits
        If astropy cannot read it, or the header gives two values.
    """
    if keyword not in header:
        return None
    try:
        values = [header[keyword, n] for n in range(header.count(keyword))]
    except VerifyError as exc:
        raise unreadable(
            f"The FITS header's {keyword} cannot be read: '{written(header, keyword)}'. Correct "
            f"it first, for example with astropy's fits.setval(file, '{keyword}', value=...)."
        ) from exc
    value, *others = values
    if any(other != value for other in others):
        raise unreadable(f"The FITS header gives {keyword} twice, with different values.")
    return None if isinstance(value, fits.card.Undefined) else value


def written(header: fits.Header, keyword: str) -> str:
    """What stands in a card, as it stands there."""
    image = str(header.cards[keyword]._image)  # as .image it would be mended first
    return re.sub(r"[^ -~]", "?", image.partition("=")[2].strip(" '"))[:LONGEST_QUOTE]


def as_number(value: object) -> float | None:
    """A number, also in quotes and with Fortran's exponent D; None where it is none."""
    if isinstance(value, bool | complex):
        return None
    try:
        found = float(re.sub(r"(?<=[\d.])[dD](?=[+-]?\d)", "E", str(value).strip()))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


_PER_BEAM = r"(?:/|per)(?:beam|bm)s?|(?:beam|bm)s?-1"
_PREFIXES = r"|m|u|n|milli|micro"
_JANSKY = re.compile(
    rf"(?P<first>{_PER_BEAM})?(?P<prefix>{_PREFIXES})(?:jy|jansky)s?(?P<last>{_PER_BEAM})?"
)
_FACTOR = {
    "": 1.0, "m": 1e-3, "milli": 1e-3, "u": 1e-6, "micro": 1e-6, "n": 1e-9,
}  # fmt: skip


def foreign_unit(header: fits.Header) -> str | None:
    """Give a header's BUNIT if it is not Jy/beam; an absent one is taken for Jy/beam."""
    unit = text(header, "BUNIT")
    return unit if unit and unit.casefold().replace(" ", "") != "jy/beam" else None


def jy_per_unit(header: fits.Header) -> tuple[float, tuple[str, ...]]:
    """Give the factor that turns the image into Jy/beam, and what a person should know of it.

    Raises
    ------
    UnreadableFits
        If BUNIT is another unit than Jy, mJy, uJy or nJy a beam, in any spelling.
    """
    unit = text(header, "BUNIT")
    if not unit:
        return 1.0, ("The header gives no unit (BUNIT); it was taken for Jy/beam.",)
    found = _JANSKY.fullmatch(re.sub(r"[\s*.^(){}]", "", unit.casefold()))
    mega = unit.startswith("MJ") and "MJY" not in unit
    if found is None or mega or (found["first"] and found["last"]):
        raise unreadable(
            f"The image is in '{unit[:LONGEST_QUOTE]}'; Jy/beam or mJy/beam (BUNIT) is needed. "
            "Convert it first, for example with astropy.units."
        )
    remarks = []
    if not (found["first"] or found["last"]):
        remarks.append(f"The unit '{unit}' was taken to be per beam.")
    if unit.startswith("MJ"):
        remarks.append(f"The unit '{unit}' was taken for mJy, as in headers written in capitals.")
    return _FACTOR[found["prefix"]], tuple(remarks)


LONGEST_SURVEY = 40


def stated_survey(header: fits.Header) -> str:
    """The survey or else the telescope that a header names."""
    for keyword in ("SURVEY", "TELESCOP"):
        if name := re.sub(r"[^ -~]", "", text_if_readable(header, keyword)).strip():
            return name[:LONGEST_SURVEY]
    return NO_SURVEY


def is_first(header: fits.Header) -> bool:
    """Whether a header's SURVEY says that the image is one of FIRST."""
    return re.match(r"(vla )?first\b", text_if_readable(header, "SURVEY").casefold()) is not None


def text_if_readable(header: fits.Header, keyword: str) -> str:
    """Text of a card that an image can do without; empty where it cannot be read."""
    try:
        return text(header, keyword)
    except UnreadableFits:
        return ""
