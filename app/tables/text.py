"""Tables of text: delimited, blank-separated, VizieR's, IPAC's, the AAS's and SExtractor's.

It never takes a list of lines for a table, nor a line that is commented out for a row.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc
from astropy import units as u
from astropy.table import Table

from app.errors import ListTooLong, UnreadablePosition
from app.sky.coordinates import read_coordinates
from app.tables.astropy_table import of_astropy
from app.tables.frames import degrees_in, frame_text, read_frame
from app.tables.lists import ListOptions, UnreadableCatalogue
from app.tables.position_columns import PositionColumns, positions_in
from app.tables.regions import read_regions
from app.tables.table import (
    FileTable,
    Limits,
    cleaned,
    make_data,
    plain_name,
    table_field,
    typed,
)

DELIMITERS = (",", "\t", ";", "|")
FORMS = {",": "CSV", "\t": "tab-separated text", ";": "semicolon-separated text"}
HEAD = 400
"""Lines in which a header stands."""
ROWS_AT_ONCE = 20_000
LINES_A_ROW = 200
"""A row of more lines has a quotation mark that does not end."""
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?|nan|inf", re.I | re.ASCII)
_RULE = re.compile(r"[-=\s|+:]*[-=]{3}[-=\s|+:]*")
"""A line below names, of dashes or the like; one between commas is a row without values."""
_END = re.compile(r"[=\s|+]*={3}[=\s|+]*")


_OF_COLUMNS = ("ra_column", "dec_column", "position_column", "ra_unit", "dec_unit")
"""What is said of columns, even where these have no names."""


@dataclass(frozen=True)
class TextLines:
    """A list of one position or name a line."""

    text: str
    notes: list[str] = field(default_factory=list)


def read_text(content: bytes, options: ListOptions, limits: Limits) -> FileTable | TextLines:
    """Read a table of text, or find that it is a list of lines.

    Raises
    ------
    UnreadableCatalogue
        If it is no text, or its columns have no names.
    ListTooLong
    """
    encoding, notes = _encoding(content)
    lines = partial(_lines, content, encoding)
    head = [line.rstrip("\n") for line in islice(lines(), HEAD)]
    if (regions := read_regions(head, lines)) is not None:
        return regions
    if form := _fixed_form(head):
        _check_rows(content.count(b"\n") - 2 * HEAD, limits)
        rows = [line.rstrip("\n") for line in lines()]
        while rows and not rows[-1].strip():
            rows.pop()
        _check_widths(head)
        found = Table.read(rows, format=form)
        if form == "ascii.ipac":  # its keywords, \\EQUINOX = 1950.0
            keywords = found.meta.pop("keywords", {})
            found.meta |= {name: each["value"] for name, each in keywords.items()}
        comments = "\n".join(found.meta.get("comments", ()))
        taken = of_astropy(found, form=form.removeprefix("ascii.").upper())
        return replace(taken, comments=comments)
    layout = _layout(head, options, limits)
    if layout is None:
        n = sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in lines())
        _check_rows(n, limits)
        return TextLines("".join(lines()), notes)
    return _table(lines, layout, limits, notes)


Lines = Callable[[], Iterator[str]]
"""The lines of a text from its beginning, each with its end as one newline."""


def _lines(content: bytes, encoding: str) -> Iterator[str]:
    yield from io.TextIOWrapper(io.BytesIO(content), encoding)


def _encoding(content: bytes) -> tuple[str, list[str]]:
    """The encoding of a text, UTF-8, UTF-16 or Latin-1, and what is to be said of that.

    Raises
    ------
    UnreadableCatalogue
        If it is no text.
    """
    start = content[:400]
    encoding = "utf-8-sig"
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in start and not any(start[0::2]):
        encoding = "utf-16-be"
    elif b"\0" in start and not any(start[1::2]):
        encoding = "utf-16-le"
    elif b"\0" in content[:4096]:
        raise UnreadableCatalogue("It is no text.")
    try:
        content.decode(encoding)
    except UnicodeDecodeError as exc:
        if encoding != "utf-8-sig":
            raise UnreadableCatalogue(f"It is no {encoding.upper()} text.") from exc
        return "latin-1", ["It is not UTF-8; it was read as Latin-1."]
    return encoding, []


def _fixed_form(head: Sequence[str]) -> str:
    """The name of astropy's reader of a form with a description of its columns; empty: none."""
    if any(line.startswith("Byte-by-byte Description of file") for line in head):
        return "ascii.cds"
    if head and re.match(r"#\s+1\s+[A-Za-z_]\w*", head[0]):
        return "ascii.sextractor"
    body = [line for line in head if line.strip() and not line.startswith("\\")]
    bars = [line.startswith("|") for line in body[:6]]
    if bars[:1] == [True] and False in bars and "|" not in body[bars.index(False)]:
        return "ascii.ipac"
    return ""


