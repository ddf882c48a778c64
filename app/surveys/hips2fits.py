"""hips2fits of the CDS: a survey's field out of its HiPS, in a projection that we name.

It never reads the image, never caches, and never waits past its client's deadline.
"""

import json

import requests
from astropy.coordinates import SkyCoord

from app.surveys.deadline import Deadline
from app.surveys.download import ServiceClient, fits_only, get

HIPS2FITS_URL = "https://alasky.cds.unistra.fr/hips-image-services/hips2fits"
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


def tangent_header(
    position: SkyCoord, size_px: int, pixel_scale_arcsec: float
) -> dict[str, float | str]:
    """Describe a TAN image, north up and east left, with a position at pixel (size // 2).

    Counted from 0: the pixel that preprocessing takes for the middle.
    """
    icrs = position.icrs
    return {
        "NAXIS1": size_px,
        "NAXIS2": size_px,
        "WCSAXES": 2,
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CUNIT1": "deg",
        "CUNIT2": "deg",
        "CRVAL1": float(icrs.ra.deg),
        "CRVAL2": float(icrs.dec.deg),
        "CRPIX1": float(size_px // 2 + 1),
        "CRPIX2": float(size_px // 2 + 1),
        "CDELT1": -pixel_scale_arcsec / 3600,
        "CDELT2": pixel_scale_arcsec / 3600,
        "RADESYS": "ICRS",
    }
