"""Names of samples, tags, authors and notes: what they may be. It never changes what is meant."""

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

from app.errors import UnusableWord
from app.samples.records import Given
from app.tables.table import MISSING_WORDS

LONGEST_NAME = 100
LONGEST_TAG = 40
LONGEST_AUTHOR = 60
LONGEST_NOTE = 2_000
LONGEST_HOW = 300
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Unicode's categories of what is no letter, sign or blank: NUL, line ends, half characters ..."""


def sample_name(text: str, parameter: str = "name") -> str:
    """The name of a sample, blanks trimmed.

    Raises
    ------
    UnusableWord
    """
    return _word(text, "The name of a sample", LONGEST_NAME, parameter)


def tag_name(text: str, parameter: str = "tag") -> str:
    """A tag. It holds a letter, so that every table gives it back as it was.

    Raises
    ------
    UnusableWord
    """
    return _cell(text, "A tag", LONGEST_TAG, parameter)


def author_name(text: str, parameter: str = "author") -> str:
    """The name of a person.

    Raises
    ------
    UnusableWord
    """
    return _cell(text, "The name of an author", LONGEST_AUTHOR, parameter)


def note_text(text: str, parameter: str = "text") -> str:
    """A note: one line, as a cell of a table holds it.

    Raises
    ------
    UnusableWord
    """
    return _cell(text, "A note", LONGEST_NOTE, parameter, dots=True)


def how_chosen(text: str, parameter: str = "how") -> str:
    """How sources were chosen, in the words of who chose them; may be empty.

    Raises
    ------
    UnusableWord
    """
    if not text.strip():
        return ""
    return _word(text, "How they were chosen", LONGEST_HOW, parameter, dots=True)


def checked(given: Given) -> Given:
    """What a file gives, with an author and a time that can be kept, in our form.

    Raises
    ------
    UnusableWord
    """
    return replace(
        given,
        author=given.author and author_name(given.author),
        at_utc=given.at_utc and _moment(given.at_utc),
        bundle=given.bundle and _word(given.bundle, "The bundle", LONGEST_NAME, "bundle"),
    )


def written(moment: datetime) -> str:
    """A time as we keep it: ISO 8601, UTC, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _moment(text: str) -> str:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as exc:
        raise UnusableWord(
            f"The time '{text[:40]}' cannot be read; write it like 2026-01-31T12:00:00Z.",
            parameter="at_utc",
        ) from exc
    return written(found if found.tzinfo else found.replace(tzinfo=UTC))


def _cell(text: str, what: str, longest: int, parameter: str, dots: bool = False) -> str:
    word = _word(text, what, longest, parameter, dots)
    if not any(letter.isalpha() for letter in word):
        _refuse(what, word, "needs a letter", parameter)
    if word.lower() in MISSING_WORDS:
        _refuse(what, word, "is read as an empty cell in tables; use another word", parameter)
    return word


def _word(text: str, what: str, longest: int, parameter: str, dots: bool = False) -> str:
    word = unicodedata.normalize("NFC", text).strip()
    if not word:
        raise UnusableWord(f"{what} cannot be empty.", parameter=parameter)
    unseen = next((one for one in word if unicodedata.category(one) in _UNSEEN), None)
    if unseen is not None:
        _refuse(what, word, f"holds the character U+{ord(unseen):04X}; use one line", parameter)
    if ".." in word and not dots:
        _refuse(what, word, "holds '..'", parameter)
    if len(word) > longest:
        _refuse(what, word, f"has {len(word):,} characters; {longest:,} are kept", parameter)
    return word


def _refuse(what: str, word: str, why: str, parameter: str) -> None:
    shown = "".join(one if unicodedata.category(one) not in _UNSEEN else "�" for one in word)
    shown = shown if len(shown) <= LONGEST_AUTHOR else f"{shown[:LONGEST_AUTHOR]}..."
    raise UnusableWord(f"{what} cannot be '{shown}': it {why}.", parameter=parameter)
