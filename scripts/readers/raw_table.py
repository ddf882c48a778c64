"""A table as its file has it: columns of plain values with units and meaning, before any choice.

It never decides what a column means.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MISSING_WORDS = {"", "nan", "null", "none", "n/a", "na", "--", "-", "masked"}


@dataclass(frozen=True, eq=False)
class RawColumn:
    """One column: Python values, None where the file has none."""

    name: str
    values: list[Any]
    unit: str = ""
    ucd: str = ""
    description: str = ""

    @property
    def is_text(self) -> bool:
        """Whether any value is a text."""
        return any(isinstance(value, str) for value in self.values)


@dataclass(frozen=True, eq=False)
class RawTable:
    """The columns of a table, and the rows of the file that are no rows of it."""

    columns: list[RawColumn]
    rows: list[int]
    """Number in the file of each row, from 1."""
    broken: dict[int, str] = field(default_factory=dict)
    """Rows that do not fit the header, by number, with the reason."""
    frame: str | None = None
    """icrs, fk5, fk4 or galactic where the file says it."""
    notes: list[str] = field(default_factory=list)

    def find(self, name: str) -> RawColumn | None:
        """The column of that name, exactly, or else but for case and blanks."""
        for column in self.columns:
            if column.name == name:
                return column
        plain = plain_name(name)
        return next((c for c in self.columns if plain_name(c.name) == plain), None)


def plain_name(name: str) -> str:
    """A column's name for comparisons: lower case, without '#', brackets or blanks."""
    bare = name.strip().lower().lstrip("#").strip()
    return re.sub(r"[\s()\[\]\"]+", "_", bare).rstrip("_") or name


def plain_values(values: Any) -> list[Any]:
    """Python values of an array-like, one-dimensional; masked, NaN and empty become None."""
    masked = np.ma.asarray(values)
    mask = np.ma.getmaskarray(masked)
    content = masked.data.tolist()
    return [None if m else plain_value(v) for v, m in zip(content, mask, strict=True)]


def plain_value(value: Any) -> Any:
    """One cell: bytes and texts stripped, truth values in words, what is missing None."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = value.strip().strip("\0")
        return None if text.lower() in MISSING_WORDS else text
    if isinstance(value, float) and value != value:
        return None
    return value
