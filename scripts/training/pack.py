"""`rgz-explorer pack`: one compressed file with all that a training on a bare machine needs.

It only reads arguments: what reads the images is imported when it runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from scripts.terminal import check_output, console, need_training_libraries, spinner


def run_packing(
    data: Annotated[
        list[str],
        typer.Option(
            help="firstgalaxydata, rgz108k:ARCHIVE, drawn:POSITIONS.parquet, fits:DIR or "
            "bundle:DIR; repeatable."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Archive to write, .npz.")],
    mirabest: Annotated[
        Path, typer.Option(help="MiraBest_F_batches.tar.gz: what to keep out, and to validate on.")
    ],
    components: Annotated[
        Path | None, typer.Option(help="FIRST component catalogue (Parquet), for drawn fields.")
    ] = None,
    cut_arcsec: Annotated[
        float, typer.Option(min=0, help="Leave out sources of smaller angular extent.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Of the noise of drawn fields.")] = 69,
) -> None:
    """Pack training images for `python -m scripts.training.whole_run` on a bare GPU machine.

    Needs the training libraries (`make train`).
    """
    need_training_libraries("pack")
    check_output(out)
    from model.packed import Packed, write_packed
    from scripts.training.images import gather, judges, validation_sets

    found = gather(data, judges(mirabest), cut_arcsec=cut_arcsec, components=components, seed=seed)
    counts = {
        source.name.rpartition("/")[2]: {
            "listed": source.listed,
            "kept_out_near_judges": source.near_judges,
            "blank_or_below_the_cut": source.below_cut,
            "to_train_on": len(source.images),
            "image_origin": source.images.image_origin,
        }
        for source in found
    }
    sources = {source.name.rpartition("/")[2]: source.images.pixels for source in found}
    with spinner("Compressing"):
        write_packed(out, Packed(sources, validation_sets(mirabest), counts))
    console.print(f"{out} holds {out.stat().st_size / 1e6:.1f} MB.", markup=False)
