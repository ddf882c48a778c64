"""The first stage of a build: candidates to images, the catalogue table and the rejects file."""

import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
import zarr
from numpy.typing import NDArray

from app.bundle.catalogue import CORE_COLUMNS, make_table, write_table
from app.bundle.files import SourceRecord
from app.bundle.latent_space import NOVELTY_NEIGHBOURS
from app.errors import BuildError
from app.tables.write import write_plain_csv
from model.beam import first_beam
from model.encoder import EMBED_BATCH, FEATURES, Encoder, embed
from model.extent import measure_extent
from model.preprocess import IMAGE_SIZE_PX, network_input
from model.whole_file import write_whole
from scripts.bundle.sources import Candidate, CatalogueSource
from scripts.terminal import bar, console, spinner, track


def embed_images(
    encoder: Encoder, batches: Iterable[NDArray[np.uint8]], total: int
) -> NDArray[np.float32]:
    """Embed cleaned images batch by batch.

    Parameters
    ----------
    encoder : Encoder
    batches : iterable of ndarray, shape (B, 150, 150), uint8
    total : int
        Number of images in all.

    Returns
    -------
    y : ndarray, shape (total, 512), float32
    """
    y = np.empty((total, FEATURES), np.float32)
    start = 0
    with bar() as progress:
        task = progress.add_task(f"Embedding with {encoder.card.architecture}", total=total)
        for images in batches:
            stop = start + len(images)
            y[start:stop] = embed(encoder, network_input(images))
            progress.update(task, completed=stop)
            start = stop
    return y


def in_batches(
    images: NDArray[np.uint8], size: int = 16 * EMBED_BATCH
) -> Iterator[NDArray[np.uint8]]:
    """Read an image array (N, 150, 150), in memory or zarr, a slice at a time."""
    for start in range(0, images.shape[0], size):
        yield np.asarray(images[start : start + size])


@dataclass(frozen=True)
class ReductionConfig:
    """The published app's values."""

    pca_components: int = 200
    n_neighbors: int = 50
    min_dist: float = 0.0005
    metric: str = "cosine"
    seed: int = 69


@dataclass(frozen=True)
class Principal:
    """A fitted PCA: ``scores = (y - mean) @ components.T``."""

    mean: NDArray[np.float32]  # (512,)
    components: NDArray[np.float32]  # (C, 512)
    variance_ratio: NDArray[np.float64]  # (C,)

    @property
    def variance_kept(self) -> float:
        """Share of the variance of y that the components keep."""
        return min(float(self.variance_ratio.sum()), 1.0)

    def scores(self, y: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 512) -> (N, C)."""
        return np.asarray((y - self.mean) @ self.components.T, np.float32)


def fit_pca(y: NDArray[np.float32], config: ReductionConfig) -> Principal:
    """Fit the principal components of y (N, 512); small N allows fewer than asked for."""
    from sklearn.decomposition import PCA  # a second to import: only where it is needed

    components = min(config.pca_components, *y.shape)
    pca = PCA(components, svd_solver="full", random_state=config.seed).fit(y)
    return Principal(
        pca.mean_.astype(np.float32),
        pca.components_.astype(np.float32),
        pca.explained_variance_ratio_.astype(np.float64),
    )


def fit_umap(scores: NDArray[np.float32], config: ReductionConfig) -> NDArray[np.float32]:
    """Lay the PCA scores (N, C) out in two dimensions; the same seed gives the same map.

    Returns
    -------
    xy : ndarray, shape (N, 2), float32
        Without physical meaning.
    """
    with spinner("Loading UMAP"):
        from umap import UMAP  # seconds to import: only where it is needed

    neighbours = umap_neighbours(len(scores), config)
    console.print(f"UMAP: {neighbours} neighbours of {len(scores):,} sources, then the layout")
    reducer = UMAP(
        n_neighbors=neighbours,
        min_dist=config.min_dist,
        metric=config.metric,
        random_state=config.seed,
        n_jobs=1,
        tqdm_kwds={
            "disable": not console.is_terminal,
            "desc": "UMAP layout",
            "bar_format": "{desc:<34} {bar:40} {n_fmt}/{total_fmt} {elapsed} left {remaining}",
        },
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # few sources: no spectral start
        return np.asarray(reducer.fit_transform(scores), np.float32)


def umap_neighbours(n: int, config: ReductionConfig) -> int:
    """Neighbours UMAP is given: the configured number, fewer where there are few sources."""
    return max(2, min(config.n_neighbors, n - 1))


def save_pca(principal: Principal, path: Path) -> None:
    """Write the PCA as plain arrays."""
    np.savez(
        path,
        mean=principal.mean,
        components=principal.components,
        variance_ratio=principal.variance_ratio,
    )


def load_pca(path: Path) -> Principal:
    """Read what `save_pca` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        return Principal(stored["mean"], stored["components"], stored["variance_ratio"])


