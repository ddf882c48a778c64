"""Representations that were made elsewhere, by anybody's encoder, as the images of a list.

It embeds nothing: the encoder is not known, and nothing but these sources can be searched with.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from app.bundle.catalogue import NO_IMAGE
from app.bundle.files import EncoderRecord, file_digest
from app.tables.files import read_table_file
from app.tables.lists import ListOptions, SourceList, UnreadableCatalogue
from app.tables.source_list import list_of_table
from scripts.bundle.fits_directory import REMARKS, FitsDirectory, read_paired
from scripts.bundle.sources import ImageRecord, Source

Y = "y"
WHAT = (
    "it must be a Parquet table with one representation a row, a list of numbers in the column "
    f"'{Y}', and positions (ra, dec, or the columns that the options name)"
)
NO_POSITION = "neither the table nor an image says where on the sky it is"


class Representations:
    """An `ImageSource` that also brings each source's y; a source may do without an image.

    Parameters
    ----------
    path : Path
        Parquet; the column y holds lists of numbers, all of one length, whatever that is.
    files : FitsDirectory, optional
        The sources' images.

    Raises
    ------
    UnreadableCatalogue
    """

    def __init__(self, path: Path, files: FitsDirectory | None = None) -> None:
        self.y, self._reasons = _read_y(path)  # (N, D), by row from 1
        self._files = files
        digest, images = file_digest(path), files.record if files else None
        origin = f"representations of {path.name}, made elsewhere"
        self.record = ImageRecord(
            description=f"{origin}; {images.description if images else 'without images'}",
            version=f"{images.version if images else 'none'}; y sha256 {digest[:16]}",
            input_kind=images.input_kind if images else NO_IMAGE,
            columns=images.columns if images else {"image_remarks": REMARKS},
            made_elsewhere=EncoderRecord(
                name=f"encoder of {path.name}",
                architecture="not known",
                origin=f"{origin} by an encoder that is not known here",
                trained=True,
                sha256=f"none; the table's is {digest}",
                engine="not known",
                known=False,
            ),
        )

    def images_of(self, sources: Iterable[Source]) -> Iterator[Source]:
        """Give each source its y and its image, or the reason why it cannot be used."""
        for source in self._files.images_of(sources) if self._files else sources:
            yield self._with_y(source)

    def _with_y(self, source: Source) -> Source:
        if source.row in self._reasons:
            return source.without_image(self._reasons[source.row])
        if not (np.isfinite(source.ra_deg) and np.isfinite(source.dec_deg)):
            return source.without_image(f"{NO_POSITION}; {source.reason}")
        y = self.y[source.row - 1]
        if source.image is not None:
            return replace(source, y=y)
        remarks = source.reason or "no image comes with it"
        return replace(
            source,
            y=y,
            reason=None,
            image_origin=NO_IMAGE,
            survey="none",
            own={**source.own, "image_remarks": remarks},
        )


def read_representations(
    path: Path, options: ListOptions, directory: Path | None, file_column: str | None
) -> tuple[SourceList, Representations]:
    """Read a table of representations as a list, with their y and, where named, their images.

    Parameters
    ----------
    path : Path
    options : ListOptions
        Of the other columns, as for any list.
    directory : Path or None
        Of the sources' FITS files, which ``file_column`` names.
    file_column : str or None

    Raises
    ------
    UnreadableCatalogue
    """
    if directory is not None and file_column is not None:
        listed, files = read_paired(str(path), directory, file_column, options)
        found = Representations(path, files)
    else:
        found = Representations(path)
        table = read_table_file(path, options)
        listed = list_of_table(table, str(path), options, file_digest(path))
    notes = [note for note in listed.notes if f"'{Y}' holds no single values" not in note]
    notes.append(f"Representations: {found.y.shape[1]:,} numbers a source.")
    return replace(listed, notes=notes), found


def _read_y(path: Path) -> tuple[NDArray[np.float32], dict[int, str]]:
    """The representations (N, D) of all rows, and why some cannot be used, by row from 1."""
    try:
        column = pq.read_table(path, columns=[Y])[Y].combine_chunks()
    except FileNotFoundError as exc:
        raise UnreadableCatalogue(f"There is no file '{path}'.") from exc
    except (OSError, ValueError, KeyError) as exc:
        said = str(exc).splitlines()[0].rstrip(".")
        raise UnreadableCatalogue(f"'{path}' cannot be used ({said}): {WHAT}.") from exc
    if not _is_list_of_numbers(column.type):
        raise UnreadableCatalogue(f"The column '{Y}' of '{path}' holds {column.type}: {WHAT}.")
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    common, _ = (
        Counter(lengths[lengths > 0].tolist()).most_common(1)[0] if lengths.any() else (0, 0)
    )
    if common < 2:
        raise UnreadableCatalogue(f"No row of '{path}' has a representation: {WHAT}.")
    reasons = {
        int(i) + 1: f"its {Y} has {lengths[i]} numbers, that of most others {common}"
        for i in np.flatnonzero(lengths != common)
    }
    whole = np.flatnonzero(lengths == common)
    flat = pc.list_flatten(column.take(pa.array(whole))).cast(pa.float64())
    found = np.asarray(flat.to_numpy(zero_copy_only=False), np.float32).reshape(-1, common)
    y = np.zeros((len(lengths), common), np.float32)
    y[whole] = found
    for i in whole[~np.isfinite(found).all(axis=1)]:
        reasons[int(i) + 1] = f"its {Y} holds values that are no finite numbers"
    for i in whole[~found.any(axis=1)]:
        reasons[int(i) + 1] = f"its {Y} is 0 throughout, which has no direction to compare"
    return y, reasons


def _is_list_of_numbers(kind: pa.DataType) -> bool:
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    if not any(is_list(kind) for is_list in lists):
        return False
    return bool(pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))
