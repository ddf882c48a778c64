"""One angle as written: decimal, or sexagesimal with colons, blanks or units.

It never decides between hours and degrees where the text does not: `unit` is empty then.
"""

import re
from dataclasses import dataclass
from typing import Literal

Style = Literal["decimal", "colons", "blanks", "units"]
Unit = Literal["", "h", "d"]

_LAST = r"\d{1,2}(?:\.\d*)?"
_DECIMAL = re.compile(r"([+-]?) ?(\d+(?:\.\d*)?|\.\d+) ?([hd°]?)", re.ASCII)
_SEXAGESIMAL: dict[Style, re.Pattern[str]] = {
    "colons": re.compile(rf"([+-]?) ?(\d{{1,3}})() ?: ?({_LAST})(?: ?: ?({_LAST}))?", re.ASCII),
    "blanks": re.compile(rf"([+-]?) ?(\d{{1,3}})() ({_LAST})(?: ({_LAST}))?", re.ASCII),
    "units": re.compile(
        rf"([+-]?) ?(\d{{1,3}}) ?([hd°]) ?({_LAST})(?: ?[m'](?: ?({_LAST}) ?[s\"]?)?"
        rf"| ({_LAST}) ?[s\"]?)?",
        re.ASCII,
    ),
}


@dataclass(frozen=True)
class WrittenAngle:
    """An angle's sign, one to three numbers, and the unit of the first."""

    sign: str
    parts: tuple[str, ...]
    unit: Unit
    style: Style

    @property
    def complete(self) -> bool:
        """Whether nothing more can belong to it: it has seconds, or is a number with a unit."""
        return len(self.parts) == 3 or (self.style == "decimal" and self.unit != "")

    @property
    def value(self) -> float:
        """The number in the unit of its first part; -00 30 00 is -0.5."""
        size = sum(float(part) / 60**power for power, part in enumerate(self.parts))
        return -size if self.sign == "-" else size


def read_angle(text: str) -> WrittenAngle | None:
    """Read one angle, or None; only the last of its numbers may have a fraction."""
    if decimal := _DECIMAL.fullmatch(text):
        return WrittenAngle(decimal[1], (decimal[2],), _unit(decimal[3]), "decimal")
    for style, pattern in _SEXAGESIMAL.items():
        if found := pattern.fullmatch(text):
            sign, whole, unit, *rest = found.groups()
            parts = (whole, *(part for part in rest if part is not None))
            if any("." in part for part in parts[:-1]):
                return None
            return WrittenAngle(sign, parts, _unit(unit), style)
    return None


def _unit(written: str) -> Unit:
    if not written:
        return ""
    return "h" if written == "h" else "d"