BLOCK = 1024


def build_index(y: NDArray[np.float32]) -> faiss.Index:
    """Exact inner-product index over unit-norm y (N, 512): its scores are S of eq. 3."""
    unit = np.ascontiguousarray(y, np.float32)
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    index = faiss.IndexFlatIP(y.shape[1])
    index.add(unit)
    return index


def leave_one_out_novelty(index: faiss.Index, y: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of 1 - S from every source to its 10 nearest others, (N,)."""
    unit = y.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
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


def _mean_dissimilarity(
    unit: NDArray[np.float64], found: NDArray[np.int64], start: int, count: int
) -> NDArray[np.float64]:
    own = np.arange(start, start + len(found))
    similarity = np.einsum("bd,bkd->bk", unit[own], unit[found])
    similarity[found == own[:, None]] = -np.inf
    best = -np.sort(-similarity, axis=1)[:, :count]
    return 1 - np.minimum(best, 1).mean(axis=1)


SHARD = 1024
FEWEST_SOURCES = 4
"""UMAP cannot lay out fewer."""


def write_sources(source: CatalogueSource, out: Path) -> None:
    """Write images.zarr, catalogue.parquet and rejects.csv.

    Raises
    ------
    BuildError
        If the catalogue yields another number of rows than it lists, a repeated source_id, or too
        few usable sources for a map.
    """
    columns: dict[str, list[object]] = defaultdict(list)
    rejects: list[Candidate] = []
    with ImageWriter(out / "images.zarr", source.record.n_listed) as images:
        for candidate in track(source.read(), "Images and extents", source.record.n_listed):
            if candidate.reason:
                rejects.append(candidate)
                continue
            images.append(candidate.image)
            for name, value in _row(candidate).items():
                columns[name].append(value)
    _check_counts(columns["source_id"], rejects, source.record)
    write_table(
        make_table(columns, {**CORE_COLUMNS, **source.own_columns}), out / "catalogue.parquet"
    )
    _write_rejects(rejects, out / "rejects.csv")


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


def _row(candidate: Candidate) -> dict[str, object]:
    return {
        "source_id": candidate.source_id,
        "name": candidate.name,
        "ra_deg": candidate.ra_deg,
        "dec_deg": candidate.dec_deg,
        **_extent(candidate),
        "image_origin": candidate.image_origin,
        "survey": candidate.survey,
        **_beam(candidate.ra_deg, candidate.dec_deg),
        "rms_jy_beam": candidate.rms_jy_beam,
        "scale_min_jy_beam": candidate.scale_min_jy_beam,
        "scale_max_jy_beam": candidate.scale_max_jy_beam,
        **candidate.own,
    }


def _extent(candidate: Candidate) -> dict[str, object]:
    arcsec, flag, origin = candidate.catalogued_extent_arcsec, candidate.extent_flag, "catalogue"
    if arcsec is None:
        measured = measure_extent(candidate.image)
        arcsec, flag, origin = measured.arcsec, measured.flag, "measured"
    return {"angular_extent_arcsec": arcsec, "extent_origin": origin, "extent_flag": flag}


def _beam(ra_deg: float, dec_deg: float) -> dict[str, float]:
    """FIRST's beam where the position decides it, NaN where it does not."""
    beam = first_beam(ra_deg, dec_deg)
    values = (beam.major_arcsec, beam.minor_arcsec, beam.pa_deg) if beam else (np.nan,) * 3
    names = ("beam_major_arcsec", "beam_minor_arcsec", "beam_pa_deg")
    return dict(zip(names, values, strict=True))


def _check_counts(source_ids: list[object], rejects: list[Candidate], record: SourceRecord) -> None:
    seen = len(source_ids) + len(rejects)
    if seen != record.n_listed:
        raise BuildError(
            f"{record.name} should list {record.n_listed:,} sources but gave {seen:,}."
        )
    if len(source_ids) < FEWEST_SOURCES:
        raise BuildError(
            f"{record.name} has {len(source_ids)} usable sources ({len(rejects)} of {seen:,} were "
            f"rejected); a map needs at least {FEWEST_SOURCES}."
        )
    if len(set(source_ids)) != len(source_ids):
        raise BuildError(f"{record.name} repeats a source_id.")


def _write_rejects(rejects: list[Candidate], path: Path) -> None:
    header = ("source_id", "name", "ra_deg", "dec_deg", "reason")
    rows = ([getattr(reject, name) for name in header] for reject in rejects)
    write_whole(path, write_plain_csv(header, rows))
