"""Which columns of a table hold its positions and names: by the user's word, by UCD, by name.

It never reads a value where names and UCDs decide, and of two readings it takes neither.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from app.errors import ExplorerError
from app.sky.resolve import parse_position
from app.tables.frames import described_frame, frame_text, read_frame
from app.tables.lists import ListOptions, UnreadableCatalogue
from app.tables.table import Column, FileTable, plain_name, said_of

LONGEST_SHOWN = 60
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
    "component_name",
    "source",
    "first",
    "filename",
    "uuid",
)


@dataclass(frozen=True)
class SplitColumns:
    """Positions in up to seven columns: RAh RAm RAs DE- DEd DEm DEs."""

    ra: tuple[str, ...]
    """Hours, minutes and, where there are any, seconds."""
    dec: tuple[str, ...]
    sign: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, in the order of a catalogue."""
        return (*self.ra, *filter(None, (self.sign,)), *self.dec)


@dataclass(frozen=True)
class PositionColumns:
    """Where the positions are: in two columns, in one that holds both, or in six or seven."""

    ra: str = ""
    dec: str = ""
    combined: str = ""
    split: SplitColumns | None = None
    frame: str = ""
    """The frame that the columns, or else their names, say; empty where they say none."""
    ra_unit: str = ""
    """The unit that the name says."""
    dec_unit: str = ""
    how: str = ""
    """How they were recognised, for the user."""
    notes: tuple[str, ...] = ()

    @property
    def pair(self) -> tuple[str, ...]:
        """The two columns, where there are two."""
        return (self.ra, self.dec) if self.ra else ()

    @property
    def names(self) -> str:
        """The columns' names, for the user."""
        if self.split:
            return ", ".join(self.split.names)
        return self.combined or f"{self.ra}, {self.dec}"


def find_position_columns(table: FileTable, options: ListOptions) -> PositionColumns:
    """Find the columns of the positions.

    Raises
    ------
    UnreadableCatalogue
        If the user names a column that is not there, or none is recognised, or two might be meant.
    """
    schema = table.data.schema
    named = _by_option(table, options)
    found = named or positions_in(schema) or _by_name_of_source(table)
    if found is None:
        raise UnreadableCatalogue(
            f"No position columns were recognised by name or UCD among: {listed(schema.names)}. "
            "Say which they are: ra_column and dec_column, or position_column."
        )
    return found


def find_column(table: FileTable, name: str, option: str) -> Column:
    """The column that the user names.

    Raises
    ------
    UnreadableCatalogue
    """
    column = table.find(name)
    if column is None:
        raise UnreadableCatalogue(
            f"There is no column '{name}' ({option}); the columns are: "
            f"{listed(table.data.column_names)}."
        )
    return column


def find_names(table: FileTable, options: ListOptions) -> Column | None:
    """The column with the sources' names, if there is one; numbers that repeat are no names."""
    if given := options.get("name_column"):
        return find_column(table, given, "name_column")
    for column in table.columns:
        first, *more = _words(column.ucd)
        if first == "id.main" or (first == "meta.id" and "meta.main" in more):
            return column
    plain = {plain_name(name): name for name in reversed(table.data.column_names)}
    usual = [table.column(plain[name]) for name in NAMES if name in plain]
    other = [table.column(name) for key, name in plain.items() if "name" in key.split("_")]
    for column in usual:
        if column.is_text or _is_unique(column):
            return column
    return next((c for c in reversed(other) if c.is_text and _is_unique(c)), None)


def _is_unique(column: Column) -> bool:
    return bool(pc.count_distinct(column.values).as_py() == len(column.values))


def _by_option(table: FileTable, options: ListOptions) -> PositionColumns | None:
    ra, dec = options.get("ra_column"), options.get("dec_column")
    combined = options.get("position_column")
    if combined and (ra or dec):
        raise UnreadableCatalogue("Give position_column, or ra_column and dec_column, not both.")
    if combined:
        column = find_column(table, combined, "position_column")
        return PositionColumns(combined=column.name, frame=column.frame, how="as told")
    if bool(ra) != bool(dec):
        raise UnreadableCatalogue("ra_column and dec_column are given together.")
    if not (ra and dec):
        return None
    lon, lat = find_column(table, ra, "ra_column"), find_column(table, dec, "dec_column")
    split = _split_columns(table.data.schema)
    if split and (lon.name in split.ra or lat.name in split.dec):
        raise UnreadableCatalogue(
            f"The columns {lon.name} and {lat.name} are parts of positions that "
            f"{PositionColumns(split=split).names} hold together. Name columns that hold whole "
            "angles, or no columns at all."
        )
    first, second = _named_axis(lon), _named_axis(lat)
    return PositionColumns(
        lon.name, lat.name, frame=_one_frame(first, second),
        ra_unit=first.unit, dec_unit=second.unit, how="as told",
    )  # fmt: skip


