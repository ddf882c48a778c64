"""The query, told once in order: position -> image -> representation -> neighbours and place.

It never speaks HTTP and never fetches anything itself.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.bundle.latent_space import NOVELTY_NEIGHBOURS, LatentSpace
from app.bundle.search import Match, unit
from app.bundle.stored_image import stored_image
from app.errors import UnknownEncoder, UnknownSource
from app.images.cleaned_image import CleanedImage, of_prepared
from app.images.prepare import PreparedImage, prepare
from app.query.caveats import check_fit, cutout_warnings, mixed_warning, preparation_warnings
from app.query.conditions import Asker
from app.query.ranking import Neighbour, Ranks, SearchOptions, rank
from app.surveys.cutouts import Cutout
from app.surveys.services import FIRST_SURVEY
from app.surveys.surveys import find_survey
from model.beam import first_beam
from model.encoder import Encoder, embed
from model.extent import measure_extent
from model.inference import load_fast_encoder
from model.preprocess import network_input

SAME_SOURCE_ARCSEC = 5.0


class CutoutSource(Protocol):
    """Anything that gets a cutout for a position."""

    def fetch(self, position: SkyCoord, survey: str | None = None) -> Cutout:
        """Fetch the field around a position (FIRST's by default), or raise an ExplorerError."""


@dataclass(frozen=True)
class Subject:
    """The image a query is about, and what is known of it."""

    position: SkyCoord | None
    """None: an image of which nobody said where it is."""
    y: NDArray[np.float32]  # (D,)
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
    """From the position asked; None where the source itself was named, or the image was fetched."""
    also_nearby: tuple[tuple[int, float], ...] = ()
    warnings: tuple[str, ...] = ()
    survey_asked: str | None = None
    """Short name of the survey that the query named."""
    image: NDArray[np.uint8] | None = None
    """The cleaned image (150, 150), where no address serves it."""
    blank_fraction: float | None = None
    """Share of the field that was not observed; None where it is not known."""


@dataclass(frozen=True)
class Answer:
    """All that a query gives."""

    subject: Subject
    xy: tuple[float, float]
    placed_by: Literal["catalogue", "neighbours"]
    novelty_percentile: float
    neighbours: list[Neighbour] = field(default_factory=list)
    ranks: Ranks = field(default_factory=Ranks)


class Explorer:
    """Answers queries over one bundle with one encoder.

    Parameters
    ----------
    space : LatentSpace
    encoder : Encoder or None
        The one that made the bundle; None where that is not known, so that nothing but the
        bundle's own sources can be searched with.
    cutouts : CutoutSource

    Raises
    ------
    EncoderMismatch
        If the bundle was made with another encoder or preprocessing.
    """

    def __init__(self, space: LatentSpace, encoder: Encoder | None, cutouts: CutoutSource) -> None:
        check_fit(space.manifest, None if encoder is None else encoder.card, space.bundle)
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

    def query(
        self,
        position: SkyCoord,
        options: SearchOptions,
        survey: str | None = None,
        *,
        row: int | None = None,
    ) -> Answer:
        """Answer for a sky position.

        Within 5" of bundle sources it is the nearest of them; elsewhere the survey is asked. Where
        a survey is named, only observations of that survey count as the bundle's. A row is that of
        the source which the position was asked for by name: it goes before others at its place.

        Raises
        ------
        ExplorerError, model.preprocess.ImageError
            Whatever stands between the position and a usable image.
        """
        return self._answer(self.subject_at(position, survey, row), options)

    def query_image(self, image: PreparedImage, options: SearchOptions) -> Answer:
        """Answer for an image of a person's own."""
        return self._answer(self._image_subject(image), options)

    def answers_of(self, subjects: Sequence[Subject], options: SearchOptions) -> Iterator[Answer]:
        """Answer for many sources of the bundle, in order: as one at a time, but faster."""
        rows = [subject.row for subject in subjects if subject.row is not None]
        all_found = options.conditions.are_none
        found = self.space.search_rows(rows if all_found else [], options.k + 1)
        for subject in subjects:
            yield self._answer(
                subject, options, next(found, None) if subject.row is not None else None
            )

    def subject_at(
        self, position: SkyCoord, survey: str | None = None, named: int | None = None
    ) -> Subject:
        """Find or fetch the image of a position; the source that was named goes before others."""
        nearby = sorted(self._held(position, survey), key=lambda match: match[0] != named)
        if nearby:
            (row, separation), *others = nearby
            return self.bundle_subject(row, None if row == named else separation, tuple(others))
        return self._fetched_subject(position, survey)

    def image_at(self, position: SkyCoord, survey: str | None = None) -> CleanedImage:
        """The cleaned image that a query for a position uses; raises as `query`."""
        nearby = self._held(position, survey)
        if nearby:
            return stored_image(self.space, nearby[0][0])
        cutout = self.cutouts.fetch(position, survey)
        is_first = cutout.survey == FIRST_SURVEY
        beam = first_beam(position.icrs.ra.deg, position.icrs.dec.deg) if is_first else None
        return of_prepared(prepare(cutout.sky_image(), position), beam)

    def holds(self, position: SkyCoord, survey: str | None = None) -> bool:
        """Whether a position is that of a bundle source, so that no survey need be asked."""
        return bool(self._held(position, survey))

    def _held(self, position: SkyCoord, survey: str | None) -> list[tuple[int, float]]:
        """Bundle sources at a position: with observations of the survey, if one is named."""
        nearby = self.space.within(position, SAME_SOURCE_ARCSEC)
        if survey is None:
            return nearby
        wanted = (find_survey(survey).survey, "observed")
        values = self.space.catalogue.rows([row for row, _ in nearby])
        images = [(value["survey"], value["image_origin"]) for value in values]
        return [match for match, image in zip(nearby, images, strict=True) if image == wanted]

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
            y=np.asarray(self.space.y[row]),
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

    def _check_encoder(self) -> None:
        """Refuse to embed where the encoder of the bundle is not known."""
        if self.encoder is None:
            raise UnknownEncoder(
                f"The bundle holds {self.space.manifest.encoder.origin}, so that no other image "
                f"can be compared with them. Take a source of the map, or a position within "
                f'{SAME_SOURCE_ARCSEC:g}" of one.'
            )

    def _fetched_subject(self, position: SkyCoord, survey: str | None) -> Subject:
        self._check_encoder()
        cutout = self.cutouts.fetch(position, survey)
        image = prepare(cutout.sky_image(), position)
        extent = measure_extent(image.pixels)
        return Subject(
            position=position,
            y=self._embed(image.pixels),
            row=None,
            service=cutout.service,
            survey=cutout.survey,
            image_origin="observed",
            cached=cutout.cached,
            angular_extent_arcsec=extent.arcsec,
            extent_origin="measured",
            extent_flag=extent.flag,
            warnings=(*cutout_warnings(cutout, self.space.manifest.input_kind), *image.remarks),
            survey_asked=survey,
            blank_fraction=cutout.blank_fraction,
        )

    def _image_subject(self, image: PreparedImage) -> Subject:
        self._check_encoder()
        extent = measure_extent(image.pixels)
        return Subject(
            position=image.position,
            y=self._embed(image.pixels),
            row=None,
            service="upload",
            survey=image.survey,
            image_origin="uploaded",
            cached=False,
            angular_extent_arcsec=extent.arcsec,
            extent_origin="measured",
            extent_flag=extent.flag,
            warnings=(
                *image.remarks,
                *(() if image.is_picture else preparation_warnings(self.space.manifest.input_kind)),
            ),
            image=image.pixels,
        )

    def _answer(
        self, subject: Subject, options: SearchOptions, found: list[Match] | None = None
    ) -> Answer:
        own = () if subject.row is None else (subject.row,)
        direction = unit(subject.y)
        asker = Asker(subject.angular_extent_arcsec, (direction,), own)
        neighbours, ranks = rank(self.space, direction, asker, subject.position, options, found)
        rows = [neighbour.match.row for neighbour in neighbours]
        origins = self.space.catalogue.image_origins(rows)
        mixed = mixed_warning(subject.image_origin, origins)
        subject = replace(subject, warnings=(*subject.warnings, *mixed))
        if subject.row is not None:
            x, y_map = map(float, self.space.xy[subject.row])
            novelty = self.space.novelty_percentile_of(subject.row)
            return Answer(subject, (x, y_map), "catalogue", novelty, neighbours, ranks)
        nearest = self.space.search(subject.y, NOVELTY_NEIGHBOURS)
        novelty = self.space.novelty_percentile(nearest)
        place = self.space.place(nearest)
        return Answer(subject, place, "neighbours", novelty, neighbours, ranks)

    def _embed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert self.encoder is not None
        with self._encoding:  # two cores: one image at a time is the fastest
            y: NDArray[np.float32] = embed(self.encoder, network_input(pixels)[None])[0]
            return y


def open_explorer(space: LatentSpace, weights: Path | None, cutouts: CutoutSource) -> Explorer:
    """Make the explorer of a bundle with the encoder that it needs.

    Parameters
    ----------
    space : LatentSpace
    weights : Path or None
        None: those that ship, or none where the bundle's representations were made elsewhere.
    cutouts : CutoutSource

    Raises
    ------
    EncoderMismatch, EncoderFileError
    """
    needs_none = not space.manifest.encoder.known and weights is None
    return Explorer(space, None if needs_none else load_fast_encoder(weights), cutouts)
