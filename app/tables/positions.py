"""The positions of a table's rows: units and frames honoured, and a reason for every row without.

It never changes a value to make it fit.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.errors import ExplorerError
from app.sky.coordinates import plain, read_angle
from app.sky.resolve import parse_position
from app.tables.frames import (
    degrees_in,
    frame_text,
    is_sexagesimal,
    other_frame,
    read_frame,
    shown_frame,
)
from app.tables.lists import ListOptions, UnreadableCatalogue
from app.tables.position_columns import PositionColumns, SplitColumns
from app.tables.table import Column, FileTable

LONGEST_ANGLE = 40
"""Characters; nothing longer is an angle."""
ENOUGH_ROWS = 20
"""So many values of a column let it be seen that they may be hours or radians."""
NO_UNIT = "degrees, as no unit is given"
_MINUS = str.maketrans("\u2212\u2013\u2010\u2011", "----")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?", re.ASCII)
_MINUTES_SECONDS = re.compile(r"[+-]?\d+:\d+\.\d*", re.ASCII)
_CASA = re.compile(r"([+-]?\d{1,3})\.(\d{1,2})\.(\d{1,2}(?:\.\d*)?)", re.ASCII)


@dataclass(frozen=True, eq=False)
class RowPositions:
    """ICRS positions of all rows, and why some rows have none."""

    ra_deg: NDArray[np.float64]  # (N,), NaN where there is a reason
    dec_deg: NDArray[np.float64]  # (N,)
    frame: str
    """The frame in which the columns were read."""
    units: tuple[str, str] = ("", "")
    """Of longitude and latitude, in words."""
    reasons: dict[int, str] = field(default_factory=dict)
    """By index of the row, from 0."""
    notes: list[str] = field(default_factory=list)


def read_positions(
    table: FileTable, columns: PositionColumns, options: ListOptions
) -> RowPositions:
    """Read the positions of all rows.

    Parameters
    ----------
    table : FileTable
    columns : PositionColumns
    options : ListOptions
        ra_unit, dec_unit and frame overrule the file.

    Raises
    ------
    UnreadableCatalogue
        If a unit or frame is not known, or a name and the file contradict each other.

    Notes
    -----
    Without a unit, numbers are degrees and sexagesimal texts have RA in hours, Dec in degrees.
    """
    said = options.get("frame") or columns.frame or table.frame
    word = other_frame(table.comments, is_equatorial=columns.how == "by name")
    if word and not said:
        raise UnreadableCatalogue(
            f"A comment of the table says '{word}', its columns do not. Say in which frame the "
            "positions are: frame."
        )
    frame = frame_text(read_frame(said)) if said else "icrs"
    if columns.combined:
        return _read_combined(table.column(columns.combined), columns, said and frame)
    if columns.split:
        lon, lat = _read_split(table, columns.split)
    else:
        equatorial = "galactic" not in frame
        lon = _read_angles(
            table.column(columns.ra), options.get("ra_unit"), columns.ra_unit, equatorial
        )
        lat = _read_angles(
            table.column(columns.dec), options.get("dec_unit"), columns.dec_unit, None
        )
    return _in_icrs(lon, lat, frame, [_note(columns, lon, lat, frame, said), *columns.notes])


@dataclass(frozen=True, eq=False)
class _Angles:
    """A longitude or latitude of all rows."""

    name: str
    deg: NDArray[np.float64]  # (N,)
    unit: str
    """What it was taken for, in words."""
    bad: dict[int, str]
    is_number: bool = False
    notes: tuple[str, ...] = ()


def _read_angles(
    column: Column, told: str | None, name_says: str, is_ra: bool | None
) -> _Angles:  # fmt: skip
    """Read a column; `is_ra` is None for a latitude, False for a longitude that has no hours."""
    unit, scale = _unit(column, told, name_says, is_ra is not None)
    if not column.is_text:
        deg = column.numbers() * scale
        bad = {int(i): f"it has no {column.name}" for i in np.flatnonzero(np.isnan(deg))}
        words = _unit_words(unit, scale)
        doubts = _doubts(column.name, deg, unit, is_ra)
        return _Angles(column.name, deg, words, bad, is_number=True, notes=doubts)
    in_hours = bool(is_ra) and (scale == 15.0 or not unit)
    deg, bad = np.full(len(column.values), np.nan), {}
    written: set[str] = set()
    for i, value in enumerate(column.values.to_pylist()):
        if value is None:
            bad[i] = f"it has no {column.name}"
        elif (number := _number(value)) is not None:
            deg[i] = number * scale
        elif _MINUTES_SECONDS.fullmatch(value):
            bad[i] = (
                f"'{value}' in {column.name} may be minutes and seconds, as Excel writes times; "
                "write all three numbers, or degrees"
            )
        elif (angle := _written_angle(value, in_hours, is_ra is not None)) is None:
            bad[i] = f"'{value[:LONGEST_ANGLE]}' in {column.name} is no angle"
        else:
            deg[i], marked = angle
            written.add(marked or f"sexagesimal, in {'hours' if in_hours else 'degrees'}")
    words = " or ".join(sorted(written)) or _unit_words(unit, scale)
    return _Angles(column.name, deg, words, bad)


def _unit(column: Column, told: str | None, name_says: str, is_lon: bool) -> tuple[str, float]:
    """The unit of a column and degrees in one of it; the user's word, the file's, the name's."""
    unit = (told or column.unit or name_says).strip()
    if not unit:
        return "", 1.0
    scale = degrees_in(unit)
    option = "ra_unit" if is_lon else "dec_unit"
    if scale is None:
        raise UnreadableCatalogue(
            f"The unit '{unit}' of the column '{column.name}' is no angle that can be read; say "
            f"{option}: deg, hourangle or rad."
        )
    named = degrees_in(name_says) if name_says and not told else None
    if named is not None and named != scale and not is_sexagesimal(unit):
        raise UnreadableCatalogue(
            f"The column '{column.name}' is in '{unit}' by the file and in '{name_says}' by its "
            f"name; say {option}: deg, hourangle or rad."
        )
    if is_sexagesimal(unit) and not column.is_text:
        return "", 1.0 if not is_lon else scale
    return unit, scale


