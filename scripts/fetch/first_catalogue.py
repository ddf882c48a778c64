"""The FIRST catalogue from VizieR (VIII/92), through astroquery, as the renderer reads it.

It never draws, and never keeps a catalogue that is not whole.
"""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import requests
from astropy.table import Table
from astroquery.exceptions import TableParseError
from astroquery.utils import TableList
from astroquery.vizier import VizierClass
from numpy.typing import NDArray

from app.bundle.catalogue import ColumnInfo, make_table, write_table
from app.net.client import Deadline, DeadlineAdapter
from app.settings import read_settings
from scripts.bundle.named import DOWNLOADS
from scripts.fetch.archives import (
    ArchiveAddresses,
    FetchFailed,
    WrongContent,
    cannot_reach,
    refused,
)
from scripts.terminal import check_directory, console, spinner

SERVICE = "VizieR"
TABLE = "VIII/92/first14"
FILE_NAME = "first_catalogue.parquet"
ROWS = 946_432
"""Components of the version of 2014 December 17."""
COLUMNS = {
    "ra_deg": ("_RAJ2000", ColumnInfo("Right ascension", "deg", "pos.eq.ra;meta.main")),
    "dec_deg": ("_DEJ2000", ColumnInfo("Declination", "deg", "pos.eq.dec;meta.main")),
    "sidelobe_prob": ("p(S)", ColumnInfo("Probability of being a sidelobe")),
    "peak_mjy": ("Fpeak", ColumnInfo("Peak flux density", "mJy/beam")),
    "integrated_mjy": ("Fint", ColumnInfo("Integrated flux density", "mJy")),
    "rms_mjy": ("Rms", ColumnInfo("Local noise", "mJy/beam")),
    "major_arcsec": ("Maj", ColumnInfo("Major axis, deconvolved (FWHM)", "arcsec")),
    "minor_arcsec": ("Min", ColumnInfo("Minor axis, deconvolved (FWHM)", "arcsec")),
    "pa_deg": ("PA", ColumnInfo("Position angle, deconvolved", "deg", "pos.posAng")),
}
"""Ours, theirs, and what it is."""
MAY_BE_MISSING = {"pa_deg": 0.0}
"""Of a point source VizieR may give no angle; any draws the same."""


def fetch_first_catalogue(out: Path | None, deadline_min: float) -> Path:
    """Get the whole catalogue and keep it as Parquet.

    Parameters
    ----------
    out : Path, optional
        File to write; by default first_catalogue.parquet among the downloads.
    deadline_min : float
        Total time.

    Raises
    ------
    FetchFailed
    """
    path = out or read_settings().data_dir / DOWNLOADS / FILE_NAME
    check_directory(path.parent)
    if path.is_dir():
        raise FetchFailed(f"'{path}' is a directory; name a file in it.")
    server = ArchiveAddresses().vizier_server
    with spinner(f"Asking {SERVICE} for {TABLE} (about 150 MB)"):
        found = ask_vizier(server, 60 * deadline_min)
    table, left_out = component_table(found)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_table(table, path)
    except OSError as exc:
        raise FetchFailed(f"'{path}' cannot be written ({exc.strerror or exc}).") from exc
    console.print(
        f"{len(found):,} components from {SERVICE} = {table.num_rows:,} in '{path}' + "
        f"{left_out:,} without position, flux or size",
        markup=False,
    )
    if len(found) != ROWS:
        console.print(f"The catalogue of 2014 December had {ROWS:,}; this is another version.")
    return path


