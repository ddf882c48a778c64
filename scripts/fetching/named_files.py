"""`rgz-explorer fetch mirabest | mightee | encoder | rgz-dr1`: the files, and what to do with them.

It never fetches itself.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from app.settings import read_settings
from scripts.fetching.addresses import ArchiveAddresses
from scripts.fetching.zenodo import ZenodoFile, fetch_from_zenodo
from scripts.progress import console
from scripts.readers.named import DOWNLOADS, NAMES


@dataclass(frozen=True)
class NamedFile:
    """A published file with what it is for."""

    file: ZenodoFile
    use: str
    """Command that uses it, {path} being where it lies."""


FILES = {
    "mirabest": NamedFile(
        ZenodoFile(
            "4288837",
            NAMES["mirabest"].file_name,
            "MiraBest_F_batches.tar.gz",
            "7d4e3a623d29db7204bce81676ee8ce2",
        ),
        "rgz-explorer probe --mirabest {path}",
    ),
    "mightee": NamedFile(
        ZenodoFile("8188867", NAMES["mightee"].file_name),
        "rgz-explorer experiment table7 --mightee {path}",
    ),
    "encoder": NamedFile(
        ZenodoFile("7615104", "published_encoder.pt", "encoder.pt"),
        "rgz-explorer build --demo --encoder {path} --bundle data/bundles/published",
    ),
    "rgz-dr1": NamedFile(
        ZenodoFile(
            "10656393",
            NAMES["rgz-dr1"].file_name,
            "RGZ_DR1_tables.tar.gz",
            "6e6c681075528dfbbcba9e0cf9f56941",
        ),
        "rgz-explorer fetch cutouts rgz-dr1 --out data/cutouts/rgz-dr1",
    ),
}


def fetch_named(name: str, out: Path | None, file: str | None, deadline_min: float) -> Path:
    """Get a published file, and say where it is.

    Parameters
    ----------
    name : str
        One of `FILES`.
    out : Path, optional
        Directory; by default `downloads` in the data directory, where catalogues are looked for.
    file : str, optional
        Another file of the same record.
    deadline_min : float
        Total time.

    Raises
    ------
    FetchFailed
    """
    named = FILES[name]
    wanted = named.file
    if file is not None:
        wanted = replace(wanted, key=file, md5=None, kept_as=Path(file).name)
    directory = out or read_settings().data_dir / DOWNLOADS
    server = ArchiveAddresses().zenodo_server
    path, fetched = fetch_from_zenodo(wanted, directory, server, 60 * deadline_min)
    said = "is there" if fetched else "was there already, and is the published one"
    console.print(f"'{path}' {said}. For example:\n  {named.use.format(path=path)}", markup=False)
    return path
