"""The fetched cutouts of a directory as the images of a build. It never fetches."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from astropy.coordinates import SkyCoord

from app.bundle.files import file_digest
from app.errors import ExplorerError
from app.images.prepare import prepare, read_image
from app.images.sky_image import SkyImage
from app.surveys.surveys import FIRST_TERMS, survey_called
from model.preprocess import ImageError
from scripts.bundle.sources import ImageRecord, Source
from scripts.fetch.cutout_dir import read_store
from scripts.fetch.failures import FailureTable

NOT_FETCHED = "its image was not fetched; `rgz-explorer fetch cutouts` goes on where it stopped"
_CHECKSUM = re.compile(rb"(?:CHECKSUM|DATASUM) *= *'[^']*'")
_HEADER_BYTES = 60_000


class FetchedImages:
    """An `ImageSource` of observed cutouts, cleaned as those of a query are.

    Where there is no cutout, the table of failures gives the reason.

    Parameters
    ----------
    directory : Path
        As `rgz-explorer fetch cutouts` made it.

    Raises
    ------
    FetchError
        If it is no such directory.
    """

    def __init__(self, directory: Path) -> None:
        self._store = read_store(directory)
        self._there = self._store.sizes_bytes()

    @cached_property
    def record(self) -> ImageRecord:
        """Where they are from; the version digests all images and all failures."""
        digest = hashlib.sha256()
        for name in sorted(self._there):
            digest.update(name.encode() + _checksums(self._store.path_of(name)))
        for reason in sorted(self._reasons.items()):
            digest.update(repr(reason).encode())
        return ImageRecord(
            f"{self._store.field_arcmin:g}' cutouts of {self._store.survey}, fetched beforehand",
            f"{len(self._there)} cutouts, sha256 {digest.hexdigest()[:16]}",
            terms=FIRST_TERMS,
        )

    def images_of(self, sources: Iterable[Source]) -> Iterator[Source]:
        """Read and clean each source's cutout, or give the reason why there is none."""
        yield from map(self._with_image, sources)

    def _with_image(self, source: Source) -> Source:
        name = self._store.name_of(source.ra_deg, source.dec_deg)
        if name not in self._there:
            return source.without_image(self._reasons.get(name, NOT_FETCHED))
        position = SkyCoord(source.ra_deg, source.dec_deg, unit="deg")
        try:
            image = read_image(self._store.path_of(name).read_bytes())
            prepared = prepare(self._with_beam(image), position)
        except (ExplorerError, ImageError) as exc:
            return source.without_image(str(exc))
        except OSError as exc:
            return source.without_image(f"its file '{name}.fits' cannot be read ({exc.strerror})")
        return source.with_cleaned(prepared, self._store.survey)

    def _with_beam(self, image: SkyImage) -> SkyImage:
        """Take the survey's typical beam where the header gives none, as a query does."""
        survey = survey_called(self._store.survey)
        return replace(image, beam=survey.typical_beam) if survey and not image.beam else image

    @cached_property
    def _reasons(self) -> dict[str, str]:
        """Why cutouts are not there, by name."""
        return {
            self._store.name_of(each.ra_deg, each.dec_deg): each.reason
            for each in FailureTable(self._store.directory).read()
        }


def _checksums(path: Path) -> bytes:
    """The header's checksums of a file; those of its bytes if it has none."""
    try:
        with path.open("rb") as file:
            found = _CHECKSUM.findall(file.read(_HEADER_BYTES))
        return b"".join(found) if len(found) == 2 else file_digest(path).encode()
    except OSError:
        return b"unreadable"
