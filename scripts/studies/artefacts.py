"""How often artefact flags are set, and what the FIRST catalogue says of the fields they mark.

Run as `python -m scripts.studies.artefacts --bundle DIR --components FILE --out FILE.json`;
docs/results/artefacts.md keeps the figures. It never writes a bundle.
"""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow.parquet as pq
import typer
from scipy.spatial import cKDTree

from app.bundle.latent_space import open_latent_space
from model.preprocess import MASK_RADIUS_PX, PIXEL_SCALE_ARCSEC
from model.sphere import chord, unit_vectors
from scripts.bundle.artefacts import MANY_ISLANDS, edge_to_centre, faint_islands
from scripts.terminal import console

PROBABILITIES = (0.2, 0.5)
COUNTS = (2, 3, MANY_ISLANDS, 8)


def main(
    bundle: Annotated[Path, typer.Option(help="Bundle of observed images.")],
    components: Annotated[Path, typer.Option(help="The FIRST catalogue.")],
    out: Annotated[Path, typer.Option(help="Record to write, JSON.")],
) -> None:
    """Compare faint islands with components that the catalogue takes for side lobes."""
    space, table = open_latent_space(bundle), pq.read_table(components)
    images = np.asarray(space.images[:])
    islands = np.array([faint_islands(image) for image in images])
    edge = np.array([edge_to_centre(image) for image in images])
    probability = table["sidelobe_prob"].to_numpy()
    tree = cKDTree(unit_vectors(table["ra_deg"].to_numpy(), table["dec_deg"].to_numpy()))
    sky = space.unit_positions(np.arange(len(space)))
    field = chord(MASK_RADIUS_PX * PIXEL_SCALE_ARCSEC / 3600)
    worst = np.array(
        [probability[near].max(initial=0) for near in tree.query_ball_point(sky, field)]
    )
    flagged = [
        {
            "sidelobe_probability_over": over,
            "islands_at_least": count,
            "flagged": int((islands >= count).sum()),
            "of_all_with_such_a_component": round(float((worst > over).mean()), 3),
            "of_flagged": round(float((worst > over)[islands >= count].mean()), 3),
            "found": round(float((islands >= count)[worst > over].mean()), 3),
        }
        for over in PROBABILITIES
        for count in COUNTS
    ]
    record = {"sources": len(space), "edge_over_1": int((edge > 1).sum()), "islands": flagged}
    out.write_text(json.dumps(record, indent=1) + "\n")
    console.print(record)


if __name__ == "__main__":
    typer.run(main)
