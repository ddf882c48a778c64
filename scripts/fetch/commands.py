"""The commands below `rgz-explorer fetch`. It only reads arguments."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.list_options import (
    DecColumn,
    DecUnit,
    FrameName,
    IdColumn,
    NameColumn,
    PositionColumn,
    RaColumn,
    RaUnit,
    list_options,
)

fetch = typer.Typer(help="Get data from archives and surveys.", no_args_is_help=True)


@fetch.command()
def cutouts(
    context: typer.Context,
    spec: Annotated[
        str,
        typer.Argument(metavar="LIST", help="A table of sources, or a catalogue, as for build."),
    ],
    out: Annotated[Path, typer.Option("--out", help="Directory to keep the images in.")],
    connections: Annotated[int, typer.Option(min=1, help="Requests under way at once.")] = 3,
    rate: Annotated[float, typer.Option(min=0.001, help="Requests a second, at most.")] = 3.0,
    retry: Annotated[
        list[str] | None,
        typer.Option(
            help="Ask again for earlier failures of this class: timeout, unavailable, bad-answer, "
            "undersized, blank, footprint, or all (but footprint). May be repeated."
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Images to ask for in this run, at most.")
    ] = None,
    max_gb: Annotated[
        float | None,
        typer.Option(min=0, help="Size of all images of the directory, at most (10^9 bytes)."),
    ] = None,
    field_arcmin: Annotated[
        float, typer.Option(min=4.5, max=30, help="Side of the field; 9 as published.")
    ] = 9.0,
    skyview: Annotated[
        bool, typer.Option("--skyview", help="Ask SkyView where the FIRST server fails.")
    ] = False,
    give_up_min: Annotated[
        float, typer.Option(min=0, help="Minutes without an answer after which the fetch ends.")
    ] = 30.0,
    ra_column: RaColumn = None,
    dec_column: DecColumn = None,
    position_column: PositionColumn = None,
    id_column: IdColumn = None,
    name_column: NameColumn = None,
    ra_unit: RaUnit = None,
    dec_unit: DecUnit = None,
    frame: FrameName = None,
) -> None:
    """Fetch the FIRST cutouts of a list of sources, politely; go on where it was stopped."""
    from scripts.fetch.cutouts import fetch_list, retry_classes
    from scripts.fetch.run import FetchConfig

    config = FetchConfig(
        out=out,
        field_arcmin=field_arcmin,
        connections=connections,
        rate_per_s=rate,
        retry=retry_classes(retry or []),
        limit=limit,
        max_bytes=None if max_gb is None else round(max_gb * 1e9),
        give_up_s=60 * give_up_min,
    )
    fetch_list(
        spec,
        list_options(context),
        config,
        skyview,
    )


OutOption = Annotated[
    Path | None,
    typer.Option("--out", help="Directory (default: downloads, in the data directory)."),
]
FileOption = Annotated[
    str | None, typer.Option("--file", help="Another file of the same Zenodo record.")
]
DeadlineOption = Annotated[
    float, typer.Option("--deadline-min", min=0.01, help="Minutes it may take, all in all.")
]


@fetch.command()
def mirabest(
    out: OutOption = None, file: FileOption = None, deadline_min: DeadlineOption = 60.0
) -> None:
    """Get the MiraBest_F batches, 1,256 labelled FIRST images (Zenodo 4288837)."""
    _fetch_named("mirabest", out, file, deadline_min)


@fetch.command()
def mightee(
    out: OutOption = None, file: FileOption = None, deadline_min: DeadlineOption = 60.0
) -> None:
    """Get the labelled MIGHTEE set, 117 images (Zenodo 8188867)."""
    _fetch_named("mightee", out, file, deadline_min)


@fetch.command()
def encoder(
    out: OutOption = None, file: FileOption = None, deadline_min: DeadlineOption = 60.0
) -> None:
    """Get the paper's published weights, for --encoder (Zenodo 7615104)."""
    _fetch_named("encoder", out, file, deadline_min)


@fetch.command(name="rgz-dr1")
def rgz_dr1(
    out: OutOption = None, file: FileOption = None, deadline_min: DeadlineOption = 60.0
) -> None:
    """Get the tables of Radio Galaxy Zoo Data Release 1 (Zenodo 10656393)."""
    _fetch_named("rgz-dr1", out, file, deadline_min)


@fetch.command(name="first-catalogue")
def first_catalogue(
    out: Annotated[
        Path | None, typer.Option("--out", help="Parquet file to write (default: downloads).")
    ] = None,
    deadline_min: DeadlineOption = 60.0,
) -> None:
    """Get the FIRST catalogue, 946,432 components, for --render-from (VizieR VIII/92)."""
    from scripts.fetch.first_catalogue import fetch_first_catalogue

    fetch_first_catalogue(out, deadline_min)


def _fetch_named(name: str, out: Path | None, file: str | None, deadline_min: float) -> None:
    from scripts.fetch.archives import fetch_named

    fetch_named(name, out, file, deadline_min)