def positions_in(schema: pa.Schema) -> PositionColumns | None:
    """The positions that columns hold by their names and UCDs; None where none do.

    Raises
    ------
    UnreadableCatalogue
        If two pairs of columns are as likely, or one column has two frames.
    """
    split = _split_columns(schema)
    parts = {*split.ra, *split.dec, split.sign} if split else set()
    axes = [
        axis
        for place, each in enumerate(schema)
        if each.name not in parts and (axis := _axis(each, place))
    ]
    pairs = sorted(_pairs(axes), key=lambda pair: pair.order)
    best = [pair for pair in pairs if pair.kind == pairs[0].kind]
    if pairs and not (split and pairs[0].kind >= LOOSE):
        if pairs[0].kind == LOOSE and len({pair.lon.key for pair in best}) > 1:
            raise UnreadableCatalogue(
                "Several pairs of columns may hold the positions: "
                f"{listed(f'{p.lon.name} and {p.lat.name}' for p in best)}. "
                "Say which: ra_column and dec_column."
            )
        return _as_described(_chosen(pairs), schema)
    if split:
        return _as_described(PositionColumns(split=split, how="by name"), schema)
    plain = {plain_name(each.name): each for each in reversed(list(schema))}
    for name in COMBINED:
        if name in plain:
            said = said_of(plain[name])
            return PositionColumns(combined=plain[name].name, frame=said["frame"], how="by name")
    return None


def _as_described(found: PositionColumns, schema: pa.Schema) -> PositionColumns:
    """The columns in the frame that their descriptions say, where nothing else says one."""
    if found.frame:
        return found
    names = found.split.names if found.split else found.pair
    frames = {described_frame(said_of(schema.field(name))["description"]) for name in names} - {""}
    if len(frames) > 1:
        raise UnreadableCatalogue(
            f"The descriptions of {found.names} say {listed(sorted(frames))}; say which frame they "
            "are in: frame."
        )
    return replace(found, frame=next(iter(frames), ""))


MAIN, MODERN, MAIN_OLD, OLD, BARE, LOOSE, GALACTIC = range(7)
"""How surely a pair holds the positions: UCD meta.main; a name or file that says J2000 or ICRS;
meta.main of an older equinox; an older equinox; a bare name; one with other words; Galactic."""


@dataclass(frozen=True)
class _Axis:
    """A column that may be a longitude or a latitude."""

    name: str
    is_lon: bool
    place: int
    key: tuple[str, ...]
    """What the two columns of a pair have in common."""
    frame: str = ""
    unit: str = ""
    main: bool = False
    loose: bool = False
    """Whether its name has words of unknown meaning."""
    by_ucd: bool = False
    galactic: bool = False
    computed: bool = False
    """_RAJ2000: VizieR's own."""


@dataclass(frozen=True)
class _Pair:
    lon: _Axis
    lat: _Axis

    @property
    def kind(self) -> int:
        lon, frame = self.lon, self.lon.frame
        if lon.galactic:
            return GALACTIC
        modern = not frame or frame == "icrs" or frame.endswith("2000")
        if lon.main and self.lat.main:
            return MAIN if modern else MAIN_OLD
        if lon.loose:
            return LOOSE
        if not frame:
            return BARE
        return MODERN if modern else OLD

    @property
    def order(self) -> tuple[int, bool, int, tuple[str, ...], int]:
        units = {"deg": 0, "": 1}
        unit = max(units.get(self.lon.unit, 2), units.get(self.lat.unit, 2))
        return (self.kind, not self.lon.computed, unit, self.lon.key[-1:], self.lon.place)


def _pairs(axes: Sequence[_Axis]) -> list[_Pair]:
    """Longitudes with latitudes of the same words; with one UCD, those left in their order."""
    lons = [axis for axis in axes if axis.is_lon]
    lats = [axis for axis in axes if not axis.is_lon]
    pairs, taken = [], set()
    for lon in lons:
        same = [lat for lat in lats if lat.key == lon.key and lat.galactic == lon.galactic]
        same.sort(key=lambda lat: (lat.unit != lon.unit, abs(lat.place - lon.place)))
        if same:
            pairs.append(_Pair(lon, same[0]))
            taken |= {lon.name, same[0].name}
    for main in (True, False):
        rest = [a for a in axes if a.by_ucd and a.name not in taken and a.main is main]
        firsts, seconds = ([a for a in rest if a.is_lon is which] for which in (True, False))
        if len(firsts) == len(seconds):
            pairs += [_Pair(*pair) for pair in zip(firsts, seconds, strict=True)]
    return pairs