def _check_rows(n: int, limits: Limits) -> None:
    if n > limits.max_rows:
        raise too_many_rows(n, limits)


def too_many_rows(n: int, limits: Limits) -> ListTooLong:
    """The error for a list of so many rows or lines, or more."""
    return ListTooLong(
        f"The list has {n:,} entries; the page takes {limits.max_rows:,}. Divide it, or use "
        "`rgz-explorer search`, which takes any number."
    )


@dataclass(frozen=True)
class _Layout:
    """How a table of text is laid out."""

    names: list[str]
    delimiter: str
    skip: int
    """Lines before the first row."""
    units: dict[int, str] = field(default_factory=dict)
    """By place of the column."""
    said: dict[str, tuple[str, str]] = field(default_factory=dict)
    """UCD and description by name, of VizieR's comments."""
    frame: str = ""
    comments: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    """Where the columns are in a line, by a line of dashes below the header."""
    by_line: bool = False
    """Whether rows have the numbers of their lines: they are a list of lines, with a comment that
    says what its numbers are."""
    least: int = 0
    """Values that a row has at least; the last columns may be blank."""


def _layout(head: Sequence[str], options: ListOptions, limits: Limits) -> _Layout | None:
    """How the table is laid out; None for a list of lines.

    Raises
    ------
    UnreadableCatalogue
        If there are columns without names.
    """
    lines = [(i, line) for i, line in enumerate(head) if line.strip()]
    told = re.fullmatch(r'"?sep=(.)"?', lines[0][1].strip()) if lines else None
    lines = lines[1:] if told or (lines and _END.fullmatch(lines[0][1])) else lines
    first = next((place for place, (_, line) in enumerate(lines) if not _commented(line)), None)
    if first is None:
        return None
    comments, (at, line) = [text for _, text in lines[:first]], lines[first]
    after = [text for _, text in lines[first + 1 :]]
    if max(map(line.count, (*DELIMITERS, " "))) >= limits.max_columns:
        raise ListTooLong(f"The table has more than {limits.max_columns:,} columns.")
    delimiter = told[1] if told else _delimiter(line)
    cells = split_line(line, delimiter)
    coordinates = _are_coordinates(line) and not _heads(cells, delimiter, after)
    if len(cells) > 1 and not coordinates and _is_header(cells, delimiter, options):
        ruled, units = _units(cells, delimiter, after)
        layout = _Layout(cells, delimiter, at + 1 + ruled, units)
        layout = replace(layout, comments=_own_comments(comments))
        return _as_vizier_says(_as_ruled(layout, line, after), comments)
    for place in reversed(range(len(comments))):
        found = _commented_header(comments, place, line, delimiter, options, coordinates)
        if found:
            others = _own_comments(comments[:place] + comments[place + 1 :])
            return replace(found, skip=at, comments=others)
    if any(options.get(key) for key in _OF_COLUMNS) and len(cells) > 1:
        return _Layout(_default_names(len(cells)), delimiter, at, by_line=True)
    if coordinates or delimiter == " ":
        return None
    raise UnreadableCatalogue(
        f"Its first line, '{line[:60]}', does not name the columns. Put a line above it that does, "
        "such as name,ra,dec."
    )


def _own_comments(comments: Iterable[str]) -> str:
    """Comments without those of VizieR that describe columns."""
    described = ("#Column", "#Table", "#Coosys")
    return "\n".join(line for line in comments if not line.startswith(described))


