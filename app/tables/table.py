"""A table as it was read: Arrow columns that carry their unit, UCD, description and frame.

It never reads a file, and it never decides what a column means.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

MISSING_WORDS = ("", "nan", "null", "none", "n/a", "na", "--", "masked")


@dataclass(frozen=True)
class Limits:
    """How much of a file is read; by default more than a file of one's own ever has."""

    max_bytes: int = 8 * 2**30
    """Unpacked."""
    max_rows: int = 2**40
    max_columns: int = 2**40


OWN_FILE = Limits()


@dataclass(frozen=True, eq=False)
class Column:
    """A column and what the file says of it; empty texts where it says nothing."""

    name: str
    values: pa.ChunkedArray
    unit: str = ""
    ucd: str = ""
    description: str = ""
    frame: str = ""
    """As `app.tables.frames` writes it: "icrs", "fk4 B1950", "fk5 J1975", "galactic"."""

    @property
    def is_text(self) -> bool:
        """Whether the values are texts."""
        return bool(pa.types.is_string(self.values.type))

    def numbers(self) -> NDArray[np.float64]:
        """The values (N,) of a number column, NaN where there is none."""
        found: NDArray = self.values.to_numpy()
        return found.astype(np.float64)

    def texts(self) -> list[str]:
        """The values (N,) as texts, empty where there is none."""
        return ["" if value is None else str(value) for value in self.values.to_pylist()]


@dataclass(frozen=True, eq=False)
class FileTable:
    """The columns of a table, and the rows of the file that are no rows of it."""

    data: pa.Table
    """Numbers and texts only; null where the file has nothing. See `table_field`."""
    rows: NDArray[np.int64]
    """(N,) Number in the file of each row, the first row of data being 1."""
    broken: Mapping[int, str] = field(default_factory=dict)
    """Rows that do not fit the header, by number, with the reason."""
    frame: str = ""
    """The frame of all columns that have none of their own."""
    notes: list[str] = field(default_factory=list)
    form: str = ""
    """What kind of file it is: "CSV", "FITS" ..."""
    comments: str = ""
    """Of a text, what stands above its columns and describes none of them."""

    def column(self, name: str) -> Column:
        """The column of exactly that name."""
        return Column(name, self.data[name], **said_of(self.data.schema.field(name)))

    @property
    def columns(self) -> list[Column]:
        """All columns, in the order of the file."""
        return [self.column(name) for name in self.data.column_names]

    def find(self, name: str) -> Column | None:
        """The column of that name, exactly, or else but for case, blanks and brackets."""
        names = self.data.column_names
        if name in names:
            return self.column(name)
        plain = plain_name(name)
        found = next((each for each in names if plain_name(each) == plain), None)
        return self.column(found) if found is not None else None


def plain_name(name: str) -> str:
    """A column's name for comparisons: lower case, without '#', brackets or blanks."""
    bare = name.strip().lower().lstrip("#").strip()
    return re.sub(r"[\s()\[\]\"/]+", "_", bare).rstrip("_") or name


def table_field(
    name: str, kind: pa.DataType, unit: str = "", ucd: str = "", description: str = "",
    frame: str = "",
) -> pa.Field:  # fmt: skip
    """The field of a column with what the file says of it."""
    said = {"unit": unit, "ucd": ucd, "description": description, "frame": frame}
    return pa.field(name, kind, metadata={key: text.strip() for key, text in said.items() if text})


def said_of(column: pa.Field) -> dict[str, str]:
    """What a field's metadata says: unit, ucd, description, frame."""
    found = {key.decode(): value.decode() for key, value in (column.metadata or {}).items()}
    return {key: found.get(key, "") for key in ("unit", "ucd", "description", "frame")}


def make_data(fields: Iterable[pa.Field], values: Iterable[pa.Array | pa.ChunkedArray]) -> pa.Table:
    """The table of columns whose types are those of the values, under unique names."""
    arrays = list(values)
    named: dict[str, pa.Field] = {}
    for number, (each, array) in enumerate(zip(fields, arrays, strict=True), start=1):
        name = each.name.strip() or f"column_{number}"
        name = name if name not in named else f"{name}_{number}"
        named[name] = each.with_name(name).with_type(array.type)
    return pa.Table.from_arrays(arrays, schema=pa.schema(list(named.values())))


def row_numbers(n: int) -> NDArray[np.int64]:
    """1 to n."""
    return np.arange(1, n + 1, dtype=np.int64)


def cleaned(values: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Numbers and texts of a column: truth values and dates in words, what is missing null.

    Returns
    -------
    values : ChunkedArray or None
        None where the cells are no single values.
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        return cleaned(values.cast(kind.value_type))
    if pa.types.is_nested(kind):
        return None
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_nan(values), pa.scalar(None, kind), values)
    if pa.types.is_integer(kind):
        return values
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        texts = [v and v.decode("utf-8", errors="replace") for v in values.to_pylist()]
        return _trimmed(pa.chunked_array([texts], pa.string()))
    if pa.types.is_null(kind) or pa.types.is_boolean(kind) or pa.types.is_string(kind):
        return _trimmed(values.cast(pa.string()))
    if pa.types.is_decimal(kind):
        return values.cast(pa.float64())
    return _trimmed(pa.chunked_array([[v and str(v) for v in values.to_pylist()]], pa.string()))


def _trimmed(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    bare = pc.utf8_trim(texts, " \t\r\n\0\xa0")
    missing = pc.is_in(pc.utf8_lower(bare), pa.array(MISSING_WORDS))
    known = pc.if_else(missing, pa.scalar(None, pa.string()), bare)
    if pc.all(pc.is_in(pc.drop_null(known), pa.array(["+", "-"]))).as_py():
        return known  # signs
    return pc.if_else(pc.equal(known, "-"), pa.scalar(None, pa.string()), known)


_NAME_OF_DIGITS = r"^[+-]?0\d+$"
_WHOLE = r"^[+-]?\d{1,18}$"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d{1,3})?$"


def typed(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers or numbers if all known values are, texts otherwise; 00123 is a name."""
    known = pc.drop_null(texts)
    if not len(known) or _any(known, _NAME_OF_DIGITS):
        return texts
    bare = pc.replace_substring_regex(texts, r"^\+", "")
    if _all(known, _WHOLE) and not _any(known, "^-0$"):
        return bare.cast(pa.int64())
    if _all(known, _NUMBER):
        return _numbers(pc.replace_substring_regex(bare, "[dD]", "e"))
    return texts


def _numbers(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return texts.cast(pa.float64())
    except pa.ArrowInvalid:  # 1e400
        values = [None if text is None else float(text) for text in texts.to_pylist()]
        return pa.chunked_array([values], pa.float64())


def _all(texts: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(texts, pattern)).as_py())


def _any(texts: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())
