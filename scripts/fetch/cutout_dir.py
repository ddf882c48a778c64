"""A directory of fetched cutouts: one plain FITS file an image, whole or not there.

It never fetches, and never changes a file that is there.
"""

import csv
import fcntl
import io
import json
import math
import shutil
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from astropy.coordinates import SkyCoord
from astropy.io import fits

from app.errors import (
    BlankCutout,
    ExplorerError,
    OutsideFootprint,
    SurveyError,
    SurveyTimeout,
    SurveyUnavailable,
    UndersizedCutout,
)
from app.surveys.cutouts import Cutout, cutout_name
from model.preprocess import PIXEL_SCALE_ARCSEC
from model.whole_file import UNFINISHED, write_whole


class ListRow(NamedTuple):
    """A listed source."""

    source_id: str
    ra_deg: float
    dec_deg: float


@dataclass(frozen=True)
class Target:
    """A cutout that is wanted, for one source or for several at the same place."""

    name: str
    rows: tuple[ListRow, ...]

    @property
    def ra_deg(self) -> float:
        """Right ascension to ask for: that of its first source."""
        return self.rows[0].ra_deg

    @property
    def dec_deg(self) -> float:
        """Declination to ask for."""
        return self.rows[0].dec_deg


def plan_targets(
    rows: Iterable[ListRow], name_of: Callable[[float, float], str]
) -> dict[str, Target]:
    """Give the cutouts to ask for, by name.

    The order is that of a checksum of the names: the same in every run, and without regard to the
    sky. So what is there after half of the time is a fair sample of the list, and a patch of sky
    that a survey has trouble with does not look like a service that is down.
    """
    sharing: dict[str, list[ListRow]] = {}
    for row in rows:
        sharing.setdefault(name_of(row.ra_deg, row.dec_deg), []).append(row)
    order = sorted(sharing, key=lambda name: (zlib.crc32(name.encode()), name))
    return {name: Target(name, tuple(sharing[name])) for name in order}


RECORD = "fetch.json"
FITS_BLOCK_BYTES = 2880


class FetchError(ExplorerError):
    """Cutouts could not be fetched, or not be kept."""


@dataclass(frozen=True)
class CutoutStore:
    """The cutouts of one survey, all of one size, in directories by whole degrees of RA.

    Parameters
    ----------
    directory : Path
    survey : str
    field_arcmin : float
        Side of the field of every cutout.
    """

    directory: Path
    survey: str
    field_arcmin: float

    def name_of(self, ra_deg: float, dec_deg: float) -> str:
        """Name the cutout at a position; positions that agree to 1e-5 deg share one."""
        position = SkyCoord(ra_deg, dec_deg, unit="deg")
        return cutout_name(self.survey, position, self.field_arcmin)

    def path_of(self, name: str) -> Path:
        """Say where a cutout lies: DIRECTORY/016/VLA_FIRST_016.23560+00.07312_9.fits."""
        whole_deg = name[len(self.survey) + 1 :][:3]
        return self.directory / whole_deg / f"{name}.fits"

    def sizes_bytes(self) -> dict[str, int]:
        """List the whole cutouts that are there, with their sizes.

        A file that is empty or ends within a FITS block (a disk that lost power) is not listed,
        and so is fetched anew.
        """
        found = {}
        for path in self.directory.glob("[0-9][0-9][0-9]/[!.]*.fits"):
            size_bytes = path.stat().st_size
            if size_bytes and size_bytes % FITS_BLOCK_BYTES == 0:
                found[path.stem] = size_bytes
        return found

    def write(self, name: str, cutout: Cutout) -> int:
        """Keep a cutout, and give the size of its file in bytes.

        The file appears under its name only when all of it is on the disk.

        Raises
        ------
        FetchError
            If it cannot be written; nothing of it is left then.
        """
        path = self.path_of(name)
        content = as_fits(cutout)
        try:
            path.parent.mkdir(exist_ok=True)
            write_whole(path, content)
        except OSError as exc:
            raise FetchError(f"The image '{path}' cannot be written ({exc.strerror}).") from exc
        return len(content)

    def remove_parts(self) -> None:
        """Remove what a killed fetch left half-written."""
        for part in self.directory.glob(f"[0-9][0-9][0-9]/.*{UNFINISHED}"):
            part.unlink(missing_ok=True)


