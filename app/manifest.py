"""The manifest of a bundle version: what it was made from and with. It never touches the arrays."""

import json
from pathlib import Path

from pydantic import BaseModel, ValidationError

from app.errors import BundleUnreadable

SCHEMA_VERSION = 1
FILE_NAME = "manifest.json"


class EncoderRecord(BaseModel):
    """The encoder whose representations the bundle holds."""

    name: str
    architecture: str
    origin: str
    trained: bool
    sha256: str


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


def read_manifest(version_dir: Path) -> Manifest:
    """Read a version's manifest.

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
    found = content.get("schema_version") if isinstance(content, dict) else None
    if found != SCHEMA_VERSION:
        raise BundleUnreadable(
            f"The bundle '{version_dir}' has schema version {found}; this software reads version "
            f"{SCHEMA_VERSION}. Build it again, or use the software that made it."
        )
    try:
        return Manifest.model_validate(content)
    except ValidationError as exc:
        missing = ", ".join(".".join(map(str, error["loc"])) for error in exc.errors())
        raise BundleUnreadable(f"'{path}' is incomplete or wrong in: {missing}.") from exc


def write_manifest(manifest: Manifest, version_dir: Path) -> None:
    """Write a version's manifest."""
    text = manifest.model_dump_json(indent=2) + "\n"
    (version_dir / FILE_NAME).write_text(text, encoding="utf-8")
