"""`rgz-explorer embed`: images of one's own to a table of representations.

It needs no bundle and no network. What cannot be used is said and written down, never dropped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.bundle.catalogue import CORE_COLUMNS, ColumnInfo, info_field
from app.errors import ExplorerError
from app.images.prepare import prepare_image
from app.tables.write import format_of, write_plain_csv, write_table
from model.classifier import Classifier
from model.encoder import FEATURES, Encoder, embed
from model.extent import measure_extent
from model.preprocess import PREPROCESSING, ImageError, network_input
from model.whole_file import write_whole
from scripts.terminal import check_output, console, track

PEDESTAL_WARNING = (
    "The classifier was fitted to images from which a pedestal was subtracted; yours are cleaned "
    "as published, so its errors are not those it was tested with."
)
PICTURES = "raw; pictures (PNG, JPEG) among them, scaled from their darkest value: see remarks"
COLUMNS = {
    "file": pa.string(),
    "ra_deg": pa.float64(),
    "dec_deg": pa.float64(),
    "angular_extent_arcsec": pa.float64(),
    "extent_flag": pa.string(),
    "remarks": pa.string(),
}
INFO = {
    "file": ColumnInfo("File", ucd="meta.file"),
    "remarks": ColumnInfo("Remarks", ucd="meta.note", description="What was done to the image."),
    "y": ColumnInfo("Representation y", description="As the encoder gives it, not normalised."),
}
"""What the columns mean; those of the positions and extents as in every bundle's catalogue."""


@dataclass(frozen=True)
class EmbeddedFile:
    """One row of the table."""

    file: str
    ra_deg: float | None
    dec_deg: float | None
    angular_extent_arcsec: float
    extent_flag: str
    remarks: str
    is_picture: bool
    y: NDArray[np.float32]  # (512,)
    probabilities: NDArray[np.float32]  # (C,); empty without a classifier


def embed_files(
    paths: Iterable[Path],
    encoder: Encoder,
    out: Path,
    classifier: Classifier | None = None,
    extension: str | None = None,
) -> None:
    """Embed images with their source in the middle, prepared as the page prepares them.

    Parameters
    ----------
    paths : iterable of Path
        FITS files (also .gz or .fz), PNGs or JPEGs.
    encoder : Encoder
    out : Path
        The table; its suffix (.csv, .ecsv, .vot, .xml, .parquet) says the format. Columns: file,
        ra_deg, dec_deg (ICRS, of the middle; null where unknown), angular_extent_arcsec,
        extent_flag, remarks (what was done to the image and what to beware of), and y: a
        fixed-size list of 512 float32 in Parquet, an array in ECSV and VOTable, y_0 to y_511 in
        CSV. Units are in the fields' metadata. With a classifier also predicted_class, and
        probability_CLASS for each of its classes. Files that cannot be used go to
        OUT.rejects.csv.
    classifier : Classifier, optional
        It classifies with the encoder it holds; y is that of ``encoder`` all the same.
    extension : str, optional
        Name or number of the FITS extension that holds the image.

    Raises
    ------
    ExplorerError
        If not one file could be used, or the table's name says no format.
    """
    check_output(out)
    fmt = format_of(out)
    if classifier is not None and classifier.input_kind == "pedestal":
        console.print(PEDESTAL_WARNING)
    files = list(paths)
    rows, rejects = [], []
    for path in track(files, "Embedding", len(files)):
        try:
            rows.append(_embed_one(path, encoder, classifier, extension))
        except Exception as exc:  # one bad file is never the end of a batch
            rejects.append((str(path), _reason(exc)))
    _write_rejects(rejects, out.with_name(f"{out.name}.rejects.csv"))
    if not rows:
        raise ExplorerError(f"None of the {len(files)} files could be used; no table was written.")
    table = _table(rows, encoder, classifier)
    provenance = {name.decode(): word.decode() for name, word in table.schema.metadata.items()}
    write_whole(out, write_table(table, provenance, fmt))
    console.print(f"{len(files)} files = {len(rows)} embedded in {out} + {len(rejects)} rejected")


def _embed_one(
    path: Path, encoder: Encoder, classifier: Classifier | None, extension: str | None
) -> EmbeddedFile:
    image = prepare_image(path.read_bytes(), extension=extension)
    extent = measure_extent(image.pixels)
    x = network_input(image.pixels)[None]  # (1, 70, 70)
    place = image.position
    return EmbeddedFile(
        file=str(path),
        ra_deg=float(place.ra.deg) if place else None,
        dec_deg=float(place.dec.deg) if place else None,
        angular_extent_arcsec=extent.arcsec,
        extent_flag=extent.flag,
        remarks=" ".join(image.remarks),
        is_picture=image.is_picture,
        y=embed(encoder, x)[0],
        probabilities=classifier.probabilities(x)[0] if classifier else np.empty(0, np.float32),
    )


def _reason(error: Exception) -> str:
    """Why a file could not be used, in a sentence."""
    if isinstance(error, FileNotFoundError):
        return "There is no such file."
    if isinstance(error, OSError):
        return f"It cannot be read ({error.strerror or error})."
    if isinstance(error, ExplorerError | ImageError):
        return str(error)
    return f"It could not be read, for a reason not foreseen ({type(error).__name__}: {error})."


def _table(rows: list[EmbeddedFile], encoder: Encoder, classifier: Classifier | None) -> pa.Table:
    y = pa.array(np.concatenate([row.y for row in rows]), pa.float32())
    columns = {
        name: pa.array([getattr(row, name) for row in rows], kind) for name, kind in COLUMNS.items()
    }
    if classifier is not None:
        columns |= _class_columns(rows, classifier)
    columns["y"] = pa.FixedSizeListArray.from_arrays(y, FEATURES)
    info = {**CORE_COLUMNS, **INFO}
    fields = [
        info_field(name, array.type, info.get(name, ColumnInfo(name)))
        for name, array in columns.items()
    ]
    provenance = {
        "encoder": encoder.card.name,
        "encoder_sha256": encoder.card.sha256,
        "preprocessing": PREPROCESSING,
        "input_kind": PICTURES if any(row.is_picture for row in rows) else "raw",
    }
    if classifier is not None:
        provenance |= {
            "classifier": classifier.origin,
            "classifier_encoder_sha256": classifier.encoder.card.sha256,
            "classifier_input_kind": classifier.input_kind,
        }
    return pa.table(list(columns.values()), schema=pa.schema(fields, metadata=provenance))


def _class_columns(rows: list[EmbeddedFile], classifier: Classifier) -> dict[str, pa.Array]:
    probabilities = np.stack([row.probabilities for row in rows])  # (N, C)
    names = [classifier.classes[i] for i in probabilities.argmax(axis=1)]
    columns = {"predicted_class": pa.array(names)}
    for name, values in zip(classifier.classes, probabilities.T, strict=True):
        columns[f"probability_{name}"] = pa.array(values, pa.float32())
    return columns


def _write_rejects(rejects: list[tuple[str, str]], path: Path) -> None:
    for file, reason in rejects:
        console.print(f"{file}: {reason}")
    if not rejects:
        path.unlink(missing_ok=True)
        return
    write_whole(path, write_plain_csv(("file", "reason"), rejects))
