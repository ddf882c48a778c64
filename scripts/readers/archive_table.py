"""A table inside a .tar or .zip archive, read without unpacking anything to disk."""

import tarfile
import zipfile
from pathlib import Path

from scripts.readers.source_list import UnreadableCatalogue

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