def as_fits(cutout: Cutout) -> bytes:
    """Write a cutout as a FITS file: its pixels and header as they came, with checksums.

    The comments of CHECKSUM and DATASUM hold FETCHED and not the present time, so that the bytes
    are decided by the cutout.
    """
    hdu = fits.PrimaryHDU(cutout.image, cutout.header)
    hdu.add_checksum(when=f"as of {cutout.header['FETCHED']}")
    buffer = io.BytesIO()
    hdu.writeto(buffer, output_verify="silentfix+ignore")
    return buffer.getvalue()


@contextmanager
def open_store(directory: Path, survey: str, field_arcmin: float) -> Iterator[CutoutStore]:
    """Open a directory to fetch into, made if need be, for this process alone.

    Raises
    ------
    FetchError
        If it cannot be written, another fetch runs in it, or it holds other cutouts.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / ".lock").open("w")
    except OSError as exc:
        raise FetchError(
            f"Cannot write the directory '{directory}' ({exc.strerror}); choose another with --out."
        ) from exc
    with lock as file:
        _lock(file.fileno(), directory)
        store = CutoutStore(directory, survey, field_arcmin)
        if (directory / RECORD).exists():
            _check_same(store, read_store(directory))
        else:
            _write_record(store)
        store.remove_parts()
        yield store


def read_store(directory: Path) -> CutoutStore:
    """Open a directory of fetched cutouts for reading.

    Raises
    ------
    FetchError
        If it is none.
    """
    path = directory / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return CutoutStore(directory, str(record["survey"]), float(record["field_arcmin"]))
    except (OSError, ValueError, TypeError, LookupError) as exc:
        raise FetchError(
            f"'{directory}' is no directory of fetched cutouts: it has no readable {RECORD}. "
            "`rgz-explorer fetch cutouts LIST --out DIR` makes one."
        ) from exc


def _lock(handle: int, directory: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        raise FetchError(
            f"Another fetch into '{directory}' is running; wait for it or stop it."
        ) from exc


def _check_same(asked: CutoutStore, found: CutoutStore) -> None:
    if asked != found:
        raise FetchError(
            f"'{found.directory}' holds cutouts of {found.survey}, {found.field_arcmin:g}' wide, "
            f"not of {asked.survey}, {asked.field_arcmin:g}'; choose another directory with --out."
        )


def _write_record(store: CutoutStore) -> None:
    record = {"survey": store.survey, "field_arcmin": store.field_arcmin}
    try:
        write_whole(store.directory / RECORD, json.dumps(record, indent=2) + "\n")
    except OSError as exc:
        raise FetchError(f"'{store.directory}' cannot be written ({exc.strerror}).") from exc


TABLE = "failures.csv"


class FailureClass(StrEnum):
    """Why there is no image, as the table and `--retry` name it."""

    FOOTPRINT = "footprint"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    BAD_ANSWER = "bad-answer"
    UNDERSIZED = "undersized"
    BLANK = "blank"


_CLASSES: dict[type, FailureClass] = {
    OutsideFootprint: FailureClass.FOOTPRINT,
    SurveyTimeout: FailureClass.TIMEOUT,
    SurveyUnavailable: FailureClass.UNAVAILABLE,
    UndersizedCutout: FailureClass.UNDERSIZED,
    BlankCutout: FailureClass.BLANK,
}


def class_of(error: SurveyError) -> FailureClass:
    """Give the class of a failure; what has no class of its own is a bad answer."""
    for kind in type(error).__mro__:
        if kind in _CLASSES:
            return _CLASSES[kind]
    return FailureClass.BAD_ANSWER


@dataclass(frozen=True)
class Failure:
    """One row of the table: a listed source that has no image."""

    source_id: str
    ra_deg: float
    dec_deg: float
    kind: FailureClass
    reason: str
    service: str
    when_utc: str
    tries: int
    """How often the service was asked, earlier runs included."""


COLUMNS = ["source_id", "ra_deg", "dec_deg", "class", "reason", "service", "when_utc", "tries"]


class FailureTable:
    """A CSV file that a run only ever adds whole lines to.

    A last line that a kill tore is dropped when the table is opened; its source then counts as
    not tried.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / TABLE

    def read(self) -> list[Failure]:
        """Read every whole line, the oldest first."""
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        whole, _, _ = text.rpartition("\n")
        return [
            failure
            for row in csv.DictReader(io.StringIO(whole))
            if (failure := _failure(row)) is not None
        ]

    def mend(self) -> None:
        """Cut a torn last line off, and write the head of a table that has none."""
        with self._renamed_errors(), self.path.open("ab+") as file:
            file.seek(0)
            whole_bytes = file.read().rfind(b"\n") + 1
            file.truncate(whole_bytes)
            if not whole_bytes:
                file.write(_lines([COLUMNS]))

    def append(self, failures: Iterable[Failure]) -> None:
        """Add lines, in one piece.

        Raises
        ------
        FetchError
            If the disk does not take them; so do `mend` and `rewrite`.
        """
        with self._renamed_errors(), self.path.open("ab") as file:
            file.write(_lines(map(astuple, failures)))

    def rewrite(self, failures: Iterable[Failure]) -> None:
        """Replace the whole table in one step."""
        with self._renamed_errors():
            write_whole(self.path, _lines([COLUMNS, *map(astuple, failures)]))

    @contextmanager
    def _renamed_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise FetchError(f"'{self.path}' cannot be written ({exc.strerror}).") from exc


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in rows:
        writer.writerow(" ".join(str(value).split()) for value in row)  # one row is one line
    return buffer.getvalue().encode("utf-8")


