"""The pools of images that Fig. 6 searches: their y, and the classes known of them.

It never searches.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from app.latent_space import open_latent_space
from model.datasets import (
    CONFIDENT_FRI,
    CONFIDENT_FRII,
    HYBRID,
    UNCERTAIN_FRI,
    UNCERTAIN_FRII,
    Images,
    read_first_galaxies,
)
from model.encoder import Encoder
from model.firstgalaxydata import LABELS
from model.leakage import Positions, unit_vectors
from model.linear_probe import represent
from scripts.experiments.bundles import check_encoder
from scripts.experiments.grid import Inputs

SMOKE_SOURCES = 60
UNLABELLED = "no label"
SAME_SOURCE_ARCSEC = 5.0


@dataclass(frozen=True)
class Pool:
    """Images that are searched."""

    name: str
    y: NDArray[np.float32]  # (N, 512)
    positions: Positions
    kind: NDArray[np.str_]  # (N,)
    images: Callable[[NDArray[np.intp]], NDArray[np.uint8]]
    """Rows (K,) to images (K, 150, 150)."""


def _mirabest_pool(inputs: Inputs, encoder: Encoder, mirabest: Images) -> Pool:
    if inputs.budget == "smoke":
        mirabest = mirabest.where(np.arange(min(SMOKE_SOURCES, len(mirabest))))
    return _pool_of("MiraBest", encoder, mirabest, mirabest_kinds(mirabest))


def _first_galaxies_pool(_inputs: Inputs, encoder: Encoder, _mirabest: Images) -> Pool:
    galaxies = read_first_galaxies()
    return _pool_of("firstgalaxydata", encoder, galaxies, np.array(LABELS)[galaxies.label])


def _bundle_pool(inputs: Inputs, encoder: Encoder, mirabest: Images) -> Pool:
    """The bundle's own y; a source has the label of what lies within 5" in MiraBest, or else in
    firstgalaxydata.
    """
    space = open_latent_space(inputs.bundle or Path())
    check_encoder(space.manifest, encoder)
    positions = Positions(np.asarray(space.catalogue.ra_deg), np.asarray(space.catalogue.dec_deg))
    galaxies = read_first_galaxies()
    kind = np.full(len(space), UNLABELLED, "<U12")
    for labelled, names in (
        (galaxies.positions, np.array(LABELS)[galaxies.label]),
        (mirabest.positions, mirabest_kinds(mirabest)),
    ):
        near, row = _nearest(positions, labelled)
        kind[near] = names[row[near]]

    def images(rows: NDArray[np.intp]) -> NDArray[np.uint8]:
        return np.stack([space.image(int(row)) for row in rows])

    name = f"{space.manifest.source.name} (bundle)"
    return Pool(name, np.asarray(space.y), positions, kind, images)


POOLS = {
    "MiraBest": _mirabest_pool,
    "firstgalaxydata": _first_galaxies_pool,
    "bundle": _bundle_pool,
}


def mirabest_kinds(images: Images) -> NDArray[np.str_]:
    """FRI, FRII or hybrid, from MiraBest's ten labels."""
    kinds = (
        ("FRI", CONFIDENT_FRI + UNCERTAIN_FRI),
        ("FRII", CONFIDENT_FRII + UNCERTAIN_FRII),
        ("hybrid", HYBRID),
    )
    return np.select([np.isin(images.label, n) for _, n in kinds], [k for k, _ in kinds], "")


def _pool_of(name: str, encoder: Encoder, images: Images, kind: NDArray[np.str_]) -> Pool:
    return Pool(
        name,
        represent(encoder, images.pixels),
        images.positions,
        kind,
        lambda rows: images.pixels[rows],
    )


def _nearest(positions: Positions, others: Positions) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Whether another lies within 5", and the row of the nearest."""
    chord, row = cKDTree(unit_vectors(others)).query(unit_vectors(positions))
    return np.asarray(chord <= np.deg2rad(SAME_SOURCE_ARCSEC / 3600)), np.asarray(row, np.intp)
