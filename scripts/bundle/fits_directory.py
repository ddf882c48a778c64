"""Any directory of FITS files as the images of a build, alone or beside a table that names them.

It never changes a file, and a file that cannot be used is a row of rejects.csv with the reason.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from astropy.coordinates import SkyCoord

from app.bundle.catalogue import ColumnInfo, info_field
from app.bundle.files import SourceRecord, file_digest
from app.errors import BuildError, ExplorerError
from app.images.prepare import prepare_image
from app.tables.files import read_table
from app.tables.lists import ListOptions, SourceList, UnreadableCatalogue
from app.tables.position_columns import find_column, find_position_columns
from app.tables.source_list import list_of_table, list_without_positions, slug
from model.preprocess import ImageError
from scripts.bundle.named import list_content
from scripts.bundle.sources import ImageRecord, Source

ENDINGS = (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fts.gz", ".fits.fz", ".fz")
FILE = ColumnInfo("File", description="Path of the image below its directory.")
REMARKS = ColumnInfo("Remarks on the image", description="What was done to it, and to beware of.")
NO_VALUE = "it has no "
"""How the reason of a row begins that leaves its position out."""
NO_PLACE = "its header does not say where on the sky it is, and no table does"


class FitsDirectory:
    """An `ImageSource` of FITS files, each prepared as an image that a person sends.

    Parameters
    ----------
    directory : Path
    files : mapping of int to str
        For the row of each source, the path of its file, absolute or below the directory.
    """

    def __init__(self, directory: Path, files: Mapping[int, str]) -> None:
        self._directory, self._files = directory, files

    @cached_property
    def record(self) -> ImageRecord:
        """Where they are from; the version digests the contents of all files."""
        digest = hashlib.sha256()
        for name in self._files.values():
            digest.update(f"{name} {_content_of(self._directory / name)};".encode())
        return ImageRecord(
            f"images of the directory '{self._directory.resolve().name}'",
            f"{len(self._files)} files, sha256 {digest.hexdigest()[:16]}",
            columns={"image_remarks": REMARKS},
        )

    def images_of(self, sources: Iterable[Source]) -> Iterator[Source]:
        """Read, prepare and clean each source's image, or give the reason why it has none."""
        for source in sources:
            yield self._with_image(source, self._files[source.row])

    def _with_image(self, source: Source, name: str) -> Source:
        if not name:
            return source.without_image("its row names no file")
        placed = np.isfinite(source.ra_deg) and np.isfinite(source.dec_deg)
        position = SkyCoord(source.ra_deg, source.dec_deg, unit="deg") if placed else None
        try:
            image = prepare_image((self._directory / name).read_bytes(), position=position)
        except FileNotFoundError:
            return source.without_image(f"there is no file '{name}'")
        except (ExplorerError, ImageError) as exc:
            return source.without_image(f"its file '{name}': {exc}")
        except OSError as exc:
            return source.without_image(f"its file '{name}' cannot be read ({exc.strerror})")
        if image.position is None:
            return source.without_image(f"its file '{name}': {NO_PLACE}")
        place = image.position.icrs
        return replace(
            source.with_cleaned(image, image.survey),
            ra_deg=source.ra_deg if placed else float(place.ra.deg),
            dec_deg=source.dec_deg if placed else float(place.dec.deg),
            own={**source.own, "image_remarks": " ".join(image.remarks)},
        )


def _content_of(path: Path) -> str:
    """What stands for a file's content in the version: its digest, or why there is none."""
    try:
        return file_digest(path) if path.is_file() else "absent"
    except OSError:
        return "unreadable"


