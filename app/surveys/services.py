"""The FIRST cutout server, asked through astroquery: a position in, the bytes of a FITS out.

It never reads the image, never caches, and never waits past its total deadline.
"""

import json
from http import HTTPStatus
from typing import Any

import astropy.units as u
import requests
from astropy.coordinates import SkyCoord
from astroquery.image_cutouts.first import FirstClass

from app.errors import OutsideFootprint, SurveyUnavailable
from app.images.sky_image import tangent_header
from app.net.breaker import Backoff, Breaker
from app.net.client import (
    MAX_ANSWER_BYTES,
    Deadline,
    DeadlineAdapter,
    ServiceClient,
    fits_only,
    get,
)
from app.settings import FIRST_URL
from app.sky.coordinates import format_position
from app.surveys.footprint import EDGE_ARCMIN, first_footprint
from model.preprocess import PIXEL_SCALE_ARCSEC

HIPS2FITS_SERVICE = "hips2fits server"


class Hips2FitsServer:
    """One survey of hips2fits.

    Parameters
    ----------
    client : ServiceClient
        That of hips2fits, shared by all surveys.
    url : str
    survey : str
        As results name it.
    hips : str
        The HiPS's identifier.
    pixel_scale_arcsec : float
        Of the image to ask for.
    """

    service = HIPS2FITS_SERVICE
    resampled = True

    def __init__(
        self, client: ServiceClient, url: str, survey: str, hips: str, pixel_scale_arcsec: float
    ) -> None:
        self.survey = survey
        self._client = client
        self._url = url
        self._hips = hips
        self.pixel_scale_arcsec = pixel_scale_arcsec

    @property
    def deadline_s(self) -> float:
        """The longest that a download can take."""
        return self._client.deadline_s

    def download(self, position: SkyCoord, field_arcmin: float) -> bytes:
        """Ask for a square field around a position; see `FirstServer.download`.

        Off a survey's coverage the answer is an image of NaN.

        Raises
        ------
        SurveyTimeout, SurveyUnavailable, BadSurveyAnswer
        """
        size_px = round(field_arcmin * 60 / self.pixel_scale_arcsec)
        form = {
            "hips": self._hips,
            "wcs": json.dumps(tangent_header(position, size_px, self.pixel_scale_arcsec)),
            "format": "fits",
        }

        def send(deadline: Deadline) -> requests.Response:
            return get(self._url, form, deadline)

        return fits_only(self._client.download(send), self.service)


SKYVIEW_SERVICE = "SkyView server"


class SkyViewServer:
    """One survey of SkyView.

    Parameters
    ----------
    client : ServiceClient
        SkyView's, shared by all surveys.
    url : str
    survey : str
        As results name it.
    name : str
        As SkyView names it.
    pixel_scale_arcsec : float
        Of the image to ask for.
    """

    service = SKYVIEW_SERVICE
    resampled = True

    def __init__(
        self, client: ServiceClient, url: str, survey: str, name: str, pixel_scale_arcsec: float
    ) -> None:
        self.survey = survey
        self._client = client
        self._url = url
        self._name = name
        self.pixel_scale_arcsec = pixel_scale_arcsec

    @property
    def deadline_s(self) -> float:
        """The longest that a download can take."""
        return self._client.deadline_s

    def download(self, position: SkyCoord, field_arcmin: float) -> bytes:
        """Ask for a square field around a position; see `FirstServer.download`.

        Raises
        ------
        OutsideFootprint, SurveyTimeout, SurveyUnavailable, BadSurveyAnswer
        """
        form = self._form(position, field_arcmin)

        def send(deadline: Deadline) -> requests.Response:
            return get(self._url, form, deadline)

        try:
            content = self._client.download(send)
        except SurveyUnavailable as exc:
            if exc.status == HTTPStatus.NOT_FOUND:  # so it answers off a survey's footprint
                raise self._outside(position) from exc
            raise
        return fits_only(content, self.service)

    def _form(self, position: SkyCoord, field_arcmin: float) -> dict[str, str]:
        """Write the form.

        Notes
        -----
        Names and values are those of SkyView's query form and batch page. Its default sampler
        takes the nearest pixel, which shifts a source by up to half of one. The position lies in
        the middle of the image, between pixels 149 and 150, as on average in the published images.
        """
        icrs = position.icrs
        size_px = round(field_arcmin * 60 / self.pixel_scale_arcsec)
        return {
            "Position": f"{icrs.ra.deg:.7f},{icrs.dec.deg:.7f}",
            "Survey": self._name,
            "Coordinates": "ICRS",
            "Projection": "Tan",
            "Sampler": "Lanczos3",
            "Pixels": f"{size_px},{size_px}",
            "Size": f"{size_px * self.pixel_scale_arcsec / 3600:.7f}",
            "Return": "FITS",
        }

    def _outside(self, position: SkyCoord) -> OutsideFootprint:
        where = format_position(position.icrs.ra.deg, position.icrs.dec.deg)
        return OutsideFootprint(
            f"The {self.service} has no data of {self.survey} at {where}.", parameter="position"
        )