def _unit_words(unit: str, scale: float) -> str:
    if not unit:
        return NO_UNIT
    return {15.0: "hours", 1.0: "degrees"}.get(scale, unit)


def _doubts(name: str, deg: NDArray[np.float64], unit: str, is_ra: bool | None) -> tuple[str, ...]:
    """What to look at where numbers without a unit were taken for degrees."""
    finite = np.abs(deg[np.isfinite(deg)])
    if unit or is_ra is None or len(finite) <= ENOUGH_ROWS or finite.max() >= 24:
        return ()
    if finite.max() <= 2 * np.pi:
        return (f"All values of {name} lie below 2 pi: if they are radians, say ra_unit: rad.",)
    return (f"All values of {name} lie below 24: if they are hours, say ra_unit: hourangle.",)


def _number(text: str) -> float | None:
    plain_text = text.translate(_MINUS)
    if not _NUMBER.fullmatch(plain_text):
        return None
    return float(re.sub("[dD]", "e", plain_text))


def _written_angle(text: str, in_hours: bool, is_lon: bool) -> tuple[float, str] | None:
    """Degrees of '12:34:56.7', '-00 30 12', '208.1°', and what to say of the latter's unit.

    'h' and 'd' in it decide the unit.
    """
    if len(text) > LONGEST_ANGLE:
        return None
    casa = None if is_lon else _CASA.fullmatch(text.translate(_MINUS))
    angle = read_angle(":".join(casa.groups()) if casa else plain(text))
    if angle is None or (angle.style == "decimal" and not angle.unit):
        return None
    if angle.unit == "h" and not is_lon:
        return None
    _, minutes, seconds = (*map(float, angle.parts), 0.0, 0.0)[:3]
    if minutes >= 60 or seconds > 60:  # tables have seconds that were rounded up to 60
        return None
    hours = angle.unit == "h" or (in_hours and not angle.unit)
    written = "as marked in every value" if angle.style == "decimal" else ""
    return angle.value * (15 if hours else 1), written


def _read_split(table: FileTable, split: SplitColumns) -> tuple[_Angles, _Angles]:
    """Hours, minutes, seconds and sign, degrees, minutes, seconds in columns of their own."""
    lon, lon_bad = _joined(table, split.ra)
    lat, lat_bad = _joined(table, split.dec)
    first = table.column(split.dec[0])
    if split.sign:
        signs = [text.translate(_MINUS).strip() for text in table.column(split.sign).texts()]
        for i in (i for i, sign in enumerate(signs) if sign not in ("", "+", "-", "1", "-1")):
            lat_bad[i] = f"'{signs[i][:9]}' in {split.sign} is no sign"
        negative = np.array([sign.startswith("-") for sign in signs], bool)
    else:
        minus = [text.translate(_MINUS).startswith("-") for text in first.texts()]
        negative = np.array(minus, bool)
        doubtful = (lat < 1) & ~negative & (pa.types.is_integer(first.values.type))
        for place in np.flatnonzero(doubtful):
            lat_bad[int(place)] = f"{first.name} is 0, and no column says its sign"
    lat = np.where(negative, -lat, lat)
    ra_name, dec_name = ", ".join(split.ra), ", ".join(split.dec)
    return (
        _Angles(ra_name, 15 * lon, "hours, minutes and seconds", lon_bad),
        _Angles(dec_name, lat, "degrees, minutes and seconds", lat_bad),
    )


