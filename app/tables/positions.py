"""The positions of a table's rows: units and frames honoured, and a reason for every row without.

It never changes a value to make it fit.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.errors import ExplorerError
from app.sky.coordinates import plain, read_angle
from app.sky.resolve import parse_position
from app.tables.files import RawColumn, RawTable, plain_name
from app.tables.lists import ListOptions, UnreadableCatalogue

PAIRS = (
    ("ra_deg", "dec_deg"),
    ("_raj2000", "_dej2000"),
    ("ra", "dec"),
    ("ra", "de"),
    ("raj2000", "dej2000"),
    ("raj2000", "decj2000"),
    ("ra_j2000", "dec_j2000"),
    ("ra_icrs", "de_icrs"),
    ("ra_icrs", "dec_icrs"),
    ("_ra.icrs", "_de.icrs"),
    ("_ra_icrs", "_de_icrs"),
    ("_ra", "_de"),
    ("radeg", "decdeg"),
    ("radeg", "dedeg"),
    ("ra_d", "dec_d"),
    ("s_ra", "s_dec"),
    ("alpha", "delta"),
    ("alpha_j2000", "delta_j2000"),
    ("alphawin_j2000", "deltawin_j2000"),
    ("right_ascension", "declination"),
    ("rightascension", "declination"),
    ("ra_hours", "dec_deg"),
    ("ramean", "decmean"),
    ("ra_mean", "dec_mean"),
)
"""Names of right ascension and declination, the surer ones first; compared by `plain_name`."""
OTHER_PAIRS = (
    ("rab1950", "deb1950", "fk4"),
    ("_rab1950", "_deb1950", "fk4"),
    ("glon", "glat", "galactic"),
    ("_glon", "_glat", "galactic"),
)
"""Taken only where there is no other pair; the name itself says the frame."""
COMBINED = ("position", "pos", "coord", "coords", "coordinates", "radec", "ra_dec", "skycoord")
NAMES = (
    "name",
    "source_name",
    "rgz_name",
    "mightee_name",
    "rgzid",
    "iau_name",
    "iauname",
    "designation",
    "object",
    "object_name",
    "objname",
    "objid",
    "main_id",
    "source",
    "first",
    "filename",
)


@dataclass(frozen=True)
class PositionColumns:
    """Where the positions are: two columns, or one that holds both."""

    ra: RawColumn | None = None
    dec: RawColumn | None = None
    combined: RawColumn | None = None
    frame: str | None = None
    """The frame that the columns' names or UCDs say."""
    how: str = ""
    """How they were recognised, for the user."""


def find_position_columns(table: RawTable, options: ListOptions) -> PositionColumns:
    """Find the columns of the positions.

    Raises
    ------
    UnreadableCatalogue
        If the user names a column that is not there, or none is recognised.
    """
    named = _by_option(table, options)
    found = named or _by_ucd_or_name(table) or _by_name_of_source(table)
    if found is None:
        raise UnreadableCatalogue(
            "No position columns were recognised by name or UCD among: "
            f"{_listed(column.name for column in table.columns)}. "
            "Say which they are with --ra-column and --dec-column, or --position-column."
        )
    return found


def find_column(table: RawTable, name: str, option: str) -> RawColumn:
    """The column that the user names.

    Raises
    ------
    UnreadableCatalogue
    """
    column = table.find(name)
    if column is None:
        raise UnreadableCatalogue(
            f"There is no column '{name}' ({option}); the columns are: "
            f"{_listed(c.name for c in table.columns)}."
        )
    return column


def find_names(table: RawTable, options: ListOptions) -> RawColumn | None:
    """The column with the sources' names, if there is one."""
    if given := options.get("name_column"):
        return find_column(table, given, "--name-column")
    for column in table.columns:
        if column.ucd.lower().replace(" ", "") in ("meta.id;meta.main", "id_main"):
            return column
    plain = {plain_name(c.name): c for c in reversed(table.columns)}
    return next((plain[name] for name in NAMES if name in plain), None)


def _by_option(table: RawTable, options: ListOptions) -> PositionColumns | None:
    ra, dec = options.get("ra_column"), options.get("dec_column")
    combined = options.get("position_column")
    if combined and (ra or dec):
        raise UnreadableCatalogue("Give --position-column, or --ra-column and --dec-column.")
    if combined:
        column = find_column(table, combined, "--position-column")
        return PositionColumns(combined=column, how="as told")
    if bool(ra) != bool(dec):
        raise UnreadableCatalogue("--ra-column and --dec-column are given together.")
    if ra and dec:
        columns = find_column(table, ra, "--ra-column"), find_column(table, dec, "--dec-column")
        return PositionColumns(*columns, how="as told")
    return None


def _by_ucd_or_name(table: RawTable) -> PositionColumns | None:
    plain = {plain_name(c.name): c for c in reversed(table.columns)}
    if found := _by_ucd(table, main=True):
        return found
    for ra, dec in PAIRS:
        if ra in plain and dec in plain:
            return PositionColumns(plain[ra], plain[dec], how="by name")
    if found := _by_ucd(table, main=False):
        return found
    for name in COMBINED:
        if name in plain:
            return PositionColumns(combined=plain[name], how="by name")
    for lon, lat, frame in OTHER_PAIRS:
        if lon in plain and lat in plain:
            return PositionColumns(plain[lon], plain[lat], frame=frame, how="by name")
    return None