FIRST_SERVICE = "FIRST server"
FIRST_SURVEY = "VLA FIRST"
FIRST_COVERAGE = (
    "FIRST covers roughly RA 6.6-17.8 h, Dec -8 to +65 deg, "
    "and RA 20.3-4.0 h, Dec -11.5 to +15.5 deg"
)

_NO_DATA = b"no first data is available"


class FirstServer:
    """The FIRST cutout server.

    Parameters
    ----------
    url : str
    deadline_s : float
        From the call to the last byte, waiting for a free connection included.
    max_connections : int
        Requests under way at once; further ones wait their turn.
    max_answer_bytes : int
        A larger answer is refused.
    backoff : Backoff, optional
        When a refused request is repeated.
    breaker : Breaker, optional
        When the server is left alone.
    """

    service = FIRST_SERVICE
    survey = FIRST_SURVEY
    resampled = False
    pixel_scale_arcsec = PIXEL_SCALE_ARCSEC

    def __init__(
        self,
        url: str = FIRST_URL,
        *,
        deadline_s: float = 20.0,
        max_connections: int = 3,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        backoff: Backoff | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self.url = url
        self.client = ServiceClient(
            self.service,
            deadline_s=deadline_s,
            max_connections=max_connections,
            max_answer_bytes=max_answer_bytes,
            backoff=backoff,
            breaker=breaker,
        )

    @property
    def deadline_s(self) -> float:
        """The longest that a download can take."""
        return self.client.deadline_s

    def download(self, position: SkyCoord, field_arcmin: float) -> bytes:
        """Ask for a square field around a position.

        Farther than 30' outside the footprint of the catalogue the server is not asked.

        Parameters
        ----------
        position : SkyCoord
            One position, any frame.
        field_arcmin : float
            Side of the field; 9' gives 300 px.

        Returns
        -------
        content : bytes
            What begins as a FITS file; `app.images.fits_image.read_fits` says whether it is whole.

        Raises
        ------
        OutsideFootprint, SurveyTimeout, SurveyUnavailable, BadSurveyAnswer
        """
        if not first_footprint().reaches(position, EDGE_ARCMIN):
            raise outside_first(position)

        def send(deadline: Deadline) -> requests.Response:
            client = _FirstClient(self.url, deadline)
            image_size = field_arcmin * u.arcmin
            sent: requests.Response = client.get_images_async(position, image_size=image_size)
            return sent

        content = self.client.download(send)
        if _NO_DATA in content[:4096].lower() and not content.startswith(b"SIMPLE"):
            raise outside_first(position)
        return fits_only(content, self.service)


def outside_first(position: SkyCoord) -> OutsideFootprint:
    """The error for a position that FIRST never observed."""
    ra_deg, dec_deg = position.icrs.ra.deg, position.icrs.dec.deg
    written = f"{format_position(ra_deg, dec_deg)} (RA {ra_deg:.5f}, Dec {dec_deg:+.5f} deg)"
    return OutsideFootprint(
        f"FIRST has no data at {written}: {FIRST_COVERAGE}.", parameter="position"
    )


class _FirstClient(FirstClass):
    """astroquery's client for one request: own session, no answer cache, a total deadline."""

    def __init__(self, url: str, deadline: Deadline) -> None:
        super().__init__()
        self.URL = url
        self.TIMEOUT = max(deadline.remaining_s, 0.01)  # per address, and per read
        self._session.mount("https://", DeadlineAdapter(deadline))
        self._session.mount("http://", DeadlineAdapter(deadline))

    def _args_to_payload(self, coordinates: SkyCoord, **options: Any) -> dict[str, Any]:
        """Write the position with fixed decimals: astroquery's str() can give 2e-05."""
        payload: dict[str, Any] = super()._args_to_payload(coordinates, **options)
        icrs = coordinates.icrs
        payload["RA"] = f"{icrs.ra.hour:.8f} {icrs.dec.deg:.7f}"
        return payload

    def _request(self, method: str, url: str, **options: Any) -> requests.Response:
        """Send without astroquery's cache.

        It keeps failures for a week, and its ``cache=False`` switches a global for a while,
        which two threads can leave switched. Streaming keeps its log hook from decoding the
        FITS as text. A redirect would turn the POST into a GET: it is an error with a name.
        """
        return self._session.request(method, url, stream=True, allow_redirects=False, **options)
