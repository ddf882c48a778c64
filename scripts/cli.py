"""The command line of rgz-explorer. It only reads arguments and says errors."""

import importlib.metadata
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from app.errors import ExplorerError
from model.encoder import EncoderFileError
from model.firstgalaxydata import DataPackageMissing
from scripts.fetch.commands import fetch
from scripts.list_options import (
    DecColumn,
    DecUnit,
    ExtentColumn,
    FrameName,
    IdColumn,
    NameColumn,
    PositionColumn,
    RaColumn,
    RaUnit,
)
from scripts.terminal import console

app = typer.Typer(
    help="See a radio survey as a map of morphologies and find the sources that look like yours.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(fetch, name="fetch")

BundleOption = Annotated[
    Path | None, typer.Option("--bundle", help="Bundle directory (default: the demo bundle).")
]
EncoderOption = Annotated[
    Path | None,
    typer.Option(
        "--encoder", help="Weights: .safetensors, or the published encoder.pt, byol.ckpt."
    ),
]


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rgz-explorer {importlib.metadata.version('rgz-explorer')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Say the version and stop."
        ),
    ] = False,
) -> None:
    pass


@app.command()
def build(
    demo: Annotated[bool, typer.Option("--demo", help="From the data package's images.")] = False,
    reembed: Annotated[
        bool, typer.Option("--reembed", help="From the images that the bundle stores.")
    ] = False,
    catalogue: Annotated[
        str | None,
        typer.Option(
            "--catalogue",
            metavar="FILE|NAME",
            help="From a table (CSV, VOTable, FITS, Parquet, ECSV), batches of images, or "
            "rgz-dr1, mirabest, mightee, rgz108k (also NAME:PATH).",
        ),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            "--images",
            help="Directory that `fetch cutouts` filled; or, alone or with --file-column, any "
            "directory of FITS files.",
        ),
    ] = None,
    file_column: Annotated[
        str | None,
        typer.Option("--file-column", help="Column of the catalogue with the file of each source."),
    ] = None,
    render_from: Annotated[
        Path | None,
        typer.Option(
            "--render-from", help="FIRST catalogue (Parquet) to draw models from; not observed."
        ),
    ] = None,
    bundle: BundleOption = None,
    encoder: EncoderOption = None,
    ra_column: RaColumn = None,
    dec_column: DecColumn = None,
    position_column: PositionColumn = None,
    id_column: IdColumn = None,
    name_column: NameColumn = None,
    extent_column: ExtentColumn = None,
    ra_unit: RaUnit = None,
    dec_unit: DecUnit = None,
    frame: FrameName = None,
) -> None:
    """Build a bundle: images, representations, map and index."""
    from scripts.build import BuildRequest, build_bundle

    build_bundle(
        BuildRequest(
            demo=demo,
            reembed=reembed,
            catalogue=catalogue,
            images=images,
            file_column=file_column,
            render_from=render_from,
            bundle=bundle,
            encoder=encoder,
            options={
                "ra_column": ra_column,
                "dec_column": dec_column,
                "position_column": position_column,
                "id_column": id_column,
                "name_column": name_column,
                "extent_column": extent_column,
                "ra_unit": ra_unit,
                "dec_unit": dec_unit,
                "frame": frame,
            },
        )
    )


@app.command()
def serve(
    demo: Annotated[
        bool, typer.Option("--demo", help="Build the demo bundle first if none fits.")
    ] = False,
    bundle: BundleOption = None,
    encoder: EncoderOption = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on (default: 127.0.0.1).")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            help="Port to listen on (default: 8000); 0 takes a free one.", min=0, max=65535
        ),
    ] = None,
) -> None:
    """Serve a bundle as a web page and an HTTP API."""
    from scripts.serve import serve_bundle

    serve_bundle(demo=demo, bundle=bundle, encoder=encoder, host=host, port=port)


@app.command()
def embed(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="FITS images (also .gz, .fz), PNGs or JPEGs, the source in the middle."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            help="Table to write: .csv, .ecsv, .vot or .parquet; what cannot be used goes to "
            "OUT.rejects.csv.",
        ),
    ],
    encoder: EncoderOption = None,
    classifier: Annotated[
        Path | None,
        typer.Option("--classifier", help="What finetune or probe kept with --save: adds classes."),
    ] = None,
    extension: Annotated[
        str | None,
        typer.Option(
            "--extension",
            help="Name or number of the FITS extension with the image; by default the first that "
            "is not noise, a mask or a weight.",
        ),
    ] = None,
) -> None:
    """Embed images of your own: file, position, angular extent and y (512 numbers)."""
    from model.classifier import load_classifier
    from model.inference import load_fast_encoder
    from scripts.embed import embed_files

    fitted = None if classifier is None else load_classifier(classifier)
    embed_files(files, load_fast_encoder(encoder), out, fitted, extension)


