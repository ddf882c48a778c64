"""Bundles on disk: a directory of versions and a link `current` that is swapped in one step.

It never builds what is inside a version, and it never unpickles anything.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from app.errors import BundleCorrupt, BundleMissing
from app.manifest import FILE_NAME, Manifest, read_manifest

CURRENT = "current"
KEPT_VERSIONS = 2
"""The new version and the one before it, which a running server may still read."""


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


def verify(version_dir: Path) -> Manifest:
    """Check that every file of a version is there and unchanged.

    Raises
    ------
    BundleUnreadable, BundleCorrupt
    """
    manifest = read_manifest(version_dir)
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
    """
    for path in staged.rglob("*"):
        _fsync(path)
    _fsync(staged)
    target = bundle / version
    os.replace(staged, target)
    _fsync(bundle)
    link(bundle, version)
    _prune(bundle)
    return target


def link(bundle: Path, version: str) -> None:
    """Make a complete version the one that serves."""
    swap = bundle / f".{CURRENT}.new"
    swap.unlink(missing_ok=True)
    swap.symlink_to(version)
    os.replace(swap, bundle / CURRENT)
    _fsync(bundle)


def content_files(version_dir: Path) -> Iterator[str]:
    """Relative paths of all files of a version but the manifest, sorted."""
    paths = sorted(path for path in version_dir.rglob("*") if path.is_file())
    names = (str(path.relative_to(version_dir)) for path in paths)
    return (name for name in names if name != FILE_NAME)


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _prune(bundle: Path) -> None:
    versions = [p for p in bundle.iterdir() if p.is_dir() and not p.name.startswith(".")]
    versions = sorted(p for p in versions if p.name != CURRENT)
    serving = current_version(bundle).name
    for old in versions[:-KEPT_VERSIONS]:
        if old.name != serving:
            shutil.rmtree(old, ignore_errors=True)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
