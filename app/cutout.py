"""A cutout of a survey at a sky position, from the first that has it: the cache, then FIRST.

It never resamples, recentres or cleans an image.
"""

import threading
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from numpy.typing import NDArray

from app.cutout_cache import CutoutCache
from app.cutout_checks import check_centre, check_signal, check_size, check_unit
from app.errors import BadSurveyAnswer, ExplorerError, UnreadableFits
from app.first_server import FIRST_URL, FirstServer
from app.fits_image import FitsImage, celestial_wcs, read_fits


@dataclass(frozen=True)
class Beam:
    """The restoring beam: full widths at half maximum, and position angle east of north."""

    major_arcsec: float
    minor_arcsec: float
    pa_deg: float


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


class SurveyServer(Protocol):
    """What gives a FITS file for a position."""

    service: str
    survey: str

    def download(self, position: SkyCoord, field_arcmin: float) -> bytes:
        """Give the bytes of a FITS file, or raise a `SurveyError`."""


class CutoutService:
    """Fetches cutouts: from the cache, or else from the survey's server.

    Any number of threads may ask at once. `first_cutouts` makes one of plain parameters.

    Parameters
    ----------
    server : SurveyServer
    cache : CutoutCache, optional
        None: nothing is kept.
    field_arcmin : float
        Side of the field: 9' is 300 px of FIRST, on which the noise is measured as published.
    """

    def __init__(
        self, server: SurveyServer, cache: CutoutCache | None = None, field_arcmin: float = 9.0
    ) -> None:
        self.field_arcmin = field_arcmin
        self._server = server
        self._cache = cache
        self._in_flight: dict[str, Future[Cutout]] = {}
        self._lock = threading.Lock()

    def fetch(self, position: SkyCoord) -> Cutout:
        """Get the cutout at a position: from the cache, or from the survey's server.

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
            `UndersizedCutout` or `BlankCutout`, with a sentence for the user.
        """
        asked = position.icrs
        name = cutout_name(self._server.survey, asked, self.field_arcmin)
        with self._lock:
            shared = self._in_flight.get(name)
            if shared is None:
                mine = self._in_flight[name] = Future[Cutout]()
        cutout = shared.result() if shared else self._lead(mine, name, asked)
        return replace(cutout, position=asked)

    def _lead(self, outcome: Future[Cutout], name: str, position: SkyCoord) -> Cutout:
        """Fetch for oneself and for those who wait for the same cutout."""
        try:
            cutout = self._cached(name, position) or self._downloaded(name, position)
        except BaseException as exc:
            outcome.set_exception(exc)
            raise
        else:
            outcome.set_result(cutout)
            return cutout
        finally:
            with self._lock:
                del self._in_flight[name]

    def _cached(self, name: str, position: SkyCoord) -> Cutout | None:
        image = self._cache.get(name) if self._cache else None
        if self._cache is None or image is None:
            return None
        try:
            return replace(make_cutout(image, position, self._server.survey), cached=True)
        except (ExplorerError, LookupError, ValueError):  # not a file of ours
            self._cache.drop(name)
            return None

    def _downloaded(self, name: str, position: SkyCoord) -> Cutout:
        content = self._server.download(position, self.field_arcmin)
        try:
            image = read_fits(content)
        except UnreadableFits as exc:
            raise BadSurveyAnswer(
                f"The {self._server.service}'s answer is not usable. {exc}"
            ) from exc
        image.header["SERVICE"] = (self._server.service, "the service that gave this cutout")
        image.header["FETCHED"] = (datetime.now(UTC).isoformat(timespec="seconds"), "UTC")
        cutout = make_cutout(image, position, self._server.survey)
        if self._cache:
            self._cache.put(name, image)
        return cutout


def first_cutouts(
    server_url: str = FIRST_URL,
    *,
    deadline_s: float = 20.0,
    field_arcmin: float = 9.0,
    cache_dir: Path | None = None,
    cache_max_bytes: int = 2**30,
    max_connections: int = 3,
) -> CutoutService:
    """Make the service for FIRST: its server and, given a directory and room, the cache."""
    server = FirstServer(server_url, deadline_s=deadline_s, max_connections=max_connections)
    cache = CutoutCache(cache_dir, cache_max_bytes) if cache_dir and cache_max_bytes else None
    return CutoutService(server, cache, field_arcmin)


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
    check_signal(image.pixels, service)
    image.pixels.setflags(write=False)
    return Cutout(
        image=image.pixels,
        header=image.header,
        position=position.icrs,
        center=center,
        survey=survey,
        service=service,
        fetched_utc=datetime.fromisoformat(image.header["FETCHED"]),
        beam=_beam(image.header),
    )


def cutout_name(survey: str, position: SkyCoord, field_arcmin: float) -> str:
    """Name a cutout by survey, position to 1e-5 deg and field: 'VLA_FIRST_016.23560+00.07312_9'."""
    ra_deg = round(float(position.ra.deg), 5) % 360
    dec_deg = round(float(position.dec.deg), 5) + 0.0  # -0.0 is 0.0
    return f"{survey.replace(' ', '_')}_{ra_deg:09.5f}{dec_deg:+09.5f}_{field_arcmin:g}"


def _middle(image: FitsImage) -> SkyCoord:
    height, width = image.pixels.shape
    return celestial_wcs(image.header).pixel_to_world(width // 2, height // 2).icrs


def _beam(header: fits.Header) -> Beam | None:
    """Read BMAJ, BMIN and BPA (deg); None if they are absent or no beam."""
    axes = [header.get(keyword) for keyword in ("BMAJ", "BMIN")]
    if not all(isinstance(axis, float) and axis > 0 for axis in axes):
        return None
    return Beam(axes[0] * 3600, axes[1] * 3600, float(header.get("BPA") or 0.0))
