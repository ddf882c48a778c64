"""Options of the command line that say how a list of sources is read; several commands share them.

It never reads a list.
"""

from typing import Annotated

import typer

RaColumn = Annotated[str | None, typer.Option(help="Column of the right ascension.")]
DecColumn = Annotated[str | None, typer.Option(help="Column of the declination.")]
PositionColumn = Annotated[str | None, typer.Option(help="One column with whole positions.")]
IdColumn = Annotated[str | None, typer.Option(help="Column of unique identifiers.")]
NameColumn = Annotated[str | None, typer.Option(help="Column of names.")]
ExtentColumn = Annotated[str | None, typer.Option(help="Column of angular extents.")]
RaUnit = Annotated[str | None, typer.Option(help="deg, hourangle or rad; else as the file says.")]
DecUnit = Annotated[str | None, typer.Option(help="deg or rad; else as the file says.")]
FrameName = Annotated[
    str | None,
    typer.Option(help="icrs, fk5, fk4, galactic, or with an equinox, such as 'fk5 J1975'."),
]
