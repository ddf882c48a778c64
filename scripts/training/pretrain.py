"""`rgz-explorer pretrain`: train an encoder without labels.

It only reads arguments: the training libraries are imported when it runs.
"""

import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from app.errors import ExplorerError
from scripts.terminal import check_directory, console, need_training_libraries


def run_pretraining(
    data: Annotated[
        list[str],
        typer.Option(
            help="firstgalaxydata, rgz108k:ARCHIVE, drawn:POSITIONS.parquet, fits:DIR or "
            "bundle:DIR; repeatable."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Directory of the run; an existing run goes on.")],
    mirabest: Annotated[
        Path, typer.Option(help="MiraBest_F_batches.tar.gz: positions to keep out of training.")
    ],
    components: Annotated[
        Path | None, typer.Option(help="FIRST component catalogue (Parquet), for drawn fields.")
    ] = None,
    objective: Annotated[
        Literal["byol", "ntxent"],
        typer.Option(
            help="byol: as the paper. ntxent: contrastive, which learns more in less time."
        ),
    ] = "byol",
    epochs: Annotated[float | None, typer.Option(help="Default: 500, the paper's.")] = None,
    minutes: Annotated[
        float | None,
        typer.Option(min=0, help="Plan the run for so long a time, instead of --epochs."),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=2, help="Default: 1024 (byol), 96 (ntxent).")
    ] = None,
    shares: Annotated[
        list[float] | None, typer.Option(help="Share of each --data in a batch; repeat in order.")
    ] = None,
    small_view_px: Annotated[
        int | None, typer.Option(min=16, max=70, help="Side of the first views, px; default: 70.")
    ] = None,
    large_view_epochs: Annotated[
        float, typer.Option(min=0, help="Last epochs with views of 70 px.")
    ] = 0,
    threshold_max: Annotated[
        float, typer.Option(min=0, max=1, help="Highest random clip, of the maximum.")
    ] = 0,
    pedestal: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="How often a pedestal is subtracted, as firstgalaxydata's."
        ),
    ] = 0,
    description_weight: Annotated[
        float,
        typer.Option(
            min=0, help="Of a second task, to tell an image's shape descriptors; 0: no such task."
        ),
    ] = 0,
    learning_rate: Annotated[
        float | None,
        typer.Option(min=0, help="Default: 0.2 for each 256 of a batch (byol), 0.001 (ntxent)."),
    ] = None,
    start_from: Annotated[
        Path | None, typer.Option(help="Weights to start from (default: random ones).")
    ] = None,
    warmup_epochs: Annotated[
        float | None, typer.Option(min=0, help="Default: 10, the paper's.")
    ] = None,
    decay_epochs: Annotated[
        float | None,
        typer.Option(min=0, help="Last epochs, in which the rate falls; default: all."),
    ] = None,
    cut_arcsec: Annotated[
        float, typer.Option(min=0, help="Leave out sources of smaller angular extent (Sec. 3.6).")
    ] = 20.0,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, batches and views.")] = 69,
    precision: Annotated[
        Literal["32-true", "bf16-mixed"] | None,
        typer.Option(help="Default: 32-true (byol), bf16-mixed (ntxent)."),
    ] = None,
    compile_encoder: Annotated[
        bool, typer.Option("--compile", help="Use torch.compile (needs a C++ compiler).")
    ] = False,
    accelerator: Annotated[
        str, typer.Option(help="auto, cpu, gpu, cuda or mps, as PyTorch Lightning names them.")
    ] = "auto",
    devices: Annotated[str, typer.Option(help="How many of them on each node, or auto.")] = "auto",
    num_nodes: Annotated[int, typer.Option(min=1, help="Machines of a cluster.")] = 1,
) -> None:
    """Pre-train an encoder without labels, or go on with a run that was stopped.

    Needs the training libraries (`make train`).
    """
    need_training_libraries("pretrain")
    _check_shares(data, shares, epochs)
    _check_minutes(minutes, epochs, warmup_epochs, decay_epochs)
    from pytorch_lightning.utilities import rank_zero_only

    from model.pretrain import pretrain
    from model.pretrain_config import RECIPES
    from model.run_files import METRICS
    from scripts.training.images import gather, judges
    from scripts.training.progress import StepBar, plot_metrics, quiet_lightning

    is_first = getattr(rank_zero_only, "rank", 0) == 0
    console.quiet = not is_first  # the others would say the same again
    recipe = RECIPES[objective]
    given: dict[str, Any] = {
        "epochs": epochs,
        "minutes": minutes,
        "batch_size": batch_size,
        "precision": precision,
        "shares": tuple(shares) if shares else None,
        "warmup_epochs": warmup_epochs,
        "decay_epochs": decay_epochs,
        "base_learning_rate": learning_rate,
        "start_from": None if start_from is None else str(start_from),
    }
    config = replace(
        recipe,
        **{name: value for name, value in given.items() if value is not None},
        views=replace(recipe.views, threshold_max=threshold_max, pedestal_probability=pedestal),
        small_view_px=small_view_px,
        large_view_epochs=large_view_epochs,
        description_weight=description_weight,
        seed=seed,
        compile=compile_encoder,
    )
    if minutes is None:
        _check_epochs(config.epochs, config.warmup_epochs, config.decay_epochs)
    check_directory(out)
    found = gather(
        data, judges(mirabest), cut_arcsec=cut_arcsec, components=components, seed=config.seed
    )
    trainer = {"accelerator": accelerator, "devices": devices, "num_nodes": num_nodes}
    images = [source.images.pixels for source in found]
    with quiet_lightning():
        pretrain(images, out, config, callbacks=[StepBar()], **trainer)
    if is_first:
        plot_metrics(out / METRICS, out / "metrics.png")
        typer.echo(f"The encoder is in {out / 'encoder.safetensors'}.")


def _check_shares(data: list[str], shares: list[float] | None, epochs: float | None) -> None:
    """Refuse numbers with which nothing sensible can be trained."""
    if shares and len(shares) != len(data):
        raise ExplorerError(
            f"There are {len(shares)} --shares for {len(data)} --data; give one for each, in order."
        )
    if shares and min(shares) <= 0:
        raise ExplorerError(f"A share of {min(shares):g} is no share; leave its --data out.")
    if epochs is not None and not 0 < epochs < math.inf:
        raise ExplorerError(f"{epochs:g} epochs are none; give more with --epochs.")


def _check_minutes(
    minutes: float | None, epochs: float | None, warmup: float | None, decay: float | None
) -> None:
    """Refuse a time beside the epochs that follow from it."""
    if minutes is None:
        return
    given = {"--epochs": epochs, "--warmup-epochs": warmup, "--decay-epochs": decay}
    also = [name for name, value in given.items() if value is not None]
    if also:
        raise ExplorerError(f"--minutes decides {' and '.join(also)}; give one or the other.")


def _check_epochs(epochs: float, warmup: float, decay: float | None) -> None:
    """Refuse a schedule that does not fit into the run."""
    if warmup >= epochs:
        raise ExplorerError(
            f"A warm-up of {warmup:g} epochs leaves nothing of {epochs:g}; give fewer with "
            "--warmup-epochs (the paper's are 10 of 500)."
        )
    if decay is not None and not decay <= epochs:
        raise ExplorerError(
            f"A rate that falls in the last {decay:g} epochs needs as many; there are "
            f"{epochs:g}. Give fewer with --decay-epochs."
        )
