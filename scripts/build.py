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
    "Say what to build from: --demo, --catalogue FILE or NAME, --images DIR (any FITS files), "
    "--representations FILE, or --reembed with --bundle DIR."
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
    representations: Path | None = None
    """Table of y that were made elsewhere."""
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
    _check(request)
    settings = read_settings()
    target = request.bundle or settings.bundle_dir
    catalogue = _catalogue(request, target)
    named = request.encoder or settings.encoder
    encoder = None if catalogue.made_elsewhere else load_fast_encoder(named)
    build(BuildConfig(target, catalogue, encoder))


def _check(request: BuildRequest) -> None:
    """Refuse arguments that contradict each other."""
    lists = (request.catalogue is not None, request.representations is not None)
    alone = request.images is not None and not any(lists)
    if sum((request.demo, request.reembed, *lists, alone)) != 1:
        raise BuildError(WHAT)
    if request.catalogue is None and request.render_from:
        raise BuildError("--render-from draws the images of a --catalogue.")
    if request.file_column and not (any(lists) and request.images):
        raise BuildError(
            "--file-column names the files of a --catalogue, or of --representations, below "
            "--images DIR."
        )
    if request.representations and request.images and not request.file_column:
        raise BuildError("Name the column with the paths of the images with --file-column.")
    if request.representations and request.encoder:
        raise BuildError("--representations are there already: leave --encoder out.")
    if (any(lists) or alone) and request.bundle is None:
        raise BuildError("Say where the bundle goes with --bundle DIR.")
    if request.images and request.render_from:
        raise BuildError("Give --images or --render-from, not both: a source has one image.")


def _catalogue(request: BuildRequest, target: Path) -> SourceCatalogue:
    if request.demo:
        return demo_catalogue()
    if request.reembed:
        return bundle_catalogue(target)
    listed, images = _list_and_images(request)
    for note in listed.notes:
        console.print(note, markup=False)
    return list_catalogue(listed, images)


def _list_and_images(request: BuildRequest) -> tuple[SourceList, ImageSource]:
    from scripts.bundle.drawn import DrawingConfig, DrawnImages
    from scripts.bundle.fits_directory import read_directory, read_paired
    from scripts.bundle.named import read_named_batches
    from scripts.bundle.representations import read_representations
    from scripts.fetch.images import FetchedImages

    directory, column, options = request.images, request.file_column, request.options
    if request.representations is not None:
        return read_representations(request.representations, options, directory, column)
    if request.catalogue is None:
        assert directory is not None
        return read_directory(directory)
    if request.render_from is not None:
        listed = read_source_list(request.catalogue, **options)
        workers = min(os.cpu_count() or 1, 8)
        return listed, DrawnImages(DrawingConfig(request.render_from, workers=workers))
    if directory is not None and column is not None:
        return read_paired(request.catalogue, directory, column, options)
    if directory is not None:
        return read_source_list(request.catalogue, **options), FetchedImages(directory)
    batches = read_named_batches(request.catalogue)
    if batches is None:
        raise BuildError(
            f"'{request.catalogue}' is a list without images. Say where they are: --images DIR "
            "(`rgz-explorer fetch cutouts` gets them; for files of your own --file-column names "
            "their paths), or --render-from FILE draws models from the FIRST catalogue "
            "(`rgz-explorer fetch first-catalogue`)."
        )
    return batches
