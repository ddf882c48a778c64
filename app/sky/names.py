"""The sources of a bundle by id and name, however their letters and blanks are typed.

It never searches by position, and never hides that several sources have one name.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.sky.coordinates import tidy
from app.sky.designation import bare_designation

CLOSE = 0.75
"""difflib's ratio from which two spellings are close."""
MOST_COMPARED = 1_000
LETTERS = 64


class BundleNames:
    """Rows of a bundle by what its sources are called.

    Parameters
    ----------
    source_ids : iterable of str, length N
        Unique as written.
    names : iterable of str or None, length N
        May repeat or be empty.
    ra_deg, dec_deg : ndarray, shape (N,)
        ICRS.
    """

    def __init__(
        self,
        source_ids: Iterable[str],
        names: Iterable[str | None],
        ra_deg: NDArray[np.float64],
        dec_deg: NDArray[np.float64],
    ) -> None:
        self._source_ids = tuple(source_ids)
        self._names = tuple(name or "" for name in names)
        self._ra_deg, self._dec_deg = ra_deg, dec_deg

    def rows_of(self, text: str) -> list[int]:
        """Rows that a text names, the best first: by id as written, by id, by name.

        Case and blanks do not count; neither does a plus, which a URL may have lost, unless that
        would leave several.
        """
        key = _key(text)
        rows = dict.fromkeys([*self._by_id.get(key, []), *self._by_name.get(key, [])])
        with_plus = [row for row in rows if _folded(text) in self._folded_names(row)]
        return sorted(
            with_plus or rows,
            key=lambda row: (self._source_ids[row] != text, _key(self._source_ids[row]) != key),
        )

    def rows_of_designation(self, bare: str) -> list[int]:
        """Rows whose name holds these coordinates (J134541.2+232253), whatever its acronym."""
        return self._by_designation.get(_key(bare), [])

    def source_id(self, row: int) -> str:
        """The id of a row."""
        return self._source_ids[row]

    def name(self, row: int) -> str:
        """The name of a row, empty where it has none."""
        return self._names[row]

    def position(self, row: int) -> SkyCoord:
        """ICRS position of a row."""
        return SkyCoord(self._ra_deg[row] * u.deg, self._dec_deg[row] * u.deg)

    def close_to(self, text: str, most: int = 3) -> tuple[str, ...]:
        """Names and ids that are spelt much like a text, the closest first; often none.

        difflib decides; only what shares enough letters with the text is given to it.
        """
        key = _folded(text)
        spelt, letters = self._spellings
        if not key or not spelt:
            return ()
        shared = np.minimum(letters, _letters([key])).sum(axis=1, dtype=np.int64)
        lengths = np.array([len(one) for one in spelt])
        bound = 2 * shared / (lengths + len(key))  # of the ratio, from above
        enough = np.flatnonzero(bound >= CLOSE)
        best = enough[np.argsort(-bound[enough], kind="stable")[:MOST_COMPARED]]
        keys = list(spelt)
        close = get_close_matches(key, [keys[place] for place in best], most, CLOSE)
        return tuple(spelt[one] for one in close)

    def _folded_names(self, row: int) -> tuple[str, str]:
        return _folded(self._source_ids[row]), _folded(self._names[row])

    @cached_property
    def _spellings(self) -> tuple[dict[str, str], NDArray[np.uint8]]:
        """Every name and id by its folded spelling, and how often each has which letter."""
        spelt = {_folded(one): one for one in (*self._source_ids, *self._names) if one.strip()}
        return spelt, _letters(list(spelt))

    @cached_property
    def _by_id(self) -> dict[str, list[int]]:
        return _index(self._source_ids)

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        return _index(self._names)

    @cached_property
    def _by_designation(self) -> dict[str, list[int]]:
        return _index(bare_designation(name) or "" for name in self._names)


def _letters(keys: list[str]) -> NDArray[np.uint8]:
    """How often each of some texts has which letter, (N, 64); letters far apart may share a place.

    Sharing a place only makes two texts look more alike than they are.
    """
    rows = np.repeat(np.arange(len(keys)), [len(key) for key in keys])
    codes = np.array([ord(letter) % LETTERS for key in keys for letter in key], np.intp)
    counts = np.bincount(rows * LETTERS + codes, minlength=len(keys) * LETTERS)
    return counts.reshape(-1, LETTERS).clip(max=255).astype(np.uint8)


def _index(texts: Iterable[str]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        if key := _key(text):
            rows.setdefault(key, []).append(row)
    return rows


def _key(text: str) -> str:
    """What texts that may name the same source have in common."""
    return _folded(text).replace("+", "")


def _folded(text: str) -> str:
    return "".join(tidy(text).casefold().split())
