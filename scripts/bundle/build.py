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

import numpy as np

from app.bundle.catalogue import Catalogue, read_table
from app.bundle.duplicates import DUPLICATES_ALGORITHM
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
from model.encoder import Encoder, describe
from model.extent import EXTENT_ALGORITHM
from model.preprocess import PREPROCESSING
from model.whole_file import write_whole
from scripts.bundle.artefacts import write_artefacts
from scripts.bundle.duplicates import write_duplicates
from scripts.bundle.reduce import ReductionConfig, load_pca, umap_neighbours
from scripts.bundle.sources import SourceCatalogue
from scripts.bundle.stages import (
    TooFewSources,
    write_components,
    write_index,
    write_map,
    write_representations,
    write_sources,
)
from scripts.terminal import console

DEFAULT_COLUMN = "angular_extent_arcsec"
MOST_REASONS = 5
"""Further ones are only counted on screen."""
REJECTS = "rejects.csv"
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
    catalogue: SourceCatalogue
    encoder: Encoder | None
    """None: the catalogue's representations were made elsewhere."""
    reduction: ReductionConfig = field(default_factory=ReductionConfig)

    @property
    def encoder_record(self) -> EncoderRecord:
        """Who makes, or made, the representations."""
        if self.encoder is not None:
            return EncoderRecord(**describe(self.encoder.card), engine=self.encoder.engine)
        assert self.catalogue.made_elsewhere is not None
        return self.catalogue.made_elsewhere

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything that decides the content."""
        source = self.catalogue.record
        content = {
            "schema": SCHEMA_VERSION,
            "source": [source.name, source.version, source.n_listed],
            "encoder": self.encoder_record.sha256,
            "preprocessing": PREPROCESSING,
            "extent": EXTENT_ALGORITHM,
            "duplicates": DUPLICATES_ALGORITHM,
            "reduction": asdict(self.reduction),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def build(config: BuildConfig) -> Path:
    """Bring a bundle up to date.

    Returns
    -------
    version_dir : Path
        The version that serves; built now, or before if nothing has changed.

    Raises
    ------
    BuildInProgress, BuildError
        If another build of the same bundle runs, it cannot be written, or the catalogue has too
        few usable sources; then DIR/rejects.csv says why each was rejected.
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
    try:
        stages.run("images", lambda: write_sources(config.catalogue, out))
    except TooFewSources as exc:
        raise _nothing_to_map(exc, out, config.bundle) from exc
    encoder = config.encoder
    if encoder is not None:
        stages.run(
            "representations", lambda: write_representations(encoder, out, stages.engine_file)
        )
    stages.run("principal components", lambda: write_components(config.reduction, out))
    stages.run("map", lambda: write_map(config.reduction, out))
    stages.run("index", lambda: write_index(out))
    stages.run("artefacts", lambda: write_artefacts(out))
    stages.run("duplicates", lambda: write_duplicates(out))
    engine = config.encoder_record.engine if encoder is None else stages.engine()
    manifest = _manifest(config, out, engine)
    write_manifest(manifest, out)
    version = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{config.fingerprint[:8]}"
    version_dir = publish(out, config.bundle, version)
    _remove_work(config.bundle)
    (config.bundle / REJECTS).unlink(missing_ok=True)  # of a build that failed
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


def _manifest(config: BuildConfig, out: Path, engine: str) -> Manifest:
    n = len(np.load(out / "map.npy", mmap_mode="r"))
    principal = load_pca(out / "pca.npz")
    rejected = _reject_reasons(out).total()
    return Manifest(
        schema_version=SCHEMA_VERSION,
        fingerprint=config.fingerprint,
        created_utc=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        demo=config.catalogue.demo,
        n=n,
        preprocessing=PREPROCESSING,
        extent_algorithm=EXTENT_ALGORITHM,
        input_kind=config.catalogue.input_kind,
        encoder=config.encoder_record.model_copy(update={"engine": engine}),
        source=config.catalogue.record.model_copy(update={"n_rejected": rejected}),
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
    """The angular extent, or novelty where the extent is the same (or unknown) for all."""
    shows = catalogue.colour_columns()
    usual = (name for name in (DEFAULT_COLUMN, "novelty") if name in shows)
    return next(usual, shows[0] if shows else DEFAULT_COLUMN)


def _say_why(config: BuildConfig) -> None:
    try:
        before = read_manifest(current_version(config.bundle))
    except BundleMissing:
        name = config.catalogue.record.name
        console.print(f"Building the bundle '{config.bundle}' from {name}.", markup=False)
    except BundleError as exc:
        console.print(f"{exc}\nBuilding it again.", markup=False)
    else:
        changes = _changes_since(before, config.catalogue.record, config.encoder_record)
        reasons = "it is damaged" if before.fingerprint == config.fingerprint else changes
        console.print(f"Building the bundle '{config.bundle}' again: {reasons}.", markup=False)


def _changes_since(before: Manifest, source: SourceRecord, encoder: EncoderRecord) -> str:
    """What has changed since a bundle was built, in words."""
    was, prepared = before.encoder, before.preprocessing
    listed = (source.name, source.version)
    changes = {
        f"its encoder was '{was.name}', now it is '{encoder.name}'": was.sha256 != encoder.sha256,
        "its images were prepared in another way": prepared != PREPROCESSING,
        "its angular extents were measured in another way": (
            before.extent_algorithm != EXTENT_ALGORITHM
        ),
        f"its catalogue was {before.source.name}, now it is {source.name}": (
            (before.source.name, before.source.version) != listed
        ),
    }
    words = [change for change, is_one in changes.items() if is_one]
    return "; ".join(words) or "its settings changed"


def _nothing_to_map(refusal: TooFewSources, out: Path, bundle: Path) -> BuildError:
    """The refusal with the reasons, all of which stay readable beside the versions."""
    write_whole(bundle / REJECTS, (out / REJECTS).read_bytes())
    _remove_work(bundle)
    reasons = _reject_reasons(bundle).most_common(MOST_REASONS)
    said = "".join(f" {count:,}: {reason.rstrip('.')}." for reason, count in reasons)
    return BuildError(f"{refusal}{said} '{bundle / REJECTS}' lists them all.")


def _report(manifest: Manifest, version_dir: Path) -> None:
    listed, rejected = manifest.source.n_listed, manifest.source.n_rejected
    account = f"{listed:,} sources listed = {manifest.n:,} in the bundle + {rejected:,} rejected"
    where = f" (reasons in {version_dir / REJECTS})" if rejected else ""
    console.print(f"{account}{where}", markup=False)
    reasons = _reject_reasons(version_dir)
    for reason, count in reasons.most_common(MOST_REASONS):
        console.print(f"  {count:,}: {reason}", markup=False)
    if others := rejected - sum(count for _, count in reasons.most_common(MOST_REASONS)):
        console.print(f"  {others:,}: other reasons")


def _reject_reasons(directory: Path) -> Counter[str]:
    rows = read_plain_csv((directory / REJECTS).read_bytes())
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