def _failure(row: dict[str, str]) -> Failure | None:
    """Read a row; None for one that a disk has damaged."""
    try:
        texts = [row[column] for column in COLUMNS]
        return Failure(
            source_id=texts[0],
            ra_deg=float(texts[1]),
            dec_deg=float(texts[2]),
            kind=FailureClass(texts[3]),
            reason=texts[4],
            service=texts[5],
            when_utc=texts[6],
            tries=int(texts[7]),
        )
    except (KeyError, ValueError, TypeError):
        return None


@dataclass(frozen=True)
class Counts:
    """What became of the rows of a list."""

    unusable: int
    """Rows without a position."""
    had: int
    """Images that were there before."""
    fetched: int
    """Images that this run added."""
    shared: int
    """Further rows at the place of an image that is there."""
    failed: Mapping[FailureClass, int]
    """Rows that this run or an earlier one got no image for."""
    not_tried: int

    @property
    def listed(self) -> int:
        """Sum of all: the rows of the list."""
        done = self.unusable + self.had + self.fetched + self.shared
        return done + sum(self.failed.values()) + self.not_tried

    def sentences(self) -> list[str]:
        """Say the counts, and how to ask again for what failed."""
        said = [
            f"{self.listed:,} listed = {self.had:,} had already + {self.fetched:,} fetched + "
            f"{self.shared:,} shared + {sum(self.failed.values()):,} failed + "
            f"{self.not_tried:,} not tried"
            + (f" + {self.unusable:,} without a usable position" if self.unusable else "")
        ]
        if self.failed:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.failed.items())
            again = " ".join(f"--retry {kind}" for kind in self.failed if kind != "footprint")
            said.append(
                f"Failed: {kinds}; the reasons are in failures.csv."
                + (f" {again} asks for them again." if again else "")
            )
        return said


def count_rows(
    targets: Iterable[Target],
    before: Collection[str],
    there: Collection[str],
    failed: Mapping[str, FailureClass],
    unusable: int = 0,
) -> Counts:
    """Count the rows of all targets.

    Parameters
    ----------
    targets : iterable of Target
    before, there : collection of str
        Names of the cutouts that were there before this run, and that are there now.
    failed : mapping of str to FailureClass
        Names of those that failed last.
    unusable : int
        Rows of the list that are in no target.
    """
    had = fetched = shared = not_tried = 0
    classes: Counter[FailureClass] = Counter()
    for target in targets:
        if target.name in there:
            had += target.name in before
            fetched += target.name not in before
            shared += len(target.rows) - 1
        elif target.name in failed:
            classes[failed[target.name]] += len(target.rows)
        else:
            not_tried += len(target.rows)
    return Counts(unusable, had, fetched, shared, dict(sorted(classes.items())), not_tried)