@app.command()
def search(
    spec: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="One position or name a line, or a table with positions."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", help="Table to write: .csv, .ecsv, .vot or .parquet."),
    ],
    k: Annotated[int, typer.Option("--k", min=1, help="Neighbours of each entry.")] = 20,
    bundle: BundleOption = None,
    encoder: EncoderOption = None,
    survey_max: Annotated[
        int,
        typer.Option(min=0, help="Positions outside the bundle to ask FIRST for, at most."),
    ] = 100,
    names_max: Annotated[
        int, typer.Option(min=0, help="Names of objects to look up, at most.")
    ] = 100,
    duplicates_arcsec: Annotated[
        float, typer.Option(min=0, help="Distance on the sky that counts as the same.")
    ] = 30.0,
    hide_duplicates: Annotated[
        bool, typer.Option("--hide-duplicates", help="Leave near-duplicates out.")
    ] = False,
    ra_column: RaColumn = None,
    dec_column: DecColumn = None,
    position_column: PositionColumn = None,
    name_column: NameColumn = None,
    ra_unit: RaUnit = None,
    dec_unit: DecUnit = None,
    frame: FrameName = None,
) -> None:
    """Find the neighbours of a whole list of positions; what is unmatched is written down."""
    from scripts.search import SearchRequest
    from scripts.search import search as search_list

    search_list(
        SearchRequest(
            spec=spec,
            out=out,
            k=k,
            bundle=bundle,
            encoder=encoder,
            survey_max=survey_max,
            names_max=names_max,
            duplicates_arcsec=duplicates_arcsec,
            hide_duplicates=hide_duplicates,
            columns={
                "ra_column": ra_column,
                "dec_column": dec_column,
                "position_column": position_column,
                "name_column": name_column,
                "ra_unit": ra_unit,
                "dec_unit": dec_unit,
                "frame": frame,
            },
        )
    )


PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command(context_settings=PASS_ON, add_help_option=False)
def pretrain(context: typer.Context) -> None:
    """Pre-train an encoder without labels (needs the train extra; --help lists its options)."""
    _run_training("pretrain", context.args)


@app.command(context_settings=PASS_ON, add_help_option=False)
def probe(context: typer.Context) -> None:
    """Judge an encoder by a linear classifier and by neighbours (needs the train extra)."""
    _run_training("probe", context.args)


@app.command(context_settings=PASS_ON, add_help_option=False)
def finetune(context: typer.Context) -> None:
    """Fit a classifier to labelled images by changing an encoder (needs the train extra)."""
    _run_training("finetune", context.args)


@app.command(context_settings=PASS_ON, add_help_option=False)
def experiment(context: typer.Context) -> None:
    """Do an experiment of the paper and write its report (needs the train extra)."""
    _run_training("experiment", context.args)


@app.command()
def bench(
    n: Annotated[
        int, typer.Option("--sources", min=1000, help="Size of the benchmark bundle.")
    ] = 50_000,
) -> None:
    """Measure speed and memory on a bundle of augmented copies (built once, minutes)."""
    from scripts.bench import run_bench

    run_bench(n)


def _run_training(name: str, arguments: list[str]) -> None:
    """Run a command whose libraries a server does not install, and need not load."""
    try:
        from scripts.training_commands import COMMANDS
    except ModuleNotFoundError as exc:
        raise ExplorerError(
            f"`rgz-explorer {name}` needs the training libraries ({exc.name} is missing): "
            "`make train` in a clone installs them, `pip install 'rgz-explorer[train]'` elsewhere."
        ) from exc
    single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    single.command()(COMMANDS[name])
    single(arguments, prog_name=f"rgz-explorer {name}")


def main() -> None:
    """Run the command line; every known failure is one sentence and exit status 1."""
    try:
        app()
    except (ExplorerError, EncoderFileError, DataPackageMissing) as exc:
        console.print(f"[red]Error:[/red] {escape(str(exc))}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
