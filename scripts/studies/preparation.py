"""What it costs that the demo images were prepared in another way than a query's.

Run as `python -m scripts.studies.preparation FITS_DIR [BUNDLE]`, FITS_DIR holding raw FIRST FITS
of MiraBest sources; docs/results/preparation.md keeps the figures. Each raw image is cleaned as a
query's would be, embedded, and the rank of its own demo entry among all sources is read off.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from rich.table import Table

from app.bundle.latent_space import LatentSpace, open_latent_space
from app.query.caveats import check_fit
from app.settings import Settings
from model.encoder import Encoder, embed, load_encoder
from model.preprocess import ImageError, clean, network_input
from scripts.terminal import console


@dataclass(frozen=True)
class OwnRank:
    """Where a source's own demo entry comes when its raw image is the query."""

    entry: str
    rank: int
    similarity: float
    similarity_of_first: float


def own_ranks(fits_dir: Path, space: LatentSpace, encoder: Encoder) -> list[OwnRank]:
    """Rank the demo entry of every raw image that has one."""
    entries = space.catalogue.table["package_entry"].to_pylist()
    rows = {entry.removesuffix(".png"): row for row, entry in enumerate(entries)}
    ranks = []
    for path in sorted(fits_dir.glob("*.fits*")):
        name = path.name.split(".fits")[0]
        if name not in rows:
            continue
        try:
            cleaned = clean(fits.getdata(path))
        except ImageError as exc:
            console.print(f"{name}: {exc}")
            continue
        y = embed(encoder, network_input(cleaned)[None])[0]
        matches = space.search(y, len(space))
        place = next(i for i, match in enumerate(matches) if match.row == rows[name])
        ranks.append(OwnRank(name, place + 1, matches[place].similarity, matches[0].similarity))
    return ranks


def summarise(ranks: list[OwnRank], n: int) -> Table:
    """One line a source, the worst last, and the quantiles."""
    ordered = sorted(ranks, key=lambda own: own.rank)
    values = np.array([own.rank for own in ordered])
    table = Table(
        title=f"{len(ranks)} sources: own entry first for {np.sum(values == 1)}, within 10 for "
        f"{np.sum(values <= 10)}, median rank {np.median(values):.0f} of {n:,}"
    )
    for heading in ("source", "rank of the own entry", "1 - S to it", "1 - S to the first"):
        table.add_column(heading)
    for own in ordered:
        gaps = (f"{1 - own.similarity:.2g}", f"{1 - own.similarity_of_first:.2g}")
        table.add_row(own.entry, str(own.rank), *gaps)
    return table


if __name__ == "__main__":
    bundle = Path(sys.argv[2]) if len(sys.argv) > 2 else Settings().bundle_dir
    latent_space, ours = open_latent_space(bundle), load_encoder()
    check_fit(latent_space.manifest, ours.card, bundle)
    found = own_ranks(Path(sys.argv[1]), latent_space, ours)
    console.print(summarise(found, len(latent_space)))
