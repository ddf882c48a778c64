"""The command line of rgz-explorer. It only reads arguments and says errors.

What a command computes with is imported when it runs, so that help comes at once and needs nothing.
"""

import importlib.metadata
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from app.errors import ExplorerError
from app.settings import check_variables
from model.errors import ModelError
from scripts.experiments.command import run_experiment
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
    list_options,
)
from scripts.terminal import console
from scripts.training.finetune import run_finetuning
from scripts.training.pack import run_packing
from scripts.training.pretrain import run_pretraining
from scripts.training.probe import run_probe

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
    context: typer.Context,
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
    representations: Annotated[
        Path | None,
        typer.Option(
            "--representations",
            help="From y that another encoder made: a Parquet table with y (lists of numbers), ra "
            "and dec. Only its own sources can be searched with.",
        ),
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
            representations=representations,
            render_from=render_from,
            bundle=bundle,
            encoder=encoder,
            options=list_options(context),
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
            readable=False,  # not checked: one that cannot be read is a reject like any other
            help="FITS images (also .gz, .fz), PNGs or JPEGs, the source in the middle.",
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
    context: typer.Context,
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
            columns=list_options(context),
        )
    )


app.command("pack")(run_packing)
app.command("pretrain")(run_pretraining)
app.command("probe")(run_probe)
app.command("finetune")(run_finetuning)
app.command("experiment")(run_experiment)


@app.command()
def bench(
    n: Annotated[
        int, typer.Option("--sources", min=1000, help="Size of the benchmark bundle.")
    ] = 50_000,
) -> None:
    """Measure speed and memory on a bundle of augmented copies (built once, minutes)."""
    from scripts.bench import run_bench

    run_bench(n)


def main() -> None:
    """Run the command line; every known failure is one sentence and exit status 1."""
    try:
        if "--help" not in sys.argv:
            check_variables()
        app()
    except (ExplorerError, ModelError) as exc:
        _fail(str(exc))
    except OSError as exc:
        if exc.filename is None:
            raise
        _fail(f"'{exc.filename}' cannot be used: {_reason(exc)}.")
    except KeyboardInterrupt:
        sys.exit(130)


def _reason(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{reason[:1].lower()}{reason[1:]}"


def _fail(sentence: str) -> NoReturn:
    console.print(f"[red]Error:[/red] {escape(sentence)}")
    sys.exit(1)


if __name__ == "__main__":
    main()
