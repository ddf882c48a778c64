"""How far apart observed and drawn images of the same sources lie: the domain gap.

Run as `python -m scripts.studies.models --bundle DIR --components FILE --fits DIR [--mirabest
FILE]`; docs/results/model_images.md keeps the figures. The bundle is one of drawn images. For each
source that has an observed image too, its field is drawn, and the rank of that model among all
models of the bundle is found, by S (eq. 3) to the observed image. It never writes a bundle.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray
from rich.table import Table
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from app.bundle.latent_space import LatentSpace, open_latent_space
from app.errors import ExplorerError
from app.images.prepare import prepare_image
from model.components import Components, draw_image, position_seed, read_components
from model.datasets import read_mirabest
from model.encoder import Encoder, embed, load_encoder
from model.extent import measure_extent
from model.preprocess import (
    INPUT_SIZE_PX,
    ImageError,
    NoEmission,
    centre_crop,
    network_input,
)
from model.similarity import unit_length
from scripts.terminal import console, track

NEAR_ARCMIN = 3.0
"""Models of the bundle nearer than that show part of the same sky and are no candidates."""
OTHER_NOISE = 1
"""Seed of the second drawing of each field."""
FOLDS = 5


@dataclass(frozen=True)
class Pairs:
    """Observed images and the models of the same fields."""

    observed: NDArray[np.uint8]  # (N, 150, 150)
    drawn: NDArray[np.uint8]  # (N, 150, 150)
    redrawn: NDArray[np.uint8]  # (N, 150, 150), with other noise
    places: SkyCoord  # (N,)
    left_out: dict[str, int]


def pairs_of(observed: list[tuple[SkyCoord, NDArray[np.uint8]]], components: Components) -> Pairs:
    """Draw the field of every observed image; what cannot be drawn is counted."""
    kept, left_out = [], {"nothing to draw in view": 0, "nothing above 3 sigma": 0}
    for place, image in track(observed, "Drawing", len(observed)):
        ra, dec = float(place.ra.deg), float(place.dec.deg)
        if not components.in_view(ra, dec):
            left_out["nothing to draw in view"] += 1
            continue
        try:
            drawn, redrawn = (
                draw_image(components, ra, dec, position_seed(ra, dec, seed))
                for seed in (0, OTHER_NOISE)
            )
        except NoEmission:
            left_out["nothing above 3 sigma"] += 1
            continue
        kept.append((image, drawn, redrawn, ra, dec))
    images, models, others, ras, decs = zip(*kept, strict=True)
    places = SkyCoord(ras * u.deg, decs * u.deg)
    return Pairs(np.stack(images), np.stack(models), np.stack(others), places, left_out)


def ranks_of_own_model(
    queries: NDArray[np.float32], own: NDArray[np.float32], places: SkyCoord, space: LatentSpace
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Rank of each query's own model among all, its S, and the best other model's S.

    Parameters
    ----------
    queries, own : ndarray, shape (N, 512)
    places : SkyCoord, shape (N,)
    space : LatentSpace
        M models.
    """
    models = SkyCoord(space.catalogue.ra_deg * u.deg, space.catalogue.dec_deg * u.deg)
    unit = unit_length(np.asarray(space.y))
    ranks, mine, best = [], [], []
    for query, model, place in zip(unit_length(queries), unit_length(own), places, strict=True):
        s_own = float(query @ model)
        s_other = (unit @ query)[place.separation(models).arcmin > NEAR_ARCMIN]
        ranks.append(1 + int((s_other > s_own).sum()))
        mine.append(s_own)
        best.append(float(s_other.max()))
    return np.array(ranks), np.array(mine), np.array(best)


