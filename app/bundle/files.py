"""Bundles on disk: a directory of versions and a link `current` that is swapped in one step.

It never builds what is inside a version, and it never unpickles anything.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from app.errors import BundleCorrupt, BundleMissing, BundleUnreadable
from model.whole_file import sync, sync_directory, write_whole

SCHEMA_VERSION = 1
FILE_NAME = "manifest.json"
ENGINE_NOT_RECORDED = "not recorded"


class EncoderRecord(BaseModel):
    """The encoder whose representations the bundle holds."""

    name: str
    architecture: str
    origin: str
    trained: bool
    sha256: str
    engine: str = ENGINE_NOT_RECORDED
    """What computed y: the library and its precision."""
    known: bool = True
    """False: the representations were made elsewhere, and nothing further can be embedded."""


class RenderingRecord(BaseModel):
    """How the images of a bundle of models were drawn; with the positions it decides them all."""

    renderer: str
    component_catalogue: str
    component_catalogue_sha256: str
    n_components: int
    """Components that were drawn from, likely sidelobes left out."""
    max_sidelobe_probability: float
    noise_rms_jy_beam: float
    seed: int
    """Of the noise; the position decides the rest."""


class SourceRecord(BaseModel):
    """The catalogue and images that the bundle was built from."""

    name: str
    description: str
    version: str
    doi: str
    url: str
    citation: str
    terms: str
    n_listed: int
    n_rejected: int
    rendering: RenderingRecord | None = None
    """Of images that are models; None: the images are observed."""


class ReductionRecord(BaseModel):
    """How y became two coordinates."""

    pca_components: int
    pca_variance_kept: float
    umap_n_neighbors: int
    umap_min_dist: float
    umap_metric: str
    seed: int


class Manifest(BaseModel):
    """Everything needed to judge whether a bundle fits this software and can be trusted."""

    schema_version: int = SCHEMA_VERSION
    fingerprint: str
    """Digest of all that decides the content; a build with the same one need not run again."""
    created_utc: str
    demo: bool
    n: int
    preprocessing: str
    extent_algorithm: str
    input_kind: str
    """raw (Jy/beam, cleaned by us) | published (MiraBest-style uint8) | pedestal."""
    encoder: EncoderRecord
    source: SourceRecord
    reduction: ReductionRecord
    default_column: str
    libraries: dict[str, str]
    files: dict[str, str]
    """sha256 of every file of the version, by relative path."""


UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""For every schema version before this one: how its manifest becomes one of the next version."""


def read_manifest(version_dir: Path, *, upgrade: bool = False) -> Manifest:
    """Read a version's manifest.

    Parameters
    ----------
    upgrade : bool
        Whether one of an older schema is taken and brought up to date, as `build --reembed` does.

    Raises
    ------
    BundleUnreadable
        If it is missing, is no JSON, or is of another schema.
    """
    path = version_dir / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise BundleUnreadable(f"'{version_dir}' is no bundle: it has no {FILE_NAME}.") from exc
    except (OSError, ValueError) as exc:
        raise BundleUnreadable(
            f"'{path}' cannot be read as JSON ({exc}). Build the bundle again."
        ) from exc
    content = _of_this_schema(content, version_dir, upgrade)
    try:
        return Manifest.model_validate(content)
    except ValidationError as exc:
        missing = ", ".join(".".join(map(str, error["loc"])) for error in exc.errors())
        raise BundleUnreadable(f"'{path}' is incomplete or wrong in: {missing}.") from exc


def write_manifest(manifest: Manifest, version_dir: Path) -> None:
    """Write a version's manifest."""
    text = manifest.model_dump_json(indent=2) + "\n"
    write_whole(version_dir / FILE_NAME, text)


def _of_this_schema(content: Any, version_dir: Path, upgrade: bool) -> dict[str, Any]:
    """Give a manifest of this schema version: as it is, or brought up to date where allowed."""
    found = content.get("schema_version") if isinstance(content, dict) else None
    while upgrade and found in UPGRADES:
        content = UPGRADES[found](content) | {"schema_version": found + 1}
        found += 1
    if found == SCHEMA_VERSION:
        given: dict[str, Any] = content
        return given
    advice = (
        f"`rgz-explorer build --reembed --bundle {version_dir.parent}` brings it up to date from "
        "its stored images."
        if found in UPGRADES
        else "Build it again, or use the software that made it."
    )
    raise BundleUnreadable(
        f"The bundle '{version_dir}' has schema version {found}; this software reads version "
        f"{SCHEMA_VERSION}. {advice}"
    )


