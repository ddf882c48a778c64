"""`rgz-explorer embed`: FITS images of one's own to a table of representations.

It needs no bundle and no network. What cannot be used is said and written down, never dropped.
"""

import csv
import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from app.errors import ExplorerError, UnreadableFits
from app.images.fits import FitsImage, celestial_wcs, foreign_unit, read_fits
from model.classifier import Classifier
from model.encoder import FEATURES, Encoder, embed
from model.extent import measure_extent
from model.preprocess import PIXEL_SCALE_ARCSEC, PREPROCESSING, ImageError, clean, network_input
from scripts.terminal import check_output, console, track

GZIP_MAGIC = b"\x1f\x8b"
SCALE_TOLERANCE = 0.01
PEDESTAL_WARNING = (
    "The classifier was fitted to images from which a pedestal was subtracted; yours are cleaned "
    "as published, so its errors are not those it was tested with."
)
UNITS = {"ra_deg": "deg", "dec_deg": "deg", "angular_extent_arcsec": "arcsec"}


@dataclass(frozen=True)
class EmbeddedFile:
    """One row of the table."""

    file: str
    ra_deg: float
    dec_deg: float
    angular_extent_arcsec: float
    extent_flag: str
    y: NDArray[np.float32]  # (512,)
    probabilities: NDArray[np.float32]  # (C,); empty without a classifier


def embed_files(
    paths: Iterable[Path], encoder: Encoder, out: Path, classifier: Classifier | None = None
) -> None:
    """Embed FITS images (Jy/beam, 1.8"/px, the source in the middle) into a Parquet table.

    Parameters
    ----------
    paths : iterable of Path
        FITS files, gzipped or not.
    encoder : Encoder
    out : Path
        The table: file, ra_deg, dec_deg (of the middle pixel), angular_extent_arcsec,
        extent_flag, and y as a fixed-size list of 512 float32; units in the fields' metadata.
        With a classifier also predicted_class, and probability_CLASS for each of its classes.
        Files that cannot be used go to OUT.rejects.csv. Nothing is resampled or turned: another
        pixel scale, unit or orientation is a reason to reject.
    classifier : Classifier, optional
        It classifies with the encoder it holds; y is that of ``encoder`` all the same.

    Raises
    ------
    ExplorerError
        If not one file could be used.
    """
    check_output(out)
    if classifier is not None and classifier.input_kind == "pedestal":
        console.print(PEDESTAL_WARNING)
    files = list(paths)
    rows, rejects = [], []
    for path in track(files, "Embedding", len(files)):
        try:
            rows.append(_embed_one(path, encoder, classifier))
        except FileNotFoundError:
            rejects.append((str(path), "There is no such file."))
        except (ExplorerError, ImageError, OSError) as exc:
            rejects.append((str(path), str(exc)))
    _write_rejects(rejects, out.with_name(f"{out.name}.rejects.csv"))
    if not rows:
        raise ExplorerError(f"None of the {len(files)} files could be used; no table was written.")
    pq.write_table(_table(rows, encoder, classifier), out)
    console.print(f"{len(files)} files = {len(rows)} embedded in {out} + {len(rejects)} rejected")


def _embed_one(path: Path, encoder: Encoder, classifier: Classifier | None) -> EmbeddedFile:
    image = read_fits(_content(path))
    _check_unit(image)
    _check_grid(image)
    cleaned = clean(image.pixels)
    extent = measure_extent(cleaned)
    x = network_input(cleaned)[None]  # (1, 70, 70)
    height, width = image.pixels.shape
    middle = celestial_wcs(image.header).pixel_to_world((width - 1) / 2, (height - 1) / 2).icrs
    return EmbeddedFile(
        file=str(path),
        ra_deg=float(middle.ra.deg),
        dec_deg=float(middle.dec.deg),
        angular_extent_arcsec=extent.arcsec,
        extent_flag=extent.flag,
        y=embed(encoder, x)[0],
        probabilities=classifier.probabilities(x)[0] if classifier else np.empty(0, np.float32),
    )


def _check_unit(image: FitsImage) -> None:
    if unit := foreign_unit(image.header):
        raise UnreadableFits(f"The image is in '{unit}'; Jy/beam is needed.")


def _check_grid(image: FitsImage) -> None:
    """Refuse what is not sampled and oriented as FIRST is: 1.8"/px, north up, east left."""
    wcs = celestial_wcs(image.header)
    east, north = np.diag(wcs.pixel_scale_matrix) * 3600  # arcsec a pixel
    wanted = np.array([[-PIXEL_SCALE_ARCSEC, 0], [0, PIXEL_SCALE_ARCSEC]])
    found = wcs.pixel_scale_matrix * 3600
    if np.abs(found - wanted).max() > SCALE_TOLERANCE * PIXEL_SCALE_ARCSEC:
        raise UnreadableFits(
            f'The image has {abs(east):.2f} x {abs(north):.2f}" a pixel'
            + (", east right" if east > 0 else "")
            + (", south up" if north < 0 else "")
            + f'; {PIXEL_SCALE_ARCSEC}" a pixel, north up and east left, are needed. Resample it '
            "first, for example with the reproject package."
        )


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    if not content.startswith(GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError) as exc:
        raise UnreadableFits(f"'{path}' is a damaged gzip file.") from exc


def _table(rows: list[EmbeddedFile], encoder: Encoder, classifier: Classifier | None) -> pa.Table:
    y = pa.array(np.concatenate([row.y for row in rows]), pa.float32())
    columns = {
        name: pa.array([getattr(row, name) for row in rows])
        for name in ("file", "ra_deg", "dec_deg", "angular_extent_arcsec", "extent_flag")
    }
    if classifier is not None:
        columns |= _class_columns(rows, classifier)
    columns["y"] = pa.FixedSizeListArray.from_arrays(y, FEATURES)
    fields = [
        pa.field(name, array.type, metadata={"unit": UNITS.get(name, "")})
        for name, array in columns.items()
    ]
    provenance = {
        "encoder": encoder.card.name,
        "encoder_sha256": encoder.card.sha256,
        "preprocessing": PREPROCESSING,
        "input_kind": "raw",
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
    with path.open("w", newline="") as file_:
        writer = csv.writer(file_)
        writer.writerow(["file", "reason"])
        writer.writerows(rejects)
