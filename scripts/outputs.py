"""Where a command writes its result: looked at before the work, so that none is lost in the end."""

import json
from pathlib import Path
from typing import Any

import typer

from app.errors import ExplorerError
from scripts.progress import console


def check_output(*paths: Path | None) -> None:
    """Refuse a file whose directory does not exist, or that is a directory itself.

    Raises
    ------
    ExplorerError
    """
    for path in paths:
        if path is None:
            continue
        if not path.absolute().parent.is_dir():
            raise ExplorerError(
                f"There is no directory '{path.parent}' to write '{path.name}' into."
            )
        if path.is_dir():
            raise ExplorerError(f"'{path}' is a directory; name a file in it.")


def write_result(result: dict[str, Any], out: Path | None) -> None:
    """Write a result as JSON: into the file, or to standard output if there is none."""
    text = json.dumps(result, indent=1)
    if out is None:
        typer.echo(text)
        return
    out.write_text(text + "\n")
    console.print(f"The result is in {out}.", markup=False)