def _heads(cells: Sequence[str], delimiter: str, after: Sequence[str]) -> bool:
    """Whether words such as RA1950,DEC1950, which may be coordinates, head rows that have none."""
    below = split_line(after[0], delimiter) if after else []
    words = all(re.fullmatch(r"[A-Za-z]\w*", cell) for cell in cells)
    return words and len(below) >= 2 and not any(cell[:1].isalpha() for cell in below)


def _as_ruled(layout: _Layout, header: str, after: Sequence[str]) -> _Layout:
    """The layout by a line of dashes that tells where the columns are, blanks in them or not."""
    if layout.delimiter != " " or not after or not re.fullmatch(r"[-= ]+", after[0].rstrip()):
        return layout
    spans = [found.span() for found in re.finditer(r"[-=]+", after[0])]
    names = [header[start:end].strip() for start, end in spans]
    lines = [header, *after[1:]]
    if len(spans) < 2 or not all(names) or not all(_is_cut(line, spans) for line in lines):
        return layout
    return replace(layout, names=names, spans=tuple(spans))


def _is_cut(line: str, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a line is blank wherever there is no column."""
    gaps = zip([0, *(end for _, end in spans)], [*(start for start, _ in spans), None], strict=True)
    return not any(line[start:end].strip() for start, end in gaps)


_WIDTH = re.compile(r"\s*(?:(\d+)\s*-\s*)?(\d+)\s+[AIFE](\d+)\S*\s+\S+\s+((?:RA|DE|GL)\S*)\s")


def _check_widths(head: Sequence[str]) -> None:
    """Refuse a byte-by-byte description whose positions are wider than their bytes.

    astropy writes one where a table has a column of signs beside one of degrees.
    """
    for line in head:
        found = _WIDTH.match(line)
        if found and int(found[2]) - int(found[1] or found[2]) + 1 < int(found[3]):
            raise UnreadableCatalogue(
                f"Its description gives {found[4]} a width of {found[3]} characters and fewer "
                "bytes, so that digits would be lost. Mend the description."
            )


def _commented(line: str) -> bool:
    return line.lstrip().startswith("#")


def _delimiter(line: str) -> str:
    best = max(DELIMITERS, key=lambda d: len(split_line(line, d)))
    return best if len(split_line(line, best)) > 1 else " "


def split_line(line: str, delimiter: str) -> list[str]:
    """The cells of one line."""
    return [cell.strip() for cell in next(_cells([line], delimiter), [])]


def _cells(lines: Sequence[str] | Iterator[str], delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(2**31 - 1)
    if delimiter == " ":
        lines = (line.replace("\t", " ").strip() for line in lines)
    elif delimiter == "|":
        lines = (line.strip().strip("|") for line in lines)
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != "\t")


def _are_coordinates(line: str) -> bool:
    """Whether a whole line has the form of coordinates."""
    try:
        return read_coordinates(line) is not None
    except UnreadablePosition:
        return True  # of the form, and out of range


def _is_header(cells: Sequence[str], delimiter: str, options: ListOptions) -> bool:
    """Whether cells name columns: those of positions, or, between delimiters, no number at all."""
    if _named_positions(cells) is not None:
        return True
    plain = {plain_name(cell) for cell in cells}
    told = [options.get(key) for key in ("ra_column", "dec_column", "position_column")]
    if any(name and plain_name(str(name)) in plain for name in told):
        return True
    return delimiter != " " and not any(_NUMBER.fullmatch(cell) for cell in cells)


def _named_positions(cells: Sequence[str]) -> PositionColumns | None:
    """The columns of positions among names; of pairs that are as likely, the fact."""
    nothing = [pa.nulls(0, pa.string()) for _ in cells]
    try:
        return positions_in(make_data(map(_field, cells), nothing).schema)
    except UnreadableCatalogue:
        return PositionColumns(frame="?")


def _commented_header(
    comments: Sequence[str],
    place: int,
    line: str,
    delimiter: str,
    options: ListOptions,
    coordinates: bool,
) -> _Layout | None:
    """The layout by a comment that names as many columns as the first row has."""
    bare = comments[place].strip().lstrip("#").strip()
    values = split_line(line, delimiter)
    for each in dict.fromkeys((delimiter, _delimiter(bare))):
        names = split_line(bare, each)
        missing = len(names) - len(values)
        if len(names) < 2 or missing < 0 or not _is_header(names, each, options):
            continue
        if missing and not (delimiter == " " and _ends_before(line, comments[place], names)):
            continue
        found = _named_positions(names)
        if found is None and (coordinates or delimiter == " "):
            continue
        if coordinates and found and _says_nothing(found):
            return None
        units = {}
        if place + 1 < len(comments):
            below = split_line(comments[place + 1].strip().lstrip("#").strip(), delimiter)
            if len(below) in (len(names), len(values)):
                units = _unit_cells(below)
        return _Layout(names, delimiter, 0, units, by_line=coordinates, least=len(values))
    return None


def _ends_before(line: str, header: str, names: Sequence[str]) -> bool:
    """Whether a row ends where the header's last name begins, as in a table of fixed widths."""
    return len(line.rstrip()) <= header.rindex(names[-1])


def _says_nothing(found: PositionColumns) -> bool:
    """Whether names say only what is taken of numbers without a name: ICRS, degrees."""
    return found.frame in ("", "icrs") and {found.ra_unit, found.dec_unit} <= {"", "deg"}


def _default_names(width: int) -> list[str]:
    if width == 2:
        return ["ra", "dec"]
    return [f"column_{number}" for number in range(1, width + 1)]


def _units(
    names: Sequence[str], delimiter: str, after: Sequence[str]
) -> tuple[int, dict[int, str]]:
    """How many lines below the header are none of rows, and the units in them."""
    for n, line in enumerate(after[:2]):
        if _RULE.fullmatch(line):
            return n + 1, _unit_cells(split_line(after[0], delimiter)) if n else {}
    cells = split_line(after[0], delimiter) if after else []
    units = _unit_cells(cells)
    named = _named_positions(names)
    angles = [units.get(i, "") for i, name in enumerate(names) if named and name in named.pair]
    if (
        angles
        and all(degrees_in(unit) is not None for unit in angles)
        and not any(unit[0] in "+-.0123456789" for unit in angles)
    ):
        return int(all(map(_is_unit, cells))), units
    return 0, {}


def _unit_cells(cells: Sequence[str]) -> dict[int, str]:
    bare = [re.sub(r"^\[(.*)\]$|^\((.*)\)$", r"\1\2", cell) for cell in cells]
    return {i: cell for i, cell in enumerate(bare) if cell.strip("- ")}


def _is_unit(text: str) -> bool:
    bare = next(iter(_unit_cells([text]).values()), "")
    if not bare:
        return bool(text.strip("- ") == "")
    if _NUMBER.fullmatch(bare) or re.fullmatch(r"[BJ]\d{4}(?:\.\d+)?", bare):
        return False
    if degrees_in(bare) is not None:
        return True
    try:
        u.Unit(bare, parse_strict="raise")
    except (ValueError, TypeError):
        return False
    return True


_VIZIER_COLUMN = re.compile(r"#Column\s+(\S+)\s+\([^)]*\)\s*(.*?)\s*(?:\[ucd=([^\]]*)\])?\s*")
_VIZIER_COOSYS = re.compile(r"#Coosys\s+\S+\s+(.+)")


def _as_vizier_says(layout: _Layout, comments: Sequence[str]) -> _Layout:
    """The layout with what VizieR's comments say of columns and frame."""
    if sum(line.startswith("#Table") for line in comments) > 1:
        raise UnreadableCatalogue("It holds several tables; give one.")
    found = [match for line in comments if (match := _VIZIER_COLUMN.fullmatch(line))]
    said = {match[1]: (match[3] or "", match[2]) for match in found}
    systems = [match[1] for line in comments if (match := _VIZIER_COOSYS.fullmatch(line.strip()))]
    frame = ""
    if len(systems) == 1:
        try:
            frame = frame_text(read_frame(systems[0]))
        except UnreadableCatalogue:
            frame = systems[0]
    return replace(layout, said=said, frame=frame)


def _field(name: str, unit: str = "", ucd: str = "", description: str = "") -> pa.Field:
    """A column of text; its unit may stand in brackets behind its name."""
    bracketed = re.fullmatch(r"(.+?)\s*[\[(]([^\[\]()]+)[\])]", name)
    if not unit and bracketed and _is_unit(bracketed[2]):
        unit = bracketed[2]
    return table_field(name, pa.string(), unit, ucd, description)


def _table(lines: Lines, layout: _Layout, limits: Limits, notes: list[str]) -> FileTable:
    width, least = len(layout.names), layout.least or len(layout.names)
    chunks: list[list[pa.Array]] = []
    rows: list[int] = []
    broken: dict[int, str] = {}
    kept: list[list[str]] = []

    def store() -> None:
        if kept:
            columns = zip(*kept, strict=True)
            chunks.append([pa.array(column, pa.string()) for column in columns])
            kept.clear()

    records = _cut_records(lines, layout) if layout.spans else _records(lines, layout)
    for number, (at, values) in enumerate(records, start=1):
        _check_rows(number, limits)
        row = at if layout.by_line else number
        if least <= len(values) <= width:
            kept.append(values + [""] * (width - len(values)))
            rows.append(row)
        else:
            broken[row] = f"the row has {len(values)} values, the header {width}"
        if len(kept) == ROWS_AT_ONCE:
            store()
    store()
    texts = [pa.chunked_array([chunk[i] for chunk in chunks], pa.string()) for i in range(width)]
    values, more = _values(texts, layout.delimiter)
    fields = [
        _field(name, layout.units.get(i, ""), *layout.said.get(name, ("", "")))
        for i, name in enumerate(layout.names)
    ]
    return FileTable(
        make_data(fields, values),
        pa.array(rows, pa.int64()).to_numpy(),
        broken,
        layout.frame,
        [*notes, *more],
        FORMS.get(layout.delimiter, "text in columns"),
        layout.comments,
    )


def _cut_records(lines: Lines, layout: _Layout) -> Iterator[tuple[int, list[str]]]:
    """As `_records`, of columns of fixed widths; a row that does not keep to them has one cell."""
    for at, line in enumerate(islice(lines(), layout.skip, None), start=layout.skip + 1):
        if not line.strip() or line.startswith("#") or _END.fullmatch(line):
            continue
        cut = _is_cut(line, layout.spans)
        yield at, [line[a:b].strip() for a, b in layout.spans] if cut else [line]


def _records(lines: Lines, layout: _Layout) -> Iterator[tuple[int, list[str]]]:
    """The number of the (last) line of each row, from 1, and its cells."""
    at = inside = 0

    def uncommented() -> Iterator[str]:
        nonlocal at, inside
        for line in islice(lines(), layout.skip, None):
            at += 1
            if inside or not (not line.strip() or line.startswith("#") or _END.fullmatch(line)):
                inside += 1
                if inside > LINES_A_ROW:
                    raise UnreadableCatalogue(
                        f"A quotation mark before line {layout.skip + at} does not end."
                    )
                yield line

    for values in _cells(uncommented(), layout.delimiter):
        inside = 0
        yield layout.skip + at, values


def _values(
    texts: list[pa.ChunkedArray], delimiter: str
) -> tuple[list[pa.ChunkedArray], list[str]]:
    """Numbers where all values of a column are, and what is to be said of decimal commas."""
    bare = [cleaned(column) for column in texts]
    notes = []
    if delimiter != "," and _has_decimal_commas(bare):
        bare = [pc.replace_substring_regex(c, r"^([+-]?\d+),(\d+)$", r"\1.\2") for c in bare]
        notes.append("Its commas were read as decimal points.")
    return [typed(column) for column in bare], notes


def _has_decimal_commas(columns: Sequence[pa.ChunkedArray]) -> bool:
    """Whether numbers have commas that separate no thousands, and none has a point."""

    def any_of(pattern: str) -> bool:
        return any(pc.any(pc.match_substring_regex(c, pattern)).as_py() for c in columns)

    commas = any_of(r"^[+-]?\d+,(\d{1,2}|\d{4,})$") or any_of(r"^[+-]?0\d*,\d+$")
    return commas and not any_of(r"^[+-]?\d+\.\d+$")
