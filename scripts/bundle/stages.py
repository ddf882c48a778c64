"""The stages of a build, in their order: sources, representations, components, map, index.

Each reads what the ones before it wrote into the version's directory. None publishes anything.
"""

from collections import defaultdict
from pathlib import Path

import faiss
import numpy as np
import zarr
from numpy.typing import NDArray

from app.bundle.catalogue import CORE_COLUMNS, make_table, read_table, write_table
from app.bundle.files import SourceRecord
from app.bundle.latent_space import NOVELTY_NEIGHBOURS
from app.errors import BuildError
from app.surveys.services import FIRST_SURVEY
from app.tables.write import write_plain_csv
from model.beam import first_beam
from model.encoder import EMBED_BATCH, FEATURES, Encoder, embed
from model.extent import measure_extent
from model.preprocess import IMAGE_SIZE_PX, network_input
from model.similarity import unit_length
from model.whole_file import write_whole
from scripts.bundle.reduce import ReductionConfig, fit_pca, fit_umap, load_pca, save_pca
from scripts.bundle.sources import Source, SourceCatalogue
from scripts.terminal import bar, console, track

SHARD = 1024
"""Images of one file."""
IMAGES_AT_ONCE = 16 * EMBED_BATCH
BLOCK = 1024
"""Sources whose novelty is computed at once."""
BLANK_IMAGE = np.zeros((IMAGE_SIZE_PX, IMAGE_SIZE_PX), np.uint8)
FEWEST_SOURCES = 4
"""UMAP cannot lay out fewer."""


class TooFewSources(BuildError):
    """Of the catalogue's sources, fewer are usable than a map takes."""


def write_sources(catalogue: SourceCatalogue, out: Path) -> None:
    """Write images.zarr, catalogue.parquet and rejects.csv; representations that come along too.

    Raises
    ------
    TooFewSources, BuildError
        If there are too few usable sources for a map; if the catalogue yields another number of
        rows than it lists, or a repeated source_id.
    """
    columns: dict[str, list[object]] = defaultdict(list)
    made_elsewhere: list[NDArray[np.float32]] = []
    rejects: list[Source] = []
    listed = catalogue.record.n_listed
    with ImageWriter(out / "images.zarr", listed) as images:
        for source in track(catalogue.read(), "Images and extents", listed):
            if source.reason is not None:
                rejects.append(source)
                continue
            images.append(BLANK_IMAGE if source.image is None else source.image)
            if source.y is not None:
                made_elsewhere.append(source.y)
            for name, value in _catalogue_row(source).items():
                columns[name].append(value)
    _write_rejects(rejects, out / "rejects.csv")
    _check_counts(columns["source_id"], rejects, catalogue.record)
    if catalogue.made_elsewhere:
        np.save(out / "representations.npy", np.stack(made_elsewhere))
    write_table(
        make_table(columns, {**CORE_COLUMNS, **catalogue.own_columns}), out / "catalogue.parquet"
    )


def write_representations(encoder: Encoder, out: Path, engine_file: Path) -> None:
    """Embed images.zarr into representations.npy; `engine_file` keeps what computed them."""
    images = zarr.open_array(out / "images.zarr", mode="r")
    write_whole(engine_file, encoder.engine)
    np.save(out / "representations.npy", embed_images(encoder, images))


def write_components(config: ReductionConfig, out: Path) -> None:
    """Fit the principal components of representations.npy: pca.npz."""
    principal = fit_pca(np.load(out / "representations.npy"), config)
    save_pca(principal, out / "pca.npz")
    console.print(
        f"PCA: {len(principal.components)} components keep {100 * principal.variance_kept:.2f} % "
        "of the variance of y"
    )


def write_map(config: ReductionConfig, out: Path) -> None:
    """Lay the scores of the principal components out: map.npy."""
    scores = load_pca(out / "pca.npz").scores(np.load(out / "representations.npy"))
    np.save(out / "map.npy", fit_umap(scores, config))


def write_index(out: Path) -> None:
    """Write neighbours.faiss, and the novelty of every source into catalogue.parquet."""
    y = np.load(out / "representations.npy")
    index = build_index(y)
    faiss.write_index(index, str(out / "neighbours.faiss"))
    table = read_table(out / "catalogue.parquet")
    novelty = make_table({"novelty": leave_one_out_novelty(index, y)}, CORE_COLUMNS)
    if "novelty" in table.column_names:
        table = table.drop_columns(["novelty"])
    write_table(
        table.append_column(novelty.schema.field(0), novelty["novelty"]), out / "catalogue.parquet"
    )


class ImageWriter:
    """Writes images into shards of one zarr array, one shard at a time (one writer, always)."""

    def __init__(self, path: Path, at_most: int) -> None:
        side = IMAGE_SIZE_PX
        self._array = zarr.create_array(
            path,
            shape=(at_most, side, side),
            chunks=(1, side, side),
            shards=(SHARD, side, side),
            dtype=np.uint8,
            fill_value=0,
            overwrite=True,
            attributes={"pixel_scale_arcsec": 1.8, "orientation": "row 0 south, column 0 east"},
        )
        self._waiting: list[NDArray[np.uint8]] = []
        self._written = 0

    def __enter__(self) -> "ImageWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._array.resize((self._written, IMAGE_SIZE_PX, IMAGE_SIZE_PX))

    def append(self, image: NDArray[np.uint8]) -> None:
        """Add one image (150, 150)."""
        self._waiting.append(image)
        if len(self._waiting) == SHARD:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            stop = self._written + len(self._waiting)
            self._array[self._written : stop] = np.stack(self._waiting)
            self._written, self._waiting = stop, []


