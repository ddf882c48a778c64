"""What a fetch of cutouts may be told. It reads nothing."""

from dataclasses import dataclass
from pathlib import Path

from scripts.fetching.cutouts.failures import FailureClass


@dataclass(frozen=True)
class FetchConfig:
    """Where to, how fast, and what again."""

    out: Path
    field_arcmin: float = 9.0
    connections: int = 3
    rate_per_s: float = 3.0
    retry: frozenset[FailureClass] = frozenset()
    """Classes of earlier failures to ask for again."""
    limit: int | None = None
    """Most images to ask for in this run."""
    max_bytes: int | None = None
    """Most that all images of the directory may take."""
    tries: int = 3
    """Failures of an image, of a service that answers otherwise, that make it failed."""
    give_up_s: float = 1800.0
    """Longest trouble of the service to sit out."""
