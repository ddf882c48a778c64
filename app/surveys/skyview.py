"""SkyView: a survey's field, resampled to a TAN projection about the position.

It never reads the image, never caches, and never waits past its client's deadline. astroquery's
SkyView client has no time-out at all, so the form is sent in a session of our own.
"""

from http import HTTPStatus

import requests
from astropy.coordinates import SkyCoord

from app.errors import OutsideFootprint, SurveyUnavailable
from app.position import format_position
from app.surveys.deadline import Deadline
from app.surveys.download import ServiceClient, fits_only, get

SKYVIEW_URL = "https://skyview.gsfc.nasa.gov/current/cgi/runquery.pl"
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