def _joined(
    table: FileTable, names: Sequence[str]
) -> tuple[NDArray[np.float64], dict[int, str]]:  # fmt: skip
    """The size of an angle in the unit of its first part, (N,)."""
    size = np.zeros(len(table.rows))
    bad: dict[int, str] = {}
    for power, name in enumerate(names):
        column = table.column(name)
        if column.is_text:
            found = [_number(text) for text in column.texts()]
            part = np.array([np.nan if value is None else value for value in found])
        else:
            part = column.numbers()
        part = np.abs(part)
        usable = part < 60.0000001 if power else np.isfinite(part)
        for i in np.flatnonzero(~usable):
            bad.setdefault(int(i), f"{name} is {_shown(table, name, int(i))}")
        size += np.where(usable, part, np.nan) / 60**power
    return size, bad


def _shown(table: FileTable, name: str, row: int) -> str:
    value = table.data[name][row].as_py()
    return "empty" if value is None else f"'{value}'"


def _in_icrs(lon: _Angles, lat: _Angles, frame: str, notes: list[str]) -> RowPositions:
    """Bring all rows to ICRS; those outside the sphere get their reason."""
    deg, notes = lon.deg, [*notes, *lon.notes, *lat.notes]
    if _is_wrapped(lon, frame):
        deg = np.where(deg < 0, deg + 360, deg)
        notes.append(f"{lon.name} runs from -180 to 180; 360 was added to what is below 0.")
    lowest = -180.0 if "galactic" in frame else 0.0
    reasons = {**lat.bad, **lon.bad}
    for i in np.flatnonzero(~((deg >= lowest) & (deg < 360))):
        reasons.setdefault(
            int(i), f"the {lon.name} {deg[i]:.10g} deg is outside {lowest:g} to 360 deg"
        )
    for i in np.flatnonzero(~(np.abs(lat.deg) <= 90)):
        reasons.setdefault(
            int(i), f"the {lat.name} {lat.deg[i]:.10g} deg is outside -90 to +90 deg"
        )
    good = np.ones(len(deg), bool)
    good[list(reasons)] = False
    ra, dec = np.full((2, len(deg)), np.nan)
    if frame == "icrs":
        ra[good], dec[good] = deg[good], lat.deg[good]
    elif good.any():
        places = SkyCoord(deg[good] * u.deg, lat.deg[good] * u.deg, frame=read_frame(frame))
        ra[good], dec[good] = places.icrs.ra.deg, places.icrs.dec.deg
    return RowPositions(ra, dec, frame, (lon.unit, lat.unit), reasons, notes)


def _is_wrapped(lon: _Angles, frame: str) -> bool:
    """Whether right ascensions are numbers from -180 to 180."""
    finite = lon.deg[np.isfinite(lon.deg)]
    if "galactic" in frame or not lon.is_number or not len(finite):
        return False
    return bool(-180 <= finite.min() < 0 and finite.max() <= 180)


def _note(columns: PositionColumns, lon: _Angles, lat: _Angles, frame: str, said: str) -> str:
    which = f"{lon.name} ({lon.unit}) and {lat.name} ({lat.unit})"
    doubt = "" if said else ", as no frame is given"
    return f"Positions: {which}, recognised {columns.how}; {shown_frame(frame)}{doubt}."


_TYPED = {"icrs": "icrs", "fk5 J2000": "fk5", "fk4 B1950": "fk4", "galactic": "galactic"}


def typed_frame(frame: str) -> str:
    """How the grammar of typed positions calls a frame.

    Raises
    ------
    UnreadableCatalogue
        If it does not know it.
    """
    if frame not in _TYPED:
        raise UnreadableCatalogue(
            f"Positions that are written as one text are not read in {shown_frame(frame)}; give a "
            "table with RA and Dec in two columns."
        )
    return _TYPED[frame]


def _read_combined(column: Column, columns: PositionColumns, frame: str) -> RowPositions:
    within = typed_frame(frame) if frame else ""
    ra, dec = np.full((2, len(column.values)), np.nan)
    reasons: dict[int, str] = {}
    for i, value in enumerate(column.values.to_pylist()):
        if value is None:
            reasons[i] = f"it has no {column.name}"
            continue
        try:
            position = _typed_position(str(value), within)
        except ExplorerError as exc:
            reasons[i] = _short(str(exc))
            continue
        ra[i], dec[i] = position.icrs.ra.deg, position.icrs.dec.deg
    said = f"; {shown_frame(frame)}" if frame else ""
    notes = [f"Positions: {column.name}, recognised {columns.how}{said}."]
    return RowPositions(ra, dec, frame or "icrs", ("", ""), reasons, notes)


def _typed_position(text: str, frame: str) -> SkyCoord:
    """A whole position in a frame, unless it is a name that holds one, which has its own."""
    if not frame:
        return parse_position(text)
    try:
        return parse_position(f"{frame} {text}")
    except ExplorerError:
        if text[:1].isdigit() or text[:1] in "+-.":
            raise
        return parse_position(text)


def _short(sentence: str) -> str:
    """The first sentence of an error; what forms are accepted need not stand in every row."""
    first = re.split(r"(?<=[.])\s+(?=[A-Z])", sentence)[0]
    return first.rstrip(".")