def ask_vizier(server: str, deadline_s: float) -> Table:
    """Ask VizieR for the catalogue.

    Raises
    ------
    FetchFailed
    """
    with Deadline(deadline_s) as deadline:
        client = _Vizier(server, deadline)
        try:
            answer = client.get_catalogs_async(TABLE)
            status = answer.status_code
            tables = client._parse_result(answer) if status == requests.codes.ok else None
        except TableParseError as exc:
            if deadline.passed:
                raise _too_late(deadline_s) from exc
            raise WrongContent(
                f"{SERVICE}'s answer is truncated or no table; try again in a few minutes."
            ) from exc
        except OSError as exc:  # requests' own errors among them
            raise _too_late(deadline_s) if deadline.passed else cannot_reach(SERVICE, exc) from exc
        if deadline.passed:
            raise _too_late(deadline_s)
    if tables is None and status != requests.codes.ok:
        raise refused(SERVICE, status, TABLE)
    if not isinstance(tables, TableList) or not len(tables):
        raise WrongContent(
            f"{SERVICE}'s answer holds no table {TABLE}; try again in a few minutes."
        )
    return tables[0]


def component_table(found: Table) -> tuple[pa.Table, int]:
    """Bring VizieR's columns under our names and units.

    Returns
    -------
    table : pyarrow.Table
    left_out : int
        Rows without a number that drawing needs.

    Raises
    ------
    WrongContent
        If a column is missing or of another unit.
    """
    values = {ours: _numbers(found, ours, theirs) for ours, (theirs, _) in COLUMNS.items()}
    for name, missing in MAY_BE_MISSING.items():
        values[name] = np.where(np.isfinite(values[name]), values[name], missing)
    whole = np.all([np.isfinite(column) for column in values.values()], axis=0)
    kept = {name: column[whole] for name, column in values.items()}
    info = {ours: about for ours, (_, about) in COLUMNS.items()}
    return make_table(kept, info), int((~whole).sum())


class _Vizier(VizierClass):
    """astroquery's client for one request: own session, no answer cache, a total deadline."""

    def __init__(self, server: str, deadline: Deadline) -> None:
        columns = [theirs for theirs, _ in COLUMNS.values()]
        super().__init__(columns=columns, row_limit=-1, timeout=deadline.remaining_s + 1)
        self._server = server.rstrip("/")
        self._session.mount("https://", DeadlineAdapter(deadline))
        self._session.mount("http://", DeadlineAdapter(deadline))

    def _server_to_url(self, return_type: str = "votable") -> str:
        return f"{self._server}/viz-bin/{return_type}"

    def _request(self, *args: object, **options: object) -> requests.Response:
        answer: requests.Response = super()._request(*args, **{**options, "cache": False})
        return answer


def _numbers(found: Table, ours: str, theirs: str) -> NDArray[np.float64]:
    plain = {_plain(name): name for name in found.colnames}
    name = theirs if theirs in found.colnames else plain.get(_plain(theirs))
    if name is None:
        raise WrongContent(
            f"{SERVICE}'s table {TABLE} has no column {theirs}; it has {', '.join(found.colnames)}."
        )
    column = found[name]
    _check_unit(column.unit, ours, theirs)
    try:
        return np.ma.filled(np.ma.asarray(column.data, np.float64), np.nan)
    except ValueError as exc:
        raise WrongContent(f"The column {theirs} of {SERVICE}'s table holds no numbers.") from exc


def _check_unit(unit: object, ours: str, theirs: str) -> None:
    """Refuse another unit than the expected; where none is given, the expected is taken."""
    wanted = COLUMNS[ours][1].unit
    said = str(unit or "")
    if said and wanted and said.partition("/")[0].strip() not in (wanted.partition("/")[0],):
        raise WrongContent(
            f"The column {theirs} of {SERVICE}'s table is in {said}, not {wanted} as expected."
        )


def _plain(name: str) -> str:
    """As FITS and VOTable ids write a name: p(S) is p_S_ there."""
    return re.sub(r"\W", "_", name).lower()


def _too_late(deadline_s: float) -> FetchFailed:
    return FetchFailed(
        f"{SERVICE} did not answer completely within {deadline_s:g} s; try again later, or with a "
        "longer --deadline-min."
    )
