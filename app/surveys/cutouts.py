"""A cutout of a survey at a sky position, from the first that has it: cache, server, other servers.

It never resamples, recentres or cleans an image.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from numpy.typing import NDArray

from app.errors import (
    BadSurveyAnswer,
    ExplorerError,
    SurveyError,
    SurveyTimeout,
    SurveyUnavailable,
    UnreadableFits,
)
from app.images.beams import stated_beam
from app.images.celestial import celestial_wcs
from app.images.fits import FitsImage, read_fits
from app.images.header import is_first
from app.images.sky_image import SkyImage
from app.net.single_flight import SingleFlight
from app.surveys.cache import CutoutCache
from app.surveys.checks import check_centre, check_scale, check_signal, check_size, check_unit
from app.surveys.surveys import survey_called
from model.beam import Beam


@dataclass(frozen=True, eq=False)
class Cutout:
    """An image of a survey around a position, as the survey gave it."""

    image: NDArray[np.float32]  # (H, W), Jy/beam, row 0 south, NaN where unobserved; read-only
    header: fits.Header
    """Two celestial axes; SERVICE and FETCHED (UTC) say where and when it came from."""
    position: SkyCoord
    """The position asked for, ICRS."""
    center: SkyCoord
    """The centre of pixel (H // 2, W // 2), counted from 0, ICRS: the pixel that preprocessing
    takes for the middle. CRVAL is not it: FIRST's header has its parent field's centre there."""
    survey: str
    service: str
    fetched_utc: datetime
    beam: Beam | None
    """None where the header does not tell."""
    cached: bool = False
    resampled: bool = False
    """Whether the service interpolated the survey's pixels onto a grid of its own."""

    @property
    def offset_arcsec(self) -> float:
        """Separation of the position asked for and `center`.

        A survey cuts at whole pixels, so half a pixel in each axis (1.3" for FIRST) is usual.
        """
        return float(self.position.separation(self.center).arcsec)

    @property
    def blank_fraction(self) -> float:
        """Share of the pixels that were not observed (NaN or infinite)."""
        return 1 - float(np.isfinite(self.image).mean())

    def sky_image(self) -> SkyImage:
        """Give the cutout to `app.images.prepare`, with the survey's typical beam for want of one.

        Prepared, it has FIRST's pixels and, where its own beam is finer, FIRST's beam.
        """
        height, width = self.image.shape
        survey = survey_called(self.survey)
        return SkyImage(
            shape=(height, width),
            wcs=celestial_wcs(self.header),
            on_sky=True,
            read=lambda piece: self.image[piece].copy(),
            beam=self.beam or (survey.typical_beam if survey else None),
            is_first=is_first(self.header),
            survey=self.survey,
        )


class SurveyServer(Protocol):
    """What gives a FITS file for a position."""

    service: str
    survey: str
    resampled: bool
    """Whether it interpolates the survey's pixels onto a grid of its own."""
    pixel_scale_arcsec: float
    """Of the images that it is asked for."""

    @property
    def deadline_s(self) -> float:
        """The longest that a download can take."""

    def download(self, position: SkyCoord, field_arcmin: float) -> bytes:
        """Give the bytes of a FITS file, or raise a `SurveyError`."""


PASS_ON = (SurveyTimeout, SurveyUnavailable, BadSurveyAnswer)
"""Failures of a server, after which the next one is asked; the others are the survey's own."""


class CutoutService:
    """Fetches cutouts of one survey: from the cache, or else from the first server that can.

    Any number of threads may ask at once. `app.surveys.access` makes those of all surveys.

    Parameters
    ----------
    server : SurveyServer
    cache : CutoutCache, optional
        None: nothing is kept.
    field_arcmin : float
        Side of the field: 9' is 300 px of FIRST, on which the noise is measured as published.
    fallbacks : sequence of SurveyServer
        Further servers of the same survey, asked in turn where the one before failed. Their
        cutouts are kept apart, so that they never stand in for the first server's.
    """

    def __init__(
        self,
        server: SurveyServer,
        cache: CutoutCache | None = None,
        field_arcmin: float = 9.0,
        fallbacks: Sequence[SurveyServer] = (),
    ) -> None:
        self.field_arcmin = field_arcmin
        self.survey = server.survey
        self._servers = (server, *fallbacks)
        self._cache = cache
        self._under_way: SingleFlight[Cutout] = SingleFlight()

    @property
    def service(self) -> str:
        """Who is asked, for sentences: "FIRST server or SkyView server"."""
        return " or ".join(server.service for server in self._servers)

    @property
    def deadline_s(self) -> float:
        """The longest that a cutout can take: the deadlines of all servers."""
        return sum(server.deadline_s for server in self._servers)

    def fetch(self, position: SkyCoord) -> Cutout:
        """Get the cutout at a position: from the cache, or from the survey's servers.

        Positions that round to the same 1e-5 deg (0.04") share a cutout, and questions for it
        that come while it is being fetched share the one request and its outcome.

        Parameters
        ----------
        position : SkyCoord
            One position, any frame.

        Returns
        -------
        cutout : Cutout

        Raises
        ------
        SurveyError
            `OutsideFootprint`, `SurveyTimeout`, `SurveyUnavailable`, `BadSurveyAnswer`,
            `UndersizedCutout` or `BlankCutout`, with a sentence for the user. Where several
            servers failed, that of the first, with what each of them did.
        """
        asked = position.icrs
        name = cutout_name(self.survey, asked, self.field_arcmin)
        cutout = self._under_way.ask(name, lambda: self._from_chain(name, asked))
        return replace(cutout, position=asked)

    def _from_chain(self, name: str, position: SkyCoord) -> Cutout:
        failures: list[SurveyError] = []
        for server in self._servers:
            kept = name if server is self._servers[0] else f"{name}_{server.service.split()[0]}"
            try:
                cutout = self._cached(server, kept, position)
                return cutout or self._downloaded(server, kept, position)
            except PASS_ON as exc:
                failures.append(exc)
            except SurveyError as exc:
                raise _joined([*failures, exc]) from exc
        raise _joined(failures) from failures[-1]

    def _cached(self, server: SurveyServer, name: str, position: SkyCoord) -> Cutout | None:
        image = self._cache.get(name) if self._cache else None
        if self._cache is None or image is None:
            return None
        try:
            return replace(make_cutout(image, position, server.survey), cached=True)
        except (ExplorerError, LookupError, ValueError):  # not a file of ours
            self._cache.drop(name)
            return None

    def _downloaded(self, server: SurveyServer, name: str, position: SkyCoord) -> Cutout:
        content = server.download(position, self.field_arcmin)
        try:
            image = read_fits(content)
        except UnreadableFits as exc:
            raise BadSurveyAnswer(f"The {server.service}'s answer is not usable. {exc}") from exc
        check_scale(image, server.pixel_scale_arcsec, server.service)
        image.header.setdefault("SURVEY", server.survey)
        image.header["SERVICE"] = (server.service, "the service that gave this cutout")
        image.header["FETCHED"] = (datetime.now(UTC).isoformat(timespec="seconds"), "UTC")
        image.header["RESAMPLD"] = (server.resampled, "interpolated by that service")
        cutout = make_cutout(image, position, server.survey)
        if self._cache:
            self._cache.put(name, image)
        return cutout


def _joined(failures: Sequence[SurveyError]) -> SurveyError:
    """The first failure, with the reasons of the servers asked after it and one advice for all."""
    first, *others = failures
    if not others:
        return first
    reasons = " Asked next: ".join(failure.reason for failure in failures)
    advice = next((failure.advice for failure in reversed(failures) if failure.advice), "")
    error = type(first)(reasons, advice=advice, parameter=first.parameter)
    if isinstance(error, SurveyUnavailable) and isinstance(first, SurveyUnavailable):
        error.status, error.retry_after_s = first.status, first.retry_after_s
    return error


def make_cutout(image: FitsImage, position: SkyCoord, survey: str) -> Cutout:
    """Check that an image is a usable cutout at a position, and describe it.

    Parameters
    ----------
    image : FitsImage
        Jy/beam, with SERVICE and FETCHED in its header.
    position : SkyCoord
        The position asked for.
    survey : str

    Raises
    ------
    UndersizedCutout, BadSurveyAnswer, BlankCutout
        Too small; of another field (more than 30" off), or in another unit; nothing observed.
    """
    service = str(image.header["SERVICE"])
    check_size(image.pixels, service)
    check_unit(image, service)
    center = _middle(image)
    check_centre(center, position.icrs, service)
    check_signal(image.pixels, survey, service)
    image.pixels.setflags(write=False)
    return Cutout(
        image=image.pixels,
        header=image.header,
        position=position.icrs,
        center=center,
        survey=survey,
        service=service,
        fetched_utc=datetime.fromisoformat(image.header["FETCHED"]),
        beam=stated_beam(image.header).beam,
        resampled=bool(image.header.get("RESAMPLD", False)),
    )


def cutout_name(survey: str, position: SkyCoord, field_arcmin: float) -> str:
    """Name a cutout by survey, position to 1e-5 deg and field: 'VLA_FIRST_016.23560+00.07312_9'."""
    ra_deg = round(float(position.ra.deg), 5) % 360
    dec_deg = round(float(position.dec.deg), 5) + 0.0  # -0.0 is 0.0
    return f"{survey.replace(' ', '_')}_{ra_deg:09.5f}{dec_deg:+09.5f}_{field_arcmin:g}"


def _middle(image: FitsImage) -> SkyCoord:
    height, width = image.pixels.shape
    return celestial_wcs(image.header).pixel_to_world(width // 2, height // 2).icrs
