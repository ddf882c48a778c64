"""Region files of DS9 and CASA as tables: the middle of each region is an entry.

It never reads pixel coordinates, and a line, polygon or excluded region has its reason.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa

from app.sky.coordinates import EXAMPLES
from app.tables.lists import UnreadableCatalogue
from app.tables.table import FileTable, make_data, table_field

_DS9_FRAMES = "fk4|b1950|fk5|j2000|icrs|galactic|ecliptic|image|physical|linear|detector|amplifier"
_DS9_MIDDLE = "circle|ellipse|box|point|annulus|panda|epanda|bpanda|cpanda|rotbox|crosshair|cross"
_DS9_OTHER = "line|polygon|vector|ruler|segment|compass|projection|text|composite"
_DS9 = re.compile(
    rf"(?P<sign>[+-]?)\s*(?P<shape>{_DS9_MIDDLE}|{_DS9_OTHER})(?:\s*\(|\s+)(?P<where>[^)#]*)\)?"
    r"(?P<rest>.*)",
    re.I,
)
_CRTF = re.compile(
    r"(?:ann\s+)?(?P<sign>[+-]?)\s*(?P<shape>[a-z]+)\s*\[\s*\[(?P<where>[^\]]*)\](?P<rest>.*)", re.I
)
_CRTF_MIDDLE = {"circle", "annulus", "ellipse", "rotbox", "centerbox", "symbol", "text"}
_KVIS = re.compile(
    r"(?:circle|cross|ellipse|text|dot|box|line|clines)\s+(?:[wpi]\s+)?[-+.\d]\S*\s+[-+.\d]", re.I
)
_TYPED = {"fk4": "fk4", "b1950": "fk4", "fk5": "fk5", "j2000": "fk5", "icrs": "icrs",
          "galactic": "galactic"}  # fmt: skip
_Region = tuple[int, str, str, str]
"""Line, position as a text, name, reason why there is no position."""


def read_regions(head: Sequence[str], lines: Callable[[], Iterator[str]]) -> FileTable | None:
    """Read the regions of a file; None where it is no region file.

    Raises
    ------
    UnreadableCatalogue
        If it holds no region, or is of kvis, which does not say the equinox.
    """
    body = [line.strip() for line in head if line.strip()]
    if body[:1] and body[0].upper().startswith("#CRTF"):
        return _regions(_crtf(lines()), "CRTF regions")
    plain = [line for line in body if not line.startswith("#")]
    first = plain[0].lower() if plain else ""
    if (body[:1] and body[0].startswith("# Region file format: DS9")) or (
        first.startswith("global ") or re.fullmatch(rf"(?:{_DS9_FRAMES})(?:\s*;.*)?", first)
        or re.match(rf"[+-]?(?:{_DS9_MIDDLE}|polygon)\s*\(", first)
    ):  # fmt: skip
        return _regions(_ds9(lines()), "DS9 regions")
    if any(_KVIS.match(line) for line in body):
        raise UnreadableCatalogue(
            "It is an annotation file of kvis, which does not say the equinox of its coordinates. "
            f"Write one position a line, such as {EXAMPLES.b1950}, or a table."
        )
    return None


def _regions(found: Iterator[_Region], form: str) -> FileTable:
    every = list(found)
    if not every:
        raise UnreadableCatalogue(f"It holds no region ({form}).")
    usable = [each for each in every if not each[3]]
    columns = list(zip(*usable, strict=True)) if usable else [(), (), (), ()]
    fields = [table_field("position", pa.string()), table_field("name", pa.string())]
    values = [pa.chunked_array([pa.array(columns[i], pa.string())]) for i in (1, 2)]
    return FileTable(
        make_data(fields, values),
        pa.array(columns[0], pa.int64()).to_numpy(),
        {line: reason for line, _, _, reason in every if reason},
        notes=[f"{form}: the middle of each region; rows have the numbers of their lines."],
        form=form,
    )


def _ds9(lines: Iterable[str]) -> Iterator[_Region]:
    frame = "image"
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith("#"):
            continue
        for part in _parts(line):
            if re.fullmatch(_DS9_FRAMES + r"|wcs\w?", part.lower()):
                frame = part.lower()
            elif found := _DS9.match(part):
                named = re.search(r"\btext\s*=\s*(?:\{(.*?)\}|\"(.*?)\"|'(.*?)')", found["rest"])
                name = next(filter(None, named.groups()), "") if named else ""
                shape = found["shape"].lower()
                middle = shape in _DS9_MIDDLE.split("|")
                yield _region(number, found, middle, frame, name, _ds9_angle)
            elif part and not part.lower().startswith("global"):
                yield number, "", "", f"'{part[:40]}' is no region that can be read"


def _parts(line: str) -> list[str]:
    """What semicolons separate, but for the comment, which belongs to the last."""
    shapes, hash_, comment = line.partition("#")
    parts = [part.strip() for part in shapes.split(";")]
    parts = [part for part in parts if part]
    if not (parts and hash_):
        return parts
    return [*parts[:-1], f"{parts[-1]} # {comment.strip()}"]


def _crtf(lines: Iterable[str]) -> Iterator[_Region]:
    usual = ""
    for number, line in enumerate(lines, start=1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        said = re.search(r"\bcoord\s*=\s*(\w+)", bare, re.I)
        if bare.lower().startswith("global"):
            usual = said[1].lower() if said else usual
        elif found := _CRTF.match(bare):
            named = re.search(r"\blabel\s*=\s*(?:'(.*?)'|\"(.*?)\")", found["rest"])
            name = next(filter(None, named.groups()), "") if named else ""
            frame = said[1].lower() if said else usual
            middle = found["shape"].lower() in _CRTF_MIDDLE
            yield _region(number, found, middle, frame, name, _casa_angle)
        else:
            yield number, "", "", f"'{bare[:40]}' is no region that can be read"


def _region(
    number: int,
    found: re.Match[str],
    middle: bool,
    frame: str,
    name: str,
    angle: Callable[[str], str],
) -> _Region:
    shape = found["shape"].lower()
    if found["sign"] == "-":
        return number, "", name, f"the {shape} is an excluded region"
    if not middle:
        return number, "", name, f"a {shape} has no middle that is written"
    where = [part for part in re.split(r"[,\s]+", found["where"].strip()) if part]
    if frame not in _TYPED:
        said = f"in the frame '{frame}'" if frame else "without a frame"
        return number, "", name, f"its coordinates are {said}; sky coordinates are needed"
    if len(where) < 2 or any(part.endswith(("p", "i", "pix")) for part in where[:2]):
        return number, "", name, f"'{found['where'][:40]}' are no sky coordinates"
    lon, lat = (angle(part) for part in where[:2])
    return number, f"{_TYPED[frame]} {lon}, {lat}", name, ""


def _ds9_angle(text: str) -> str:
    """An angle of DS9; 'r' marks radians."""
    return _of_radians(text[:-1]) if re.fullmatch(r"[-+.\d]+r", text) else text


def _casa_angle(text: str) -> str:
    """An angle of CASA, whose degrees, minutes and seconds have points between."""
    if radians := re.fullmatch(r"([-+.\deE]+)rad", text):
        return _of_radians(radians[1])
    if re.fullmatch(r"[+-]?\d+\.\d+\.\d+(?:\.\d*)?", text):
        degrees, minutes, seconds = text.split(".", 2)
        return f"{degrees}d{minutes}m{seconds}s"
    return text


def _of_radians(text: str) -> str:
    return f"{float(text) * 57.29577951308232:.9f}"
