"""Gather the images that an encoder may be trained on, and count what was kept out.

It never lets an image through whose position is not known or lies near a source that judges.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.bundle.latent_space import open_latent_space
from app.errors import ExplorerError
from app.images.prepare import prepare_image
from model.batch_files import read_rgz108k
from model.components import read_components
from model.datasets import (
    CONFIDENT_FRI,
    CONFIDENT_FRII,
    Images,
    draw_images,
    read_first_galaxies,
    read_mirabest,
    read_positions,
)
from model.extent import measure_extent
from model.leakage import Positions, excluded, together
from model.preprocess import ImageError, centre_crop
from model.validation import ValidationSets
from scripts.bundle.batches import batch_positions
from scripts.terminal import console, track


class NoTrainingImages(ExplorerError):
    """Nothing is left to train on, or the data asked for are not known."""


@dataclass(frozen=True)
class Gathered:
    """What one source of training images gave."""

    name: str
    images: Images
    listed: int
    near_judges: int
    """Kept out: within 3' of a source that judges, or of unknown position."""
    below_cut: int
    """Kept out: smaller than the cut on angular extent, or blank in the centre 70 px."""

    def sentence(self) -> str:
        """The counts in words."""
        return (
            f"{self.name}: {self.listed:,} listed, {self.near_judges:,} kept out within 3' of "
            f"evaluation sources, {self.below_cut:,} blank or below the extent cut, "
            f"{len(self.images):,} to train on"
        )


def judges(mirabest: Path) -> Positions:
    """Positions of all 1,256 MiraBest sources and of firstgalaxydata's valid and test splits."""
    galaxies = read_first_galaxies()
    held_out = galaxies.positions.where(galaxies.split != "train")
    return together(read_mirabest(mirabest).positions, held_out)


def validation_sets(mirabest: Path) -> ValidationSets:
    """Labelled images that choices may be made on: none of them is a test source."""
    images, galaxies = read_mirabest(mirabest), read_first_galaxies()
    confident = np.isin(images.label, CONFIDENT_FRI + CONFIDENT_FRII) & (images.split != "test")
    train, valid = (galaxies.where(galaxies.split == split) for split in ("train", "valid"))
    return ValidationSets(
        images.pixels[confident],
        np.isin(images.label[confident], CONFIDENT_FRII).astype(np.int64),
        train.pixels,
        train.label,
        valid.pixels,
        valid.label,
    )


def gather(
    names: Iterable[str],
    held_out: Positions,
    *,
    cut_arcsec: float = 0.0,
    components: Path | None = None,
    seed: int = 69,
) -> list[Gathered]:
    """Read the named sources, filtered.

    Parameters
    ----------
    names : iterable of str
        ``firstgalaxydata``, ``rgz108k:ARCHIVE``, ``drawn:POSITIONS.parquet`` (fields drawn from
        ``components``),
        ``fits:DIRECTORY`` or ``bundle:DIRECTORY``.
    held_out : Positions
        From `judges`.
    cut_arcsec : float
        Images of a smaller measured angular extent are left out (Sec. 3.6).

    Raises
    ------
    NoTrainingImages
    """
    found = [_filtered(n, held_out, cut_arcsec, components, seed) for n in names]
    for source in found:
        console.print(source.sentence())
        if not len(source.images):
            raise NoTrainingImages(f"{source.name} leaves no image to train on.")
    return found


def read_fits_directory(directory: Path) -> Images:
    """Read every FITS image below a directory, the source in the middle of each."""
    paths = sorted(p for p in directory.rglob("*") if ".fit" in p.name.lower() and p.is_file())
    if not paths:
        raise NoTrainingImages(f"There is no FITS file below '{directory}'.")
    pixels, ra_deg, dec_deg = [], [], []
    for path in track(paths, "FITS images", len(paths)):
        try:
            image = prepare_image(path.read_bytes())
        except (ImageError, ExplorerError, OSError) as exc:
            console.print(f"{path.name} is left out: {exc}")
            continue
        pixels.append(image.pixels)
        ra_deg.append(image.position.ra.deg if image.position else np.nan)
        dec_deg.append(image.position.dec.deg if image.position else np.nan)
    return _unlabelled(np.array(pixels), Positions(np.array(ra_deg), np.array(dec_deg)))


def read_rgz_images(archive: Path) -> Images:
    """Read the training images of the RGZ108k batches, those of its own test batch left out.

    What the batches flag as a MiraBest source is given no position, and so is kept out.
    """
    batches = read_rgz108k(archive)
    ra_deg, dec_deg = batch_positions(batches)
    places = Positions(
        np.where(batches.in_mirabest, np.nan, ra_deg),
        np.where(batches.in_mirabest, np.nan, dec_deg),
    )
    return _unlabelled(batches.pixels, places).where(np.array(batches.split) == "train")


def read_bundle(directory: Path) -> Images:
    """Read the images of a bundle, all in memory."""
    space = open_latent_space(directory)
    catalogue = space.catalogue
    positions = Positions(np.asarray(catalogue.ra_deg), np.asarray(catalogue.dec_deg))
    return _unlabelled(np.asarray(space.images[:]), positions)


def _filtered(
    name: str, held_out: Positions, cut_arcsec: float, components: Path | None, seed: int
) -> Gathered:
    kind, _, where = name.partition(":")
    if kind == "drawn":
        if components is None:
            raise NoTrainingImages("Drawn fields need --components, the component catalogue.")
        positions = read_positions(Path(where))
        near = excluded(positions, held_out)
        images = draw_images(read_components(components), positions.where(~near), seed)
        listed, left = len(positions), large_enough(images.pixels, cut_arcsec)
        return Gathered(name, images.where(left), listed, int(near.sum()), int((~left).sum()))
    images = _read(kind, where)
    near = excluded(images.positions, held_out)
    kept = images.where(~near)
    left = large_enough(kept.pixels, cut_arcsec)
    return Gathered(name, kept.where(left), len(images), int(near.sum()), int((~left).sum()))


def _read(kind: str, where: str) -> Images:
    if kind == "firstgalaxydata":
        galaxies = read_first_galaxies()
        return galaxies.where(galaxies.split == "train")
    if kind == "fits":
        return read_fits_directory(Path(where))
    if kind == "rgz108k":
        return read_rgz_images(Path(where))
    if kind == "bundle":
        return read_bundle(Path(where))
    raise NoTrainingImages(
        f"'{kind}' is no source of training images; give firstgalaxydata, rgz108k:ARCHIVE, "
        "drawn:POSITIONS.parquet, fits:DIRECTORY or bundle:DIRECTORY."
    )


def large_enough(pixels: NDArray[np.uint8], cut_arcsec: float) -> NDArray[np.bool_]:
    """Which images (N, 150, 150) show something in the centre 70 px and reach the extent cut."""
    shown = np.array([centre_crop(image, 70).any() for image in pixels], bool)
    if cut_arcsec <= 0:
        return shown
    extents = np.array([measure_extent(image).arcsec if image.any() else 0 for image in pixels])
    return shown & (extents >= cut_arcsec)


def _unlabelled(pixels: NDArray[np.uint8], positions: Positions) -> Images:
    return Images(pixels, positions, np.full(len(pixels), -1), np.full(len(pixels), ""))
