"""Which bundle an experiment reads, and whether the encoder it is asked about made it."""

from pathlib import Path

from app.bundle import current_version
from app.errors import ExplorerError
from app.manifest import Manifest
from app.settings import Settings
from model.encoder import Encoder
from scripts.experiments.grid import Inputs


class OtherEncoder(ExplorerError):
    """The bundle holds representations of another encoder."""


def bundle_of(inputs: Inputs) -> Path:
    """The bundle that was named, else the demo bundle."""
    return inputs.bundle or Settings().bundle_dir


def bundle_version(inputs: Inputs) -> str:
    """Name of the version that serves; it changes when the bundle is built again."""
    return current_version(bundle_of(inputs)).name


def check_encoder(manifest: Manifest, encoder: Encoder) -> None:
    """Refuse a bundle of another encoder: representations of two are not comparable.

    Raises
    ------
    OtherEncoder
    """
    if manifest.encoder.sha256 != encoder.card.sha256:
        raise OtherEncoder(
            f"The bundle was embedded by {manifest.encoder.name}, but the experiment is asked "
            f"about {encoder.card.name}. `rgz-explorer build --reembed --bundle DIR` embeds the "
            "bundle's images again; --encoder names another encoder."
        )
