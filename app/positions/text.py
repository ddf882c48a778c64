"""Typed text brought to plain characters. It decides nothing about what the text means."""

import re

_SAME: dict[str, str] = {
    "-": "\u2212\u2010\u2011\u2012\u2013\u2014\ufe63\uff0d",  # minus, hyphens, dashes
    "+": "\uff0b",
    "'": "\u2032\u2018\u2019\u00b4\u02b9",
    '"': "\u2033\u201c\u201d\u02ba",
    "°": "\u00ba\u02da",
    ":": "\u2236\uff1a",
    ",": "\uff0c",
    "h": "\u02b0",
    "d": "\u1d48",
    "m": "\u1d50",
    "s": "\u02e2",
    "": "\u200b\u200e\u200f\u2060\ufeff\u00ad",  # what copying takes along unseen
}
_CHARACTERS = {ord(odd): usual for usual, many in _SAME.items() for odd in many}
_UNIT_WORDS = {
    "d": "degrees|degree|degs|deg",
    "h": "hours|hour|hrs|hr",
    "m": "arcminutes|arcminute|arcmins|arcmin|minutes|minute|mins|min",
    "s": "arcseconds|arcsecond|arcsecs|arcsec|seconds|second|secs|sec",
}


def tidy(text: str) -> str:
    """Blanks folded to one, typographic signs to ASCII ones; case as typed."""
    return " ".join(text.translate(_CHARACTERS).split())


def plain(text: str) -> str:
    """The form that the grammar of coordinates reads.

    Lower case, units as one letter or sign, 41ˢ.3 as 41.3s, brackets around it all taken off.
    """
    found = tidy(text).lower().replace("''", '"')
    for letter, words in _UNIT_WORDS.items():
        found = re.sub(rf"(?<=[\d.]) ?(?:{words})(?![a-z])", letter, found)
    found = re.sub(r"(\d)([hd°m's\"])\.(\d+)", r"\1.\3\2", found)
    inner = re.fullmatch(r"[(\[] ?([^()\[\]]+?) ?[)\]]", found)
    return inner[1] if inner else found
