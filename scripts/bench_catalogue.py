"""The bundle that `make bench` measures: 50,000 augmented copies of the real demo images.

Source i is a copy of demo image i modulo their number: turned by a multiple of 90 degrees, mirrored
or not, shifted by up to 3 px in each direction, all drawn from a seeded generator; its position is
drawn uniformly over FIRST's northern field. None of it is an observation and none of it is shown
to anyone: it only has the size and the variety of a survey.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from app.manifest import SourceRecord
from model.firstgalaxydata import centre_image, read_galaxies
from scripts.catalogues import Candidate, CatalogueSource

N_SOURCES = 50_000
MAX_SHIFT_PX = 3
SEED = 50_000
FIELD_RA_DEG, FIELD_DEC_DEG = (99.0, 267.0), (-8.1, 64.7)


def bench_catalogue(n: int = N_SOURCES) -> CatalogueSource:
    """Describe the generated catalogue."""
    return CatalogueSource(
        record=SourceRecord(
            name=f"benchmark of {n:,} augmented copies",
            description="augmented copies of the demo images at invented positions; for timing",
            version="1",
            doi="",
            url="",
            citation="",
            terms="For timing only: no source of this bundle exists.",
            n_listed=n,
            n_rejected=0,
        ),
        input_kind="pedestal",
        demo=False,
        own_columns={},
        read=lambda: _candidates(n),
    )


def _candidates(n: int) -> Iterator[Candidate]:
    images = [centre_image(galaxy.field) for galaxy in read_galaxies()]
    images = [image for image in images if image[40:110, 40:110].any()]
    generator = np.random.default_rng(SEED)
    sine = np.sin(np.radians(FIELD_DEC_DEG))
    for number in range(n):
        yield Candidate(
            source_id=f"bench-{number:06d}",
            name="",
            ra_deg=float(generator.uniform(*FIELD_RA_DEG)),
            dec_deg=float(np.degrees(np.arcsin(generator.uniform(*sine)))),
            image=_augmented(images[number % len(images)], generator),
        )


def _augmented(image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    turned = np.rot90(image, int(generator.integers(4)))
    if generator.integers(2):
        turned = turned[:, ::-1]
    shift = generator.integers(-MAX_SHIFT_PX, MAX_SHIFT_PX + 1, 2)
    return np.ascontiguousarray(np.roll(turned, shift, axis=(0, 1)))
