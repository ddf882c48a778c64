"""Which texts may be names of objects, and so go to a name service.

Numbers never do, however they are marked: what could be a position is no name.
"""

import re
from contextlib import suppress

from app.errors import UnreadablePosition
from app.sky.coordinates import LONGEST, read_coordinates, tidy
from app.sky.designation import read_designation

MOST_WORDS = 6
"""A name of an object has no more."""
_NEVER_IN_A_NAME = set('<>{}\\|^`=,;"')

_NUMBERED = "ABELL|ACO|ARP|CGCG|DDO|ESO|HCG|IC|LEDA|MCG|MKN|MRK|NGC|PGC|UGCA?|VV"
_NUMBER_OF_TWO = re.compile(
    rf"(?:{_NUMBERED}) ?\d{{1,4}}(?: G)? \d{{1,4}}"
    r"|(?:10|[3-9]) CR{0,2} ?[+-]?\d{1,3}(?:\.\d{1,2})?",
    re.IGNORECASE | re.ASCII,
)
"""ESO 137 006 and 3 C 285: their acronyms alone name nothing, so that the numbers are theirs."""
_LOST_PLUS = re.compile(
    r"((?:87GB|B[23]|GB|HE|IRAS(?: F)?|LBQS|MRC|PG|PKS|PSR|S[45]|TXS) ?\d{4,5}) (\d{2,4})",
    re.IGNORECASE | re.ASCII,
)
"""PKS 1345 12: truncated B1950 coordinates as a name, with a blank where the plus was."""

_FRAMES = r"icrs|fk[45]|j2000(?:\.0)?|b1950(?:\.0)?|gal(?:actic)?|supergalactic|ecliptic"
_LABELS = r"ra|r\.a\.|decl?|glon|glat|long?|lat|alpha|delta"
_UNITS = (
    "hours?|hrs?|degrees?|degs?|(?:arc)?minutes?|(?:arc)?mins?|(?:arc)?seconds?|(?:arc)?secs?"
    "|radians?|rad|nan|inf|[hdms]"
)
_DIRECTIONS = "north|south|east|west|[nsewlb]"
_ALL_COORDINATES = re.compile(
    rf"(?>(?:{_FRAMES}|{_LABELS}|{_UNITS}|{_DIRECTIONS})(?![a-z])"
    r"|\d+(?:\.\d*)?(?:e[+-]?\d+)?|[ :+\-/()\[\]'_.])+",
    re.ASCII,
)
_ONE_LETTER = re.compile(
    r"(?!j2000|b1950)[a-z] ?\d+(?: ?[a-z])?|\d?[a-z]\d? ?\d{4,5}[+-]\d{2,4}", re.ASCII
)
"""M 87, W 51 N and 1E 0657-558, whose letters are also units and directions."""
_HAS_COORDINATES = (
    re.compile(rf"(?<![a-z])(?:{_FRAMES})(?: ?: ?| )[+-]?\.?\d", re.ASCII),
    re.compile(rf"(?<![a-z])(?:{_LABELS})[ :+-]*\.?\d", re.ASCII),
    re.compile(r"\d ?:|\d[hd] ?\d", re.ASCII),
    re.compile(r"(?<![\d.jbg])\d+\.\d*(?![\d.])[^.]*?(?<!\d)\d*\.\d", re.ASCII),
)
"""A frame or label before a number, sexagesimals, two fractions.

J134541.2+232253.4 and G021.5-00.9 are names, as the IAU has them."""
_BEGINS_AS_NUMBER = re.compile(r"[+-]?\.?\d", re.ASCII)
_GLUED = re.compile(r"\d+[+-]\d+", re.ASCII)
"""The 137-006 of ESO 137-006, which by itself would be two coordinates."""
_WITH_UNIT = re.compile(r"(.+?)(?:deg|[hdms])", re.ASCII)


def object_name(text: str) -> str | None:
    """Give the name to ask a name service for.

    Parameters
    ----------
    text : str
        What is neither coordinates nor a source of the bundle.

    Returns
    -------
    name : str or None
        With single blanks and plain signs, a lost plus put back. None for what could be a
        position or a row of a list: two numbers that stand alone, unless they are known as the
        number of an object (ESO 137 006); numbers with nothing but frames, labels, units and
        directions.
    """
    name = tidy(text)
    usual = name.isascii() and name.isprintable() and not _NEVER_IN_A_NAME & set(name)
    if not (usual and len(name) <= LONGEST and any(letter.isalpha() for letter in name)):
        return None
    if lost := _LOST_PLUS.fullmatch(name):
        return f"{lost[1]}+{lost[2]}"
    if _NUMBER_OF_TWO.fullmatch(name):
        return name
    if any(form.search(name.lower()) for form in _HAS_COORDINATES):
        return None
    if held := read_designation(name):
        return held.name if held.coarse else None
    return None if _may_be_a_row(name.lower().split(" ")) else name


def _may_be_a_row(words: list[str]) -> bool:
    """Whether words in lower case may be a row of a list; a name has few, and one number."""
    (first, *others), name = words, " ".join(words)
    return (
        len(words) > MOST_WORDS
        or (_ALL_COORDINATES.fullmatch(name) is not None and not _ONE_LETTER.fullmatch(name))
        or sum(map(_is_number, words)) > 1
        or any(
            _is_a_pair(words[start:end])
            for start in range(len(words))
            for end in range(start + 1, len(words) + 1)
            if not (start and end == start + 1 and _GLUED.fullmatch(words[start]))
        )
        or (_is_number(first) and bool(others and _BEGINS_AS_NUMBER.match(others[0])))
    )


def _is_a_pair(words: list[str]) -> bool:
    try:
        return read_coordinates(" ".join(words)) is not None
    except UnreadablePosition:  # of the form, and a number out of its range
        return True


def _is_number(word: str) -> bool:
    """Whether it is one for a computer: 12, -3.4e5, nan, inf; also with a unit, 12d, 3.4deg."""
    with_unit = _WITH_UNIT.fullmatch(word)
    for written in (word, with_unit[1] if with_unit else ""):
        with suppress(ValueError):
            float(written)
            return True
    return False