def _chosen(pairs: Sequence[_Pair]) -> PositionColumns:
    best = pairs[0]
    others = [p for p in pairs[1:] if p.kind == best.kind and p.lon.key != best.lon.key]
    notes = (
        (
            "Other columns may hold positions too: "
            f"{listed(f'{p.lon.name} and {p.lat.name}' for p in others)}.",
        )
        if others
        else ()
    )
    return PositionColumns(
        best.lon.name, best.lat.name, frame=_one_frame(best.lon, best.lat),
        ra_unit=best.lon.unit, dec_unit=best.lat.unit,
        how="by UCD" if best.lon.main or (best.lon.by_ucd and best.lon.loose) else "by name",
        notes=notes,
    )  # fmt: skip


def _one_frame(lon: _Axis, lat: _Axis) -> str:
    if lon.frame != lat.frame and lon.frame and lat.frame:
        raise UnreadableCatalogue(
            f"{lon.name} is in {lon.frame} and {lat.name} in {lat.frame}; say which frame they "
            "are in: frame."
        )
    return lon.frame or lat.frame


def _words(ucd: str) -> list[str]:
    """The words of a UCD, those of UCD1 as those of UCD1+."""
    words = ucd.lower().replace(" ", "").split(";")
    if "_" in words[0]:
        first = words[0].replace("_", ".")
        main = first.endswith(".main") and first != "id.main"
        return [first.removesuffix(".main") if main else first, *(["meta.main"] if main else [])]
    return words


_AXES = {
    "pos.eq.ra": (True, False),
    "pos.eq.dec": (False, False),
    "pos.galactic.lon": (True, True),
    "pos.galactic.lat": (False, True),
}
_LON = r"right_?asc(?:ension)?|alpha(?:win|peak|psf|sky)?|r_?a|rightascension"
_LAT = r"decl?(?:ination)?|delta(?:win|peak|psf|sky)?|de"
_EQUATORIAL = re.compile(
    rf"(?:(?P<before>\w*?)_)??(?:(?P<lon>{_LON})|(?P<lat>{_LAT}))(?P<rest>\w*)"
)
_GALACTIC = re.compile(
    r"(?:\w*_)?(?:g_?(?P<lon>lon|l)|g_?(?P<lat>lat|b)|gal_?(?P<lon2>lon|l|long)|gal_?(?P<lat2>lat|b)"
    r"|(?P<lon3>l(?:ii)?|l_?gal)|(?P<lat3>b(?:ii)?|b_?gal))(?:_?(?P<unit>deg|rad))?"
)
_QUALIFIER = re.compile(
    r"_?(?:(?P<icrs>icrs)|(?P<frame>(?:fk[45]_?)?[jb]?(?:20|19|18)\d\d(?:_0)?(?!\d)|fk[45])"
    r"|(?P<unit>degrees|degree|deg|hours|hour|hourangle|hms|dms|rad|radians|hrs|hr|[hd])(?![a-z])"
    r"|(?P<plain>mean|cont|obs|main|\d{1,2})(?![a-z\d])|_(?P<other>[a-z0-9]+))"
)
_NEUTRAL = {"", "s", "mean", "cont", "obs", "main"}
_NO_ANGLE = re.compile(
    r"e|d|err\w*|unc\w*|sig\w*|std\w*|rms|pm|mu|u|cov\w*|corr\w*|off\w*|diff\w*|res\w*|pix\w*"
    r"|flag|min|max|var\w*|width|n|ep\w*|str|step|delta"
)
_UNITS = {"d": "deg", "h": "hour", "hr": "hour", "hrs": "hour", "degree": "deg", "degrees": "deg",
          "hours": "hour", "hourangle": "hour", "radians": "rad"}  # fmt: skip


def _axis(column: pa.Field, place: int) -> _Axis | None:
    """What a column may be by its UCD or name."""
    said = said_of(column)
    named = _axis_of_name(column.name, place)
    first, *more = _words(said["ucd"])
    if first in _AXES:
        is_lon, galactic = _AXES[first]
        if named is None or (named.is_lon, named.galactic) != (is_lon, galactic):
            named = _Axis(column.name, is_lon, place, (first, column.name), loose=True)
        return _with(named, said["frame"], by_ucd=True, main="meta.main" in more, galactic=galactic)
    if named is None or first.partition(".")[0] in ("stat", "pos", "meta", "error"):
        return None  # its UCD says that it is something else
    if named.galactic and first:
        return None  # B: a magnitude
    return _with(named, said["frame"])