def _by_ucd(table: RawTable, main: bool) -> PositionColumns | None:
    found: dict[str, RawColumn] = {}
    for column in table.columns:
        ucd = column.ucd.lower().replace(" ", "").replace("_", ".")
        ucd, is_main = ucd.removesuffix(";meta.main").removesuffix(".main"), ucd.endswith("main")
        if ucd in ("pos.eq.ra", "pos.eq.dec") and is_main == main:
            found.setdefault(ucd, column)
    if len(found) < 2:
        return None
    return PositionColumns(found["pos.eq.ra"], found["pos.eq.dec"], how="by UCD")


def _by_name_of_source(table: RawTable) -> PositionColumns | None:
    """Names such as J123456.7+012345 hold a position, if a coarse one."""
    pass

    column = find_names(table, {})
    if column is None:
        return None
    known = [value for value in column.values if isinstance(value, str)][:5]
    if not known or not all(reads_as_position(value) for value in known):
        return None
    return PositionColumns(combined=column, how="from the names, as exact as those are")


def _listed(names: Iterable[str], most: int = 30) -> str:
    every = list(names)
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")


FRAMES = {"icrs": "ICRS", "fk5": "FK5 J2000", "fk4": "FK4 B1950", "galactic": "Galactic"}
_UNITS = {
    **dict.fromkeys(("deg", "degree", "degrees", "d", "degj2000", "degs", "°"), 1.0),
    **dict.fromkeys(("hourangle", "hour", "hours", "h", "hr", "hrs"), 15.0),
    **dict.fromkeys(("rad", "radian", "radians"), float(np.rad2deg(1))),
    "arcsec": 1 / 3600,
    "arcmin": 1 / 60,
    "mas": 1 / 3_600_000,
}
_SEXAGESIMAL_UNITS = ("h:m:s", "hms", "d:m:s", "dms", "hh:mm:ss", "dd:mm:ss")
_MINUS = str.maketrans("\u2212\u2013\u2010\u2011", "----")
HOURS = ("rah", "ra_h", "ra_hours", "ra_hour", "rahours")


@dataclass(frozen=True, eq=False)
class RowPositions:
    """ICRS positions of all rows, and why some rows have none."""

    ra_deg: NDArray[np.float64]  # (M,), NaN where there is a reason
    dec_deg: NDArray[np.float64]  # (M,)
    reasons: dict[int, str] = field(default_factory=dict)
    """By index of the row, from 0."""
    notes: list[str] = field(default_factory=list)


def read_positions(
    columns: PositionColumns, file_frame: str | None, options: ListOptions
) -> RowPositions:
    """Read the positions of all rows.

    Parameters
    ----------
    columns : PositionColumns
    file_frame : str or None
        The frame that the file says.
    options : ListOptions
        ra_unit, dec_unit and frame overrule the file.

    Raises
    ------
    UnreadableCatalogue
        If a unit or frame is not known.

    Notes
    -----
    Without a unit, numbers are degrees and sexagesimal texts have RA in hours, Dec in degrees.
    """
    if columns.combined is not None:
        return _read_combined(columns.combined, columns.how)
    assert columns.ra is not None
    assert columns.dec is not None
    frame = _frame(options.get("frame") or columns.frame or file_frame)
    lon = _read_angles(columns.ra, options.get("ra_unit"), longitude=frame != "galactic")
    lat = _read_angles(columns.dec, options.get("dec_unit"), longitude=False)
    reasons = _reasons(columns, lon, lat, frame)
    notes = _notes(columns, lon, lat, frame, file_frame)
    good = np.array([i not in reasons for i in range(len(lon.deg))], bool)
    ra, dec = _to_icrs(np.where(good, lon.deg, np.nan), np.where(good, lat.deg, np.nan), frame)
    return RowPositions(ra, dec, reasons, notes)


def reads_as_position(text: str) -> bool:
    """Whether a text holds a whole position."""
    try:
        parse_position(text)
    except ExplorerError:
        return False
    return True


@dataclass(frozen=True, eq=False)
class _Angles:
    deg: NDArray[np.float64]  # (M,)
    unit: str
    bad: dict[int, str]


def _read_angles(column: RawColumn, told: str | None, longitude: bool) -> _Angles:
    scale, unit = _scale(column, told, longitude)
    in_hours = longitude and (scale == 15.0 or not (told or column.unit))
    deg = np.full(len(column.values), np.nan)
    bad: dict[int, str] = {}
    texts = 0
    for i, value in enumerate(column.values):
        if value is None:
            bad[i] = f"it has no {column.name}"
        elif not isinstance(value, str):
            deg[i] = float(value) * scale
        elif (number := _number(value)) is not None:
            deg[i] = number * scale
        elif (angle := _sexagesimal(value, in_hours, longitude)) is None:
            bad[i] = f"'{value[:40]}' in {column.name} is no angle"
        else:
            deg[i], texts = angle, texts + 1
    written = f"sexagesimal, in {'hours' if in_hours else 'degrees'}"
    return _Angles(deg, written if texts else unit, bad)