HEADER_BLOCKS = 6
"""FIRST's headers with their history take five."""
KEPT_FREE_BYTES = 500_000_000


def free_bytes(directory: Path) -> int:
    """Give the free space of the disk that a directory is on."""
    return shutil.disk_usage(directory).free


def cutout_bytes(field_arcmin: float) -> int:
    """Size of a cutout's file: 32-bit pixels of 1.8", and its header."""
    side_px = round(field_arcmin * 60 / PIXEL_SCALE_ARCSEC)
    pixel_blocks = math.ceil(4 * side_px**2 / FITS_BLOCK_BYTES)
    return (pixel_blocks + HEADER_BLOCKS) * FITS_BLOCK_BYTES


@dataclass
class DiskSpace:
    """The disk that a fetch may fill.

    Parameters
    ----------
    directory : Path
    each_bytes : int
        Expected size of an image.
    used_bytes : int
        Of the images that are there.
    max_bytes : int, optional
        Most that all images together may take.
    free : callable
        Free bytes of the disk of a directory.
    """

    directory: Path
    each_bytes: int
    used_bytes: int
    max_bytes: int | None = None
    free: Callable[[Path], int] = free_bytes

    def foretell(self, n: int) -> str:
        """Say what n further images will take.

        Raises
        ------
        FetchError
            If that is more than may be had.
        """
        if n == 0:
            return "There is nothing left to fetch."
        need_bytes, free = n * self.each_bytes, self.free(self.directory)
        sentence = (
            f"{n:,} images to fetch, {self.each_bytes / 1e3:.0f} kB each: "
            f"{_gb(need_bytes)} of the {_gb(free)} that are free"
        )
        if need_bytes + KEPT_FREE_BYTES > free:
            raise FetchError(
                f"{sentence}, of which {_gb(KEPT_FREE_BYTES)} are left alone. Free some, choose "
                "another disk with --out, or fetch a part with --limit."
            )
        if self.max_bytes is not None and self.used_bytes + need_bytes > self.max_bytes:
            raise FetchError(
                f"{sentence}; with the {_gb(self.used_bytes)} that are there, more than the "
                f"{_gb(self.max_bytes)} of --max-gb. Allow more, or fetch a part with --limit."
            )
        return f"{sentence}."

    def check(self, under_way: int) -> None:
        """Raise `FetchError` if one more image beside those under way may not fit."""
        coming_bytes = (under_way + 1) * self.each_bytes
        free = self.free(self.directory)
        if coming_bytes + KEPT_FREE_BYTES > free:
            raise FetchError(
                f"The disk of '{self.directory}' is nearly full: {_gb(free)} are free, of which "
                f"{_gb(KEPT_FREE_BYTES)} are left alone."
            )
        if self.max_bytes is not None and self.used_bytes + coming_bytes > self.max_bytes:
            raise FetchError(
                f"The images take {_gb(self.used_bytes)}; one more could exceed the "
                f"{_gb(self.max_bytes)} of --max-gb."
            )


def _gb(size_bytes: float) -> str:
    """Write a size: '37.7 GB', or in MB below one GB."""
    return f"{size_bytes / 1e9:,.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:,.1f} MB"


@dataclass(frozen=True)
class FetchConfig:
    """Where to, how fast, and what again."""

    out: Path
    field_arcmin: float = 9.0
    connections: int = 3
    rate_per_s: float = 3.0
    retry: frozenset[FailureClass] = frozenset()
    """Classes of earlier failures to ask for again."""
    limit: int | None = None
    """Most images to ask for in this run."""
    max_bytes: int | None = None
    """Most that all images of the directory may take."""
    tries: int = 3
    """Failures of an image, of a service that answers otherwise, that make it failed."""
    give_up_s: float = 1800.0
    """Longest trouble of the service to sit out."""
