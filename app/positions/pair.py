"""Two angles in one text: where the first ends. A text with two readings is none.

It never looks at ranges, and never splits a number.
"""

import re

from app.positions.angle import WrittenAngle, read_angle

Pair = tuple[WrittenAngle, WrittenAngle]

_AFTER_UNIT = re.compile(r"(?<=[ms'\"hd°])(?=\d)")


def read_pair(text: str) -> Pair | None:
    """Read longitude and latitude.

    A comma or a sign separates them. Without either, as where a URL lost its plus, the blank
    that does is the one that leaves two angles of one style, or a complete first one.

    Parameters
    ----------
    text : str
        As `app.positions.text.plain` gives it, frame and labels taken off.

    Returns
    -------
    pair : (WrittenAngle, WrittenAngle) or None
    """
    marks = re.findall("[,;]", text)
    signs = [found.start() for found in re.finditer(r"[+-]", text) if found.start() > 0]
    if marks:
        left, _, right = text.replace(";", ",").partition(",")
        return _pair(left.strip(), right.strip()) if len(marks) == 1 else None
    if signs:
        return _pair(text[: signs[0]].strip(), text[signs[0] :]) if len(signs) == 1 else None
    return _unseparated(text)


def _unseparated(text: str) -> Pair | None:
    blanks = [(found.start(), found.end()) for found in re.finditer(" ", text)]
    bare = [(found.start(), found.start()) for found in _AFTER_UNIT.finditer(text)]
    pairs = [_pair(text[:end], text[start:]) for end, start in blanks]
    pairs = [pair for pair in pairs if pair and _blank_separates(*pair)]
    glued = [_pair(text[:end], text[start:]) for end, start in bare]
    pairs += [pair for pair in glued if pair and pair[1].unit]
    return pairs[0] if len(pairs) == 1 else None


def _blank_separates(lon: WrittenAngle, lat: WrittenAngle) -> bool:
    """Whether a blank alone shows where the second angle begins."""
    if {lon.style, lat.style} <= {"blanks", "decimal"} and not lon.unit:
        return len(lon.parts) == len(lat.parts)
    return lon.style == lat.style or lon.complete


def _pair(left: str, right: str) -> Pair | None:
    """The two angles; a bare number is degrees, which a sexagesimal latitude leaves in doubt."""
    lon, lat = read_angle(left), read_angle(right)
    if lon is None or lat is None or lat.unit == "h":
        return None
    if lon.style == "decimal" and not lon.unit and lat.style != "decimal":
        return None
    return lon, lat
