"""The FIRST cutout server, asked through astroquery: a position in, the bytes of a FITS out.

It never reads the image, never caches, and never waits past its total deadline.
"""

import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

import astropy.units as u
import requests
from astropy.coordinates import SkyCoord
from astroquery.image_cutouts.first import FirstClass
from urllib3.exceptions import HTTPError

from app.deadline import Deadline, DeadlineAdapter
from app.errors import (
    BadSurveyAnswer,
    OutsideFootprint,
    SurveyError,
    SurveyTimeout,
    SurveyUnavailable,
)
from app.position import format_position

logger = logging.getLogger(__name__)

FIRST_URL = "https://sundog.stsci.edu/cgi-bin/firstcutout"
FIRST_COVERAGE = (
    "FIRST covers roughly RA 6.6-17.8 h, Dec -8 to +65 deg, "
    "and RA 20.3-4.0 h, Dec -11.5 to +15.5 deg"
)
SOUTH_EDGE_DEG, NORTH_EDGE_DEG = -12.5, 65.7
"""A degree beyond FIRST's declinations: farther out the server need not be asked."""
MAX_ANSWER_BYTES = 32 * 2**20
GRACE_S = 0.5
"""How much later than the deadline `FirstServer.download` gives up on a thread that hangs where
no connection exists yet to be shut (a name look-up, several addresses that do not answer)."""

_CHUNK_BYTES = 65_536
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
    """

    service = "FIRST server"
    survey = "VLA FIRST"

    def __init__(
        self,
        url: str = FIRST_URL,
        *,
        deadline_s: float = 20.0,
        max_connections: int = 3,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        self.url = url
        self.deadline_s = deadline_s
        self.max_connections = max_connections
        self.max_answer_bytes = max_answer_bytes
        self._workers = ThreadPoolExecutor(max_connections, thread_name_prefix="first-server")

    def download(self, position: SkyCoord, field_arcmin: float) -> bytes:
        """Ask for a square field around a position.

        Parameters
        ----------
        position : SkyCoord
            One position, any frame.
        field_arcmin : float
            Side of the field; 9' gives 300 px.

        Returns
        -------
        content : bytes
            What begins as a FITS file; `app.fits_image.read_fits` says whether it is whole.

        Raises
        ------
        OutsideFootprint, SurveyTimeout, SurveyUnavailable, BadSurveyAnswer
        """
        if not SOUTH_EDGE_DEG <= position.icrs.dec.deg <= NORTH_EDGE_DEG:
            raise self._outside(position)
        ends = time.monotonic() + self.deadline_s
        asked = self._workers.submit(self._ask, position, field_arcmin, ends)
        try:
            return asked.result(timeout=self.deadline_s + GRACE_S)
        except TimeoutError as exc:
            waited_in_line = asked.cancel()
            raise self._too_late(waited_in_line) from exc

    def _ask(self, position: SkyCoord, field_arcmin: float, ends: float) -> bytes:
        started = time.monotonic()
        with Deadline(ends - started) as deadline:
            if deadline.passed:
                raise self._too_late(waited_in_line=True)
            try:
                content = self._answer(position, field_arcmin, deadline)
            except (OSError, HTTPError) as exc:  # RequestException is an OSError
                raise self._renamed(exc, deadline) from exc
            if deadline.passed:  # an answer of unknown length just seems to end there
                raise self._too_late()
        logger.info("FIRST server: %d bytes in %.1f s", len(content), time.monotonic() - started)
        return self._fits_only(content, position)

    def _answer(self, position: SkyCoord, field_arcmin: float, deadline: Deadline) -> bytes:
        client = _FirstClient(self.url, deadline)
        with client.get_images_async(position, image_size=field_arcmin * u.arcmin) as response:
            self._check_status(response)
            content = bytearray()
            for chunk in response.iter_content(_CHUNK_BYTES):
                content += chunk
                if len(content) > self.max_answer_bytes:
                    raise BadSurveyAnswer(
                        "The FIRST server's answer is larger than the "
                        f"{self.max_answer_bytes / 2**20:.1f} MB that a cutout may have."
                    )
        return bytes(content)

    def _check_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status == HTTPStatus.OK:
            return
        moved = response.headers.get("Location")
        raise SurveyUnavailable(
            f"The FIRST server answered with HTTP status {status} {response.reason}"
            + (
                f" and points to {moved[:200]}; its address may have changed."
                if moved
                else "; try again in a few minutes."
            )
        )

    def _fits_only(self, content: bytes, position: SkyCoord) -> bytes:
        """Pass a FITS file on; give the server's texts their names."""
        if content.startswith(b"SIMPLE"):
            return content
        if _NO_DATA in content.lower():
            raise self._outside(position)
        says = _readable(content)
        raise BadSurveyAnswer(
            "The FIRST server's answer is not a FITS image"
            + (f'; it says "{says}". ' if says else " and has no text in it. ")
            + "Try again in a few minutes."
        )

    def _outside(self, position: SkyCoord) -> OutsideFootprint:
        return OutsideFootprint(
            f"FIRST has no data at {_written(position)}: {FIRST_COVERAGE}.", parameter="position"
        )

    def _renamed(self, error: OSError | HTTPError, deadline: Deadline) -> SurveyError:
        """Name a failed request; requests calls a read time-out in the body ConnectionError."""
        if deadline.passed or isinstance(error, requests.Timeout):
            return self._too_late()
        if isinstance(error, requests.exceptions.ChunkedEncodingError):
            return BadSurveyAnswer(
                "The FIRST server's answer is truncated: the connection broke before its end. "
                "Try again."
            )
        logger.warning("The FIRST server (%s) cannot be reached: %s", self.url, error)
        if isinstance(error, requests.exceptions.SSLError):
            return SurveyUnavailable(
                "The FIRST server cannot be reached safely: its certificate is not trusted here. "
                "Behind a proxy that replaces certificates, set REQUESTS_CA_BUNDLE."
            )
        return SurveyUnavailable(
            "The FIRST server cannot be reached: there was no connection, or it broke. "
            "Check the network, or try again in a few minutes."
        )

    def _too_late(self, waited_in_line: bool = False) -> SurveyTimeout:
        if waited_in_line:
            return SurveyTimeout(
                f"No connection to the FIRST server became free within {self.deadline_s:g} s "
                f"(at most {self.max_connections} at once). Try again in a minute."
            )
        return SurveyTimeout(
            f"The FIRST server did not answer completely within {self.deadline_s:g} s. "
            "Try again in a minute."
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


def _written(position: SkyCoord) -> str:
    ra_deg, dec_deg = position.icrs.ra.deg, position.icrs.dec.deg
    return f"{format_position(ra_deg, dec_deg)} (RA {ra_deg:.5f}, Dec {dec_deg:+.5f} deg)"


def _readable(content: bytes) -> str:
    """The first words of a text or HTML answer, for the error's sentence."""
    text = re.sub(r"<[^>]*>", " ", content[:4096].decode("ascii", errors="ignore"))
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words.rstrip(".") if len(words) <= 120 else words[:119] + "…"