def told_apart(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Accuracy (0.5: not at all) of a linear classifier that tells two sets of y apart.

    Both images of a source are always on the same side of the cross-validation.
    """
    x = np.concatenate([one, other])
    label = np.repeat([0, 1], len(one))
    source = np.tile(np.arange(len(one)), 2)
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
    scores = cross_val_score(classifier, x, label, groups=source, cv=GroupKFold(FOLDS))
    return float(scores.mean())


def observed_fits(directory: Path) -> list[tuple[SkyCoord, NDArray[np.uint8]]]:
    """Raw FITS images of a directory, cleaned, with the place of the middle."""
    found = []
    for path in sorted(directory.glob("*.fits*")):
        try:
            image = prepare_image(path.read_bytes())
        except (ExplorerError, ImageError) as exc:
            console.print(f"{path.name} is left out: {exc}", markup=False)
            continue
        if image.position is None:
            console.print(f"{path.name} is left out: it has no position.", markup=False)
            continue
        found.append((image.position, image.pixels))
    return found


def observed_mirabest(archive: Path) -> list[tuple[SkyCoord, NDArray[np.uint8]]]:
    """The published images of MiraBest; their positions have three decimals."""
    images = read_mirabest(archive)
    places = SkyCoord(images.positions.ra_deg * u.deg, images.positions.dec_deg * u.deg)
    return [(p, i) for p, i in zip(places, images.pixels, strict=True) if _seen(i)]


def evaluate(
    name: str,
    observed: list[tuple[SkyCoord, NDArray[np.uint8]]],
    components: Components,
    space: LatentSpace,
    encoder: Encoder,
) -> Table:
    """Ranks of own models, all and by angular extent."""
    pairs = pairs_of(observed, components)
    y, model, redrawn = (_embed(encoder, x) for x in (pairs.observed, pairs.drawn, pairs.redrawn))
    ranks, mine, best = ranks_of_own_model(y, model, pairs.places, space)
    noise, _, _ = ranks_of_own_model(redrawn, model, pairs.places, space)
    extents = np.array([measure_extent(image).arcsec for image in pairs.observed])
    left = ", ".join(f"{n} {why}" for why, n in pairs.left_out.items() if n) or "none"
    table = Table(title=f"{name}: {len(ranks)} of {len(observed)} drawn (left out: {left})")
    columns = ("query", "n", "median rank", "first", "in 10", "in 100", "in 1 %")
    for column in columns:
        table.add_column(column)
    m = len(space)
    table.add_row("observed, all", *_shares(ranks, m))
    for low, high in ((0, 30), (30, 60), (60, 1000)):
        chosen = (extents >= low) & (extents < high)
        if chosen.any():
            words = f'observed, {low} to {high}"' if high < 1000 else f'observed, over {low}"'
            table.add_row(words, *_shares(ranks[chosen], m))
    table.add_row("the model, other noise", *_shares(noise, m))
    table.add_row(
        "chance", "", f"{m / 2:,.0f}", *(f"{100 * k / m:.2f} %" for k in (1, 10, 100)), "1 %"
    )
    table.caption = (
        f"1 - S: to the own model {np.median(1 - mine):.4f}, to the best other model "
        f"{np.median(1 - best):.4f} (medians). A linear classifier tells observed from drawn in "
        f"{100 * told_apart(y, model):.0f} % (50 %: not at all)."
    )
    return table


def main(
    bundle: Annotated[Path, typer.Option(help="Bundle of drawn images.")],
    components: Annotated[Path, typer.Option(help="Component catalogue it was drawn from.")],
    fits: Annotated[Path, typer.Option(help="Directory of raw FIRST FITS.")],
    mirabest: Annotated[Path | None, typer.Option(help="MiraBest_F batches.")] = None,
    encoder: Annotated[Path | None, typer.Option(help="Weights; those that ship.")] = None,
) -> None:
    """Print the domain gap."""
    space, net = open_latent_space(bundle), load_encoder(encoder)
    drawn_from = read_components(components)
    console.print(f"{len(space):,} models in the bundle; encoder {net.card.name}")
    console.print(evaluate("Raw FITS", observed_fits(fits), drawn_from, space, net))
    if mirabest:
        observed = observed_mirabest(mirabest)
        console.print(evaluate("MiraBest_F", observed, drawn_from, space, net))


def _shares(ranks: NDArray[np.int64], m: int) -> list[str]:
    within = [f"{100 * np.mean(ranks <= k):.1f} %" for k in (1, 10, 100, m / 100)]
    return [f"{len(ranks):,}", f"{np.median(ranks):,.0f}", *within]


def _embed(encoder: Encoder, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return embed(encoder, network_input(images))


def _seen(image: NDArray[np.uint8]) -> bool:
    return bool(centre_crop(image, INPUT_SIZE_PX).any())


if __name__ == "__main__":
    typer.run(main)
