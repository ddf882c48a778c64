"""The FIRST cutout server, asked through astroquery: a position in, the bytes of a FITS out.

It never reads the image, never caches, and never waits past its total deadline.
"""

from typing import Any

import astropy.units as u
import requests
from astropy.coordinates import SkyCoord
from astroquery.image_cutouts.first import FirstClass

from app.errors import OutsideFootprint
from app.position import format_position
from app.surveys.backoff import Backoff
from app.surveys.breaker import Breaker
from app.surveys.deadline import Deadline, DeadlineAdapter
from app.surveys.download import MAX_ANSWER_BYTES, ServiceClient, fits_only
from app.surveys.footprint import EDGE_ARCMIN, first_footprint
from model.preprocess import PIXEL_SCALE_ARCSEC

FIRST_URL = "https://sundog.stsci.edu/cgi-bin/firstcutout"
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