def _named_axis(column: Column) -> _Axis:
    """What the name and the file say of a column that the user names."""
    named = _axis_of_name(column.name)
    return _with(named or _Axis(column.name, True, 0, ("",)), column.frame)


def _with(axis: _Axis, frame: str, **more: bool) -> _Axis:
    if frame and axis.frame and not _agree(frame, axis.frame):
        raise UnreadableCatalogue(
            f"The name of the column '{axis.name}' says {axis.frame.upper()}, the file "
            f"{frame.upper()}. Say in which frame it is: frame."
        )
    said = {**axis.__dict__, "frame": frame or axis.frame, **more}
    return _Axis(**said)


def _agree(one: str, other: str) -> bool:
    """Whether two frames are the same, ICRS and J2000 being so to 0.03 arcsec."""
    modern = [text == "icrs" or text.endswith("2000") for text in (one, other)]
    return one == other or all(modern)


def _axis_of_name(name: str, place: int = 0) -> _Axis | None:
    bare = name.strip().lstrip("#").strip().strip('"')
    if bare.endswith("-"):
        return None  # DE-: a sign
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", bare)
    plain = re.sub(r"[^a-z0-9]+", "_", words.lower())
    computed, plain = plain.startswith("_"), plain.strip("_")
    found = _GALACTIC.fullmatch(plain)
    if found and bare not in ("L", "B"):  # luminosity, magnitude
        is_lon = bool(found["lon"] or found["lon2"] or found["lon3"])
        return _Axis(
            name, is_lon, place, ("galactic",), "galactic", found["unit"] or "", galactic=True
        )
    found = _EQUATORIAL.fullmatch(plain)
    if not found:
        return None
    before = (found["before"] or "").strip("_")
    frame, unit, more = "", "", []
    rest, at = found["rest"], 0
    while at < len(rest):
        part = _QUALIFIER.match(rest, at)
        if part is None or part.end() == at:
            return None
        at = part.end()
        if part["plain"] == "50":
            return None  # RA50: of B1950, or the fiftieth
        if part["icrs"]:
            frame = "icrs"
        elif part["frame"]:
            frame = _frame_of(part["frame"])
        elif part["unit"]:
            unit = _UNITS.get(part["unit"], part["unit"])
        else:
            more.append(part["plain"] or part["other"])
    before_words = [word for word in before.split("_") if word]
    if any(_NO_ANGLE.fullmatch(word) for word in (*before_words, *more)):
        return None
    known = {word for word in more if word.isdigit()} | _NEUTRAL
    loose = any(word not in known for word in (*before_words, *more))
    key = (before, frame, "_".join(word for word in more if word not in _NEUTRAL))
    return _Axis(name, bool(found["lon"]), place, key, frame, unit, loose=loose, computed=computed)


def _frame_of(words: str) -> str:
    """J2000 is taken as ICRS, which it is to 0.03 arcsec; any other equinox as it is."""
    frame = frame_text(read_frame(words.replace("_0", "").replace("_", " ")))
    return "icrs" if frame == "fk5 J2000" else frame


_SIGNS = ("de-", "dec-", "de_sign", "dec_sign", "decsign", "design", "dsign", "sign")


def _split_columns(schema: pa.Schema) -> SplitColumns | None:
    plain = {name.strip().lower().lstrip("#"): name for name in reversed(schema.names)}

    def parts(starts: Sequence[str], units: str) -> tuple[str, ...]:
        for start in starts:
            found = [plain.get(f"{start}{unit}") for unit in units]
            if found[0] and found[1]:
                return tuple(name for name in found if name)
        return ()

    ra, dec = parts(("ra", "ra_"), "hms"), parts(("de", "dec", "de_", "dec_"), "dms")
    if not (ra and dec):
        return None
    return SplitColumns(ra, dec, next((plain[sign] for sign in _SIGNS if sign in plain), None))


def _by_name_of_source(table: FileTable) -> PositionColumns | None:
    """Names such as J123456.7+012345 hold a position, if a coarse one."""
    column = find_names(table, {})
    if column is None or not column.is_text:
        return None
    known = pc.drop_null(column.values).slice(0, 5).to_pylist()
    if not known or not all(_reads_as_position(value) for value in known):
        return None
    return PositionColumns(combined=column.name, how="from the names, as exact as those are")


def _reads_as_position(text: str) -> bool:
    try:
        parse_position(text)
    except ExplorerError:
        return False
    return True


def listed(names: Iterable[str], most: int = 30) -> str:
    """Names with commas between, the first of many, long ones shortened."""
    every = [name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}..." for name in names]
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")
