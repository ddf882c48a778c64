"""`rgz-explorer build`: which catalogue, which images, which bundle, which encoder."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import BuildError
from app.settings import read_settings
from app.tables.lists import ListOptions, SourceList
from model.inference import load_fast_encoder
from scripts.bundle.build import BuildConfig, build
from scripts.bundle.demo import demo_catalogue
from scripts.bundle.named import read_source_list
from scripts.bundle.sources import ImageSource, SourceCatalogue, list_catalogue
from scripts.bundle.stored import bundle_catalogue
from scripts.terminal import console

WHAT = (
    "Say what to build from: --demo, --catalogue FILE or NAME, --images DIR (any FITS files), or "
    "--reembed with --bundle DIR."
)


@dataclass(frozen=True)
class BuildRequest:
    """What the arguments of `rgz-explorer build` ask for."""

    demo: bool = False
    reembed: bool = False
    catalogue: str | None = None
    images: Path | None = None
    """Directory of fetched cutouts, or of any FITS files."""
    file_column: str | None = None
    """Column of the catalogue that names the file of each source."""
    render_from: Path | None = None
    """Component catalogue to draw images from."""
    bundle: Path | None = None
    encoder: Path | None = None
    options: ListOptions = field(default_factory=ListOptions)


def build_bundle(request: BuildRequest) -> None:
    """Build what the arguments ask for.

    Raises
    ------
    BuildError
        If the arguments contradict each other.
    UnreadableCatalogue
    """
    alone = request.images is not None and request.catalogue is None
    if sum((request.demo, request.reembed, request.catalogue is not None, alone)) != 1:
        raise BuildError(WHAT)
    if request.catalogue is None and request.render_from:
        raise BuildError("--render-from draws the images of a --catalogue.")
    if request.file_column and not (request.catalogue and request.images):
        raise BuildError("--file-column names the files of a --catalogue below --images DIR.")
    settings = read_settings()
    if (request.catalogue is not None or alone) and request.bundle is None:
        raise BuildError("Say where the bundle goes with --bundle DIR.")
    target = request.bundle or settings.bundle_dir
    source = _source(request, target)
    build(BuildConfig(target, source, load_fast_encoder(request.encoder or settings.encoder)))


def _source(request: BuildRequest, target: Path) -> SourceCatalogue:
    if request.demo:
        return demo_catalogue()
    if request.reembed:
        return bundle_catalogue(target)
    sources, images = _list_and_images(request)
    for note in sources.notes:
        console.print(note, markup=False)
    return list_catalogue(sources, images)


def _list_and_images(request: BuildRequest) -> tuple[SourceList, ImageSource]:
    from scripts.bundle.drawn import DrawingConfig, DrawnImages
    from scripts.bundle.fits_directory import read_directory, read_paired
    from scripts.bundle.named import read_named_batches
    from scripts.fetch.images import FetchedImages

    if request.catalogue is None:
        assert request.images is not None
        return read_directory(request.images)
    if request.images and request.render_from:
        raise BuildError("Give --images or --render-from, not both: a source has one image.")
    if request.images is None and request.render_from is None:
        batches = read_named_batches(request.catalogue)
        if batches is None:
            raise BuildError(
                f"'{request.catalogue}' is a list without images. Say where they are: --images DIR "
                "(`rgz-explorer fetch cutouts` gets them), or --render-from FILE draws models from "
                "the FIRST catalogue (`rgz-explorer fetch first-catalogue`)."
            )
        return batches
    if request.file_column:
        assert request.images is not None
        return read_paired(request.catalogue, request.images, request.file_column, request.options)
    sources = read_source_list(request.catalogue, **request.options)
    if request.images:
        return sources, FetchedImages(request.images)
    assert request.render_from is not None
    workers = min(os.cpu_count() or 1, 8)
    return sources, DrawnImages(DrawingConfig(request.render_from, workers=workers))