def _scale(column: RawColumn, told: str | None, longitude: bool) -> tuple[float, str]:
    """Degrees in one unit of the column, and what was decided, in words."""
    unit = (told or column.unit).strip().strip('"').lower()
    if unit in _SEXAGESIMAL_UNITS:
        unit = "hourangle" if unit.startswith("h") else "deg"
    if not unit and longitude and plain_name(column.name) in HOURS:
        return 15.0, "hours, as its name says"
    if not unit:
        return 1.0, "degrees, as no unit is given"
    if unit not in _UNITS:
        option = "--ra-unit" if longitude else "--dec-unit"
        raise UnreadableCatalogue(
            f"The unit '{told or column.unit}' of the column '{column.name}' is no angle that can "
            f"be read; say {option} deg, hourangle or rad."
        )
    return _UNITS[unit], {15.0: "hours", 1.0: "degrees"}.get(_UNITS[unit], unit)


def _number(text: str) -> float | None:
    try:
        return float(text.translate(_MINUS))
    except ValueError:
        return None


def _sexagesimal(text: str, in_hours: bool, longitude: bool) -> float | None:
    """Degrees of '12:34:56.7', '12h34m56.7s', '-00 30 12'; 'h' and 'd' in it decide the unit."""
    angle = read_angle(plain(text))
    if angle is None or angle.style == "decimal" or (angle.unit == "h" and not longitude):
        return None
    _, minutes, seconds = (*map(float, angle.parts), 0.0)[:3]
    if minutes >= 60 or seconds > 60:  # tables have seconds that were rounded up to 60
        return None
    hours = angle.unit == "h" or (in_hours and not angle.unit)
    return angle.value * (15 if hours else 1)


def _reasons(columns: PositionColumns, lon: _Angles, lat: _Angles, frame: str) -> dict[int, str]:
    assert columns.ra is not None
    assert columns.dec is not None
    lowest = -180.0 if frame == "galactic" else 0.0
    reasons = {**lat.bad, **lon.bad}
    for i in np.flatnonzero(~((lon.deg >= lowest) & (lon.deg < 360))):
        reasons.setdefault(
            int(i), f"the {columns.ra.name} {lon.deg[i]:.10g} deg is outside {lowest:g} to 360 deg"
        )
    for i in np.flatnonzero(~(np.abs(lat.deg) <= 90)):
        reasons.setdefault(
            int(i), f"the {columns.dec.name} {lat.deg[i]:.10g} deg is outside -90 to +90 deg"
        )
    return reasons


def _notes(
    columns: PositionColumns, lon: _Angles, lat: _Angles, frame: str, file_frame: str | None
) -> list[str]:
    assert columns.ra is not None
    assert columns.dec is not None
    said = "" if file_frame or columns.frame or frame != "icrs" else ", as no frame is given"
    notes = [
        f"Positions: {columns.ra.name} ({lon.unit}) and {columns.dec.name} ({lat.unit}), "
        f"recognised {columns.how}; {FRAMES[frame]}{said}."
    ]
    finite = lon.deg[np.isfinite(lon.deg)]
    if lon.unit == "degrees, as no unit is given" and len(finite) > 20 and finite.max() < 24:
        notes.append(
            f"All values of {columns.ra.name} lie below 24: if they are hours, say "
            "--ra-unit hourangle."
        )
    return notes


def _frame(name: str | None) -> str:
    frame = (name or "icrs").lower()
    if frame not in FRAMES:
        raise UnreadableCatalogue(f"'{name}' is no frame; give {', '.join(FRAMES)}.")
    return frame


def _to_icrs(
    lon: NDArray[np.float64], lat: NDArray[np.float64], frame: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if frame == "icrs":
        return lon, lat
    finite = np.isfinite(lon) & np.isfinite(lat)
    ra, dec = np.full((2, len(lon)), np.nan)
    icrs = SkyCoord(lon[finite] * u.deg, lat[finite] * u.deg, frame=frame).icrs
    ra[finite], dec[finite] = icrs.ra.deg, icrs.dec.deg
    return ra, dec


def _read_combined(column: RawColumn, how: str) -> RowPositions:
    ra, dec = np.full((2, len(column.values)), np.nan)
    reasons: dict[int, str] = {}
    for i, value in enumerate(column.values):
        if value is None:
            reasons[i] = f"it has no {column.name}"
            continue
        try:
            position = parse_position(str(value))
        except ExplorerError as exc:
            reasons[i] = _short(str(exc))
            continue
        ra[i], dec[i] = position.ra.deg, position.dec.deg
    return RowPositions(ra, dec, reasons, [f"Positions: {column.name}, recognised {how}."])


def _short(sentence: str) -> str:
    """The first sentence of an error; what forms are accepted need not stand in every row."""
    first = re.split(r"(?<=[.])\s+(?=[A-Z])", sentence)[0]
    return first.rstrip(".")
