"""Build a bundle in stages that a killed run does not lose, and publish it in one step.

It never changes the version that serves before the new one is complete on disk.
"""

import fcntl
import hashlib
import importlib.metadata
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import faiss
import numpy as np
import zarr

from app.bundle.catalogue import CORE_COLUMNS, Catalogue, make_table, read_table, write_table
from app.bundle.files import (
    ENGINE_NOT_RECORDED,
    SCHEMA_VERSION,
    EncoderRecord,
    Manifest,
    ReductionRecord,
    SourceRecord,
    content_files,
    current_version,
    file_digest,
    link,
    publish,
    read_manifest,
    verify,
    write_manifest,
)
from app.errors import BuildError, BuildInProgress, BundleError, BundleMissing
from app.tables.write import read_plain_csv
from model.encoder import Encoder, EncoderCard, describe
from model.extent import EXTENT_ALGORITHM
from model.preprocess import PREPROCESSING
from scripts.bundle.sources import CatalogueSource
from scripts.bundle.stages import (
    ReductionConfig,
    build_index,
    embed_images,
    fit_pca,
    fit_umap,
    in_batches,
    leave_one_out_novelty,
    load_pca,
    save_pca,
    umap_neighbours,
    write_sources,
)
from scripts.terminal import console


def fingerprint_of(source: SourceRecord, card: EncoderCard, reduction: ReductionConfig) -> str:
    """SHA-256 over source, encoder, preprocessing, extent algorithm, reduction and schema."""
    content = {
        "schema": SCHEMA_VERSION,
        "source": [source.name, source.version, source.n_listed],
        "encoder": card.sha256,
        "preprocessing": PREPROCESSING,
        "extent": EXTENT_ALGORITHM,
        "reduction": asdict(reduction),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def reasons_to_rebuild(before: Manifest, source: SourceRecord, card: EncoderCard) -> str:
    """Say in words what has changed since a bundle was built."""
    changes = {
        f"its encoder was '{before.encoder.name}', now it is '{card.name}'": before.encoder.sha256
        != card.sha256,
        "its images were prepared in another way": before.preprocessing != PREPROCESSING,
        "its angular extents were measured in another way": before.extent_algorithm
        != EXTENT_ALGORITHM,
        f"its catalogue was {before.source.name}, now it is {source.name}": (
            before.source.name,
            before.source.version,
        )
        != (source.name, source.version),
    }
    return (
        "; ".join(words for words, changed in changes.items() if changed) or "its settings changed"
    )


DEFAULT_COLUMN = "angular_extent_arcsec"
MOST_REASONS = 5
"""Further ones are only counted on screen."""
LIBRARIES = (
    "numpy",
    "torch",
    "openvino",
    "scikit-learn",
    "umap-learn",
    "faiss-cpu",
    "zarr",
    "astropy",
)


@dataclass(frozen=True)
class BuildConfig:
    """What to build and how; with the encoder it decides the whole content of the bundle."""

    bundle: Path
    source: CatalogueSource
    encoder: Encoder
    reduction: ReductionConfig = field(default_factory=ReductionConfig)

    @property
    def fingerprint(self) -> str:
        """Digest of everything that decides the content."""
        return fingerprint_of(self.source.record, self.encoder.card, self.reduction)


def build(config: BuildConfig) -> Path:
    """Bring a bundle up to date.

    Returns
    -------
    version_dir : Path
        The version that serves; built now, or before if nothing has changed.

    Raises
    ------
    BuildInProgress, BuildError
        If another build of the same bundle runs, or it cannot be written.
    """
    with _only_one_build(config.bundle):
        found = _finished_before(config)
        if found:
            return found
        return _build_stages(config)


def _finished_before(config: BuildConfig) -> Path | None:
    """The version that this build would make, if it is there already."""
    for version_dir in sorted(config.bundle.glob("[!.]*"), reverse=True):
        if version_dir.is_symlink() or not version_dir.is_dir():
            continue
        try:
            if read_manifest(version_dir).fingerprint == config.fingerprint:
                verify(version_dir)
                link(config.bundle, version_dir.name)
                console.print(f"The bundle '{config.bundle}' is up to date.", markup=False)
                return version_dir
        except BundleError as exc:
            console.print(str(exc), markup=False)
    return None


def _build_stages(config: BuildConfig) -> Path:
    _say_why(config)
    stages = Stages(config.bundle / f".build-{config.fingerprint[:16]}")
    out = stages.out
    stages.run("images", lambda: write_sources(config.source, out))
    stages.run("representations", lambda: _embed(config, out, stages.engine_file))
    stages.run("principal components", lambda: _reduce_pca(config, out))
    stages.run("map", lambda: _reduce_umap(config, out))
    stages.run("index", lambda: _index(out))
    manifest = _manifest(config, out, stages.engine())
    write_manifest(manifest, out)
    version = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{config.fingerprint[:8]}"
    version_dir = publish(out, config.bundle, version)
    _remove_work(config.bundle)
    _report(manifest, version_dir)
    return version_dir


class Stages:
    """Stages of a build in a working directory; a finished one is not done again.

    Parameters
    ----------
    work : Path
        Named by the build's fingerprint, so that stages of another build are never taken over.
    """

    def __init__(self, work: Path) -> None:
        self.out = work / "version"
        self.engine_file = work / "engine"
        self._marks = work / "done"
        if not self.out.is_dir():  # a version that was moved away takes its marks with it
            shutil.rmtree(work, ignore_errors=True)
        self.out.mkdir(parents=True, exist_ok=True)
        self._marks.mkdir(exist_ok=True)

    def run(self, name: str, make: Callable[[], None]) -> None:
        """Do a stage unless an interrupted run has finished it."""
        mark = self._marks / name.replace(" ", "-")
        if mark.exists():
            console.print(f"{name}: kept from the interrupted build")
            return
        make()
        mark.touch()

    def engine(self) -> str:
        """What computed y; a build that goes on may have another at hand than it began with."""
        return self.engine_file.read_text() if self.engine_file.exists() else ENGINE_NOT_RECORDED


def _embed(config: BuildConfig, out: Path, engine_file: Path) -> None:
    images = zarr.open_array(out / "images.zarr", mode="r")
    engine_file.write_text(config.encoder.engine)
    y = embed_images(config.encoder, in_batches(images), images.shape[0])
    np.save(out / "representations.npy", y)


def _reduce_pca(config: BuildConfig, out: Path) -> None:
    principal = fit_pca(np.load(out / "representations.npy"), config.reduction)
    save_pca(principal, out / "pca.npz")
    console.print(
        f"PCA: {len(principal.components)} components keep {100 * principal.variance_kept:.2f} % "
        "of the variance of y"
    )


def _reduce_umap(config: BuildConfig, out: Path) -> None:
    scores = load_pca(out / "pca.npz").scores(np.load(out / "representations.npy"))
    np.save(out / "map.npy", fit_umap(scores, config.reduction))


def _index(out: Path) -> None:
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


def _manifest(config: BuildConfig, out: Path, engine: str) -> Manifest:
    n = len(np.load(out / "map.npy", mmap_mode="r"))
    principal = load_pca(out / "pca.npz")
    rejected = _reject_reasons(out).total()
    return Manifest(
        schema_version=SCHEMA_VERSION,
        fingerprint=config.fingerprint,
        created_utc=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        demo=config.source.demo,
        n=n,
        preprocessing=PREPROCESSING,
        extent_algorithm=EXTENT_ALGORITHM,
        input_kind=config.source.input_kind,
        encoder=EncoderRecord(**describe(config.encoder.card), engine=engine),
        source=config.source.record.model_copy(update={"n_rejected": rejected}),
        reduction=ReductionRecord(
            pca_components=len(principal.components),
            pca_variance_kept=principal.variance_kept,
            umap_n_neighbors=umap_neighbours(n, config.reduction),
            umap_min_dist=config.reduction.min_dist,
            umap_metric=config.reduction.metric,
            seed=config.reduction.seed,
        ),
        default_column=_default_column(Catalogue(read_table(out / "catalogue.parquet"))),
        libraries=dict(_versions()),
        files={name: file_digest(out / name) for name in content_files(out)},
    )


def _versions() -> Iterator[tuple[str, str]]:
    """The libraries and their versions; OpenVINO may be missing."""
    for name in LIBRARIES:
        with suppress(importlib.metadata.PackageNotFoundError):
            yield name, importlib.metadata.version(name)


def _default_column(catalogue: Catalogue) -> str:
    """The angular extent, unless it is the same (or unknown) for all and so shows nothing."""
    shows = catalogue.colour_columns()
    return DEFAULT_COLUMN if DEFAULT_COLUMN in shows or not shows else shows[-1]


def _say_why(config: BuildConfig) -> None:
    try:
        before = read_manifest(current_version(config.bundle))
    except BundleMissing:
        name = config.source.record.name
        console.print(f"Building the bundle '{config.bundle}' from {name}.", markup=False)
    except BundleError as exc:
        console.print(f"{exc}\nBuilding it again.", markup=False)
    else:
        changes = reasons_to_rebuild(before, config.source.record, config.encoder.card)
        reasons = "it is damaged" if before.fingerprint == config.fingerprint else changes
        console.print(f"Building the bundle '{config.bundle}' again: {reasons}.", markup=False)


def _report(manifest: Manifest, version_dir: Path) -> None:
    listed, rejected = manifest.source.n_listed, manifest.source.n_rejected
    console.print(
        f"{listed:,} sources listed = {manifest.n:,} in the bundle + {rejected:,} rejected "
        f"(reasons in {version_dir / 'rejects.csv'})",
        markup=False,
    )
    reasons = _reject_reasons(version_dir)
    for reason, count in reasons.most_common(MOST_REASONS):
        console.print(f"  {count:,}: {reason}", markup=False)
    if others := rejected - sum(count for _, count in reasons.most_common(MOST_REASONS)):
        console.print(f"  {others:,}: other reasons")


def _reject_reasons(version_dir: Path) -> Counter[str]:
    rows = read_plain_csv((version_dir / "rejects.csv").read_bytes())
    return Counter(row["reason"] for row in rows)


def _remove_work(bundle: Path) -> None:
    for work in bundle.glob(".build-*"):
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _only_one_build(bundle: Path) -> Iterator[None]:
    try:
        bundle.mkdir(parents=True, exist_ok=True)
        lock = (bundle / ".lock").open("w")
    except OSError as exc:
        reason = f"Cannot write the bundle directory '{bundle}' ({exc.strerror})"
        raise BuildError(f"{reason}; choose another with --bundle DIR.") from exc
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise BuildInProgress(
                f"Another build of the bundle '{bundle}' is running; wait for it or stop it."
            ) from exc
        yield
