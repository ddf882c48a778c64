"""Read tables of text: comma, tab, semicolon or bar separated, with a header line.

It never guesses at a row that does not fit the header: that row is kept out, with the reason.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

from scripts.readers.raw_table import RawColumn, RawTable, plain_value

DELIMITERS = (",", "\t", ";", "|")
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_LEADING_ZERO = re.compile(r"[+-]?0\d")


class NotText(ValueError):
    """Bytes that are no table of text; the message completes "The file ... "."""


def read_text_table(content: bytes) -> RawTable:
    """Read a delimited table.

    Raises
    ------
    NotText
        If it is binary, is empty, or has no header with two columns or more.
    """
    text, notes = _decoded(content)
    lines = [(i, line) for i, line in enumerate(re.split(r"\r\n|\n|\r", text)) if line.strip()]
    if not lines:
        raise NotText("is empty")
    start, delimiter = _header_line([line for _, line in lines])
    header = _split(
        lines[start][1].lstrip("# \t") if delimiter != "\t" else lines[start][1].lstrip("# "),
        delimiter,
    )
    names = _unique_names(header)
    body = [line for _, line in lines[start + 1 :] if not _is_comment(line, delimiter, len(names))]
    kept, rows, broken = _rows(body, delimiter, len(names))
    columns = [RawColumn(name, _typed([row[i] for row in kept])) for i, name in enumerate(names)]
    return RawTable(columns, rows, broken, notes=notes)


def _decoded(content: bytes) -> tuple[str, list[str]]:
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotText("is no text")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), []
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return content.decode("latin-1"), ["It is not UTF-8; it was read as Latin-1."]


def _header_line(lines: list[str]) -> tuple[int, str]:
    """Index of the header, the first line that is no comment, and the delimiter.

    A line that begins with '#' is the header if the next line has as many fields.
    """
    for i, line in enumerate(lines):
        delimiter = max(DELIMITERS, key=lambda d: len(_split(line, d)))
        fields = len(_split(line, delimiter))
        commented = line.lstrip().startswith("#")
        follows = len(_split(lines[i + 1], delimiter)) if i + 1 < len(lines) else 0
        after_comment = i + 1 < len(lines) and lines[i + 1].lstrip().startswith("#")
        if commented and (fields < 2 or follows != fields or after_comment):
            continue
        return i, delimiter
    raise NotText("has comments only")


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter, skipinitialspace=delimiter != "\t"), [])


def _is_comment(line: str, delimiter: str, width: int) -> bool:
    return line.startswith("#") and len(_split(line, delimiter)) != width


def _unique_names(header: list[str]) -> list[str]:
    names: list[str] = []
    for number, field in enumerate(header, start=1):
        name = field.strip().strip('"') or f"column_{number}"
        names.append(name if name not in names else f"{name}_{number}")
    return names


def _rows(
    lines: list[str], delimiter: str, width: int
) -> tuple[list[list[str]], list[int], dict[int, str]]:
    kept: list[list[str]] = []
    rows: list[int] = []
    broken: dict[int, str] = {}
    for number, values in enumerate(_records(lines, delimiter), start=1):
        if len(values) == width:
            kept.append(values)
            rows.append(number)
        else:
            broken[number] = f"the row has {len(values)} values, the header {width}"
    return kept, rows, broken


def _records(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(10_000_000)
    content = io.StringIO("\n".join(lines))
    yield from csv.reader(content, delimiter=delimiter, skipinitialspace=delimiter != "\t")


def _typed(texts: list[str]) -> list[Any]:
    """Whole numbers or numbers if all values are, texts otherwise; missing ones None."""
    values = [plain_value(text) for text in texts]
    known = [value for value in values if value is not None]
    if any(_LEADING_ZERO.fullmatch(value[:2]) and "." not in value[:3] for value in known):
        return values  # 00123 is a name
    if known and all(_WHOLE.fullmatch(value) for value in known):
        return _converted(values, int)
    try:
        return _converted(values, float)
    except ValueError:
        return values


def _converted(values: list[Any], kind: Callable[[str], Any]) -> list[Any]:
    return [None if value is None else plain_value(kind(value)) for value in values]
