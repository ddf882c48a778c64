"""The command line: rgz-explorer build, serve, embed. It only reads arguments and says errors."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.errors import ExplorerError
from model.encoder import EncoderFileError
from model.firstgalaxydata import DataPackageMissing
from scripts.progress import console

app = typer.Typer(
    help="See a radio survey as a map of morphologies and find the sources that look like yours.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

BundleOption = Annotated[
    Path | None, typer.Option("--bundle", help="Bundle directory (default: the demo bundle).")
]
EncoderOption = Annotated[
    Path | None,
    typer.Option(
        "--encoder", help="Weights: .safetensors, or the published encoder.pt, byol.ckpt."
    ),
]


@app.command()
def build(
    demo: Annotated[bool, typer.Option("--demo", help="From the data package's images.")] = False,
    reembed: Annotated[
        bool, typer.Option("--reembed", help="From the images that the bundle stores.")
    ] = False,
    bundle: BundleOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Build a bundle: images, representations, map and index."""
    from scripts.build_command import build_bundle

    build_bundle(demo=demo, reembed=reembed, bundle=bundle, encoder=encoder)


@app.command()
def serve(
    demo: Annotated[
        bool, typer.Option("--demo", help="Build the demo bundle first if none fits.")
    ] = False,
    bundle: BundleOption = None,
    encoder: EncoderOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=1, max=65535)] = None,
) -> None:
    """Serve a bundle as a web page and an HTTP API."""
    from scripts.serve import serve_bundle

    if demo:
        build(demo=True, bundle=bundle, encoder=encoder)
    serve_bundle(bundle=bundle, encoder=encoder, host=host, port=port)


def main() -> None:
    """Run the command line; every known failure is one sentence and exit status 1."""
    try:
        app()
    except (ExplorerError, EncoderFileError, DataPackageMissing) as exc:
        console.print(f"[red]Error:[/red] {exc}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
