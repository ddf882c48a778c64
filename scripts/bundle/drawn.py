"""Images drawn from the FIRST catalogue for a list of sources, where no survey can be had.

It never asks a survey, and everything it gives is marked ``image_origin = model``.
"""

import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from app.bundle.files import RenderingRecord, file_digest
from app.errors import BuildError
from app.tables.lists import UnreadableCatalogue
from model.components import (
    IMAGE_ORIGIN,
    MAX_SIDELOBE_PROBABILITY,
    NOISE_RMS_JY_BEAM,
    RENDERER,
    Components,
    UnreadableComponents,
    draw_field,
    position_seed,
    read_components,
)
from model.preprocess import INPUT_SIZE_PX, NoEmission, centre_crop, clean_cutout
from scripts.bundle.image_sources import SourceImage, SourceRow, no_image

SEED = 69
SURVEY = "VLA FIRST"
BLOCK = 1024
"""Rows that are handed to the drawing processes at a time."""
CHUNK = 64
NOTHING_IN_VIEW = (
    'the component catalogue has nothing in the central 70 px (126") that the network sees'
)
NOTHING_ABOVE_CLIP = (
    'nothing of the drawn field stands above 3 sigma in the central 70 px (126") that the '
    "network sees"
)


@dataclass(frozen=True)
class DrawingConfig:
    """What decides a drawn image, besides its position."""

    components: Path
    max_sidelobe: float = MAX_SIDELOBE_PROBABILITY
    """Components of a higher sidelobe probability are left out."""
    seed: int = SEED
    workers: int = 1
    """Processes that draw; 1: the caller's own. It never changes an image."""


class DrawnImages:
    """An `ImageSource` of drawn fields; the same position always gives the same image.

    They were drawn in Jy/beam and cleaned by `model.preprocess` as a query's cutout is, so their
    input kind is ``raw``; that they are models is said by ``image_origin``, not by the kind.

    Raises
    ------
    UnreadableCatalogue
        If the component catalogue cannot be read.
    """

    input_kind = "raw"

    def __init__(self, config: DrawingConfig) -> None:
        self.config = config
        self._components = _read(config)

    @cached_property
    def rendering(self) -> RenderingRecord:
        """All that decides the images, for the manifest."""
        return RenderingRecord(
            renderer=RENDERER,
            component_catalogue=self.config.components.name,
            component_catalogue_sha256=file_digest(self.config.components),
            n_components=len(self._components.values),
            max_sidelobe_probability=self.config.max_sidelobe,
            noise_rms_jy_beam=NOISE_RMS_JY_BEAM,
            seed=self.config.seed,
        )

    @property
    def version(self) -> str:
        """Changes whenever an image could."""
        about = self.rendering
        settings = f"sidelobes {about.max_sidelobe_probability:g}, seed {about.seed}"
        return f"{about.renderer} {about.component_catalogue_sha256[:16]} {settings}"

    @property
    def description(self) -> str:
        """Where the images are from."""
        return (
            f"fields drawn by {RENDERER} from the components of {self.config.components.name}; "
            "models, not observed"
        )

    @property
    def terms(self) -> str:
        """Terms of use of the images."""
        return (
            "Images: models drawn from the FIRST catalogue (Becker, White & Helfand 1995, ApJ "
            "450, 559); none of them is an observation."
        )

    def image_of(self, row: SourceRow) -> SourceImage:
        """Draw the image of one source, or say why it has none."""
        return _draw(self._components, row, self.config.seed)

    def images_of(self, rows: Iterable[SourceRow]) -> Iterator[SourceImage]:
        """Draw the images of many sources, in their order, by as many processes as configured."""
        if self.config.workers <= 1:
            yield from map(self.image_of, rows)
            return
        context = multiprocessing.get_context("spawn")
        start = (context, _start_drawing, (self.config,))
        try:
            with ProcessPoolExecutor(self.config.workers, *start) as pool:
                waiting = iter(rows)
                while block := list(islice(waiting, BLOCK)):
                    yield from pool.map(_draw_in_process, block, chunksize=CHUNK)
        except BrokenProcessPool as exc:
            raise BuildError(
                f"One of the {self.config.workers} processes that draw images ended abruptly; "
                "is there memory left (1 GB each)? Build again when there is."
            ) from exc


def _draw(components: Components, row: SourceRow, seed: int) -> SourceImage:
    if not components.in_view(row.ra_deg, row.dec_deg):
        return no_image(NOTHING_IN_VIEW)
    noise_seed = position_seed(row.ra_deg, row.dec_deg, seed)
    try:
        cleaned = clean_cutout(draw_field(components, row.ra_deg, row.dec_deg, noise_seed))
    except NoEmission:
        return no_image(NOTHING_ABOVE_CLIP)
    if not centre_crop(cleaned.pixels, INPUT_SIZE_PX).any():
        return no_image(NOTHING_ABOVE_CLIP)
    return SourceImage(
        pixels=cleaned.pixels,
        image_origin=IMAGE_ORIGIN,
        survey=SURVEY,
        rms_jy_beam=cleaned.rms_jy_beam,
        scale_min_jy_beam=cleaned.scale_min_jy_beam,
        scale_max_jy_beam=cleaned.scale_max_jy_beam,
    )


def _read(config: DrawingConfig) -> Components:
    try:
        return read_components(config.components, config.max_sidelobe)
    except UnreadableComponents as exc:
        raise UnreadableCatalogue(str(exc)) from exc


_drawing: tuple[Components, int]
"""Of a drawing process: what it draws from."""


def _start_drawing(config: DrawingConfig) -> None:
    global _drawing
    _drawing = _read(config), config.seed


def _draw_in_process(row: SourceRow) -> SourceImage:
    components, seed = _drawing
    return _draw(components, row, seed)
