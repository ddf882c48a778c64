"""Which columns of a table hold the positions: by the user's word, by UCD, or by name.

It never reads the values.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from scripts.readers.raw_table import RawColumn, RawTable, plain_name
from scripts.readers.source_list import ListOptions, UnreadableCatalogue

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
    from scripts.readers.positions import reads_as_position

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