def read_directory(directory: Path) -> tuple[SourceList, FitsDirectory]:
    """Take every FITS file of a directory for a source, in the order of the names.

    Raises
    ------
    BuildError
        If it is no directory, or holds no FITS file.
    """
    if not directory.is_dir():
        raise BuildError(f"There is no directory '{directory}'.")
    paths = sorted(path for path in directory.rglob("*") if path.name.lower().endswith(ENDINGS))
    files = [str(path.relative_to(directory)) for path in paths if path.is_file()]
    if not files:
        raise BuildError(
            f"The directory '{directory}' holds no FITS file (a name that ends in "
            f"{', '.join(ENDINGS[:3])}, also .gz or .fz)."
        )
    stems = [Path(file).name.partition(".fit")[0] for file in files]
    prefix = slug(directory.resolve().name).lower() or "images"
    nowhere = np.full(len(files), np.nan)
    sources = SourceList(
        record=_record(directory, len(files)),
        source_ids=[f"{prefix}-{number}" for number in range(1, len(files) + 1)],
        names=stems,
        ra_deg=nowhere,
        dec_deg=nowhere,
        rows=np.arange(1, len(files) + 1),
        own=pa.table([pa.array(files)], schema=pa.schema([info_field("file", pa.string(), FILE)])),
        notes=[f"{len(files):,} FITS files; positions: of the middle of each, by its header."],
    )
    return sources, FitsDirectory(directory, dict(enumerate(files, start=1)))


def read_paired(
    spec: str, directory: Path, file_column: str, options: ListOptions
) -> tuple[SourceList, FitsDirectory]:
    """Read a table of which a column names the file of each source.

    Parameters
    ----------
    spec : str
        Path of the table.
    directory : Path
        Where paths that are not absolute begin.
    file_column : str
    options : ListOptions
        The user's word on the other columns. Where the table has no positions, those of the
        files' headers are taken.

    Raises
    ------
    UnreadableCatalogue
    """
    path = Path(spec)
    table = read_table(list_content(path), spec, options)
    column = find_column(table, file_column, "file_column")
    told = any(options.get(name) for name in ("ra_column", "dec_column", "position_column"))
    digest = file_digest(path)
    try:
        find_position_columns(table, options)
    except UnreadableCatalogue:
        if told:
            raise
        sources = list_without_positions(table, spec, options, digest)
    else:
        sources = _with_unplaced(
            list_of_table(table, spec, options, digest),
            list_without_positions(table, spec, options, digest),
        )
    texts = zip(table.rows.tolist(), column.texts(), strict=True)
    return sources, FitsDirectory(directory, dict(texts))


def _with_unplaced(placed: SourceList, everything: SourceList) -> SourceList:
    """Take the rows back that were rejected for having no position: their images may have one."""
    unplaced = {each.row for each in placed.rejects if each.reason.startswith(NO_VALUE)}
    if not unplaced:
        return placed
    taken = np.isin(everything.rows, list(unplaced))
    own = everything.own.select(placed.own.column_names).filter(pa.array(taken))
    rows = np.concatenate([placed.rows, everything.rows[taken]])
    order = np.argsort(rows, kind="stable")

    def joined(ours: Iterable[Any], others: Iterable[Any]) -> list[Any]:
        both = [*ours, *compress(others, taken)]
        return [both[i] for i in order]

    extents = None
    if placed.extents_arcsec is not None and everything.extents_arcsec is not None:
        extents = np.array(joined(placed.extents_arcsec, everything.extents_arcsec))
    return replace(
        placed,
        record=placed.record.model_copy(
            update={"n_rejected": placed.record.n_rejected - len(unplaced)}
        ),
        source_ids=joined(placed.source_ids, everything.source_ids),
        names=joined(placed.names, everything.names),
        ra_deg=np.array(joined(placed.ra_deg, everything.ra_deg)),
        dec_deg=np.array(joined(placed.dec_deg, everything.dec_deg)),
        rows=rows[order],
        extents_arcsec=extents,
        own=pa.concat_tables([placed.own, own]).take(pa.array(order)),
        rejects=[each for each in placed.rejects if each.row not in unplaced],
        notes=[
            *placed.notes,
            f"{len(unplaced):,} rows have no position; their headers' are taken.",
        ],
    )


def _record(directory: Path, n: int) -> SourceRecord:
    """The list that a directory is; what is to be said of it is said of its images."""
    return SourceRecord(
        name=directory.resolve().name,
        description="",
        version="",
        doi="",
        url="",
        citation="",
        terms="",
        n_listed=n,
        n_rejected=0,
    )
