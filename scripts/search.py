"""`rgz-explorer search`: from arguments to files, and the account of what became of the list.

It never decides how a position is understood or answered.
"""

import logging
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from app.bundle.catalogue import bundle_names
from app.bundle.latent_space import LatentSpace, open_latent_space
from app.errors import ExplorerError
from app.query.explorer import open_explorer
from app.query.lists import (
    LIST_K,
    EntryList,
    EntryResult,
    ListSearchOptions,
    look_up_names,
    search_list,
)
from app.query.ranking import DUPLICATES_ARCSEC, SearchOptions
from app.settings import Settings, read_settings
from app.sky.names import BundleNames
from app.sky.sesame import open_sesame
from app.surveys.access import cutout_service
from app.tables.entries import entries_of, read_list
from app.tables.lists import ListOptions
from app.tables.neighbours import NeighbourTable, bundle_provenance, write_unmatched
from app.tables.write import format_of, write_table
from model.whole_file import write_whole
from scripts.bundle.named import list_content, read_named_batches, read_source_list
from scripts.terminal import bar, check_output, console


@dataclass(frozen=True)
class SearchRequest:
    """What `rgz-explorer search` was told."""

    spec: str
    out: Path
    k: int = LIST_K
    bundle: Path | None = None
    encoder: Path | None = None
    survey_max: int = 100
    names_max: int = 100
    duplicates_arcsec: float = DUPLICATES_ARCSEC
    hide_duplicates: bool = False
    columns: ListOptions = field(default_factory=lambda: ListOptions())


def search(request: SearchRequest) -> None:
    """Search for a list, write the table and what is unmatched, and say the account.

    Raises
    ------
    ExplorerError
        If the list or the bundle cannot be read, or the table cannot be written.
    """
    logging.getLogger("app").addHandler(logging.NullHandler())  # the reasons say the same
    check_output(request.out)
    fmt = format_of(request.out)
    given = {"bundle": request.bundle, "encoder": request.encoder}
    settings = read_settings().model_copy(update={k: v for k, v in given.items() if v is not None})
    space = open_latent_space(settings.bundle_dir)
    found = _read(request, bundle_names(space.catalogue))
    for note in found.notes:
        console.print(note, markup=False)
    service = open_sesame(settings.sesame_url, settings.sesame_deadline_s)
    entries = look_up_names(found.entries, service, request.names_max)
    explorer = open_explorer(space, settings.encoder, cutout_service(settings))
    options = _options(request, settings, space)
    table, outcomes = NeighbourTable(space), _Account()
    with bar() as progress, closing(search_list(explorer, entries, options)) as answers:
        for outcome in progress.track(answers, len(entries), description="Searching"):
            table.add(outcome)
            outcomes.take(outcome)
    rows = table.table()
    said = {"list": Path(request.spec).name, "entries": str(outcomes)}
    provenance = bundle_provenance(space, options.search) | said
    _write(request.out, write_table(rows, provenance, fmt))
    console.print(f"{outcomes}.", markup=False)
    console.print(f"{rows.num_rows:,} neighbours are in '{request.out}'.", markup=False)
    _write_unmatched(outcomes.unmatched, request.out.with_name(f"{request.out.name}.unmatched.csv"))


class _Account:
    """Counts outcomes by kind, and keeps those without an answer."""

    def __init__(self) -> None:
        self.unmatched: list[EntryResult] = []
        self._by = {"bundle": 0, "service": 0, "": 0}

    def take(self, outcome: EntryResult) -> None:
        self._by[outcome.matched_by] += 1
        if outcome.answer is None:
            self.unmatched.append(outcome)

    def __str__(self) -> str:
        return (
            f"{sum(self._by.values()):,} listed = {self._by['bundle']:,} answered from the bundle "
            f"+ {self._by['service']:,} by the survey + {self._by['']:,} unmatched"
        )


def _read(request: SearchRequest, names: BundleNames) -> EntryList:
    """Read a file as a table or a list of lines, anything else as the name of a catalogue."""
    path = Path(request.spec)
    if not path.is_file():
        return entries_of(read_source_list(request.spec, **request.columns))
    batches = read_named_batches(request.spec)
    if batches is not None:
        return entries_of(batches[0])
    return read_list(list_content(path), path.name, names, request.columns)


def _options(request: SearchRequest, settings: Settings, space: LatentSpace) -> ListSearchOptions:
    return ListSearchOptions(
        SearchOptions(
            min(request.k, len(space) - 1), request.duplicates_arcsec, request.hide_duplicates
        ),
        request.survey_max,
        settings.survey_connections,
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file that is there whole, or not at all."""
    try:
        write_whole(path, content)
    except OSError as exc:
        raise ExplorerError(f"'{path}' cannot be written ({exc.strerror}).") from exc


def _write_unmatched(unmatched: list[EntryResult], path: Path) -> None:
    """The file is that of this search: where nothing is unmatched there is none."""
    if not unmatched:
        path.unlink(missing_ok=True)
        return
    _write(path, write_unmatched(unmatched))
    console.print(f"The unmatched entries and their reasons are in '{path}'.", markup=False)