def embed_images(encoder: Encoder, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Embed cleaned images, an array (N, 150, 150) in memory or zarr, a slice at a time.

    Returns
    -------
    y : ndarray, shape (N, 512), float32
    """
    y = np.empty((images.shape[0], FEATURES), np.float32)
    with bar() as progress:
        task = progress.add_task(f"Embedding with {encoder.card.architecture}", total=len(y))
        for start in range(0, len(y), IMAGES_AT_ONCE):
            rows = slice(start, start + IMAGES_AT_ONCE)
            y[rows] = embed(encoder, network_input(np.asarray(images[rows])))
            progress.update(task, completed=min(rows.stop, len(y)))
    return y


def build_index(y: NDArray[np.float32]) -> faiss.Index:
    """Exact inner-product index over unit-norm y (N, 512): its scores are S of eq. 3."""
    index = faiss.IndexFlatIP(y.shape[1])
    index.add(np.ascontiguousarray(unit_length(y), np.float32))
    return index


def leave_one_out_novelty(index: faiss.Index, y: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of 1 - S from every source to its 10 nearest others, (N,)."""
    unit = unit_length(y)
    count = min(NOVELTY_NEIGHBOURS, len(y) - 1)
    novelty = np.empty(len(y))
    with bar() as progress:
        task = progress.add_task("Novelty of every source", total=len(y))
        for start in range(0, len(y), BLOCK):
            block = slice(start, min(start + BLOCK, len(y)))
            _, found = index.search(unit[block].astype(np.float32), count + 1)
            novelty[block] = _mean_dissimilarity(unit, found, start, count)
            progress.update(task, completed=block.stop)
    return novelty


def _catalogue_row(source: Source) -> dict[str, object]:
    return {
        "source_id": source.source_id,
        "name": source.name,
        "ra_deg": source.ra_deg,
        "dec_deg": source.dec_deg,
        **_extent(source),
        "image_origin": source.image_origin,
        "survey": source.survey,
        **_beam(source),
        "rms_jy_beam": source.rms_jy_beam,
        "scale_min_jy_beam": source.scale_min_jy_beam,
        "scale_max_jy_beam": source.scale_max_jy_beam,
        "blanked_percent": 100 * source.blank_fraction,
        **source.own,
    }


def _extent(source: Source) -> dict[str, object]:
    arcsec, flag, origin = source.catalogued_extent_arcsec, source.extent_flag, "catalogue"
    if arcsec is None and source.image is None:
        arcsec, flag, origin = np.nan, "unknown", "none"
    elif arcsec is None:
        assert source.image is not None
        measured = measure_extent(source.image)
        arcsec, flag, origin = measured.arcsec, measured.flag, "measured"
    return {"angular_extent_arcsec": arcsec, "extent_origin": origin, "extent_flag": flag}


def _beam(source: Source) -> dict[str, float]:
    """FIRST's beam where the position decides it; NaN where it does not, and for other surveys."""
    beam = first_beam(source.ra_deg, source.dec_deg) if source.survey == FIRST_SURVEY else None
    values = (beam.major_arcsec, beam.minor_arcsec, beam.pa_deg) if beam else (np.nan,) * 3
    names = ("beam_major_arcsec", "beam_minor_arcsec", "beam_pa_deg")
    return dict(zip(names, values, strict=True))


def _check_counts(source_ids: list[object], rejects: list[Source], record: SourceRecord) -> None:
    seen = len(source_ids) + len(rejects)
    if seen != record.n_listed:
        raise BuildError(
            f"{record.name} should list {record.n_listed:,} sources but gave {seen:,}."
        )
    if len(source_ids) < FEWEST_SOURCES:
        raise TooFewSources(
            f"{record.name} has {len(source_ids)} usable sources ({len(rejects)} of {seen:,} were "
            f"rejected); a map needs at least {FEWEST_SOURCES}."
        )
    if len(set(source_ids)) != len(source_ids):
        raise BuildError(f"{record.name} repeats a source_id.")


def _write_rejects(rejects: list[Source], path: Path) -> None:
    header = ("source_id", "name", "ra_deg", "dec_deg", "reason")
    rows = ([getattr(reject, name) for name in header] for reject in rejects)
    write_whole(path, write_plain_csv(header, rows))


def _mean_dissimilarity(
    unit: NDArray[np.float64], found: NDArray[np.int64], start: int, count: int
) -> NDArray[np.float64]:
    own = np.arange(start, start + len(found))
    similarity = np.einsum("bd,bkd->bk", unit[own], unit[found])
    similarity[found == own[:, None]] = -np.inf
    best = -np.sort(-similarity, axis=1)[:, :count]
    return 1 - np.minimum(best, 1).mean(axis=1)
