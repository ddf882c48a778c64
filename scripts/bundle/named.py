"""Catalogues known by name, and archives known by what they hold.

It never fetches: where a catalogue is not on this machine, the sentence names the command.
"""

import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from app.bundle.files import file_digest
from app.settings import read_settings
from app.tables.files import read_content, read_table
from app.tables.lists import ListOptions, SourceList, UnreadableCatalogue
from app.tables.source_list import list_of_table
from model.batch_files import holds_batches, is_archive
from scripts.bundle.batches import (
    MIGHTEE,
    MIRABEST,
    RGZ108K,
    BatchImages,
    BatchKind,
    read_batch_list,
)

MAX_BYTES = 2**30
RGZ_DR1_TABLE = "DR1_FIRST_radio_classifications.csv"


def archived_table(path: Path, name: str = RGZ_DR1_TABLE) -> bytes:
    """The content of the file of that name in an archive, in whatever folder.

    Raises
    ------
    UnreadableCatalogue
        If it is not there, too large, or the archive is damaged.
    """
    try:
        content, others = _of_zip(path, name) if zipfile.is_zipfile(path) else _of_tar(path, name)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as exc:
        raise UnreadableCatalogue(f"The archive '{path}' is damaged: {exc}.") from exc
    if content is None:
        raise UnreadableCatalogue(
            f"The archive '{path}' holds no '{name}' and no batches of images, but "
            f"{', '.join(others[:10]) or 'nothing'}. Unpack it and give the table itself."
        )
    return content


def _of_tar(path: Path, name: str) -> tuple[bytes | None, list[str]]:
    others = []
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and Path(member.name).name == name and member.size <= MAX_BYTES:
                file = archive.extractfile(member)
                return file.read() if file else b"", []
            others.append(member.name)
    return None, others


def _of_zip(path: Path, name: str) -> tuple[bytes | None, list[str]]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if Path(member.filename).name == name and member.file_size <= MAX_BYTES:
                return archive.read(member), []
        return None, archive.namelist()


DOWNLOADS = "downloads"
"""Below the data directory: where `fetch` puts what has a name."""


@dataclass(frozen=True)
class NamedCatalogue:
    """A catalogue that can be asked for by name."""

    file_name: str
    """As `fetch` keeps it."""
    get: str
    """How to get it, as the end of a sentence."""
    batches: BatchKind | None = None
    """None: it is a table."""


NAMES = {
    "rgz-dr1": NamedCatalogue("RGZ_DR1_tables.tar.gz", "`rgz-explorer fetch rgz-dr1` gets it"),
    "mirabest": NamedCatalogue(
        "MiraBest_F_batches.tar.gz", "`rgz-explorer fetch mirabest` gets it", MIRABEST
    ),
    "mightee": NamedCatalogue(
        "mightee_batches.archive", "`rgz-explorer fetch mightee` gets it", MIGHTEE
    ),
    "rgz108k": NamedCatalogue(
        "rgz108k-batches-python.tar.gz", "it is not public; ask its authors", RGZ108K
    ),
}


def read_source_list(spec: str, **options: Unpack[ListOptions]) -> SourceList:
    """Read a list of sources from a file or by the name of a catalogue.

    Parameters
    ----------
    spec : str
        A table of any form; a published table or batch archive (recognised by its columns); or
        NAME or NAME:PATH with one of the names of `NAMES`, such as
        ``rgz-dr1:RGZ_DR1_tables.tar.gz``.
    **options
        See `ListOptions`.

    Raises
    ------
    UnreadableCatalogue
        If there is no such file, it is no table, it has no positions, or no row is usable.
    """
    batches = read_named_batches(spec)
    if batches is not None:
        return batches[0]
    found = _known(spec)
    path = found[1] if found else Path(spec)
    table = read_table(list_content(path), str(path), options)
    return list_of_table(table, str(path), options, file_digest(path))


def list_content(path: Path) -> bytes:
    """The bytes of a list: of a file, of the table in RGZ DR1's archive, or of the one in a zip.

    Raises
    ------
    UnreadableCatalogue
    """
    if not path.is_file() or not is_archive(path):
        return read_content(path)
    only = _only_file_of_zip(path)
    return archived_table(path) if only is None else only


def _only_file_of_zip(path: Path) -> bytes | None:
    """The one file of a zip archive; None where it is another archive, or holds several."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            return archive.read(members[0]) if len(members) == 1 else None
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError):
        return None


def read_named_batches(spec: str) -> tuple[SourceList, BatchImages] | None:
    """Read batches as a list with its images; None where the spec names no batches.

    Raises
    ------
    UnreadableCatalogue
    """
    found = _known(spec)
    if found:
        catalogue, path = found
        return read_batch_list(path, catalogue.batches) if catalogue.batches else None
    path = Path(spec)
    if not (path.is_dir() or is_archive(path)) or not holds_batches(path):
        return None
    return read_batch_list(path, _kind_of(path))


def downloaded(file_name: str) -> Path:
    """Where `fetch` keeps a named file."""
    return read_settings().data_dir / DOWNLOADS / file_name


def _known(spec: str) -> tuple[NamedCatalogue, Path] | None:
    name, _, where = spec.partition(":")
    if name not in NAMES or (not where and Path(spec).exists()):
        return None
    catalogue = NAMES[name]
    path = Path(where) if where else downloaded(catalogue.file_name)
    if not path.exists():
        raise UnreadableCatalogue(
            f"There is no '{path}' for the catalogue '{name}': {catalogue.get}, or say where it "
            f"is with {name}:PATH."
        )
    return catalogue, path


def _kind_of(path: Path) -> BatchKind:
    """Which batches these are, by the name of file or directory."""
    plain = path.resolve().name.lower()
    for mark, kind in (("rgz", RGZ108K), ("mightee", MIGHTEE), ("mirabest", MIRABEST)):
        if mark in plain:
            return kind
    raise UnreadableCatalogue(
        f"'{path}' holds batches of images, but its name does not tell which: say mirabest:PATH, "
        "mightee:PATH or rgz108k:PATH."
    )
