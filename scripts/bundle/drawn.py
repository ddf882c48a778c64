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
from app.surveys.services import FIRST_SURVEY
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
from scripts.bundle.sources import ImageRecord, Source

SEED = 69
BLOCK = 1024
"""Sources that are handed to the drawing processes at a time."""
CHUNK = 64
TERMS = (
    "Images: models drawn from the FIRST catalogue (Becker, White & Helfand 1995, ApJ 450, 559); "
    "none of them is an observation."
)
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

    def __init__(self, config: DrawingConfig) -> None:
        self.config = config
        self._components = _read(config)

    @cached_property
    def record(self) -> ImageRecord:
        """Where they are from, and all that decides them."""
        digest = file_digest(self.config.components)
        settings = f"sidelobes {self.config.max_sidelobe:g}, seed {self.config.seed}"
        return ImageRecord(
            description=f"fields drawn by {RENDERER} from the components of "
            f"{self.config.components.name}; models, not observed",
            version=f"{RENDERER} {digest[:16]} {settings}",
            terms=TERMS,
            rendering=RenderingRecord(
                renderer=RENDERER,
                component_catalogue=self.config.components.name,
                component_catalogue_sha256=digest,
                n_components=len(self._components.values),
                max_sidelobe_probability=self.config.max_sidelobe,
                noise_rms_jy_beam=NOISE_RMS_JY_BEAM,
                seed=self.config.seed,
            ),
        )

    def images_of(self, sources: Iterable[Source]) -> Iterator[Source]:
        """Draw the images of sources, in their order, by as many processes as configured."""
        if self.config.workers <= 1:
            for source in sources:
                yield _draw(self._components, source, self.config.seed)
            return
        context = multiprocessing.get_context("spawn")
        start = (context, _start_drawing, (self.config,))
        try:
            with ProcessPoolExecutor(self.config.workers, *start) as pool:
                waiting = iter(sources)
                while block := list(islice(waiting, BLOCK)):
                    yield from pool.map(_draw_in_process, block, chunksize=CHUNK)
        except BrokenProcessPool as exc:
            raise BuildError(
                f"One of the {self.config.workers} processes that draw images ended abruptly; "
                "is there memory left (1 GB each)? Build again when there is."
            ) from exc


def _draw(components: Components, source: Source, seed: int) -> Source:
    if not components.in_view(source.ra_deg, source.dec_deg):
        return source.without_image(NOTHING_IN_VIEW)
    noise_seed = position_seed(source.ra_deg, source.dec_deg, seed)
    try:
        cleaned = clean_cutout(draw_field(components, source.ra_deg, source.dec_deg, noise_seed))
    except NoEmission:
        return source.without_image(NOTHING_ABOVE_CLIP)
    if not centre_crop(cleaned.pixels, INPUT_SIZE_PX).any():
        return source.without_image(NOTHING_ABOVE_CLIP)
    return source.with_cleaned(cleaned, FIRST_SURVEY, IMAGE_ORIGIN)


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


def _draw_in_process(source: Source) -> Source:
    components, seed = _drawing
    return _draw(components, source, seed)
