"""`rgz-explorer probe`: judge an encoder by a linear classifier and by neighbours."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from model.datasets import read_first_galaxies, read_mirabest
from model.encoder import load_encoder, untrained_encoder
from model.linear_probe import RESPLITS, judge_first_galaxies, judge_mirabest
from scripts.progress import console


def run_probe(
    mirabest: Annotated[Path, typer.Option(help="MiraBest_F_batches.tar.gz.")],
    encoder: Annotated[
        Path | None, typer.Option(help="Weights; default: the encoder that ships.")
    ] = None,
    untrained: Annotated[bool, typer.Option("--untrained", help="Judge random weights.")] = False,
    resplits: Annotated[int, typer.Option(help="Stratified re-splits of MiraBest.")] = RESPLITS,
    out: Annotated[Path | None, typer.Option(help="JSON file to write.")] = None,
) -> None:
    """Measure an encoder on MiraBest Confident and on the four classes of firstgalaxydata."""
    chosen = untrained_encoder() if untrained else load_encoder(encoder)
    galaxies = read_first_galaxies()
    result = {
        "encoder": asdict(chosen.card),
        "mirabest_confident": asdict(judge_mirabest(chosen, read_mirabest(mirabest), resplits)),
        "firstgalaxydata": {
            split: asdict(judge_first_galaxies(chosen, galaxies, split))
            for split in ("valid", "test")
        },
    }
    text = json.dumps(result, indent=1)
    console.print(text)
    if out is not None:
        out.write_text(text)