CURRENT = "current"
VERSION_NAME = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{8}")
"""Names of versions; nothing else that lies in a bundle's directory is ours to remove."""
NEEDED = (
    "catalogue.parquet",
    "representations.npy",
    "map.npy",
    "pca.npz",
    "neighbours.faiss",
    "images.zarr/zarr.json",
    "rejects.csv",
)
"""Files that every version has."""


def current_version(bundle: Path) -> Path:
    """Directory of the version that serves.

    Raises
    ------
    BundleMissing
        If there is no such bundle.
    """
    link = bundle / CURRENT
    if not link.is_dir():
        raise BundleMissing(
            f"There is no bundle at '{bundle}'. `rgz-explorer build --demo` makes the demo bundle; "
            "`--bundle DIR` names another."
        )
    return link.resolve()


def verify(version_dir: Path, *, upgrade: bool = False) -> Manifest:
    """Check that every file of a version is there and unchanged.

    Parameters
    ----------
    upgrade : bool
        As of `read_manifest`.

    Raises
    ------
    BundleUnreadable, BundleCorrupt
    """
    manifest = read_manifest(version_dir, upgrade=upgrade)
    unrecorded = [name for name in NEEDED if name not in manifest.files]
    if unrecorded:
        raise BundleCorrupt(
            f"The manifest of the bundle '{version_dir}' does not record {', '.join(unrecorded)}. "
            "Build the bundle again."
        )
    for name, recorded in manifest.files.items():
        path = version_dir / name
        if not path.is_file():
            raise BundleCorrupt(
                f"The bundle '{version_dir}' lacks its file {name}. Build it again."
            )
        if file_digest(path) != recorded:
            raise BundleCorrupt(
                f"The file {name} of the bundle '{version_dir}' is truncated or was changed: its "
                "checksum is not the recorded one. Build the bundle again."
            )
    return manifest


def publish(staged: Path, bundle: Path, version: str) -> Path:
    """Turn a finished, staged directory into the version that serves, in one step.

    Parameters
    ----------
    staged : Path
        On the same file system as the bundle; holds a complete version.
    bundle : Path
        The bundle; its `current` link is swapped after everything is on disk.
    version : str
        Name of the new version's directory.

    Notes
    -----
    Older versions go, all but the one that served until now: a running server may still read it.
    """
    for path in staged.rglob("*"):
        sync(path)
    sync_directory(staged)
    target = bundle / version
    os.replace(staged, target)
    sync_directory(bundle)
    before = (bundle / CURRENT).resolve().name
    link(bundle, version)
    _prune(bundle, keep={version, before})
    return target


def link(bundle: Path, version: str) -> None:
    """Make a complete version the one that serves.

    Raises
    ------
    BundleUnreadable
        If a directory is in the place of the link.
    """
    if (bundle / CURRENT).is_dir() and not (bundle / CURRENT).is_symlink():
        raise BundleUnreadable(
            f"'{bundle / CURRENT}' is a directory, not the link that a build makes: the bundle was "
            "copied without its links. Remove that directory and build again."
        )
    swap = bundle / f".{CURRENT}.new"
    swap.unlink(missing_ok=True)
    swap.symlink_to(version)
    os.replace(swap, bundle / CURRENT)
    sync_directory(bundle)


def content_files(version_dir: Path) -> Iterator[str]:
    """Relative paths of all files of a version but the manifest, sorted."""
    paths = sorted(path for path in version_dir.rglob("*") if path.is_file())
    names = (str(path.relative_to(version_dir)) for path in paths)
    return (name for name in names if name != FILE_NAME)


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _prune(bundle: Path, keep: set[str]) -> None:
    for path in bundle.iterdir():
        if VERSION_NAME.fullmatch(path.name) and path.name not in keep:
            shutil.rmtree(path, ignore_errors=True)
