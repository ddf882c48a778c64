"""The commands below `rgz-explorer fetch`. It only reads arguments."""

import typer

fetch = typer.Typer(help="Get data from archives and surveys.", no_args_is_help=True)
