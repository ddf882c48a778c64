"""Options of the command line that say how a list of sources is read; several commands share them.

It never reads a list.
"""

from typing import Annotated

import typer

from app.tables.lists import ListOptions

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


def list_options(context: typer.Context) -> ListOptions:
    """Which of these options a command was given, by the names that the reader of lists knows."""
    given = {name: context.params.get(name) for name in ListOptions.__annotations__}
    return ListOptions(**given)  # type: ignore[typeddict-item]
