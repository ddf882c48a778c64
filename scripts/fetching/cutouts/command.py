"""`rgz-explorer fetch cutouts`: from a list and options to a run, and what is said at its end.

It never fetches itself.
"""

import csv
import logging
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from app.settings import read_settings
from scripts.fetching.cutouts.config import FetchConfig
from scripts.fetching.cutouts.failures import FailureClass
from scripts.fetching.cutouts.fetch import FetchOutcome, fetch_cutouts
from scripts.fetching.cutouts.plan import ListRow
from scripts.fetching.cutouts.source import first_source
from scripts.fetching.cutouts.store import FetchError
from scripts.progress import console
from scripts.readers.source_list import ListOptions, Reject, SourceList, read_source_list

ALL = "all"
"""Of `--retry`: every class but footprint, which must be named."""
UNUSABLE = "rejects.csv"
INTERRUPTED = 130


def fetch_list(spec: str, options: ListOptions, config: FetchConfig, skyview: bool) -> None:
    """Fetch the cutouts of a list and say the account.

    Raises
    ------
    FetchError
        If it could not begin, or ended before all was tried.
    UnreadableCatalogue
        If the list cannot be read.
    typer.Exit
        With status 130, if the user stopped it.
    """
    logging.getLogger("app").addHandler(logging.NullHandler())  # the table says the same
    sources = read_source_list(spec, **options)
    for note in sources.notes:
        console.print(note, markup=False)
    source = first_source(read_settings(), config.field_arcmin, config.connections, skyview)
    outcome = fetch_cutouts(list_rows(sources), source, config, unusable=len(sources.rejects))
    _write_unusable(sources.rejects, config.out / UNUSABLE)
    _say(outcome)


def retry_classes(names: list[str]) -> frozenset[FailureClass]:
    """Read the values of `--retry`.

    Raises
    ------
    FetchError
        If one is no class of failures.
    """
    unknown = [name for name in names if name not in (*FailureClass, ALL)]
    if unknown:
        raise FetchError(
            f"There is no class of failures '{unknown[0]}'; --retry takes "
            f"{', '.join(FailureClass)}, or {ALL} (every one but footprint)."
        )
    named = {FailureClass(name) for name in names if name != ALL}
    return frozenset(
        named | (set(FailureClass) - {FailureClass.FOOTPRINT} if ALL in names else set())
    )


def list_rows(sources: SourceList) -> Iterator[ListRow]:
    """Give the sources of a list as a fetch wants them."""
    places = zip(sources.ra_deg, sources.dec_deg, strict=True)
    for source_id, (ra_deg, dec_deg) in zip(sources.source_ids, places, strict=True):
        yield ListRow(source_id, float(ra_deg), float(dec_deg))


def _say(outcome: FetchOutcome) -> None:
    for sentence in outcome.counts.sentences():
        console.print(sentence, markup=False)
    goes_on = f"This goes on:\n  {shlex.join(['rgz-explorer', *sys.argv[1:]])}"
    if outcome.stopped:
        raise FetchError(f"{outcome.stopped}\n{goes_on}")
    if outcome.interrupted:
        console.print(f"Stopped as asked. {goes_on}", markup=False)
        raise typer.Exit(INTERRUPTED)


def _write_unusable(rejects: list[Reject], path: Path) -> None:
    """Say which rows had no position; the file is that of the last list."""
    if not rejects:
        path.unlink(missing_ok=True)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "source_id", "name", "reason"])
        writer.writerows([each.row, each.source_id, each.name, each.reason] for each in rejects)
    console.print(f"Rows without a usable position are in '{path}'.", markup=False)
