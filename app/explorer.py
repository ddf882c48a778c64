"""The query, told once in order: position -> image -> representation -> neighbours and place.

It never speaks HTTP and never fetches anything itself.
"""

import threading
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.cutout import Cutout
from app.errors import EncoderMismatch, UnknownSource
from app.latent_space import LatentSpace, Match
from app.near_duplicates import NearDuplicates
from model.encoder import Encoder, embed
from model.extent import measure_extent
from model.preprocess import PREPROCESSING, clean_cutout, network_input

SAME_SOURCE_ARCSEC = 5.0
OFF_CENTRE_ARCSEC = 2.0


class CutoutSource(Protocol):
    """Anything that gets a cutout for a position."""

    def fetch(self, position: SkyCoord) -> Cutout:
        """Fetch the field around a position, or raise an ExplorerError."""


@dataclass(frozen=True)
class SearchOptions:
    """How many neighbours, and what to do with the same sky under another entry."""

    k: int = 12
    duplicates_arcsec: float = 30.0
    hide_duplicates: bool = False


@dataclass(frozen=True)
class Subject:
    """The image a query is about, and what is known of it."""

    position: SkyCoord
    pixels: NDArray[np.uint8]  # (150, 150), row 0 south
    row: int | None
    """Row of the bundle, None for an image fetched for this query."""
    service: str
    survey: str
    image_origin: str
    cached: bool
    angular_extent_arcsec: float
    extent_origin: str
    extent_flag: str
    separation_arcsec: float | None = None
    also_nearby: tuple[tuple[int, float], ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Neighbour:
    """A match with where it lies on the sky as seen from the query."""

    rank: int
    match: Match
    separation_arcsec: float
    duplicate_of: str | None


@dataclass(frozen=True)
class Answer:
    """All that a query gives."""

    subject: Subject
    xy: tuple[float, float]
    placed_by: Literal["catalogue", "neighbours"]
    novelty_percentile: float
    neighbours: list[Neighbour] = field(default_factory=list)


class Explorer:
    """Answers queries over one bundle with one encoder.

    Parameters
    ----------
    space : LatentSpace
    encoder : Encoder
        The one that made the bundle.
    cutouts : CutoutSource

    Raises
    ------
    EncoderMismatch
        If the bundle was made with another encoder or preprocessing.
    """

    def __init__(self, space: LatentSpace, encoder: Encoder, cutouts: CutoutSource) -> None:
        check_fit(space, encoder)
        self.space = space
        self.encoder = encoder
        self.cutouts = cutouts
        self._encoding = threading.Lock()

    def neighbours_of(self, source_id: str, options: SearchOptions) -> Answer:
        """Answer for a source of the bundle.

        Raises
        ------
        UnknownSource
        """
        return self._answer(self.bundle_subject(self.row_of(source_id)), options)

    def query(self, position: SkyCoord, options: SearchOptions) -> Answer:
        """Answer for a sky position.

        Within 5" of bundle sources it is the nearest of them; elsewhere the survey is asked.

        Raises
        ------
        ExplorerError, model.preprocess.ImageError
            Whatever stands between the position and a usable image.
        """
        return self._answer(self.subject_at(position), options)

    def subject_at(self, position: SkyCoord) -> Subject:
        """Find or fetch the image of a position."""
        nearby = self.space.within(position, SAME_SOURCE_ARCSEC)
        if nearby:
            (row, separation), *others = nearby
            return self.bundle_subject(row, separation, tuple(others))
        return self._fetched_subject(position)

    def row_of(self, source_id: str) -> int:
        """Row of a bundle source, or UnknownSource."""
        row = self.space.catalogue.row_of(source_id)
        if row is None:
            raise UnknownSource(
                f"The bundle has no source '{source_id}'. Search by position, or take the id from "
                "the map."
            )
        return row

    def bundle_subject(
        self,
        row: int,
        separation_arcsec: float | None = None,
        also_nearby: tuple[tuple[int, float], ...] = (),
    ) -> Subject:
        """Describe a source of the bundle as the subject of a query."""
        values = self.space.catalogue.row(row)
        extent = values["angular_extent_arcsec"]
        return Subject(
            position=self.space.position(row),
            pixels=self.space.image(row),
            row=row,
            service="bundle",
            survey=str(values["survey"]),
            image_origin=str(values["image_origin"]),
            cached=False,
            angular_extent_arcsec=float(str(extent)) if extent is not None else float("nan"),
            extent_origin=str(values["extent_origin"]),
            extent_flag=str(values["extent_flag"]),
            separation_arcsec=separation_arcsec,
            also_nearby=also_nearby,
        )

    def _fetched_subject(self, position: SkyCoord) -> Subject:
        cutout = self.cutouts.fetch(position)
        cleaned = clean_cutout(cutout.image)
        extent = measure_extent(cleaned.pixels)
        return Subject(
            position=position,
            pixels=cleaned.pixels,
            row=None,
            service=cutout.service,
            survey=cutout.survey,
            image_origin="observed",
            cached=cutout.cached,
            angular_extent_arcsec=extent.arcsec,
            extent_origin="measured",
            extent_flag=extent.flag,
            warnings=tuple(self._warnings(cutout, cleaned.blank_fraction)),
        )

    def _answer(self, subject: Subject, options: SearchOptions) -> Answer:
        y = self._representation(subject)
        matches, duplicates = self._matches(subject, y, options)
        nearest = self.space.search(y, 10, subject.row)
        in_bundle = subject.row is not None
        xy = self.space.xy[subject.row] if in_bundle else self.space.place(nearest)
        rows = np.array([match.row for match in matches], dtype=np.intp)
        separations = self.space.separations_arcsec(subject.position, rows)
        return Answer(
            subject=subject,
            xy=(float(xy[0]), float(xy[1])),
            placed_by="catalogue" if in_bundle else "neighbours",
            novelty_percentile=self.space.novelty_percentile(nearest, subject.row),
            neighbours=[
                Neighbour(rank, match, float(separation), duplicates[match.row])
                for rank, (match, separation) in enumerate(
                    zip(matches, separations, strict=True), start=1
                )
            ],
        )

    def _matches(
        self, subject: Subject, y: NDArray[np.float32], options: SearchOptions
    ) -> tuple[list[Match], dict[int, str | None]]:
        """The k best matches; where near-duplicates are hidden, the next ones move up."""
        asked = options.k
        while True:
            matches = self.space.search(y, asked, subject.row)
            duplicates = NearDuplicates(self.space, options.duplicates_arcsec).mark(
                subject.position, [match.row for match in matches]
            )
            if not options.hide_duplicates:
                return matches, duplicates
            shown = [match for match in matches if duplicates[match.row] is None]
            if len(shown) >= options.k or len(matches) < asked:
                return shown[: options.k], duplicates
            asked *= 2

    def _representation(self, subject: Subject) -> NDArray[np.float32]:
        if subject.row is not None:
            return np.asarray(self.space.y[subject.row])
        with self._encoding:  # two cores: one image at a time is the fastest
            return embed(self.encoder, network_input(subject.pixels)[None])[0]

    def _warnings(self, cutout: Cutout, blank_fraction: float) -> list[str]:
        warnings = []
        kind = self.space.manifest.input_kind
        if kind != "raw":
            warnings.append(
                "This image and the bundle's were prepared differently: it was cleaned from "
                f"Jy/beam as published, the bundle's images are of the kind '{kind}' "
                f"({INPUT_STATEMENTS[kind]}). Similarities are a little lower for that reason "
                "alone."
            )
        if blank_fraction > 0:
            warnings.append(
                f"{100 * blank_fraction:.1f} % of the field was not observed; those pixels count "
                "as empty sky."
            )
        if cutout.offset_arcsec > OFF_CENTRE_ARCSEC:
            warnings.append(
                f"The field's middle lies {cutout.offset_arcsec:.1f}\" from the position asked for."
            )
        return warnings


INPUT_STATEMENTS = {
    "raw": "cleaned by us from Jy/beam as published: clipped at 3 sigma, scaled from zero",
    "published": "published 8-bit images, clipped at 3 sigma",
    "pedestal": "8-bit images of the data package, from which about 3 sigma was subtracted before "
    "scaling by the brightest pixel",
}
"""How the images of a bundle were prepared, by input kind."""


def check_fit(space: LatentSpace, encoder: Encoder) -> None:
    """Refuse to compare representations that were made in different ways.

    Raises
    ------
    EncoderMismatch
    """
    made_by, ours = space.manifest.encoder, encoder.card
    if space.manifest.preprocessing != PREPROCESSING:
        raise EncoderMismatch(
            f"The bundle's images were prepared by '{space.manifest.preprocessing}', this software "
            f"prepares them by '{PREPROCESSING}'. {REEMBED}"
        )
    if made_by.sha256 != ours.sha256:
        raise EncoderMismatch(
            f"The bundle was made with the encoder '{made_by.name}' (sha256 "
            f"{made_by.sha256[:12]}...), the server has '{ours.name}' ({ours.sha256[:12]}...). "
            f"Name the right weights with --encoder, or: {REEMBED}"
        )


REEMBED = "`rgz-explorer build --reembed --bundle DIR` embeds its stored images again."
