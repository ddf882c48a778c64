"""`rgz-explorer build`: which catalogue, which bundle, which encoder."""

from pathlib import Path

from app.errors import BuildError
from app.settings import read_settings
from model.encoder import load_encoder
from scripts.build import BuildConfig, build
from scripts.bundle_catalogue import bundle_catalogue
from scripts.demo_catalogue import demo_catalogue


def build_bundle(demo: bool, reembed: bool, bundle: Path | None, encoder: Path | None) -> None:
    """Build what the arguments ask for.

    Raises
    ------
    BuildError
        If the arguments contradict each other.
    """
    if demo == reembed:
        raise BuildError("Say what to build from: --demo, or --reembed with --bundle DIR.")
    settings = read_settings()
    target = bundle or settings.bundle_dir
    source = demo_catalogue() if demo else bundle_catalogue(target)
    build(BuildConfig(target, source, load_encoder(encoder or settings.encoder)))
