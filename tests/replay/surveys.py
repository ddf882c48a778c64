"""The forms of the services that give images: FIRST's, SkyView's and hips2fits', replayed.

Each reads a form strictly, as a client that writes it wrongly should be noticed, and answers with
the real FIRST image nearest to the position, or the drawn one. It opens no socket.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from tests.replay import images
from tests.replay.faults import Answer, Fault, Form, damaged_file, damaged_pixels

FIRST_PATH = "/cgi-bin/firstcutout"
SKYVIEW_PATH = "/current/cgi/runquery.pl"
HIPS2FITS_PATH = "/hips-image-services/hips2fits"


@dataclass(frozen=True)
class Replayed:
    """How a survey's images differ from FIRST's: a broader beam, and another part of the sky."""

    beam_arcsec: float
    south_deg: float
    north_deg: float

    def has(self, dec_deg: float) -> bool:
        """Whether it covers a declination."""
        return self.south_deg <= dec_deg <= self.north_deg


SKYVIEW_SURVEYS = {
    "VLA FIRST (1.4 GHz)": Replayed(5.4, -11.5, 64.7),
    "NVSS": Replayed(45.0, -40.0, 90.0),
}
HIPS = {
    "CDS/P/NVSS": Replayed(45.0, -40.0, 90.0),
    "NRAO/P/VLASS-Quicklook-MedianStack": Replayed(5.4, -40.0, 90.0),
    "astron.nl/P/lotss_dr2_high": Replayed(6.0, 20.0, 70.0),
    "CSIRO/P/RACS/low/I": Replayed(15.0, -90.0, 41.0),
    "CSIRO/P/RACS/mid/I": Replayed(10.0, -90.0, 49.0),
}

NO_FIRST_DATA = Answer(
    b"<html><body>Sorry, no FIRST data is available at this position.</body></html>", "text/html"
)


def answer_first(form: Form, fault: Fault | None) -> Answer:
    """Cut out at whole pixels, SIN about the parent field's centre; RA is in hours."""
    ra_hours, dec_deg = (float(number) for number in form["RA"].split())
    position = SkyCoord(ra_hours * 15, dec_deg, unit="deg")
    if fault is Fault.NO_DATA or not images.in_footprint(ra_hours, dec_deg):
        return NO_FIRST_DATA
    size_px = min(round(float(form["ImageSize"]) * 60 / 1.8), int(form["MaxImSize"]))
    pixels = images.centre_square(images.pixels_at(position), size_px)
    content = images.first_answer(damaged_pixels(pixels, fault), _place(position, fault))
    return Answer(damaged_file(content, fault))


def answer_skyview(form: Form, fault: Fault | None) -> Answer:
    """Resample to TAN with the position in the middle of the image; 404 off a survey's sky."""
    if form["Return"] != "FITS" or form["Projection"] != "Tan" or form["Coordinates"] != "ICRS":
        return Answer(b"<html>This replay reads one kind of question.</html>", "text/html", 400)
    ra_deg, dec_deg = (float(number) for number in form["Position"].split(","))
    position = SkyCoord(ra_deg, dec_deg, unit="deg")
    survey = SKYVIEW_SURVEYS.get(form["Survey"])
    if survey is None or not survey.has(dec_deg) or fault is Fault.NO_DATA:
        return Answer(b"<html><title>SkyView: error</title></html>", "text/html", 404)
    width, height = (int(number) for number in form["Pixels"].split(","))
    scale_deg = float(form["Size"]) / width
    pixels = _seen(position, survey, (height, width), (width + 1) / 2, scale_deg)
    middle = ((width + 1) / 2, (height + 1) / 2)
    content = images.tangent_answer(
        damaged_pixels(pixels, fault), _place(position, fault), scale_deg, middle
    )
    return Answer(damaged_file(content, fault))


def answer_hips2fits(form: Form, fault: Fault | None) -> Answer:
    """Resample to the grid that the form describes; NaN off a survey's sky, and no BUNIT."""
    header: Mapping[str, Any] = json.loads(form["wcs"])
    survey = HIPS.get(form["hips"])
    if survey is None or form["format"] != "fits" or header["CTYPE1"] != "RA---TAN":
        words = {"title": "Bad request", "description": f"Unknown HiPS {form['hips']}"}
        return Answer(json.dumps(words).encode(), "application/json", 400)
    position = SkyCoord(header["CRVAL1"], header["CRVAL2"], unit="deg")
    middle = (float(header["CRPIX1"]), float(header["CRPIX2"]))
    shape = (int(header["NAXIS2"]), int(header["NAXIS1"]))
    pixels = _seen(position, survey, shape, middle[0], float(header["CDELT2"]))
    if not survey.has(float(position.dec.deg)) or fault is Fault.NO_DATA:
        pixels = np.full_like(pixels, np.nan)
    content = images.tangent_answer(
        damaged_pixels(pixels, fault), _place(position, fault), header["CDELT2"], middle, unit=None
    )
    return Answer(damaged_file(content, fault))


def _place(position: SkyCoord, fault: Fault | None) -> SkyCoord:
    """Where the answer's coordinates say that it is."""
    if fault is Fault.WRONG_FIELD:
        return position.directional_offset_by(0 * u.deg, 5 * u.arcmin)
    return position


def _seen(
    position: SkyCoord,
    survey: Replayed,
    shape: tuple[int, int],
    middle: float,
    scale_deg: float,
) -> NDArray[np.float32]:
    """The image (H, W) at a position in a survey's beam, its source at the middle (from 1).

    On FIRST's own pixels the values are those of the image; elsewhere interpolated.
    """
    image = images.pixels_at(position)  # its source is at pixel (150, 150) from 0
    broader2 = survey.beam_arcsec**2 - 5.4**2
    if broader2 > 0:
        areas = survey.beam_arcsec**2 / 5.4**2  # Jy/beam
        sigma_px = broader2**0.5 / 2.3548 / 1.8
        blurred = gaussian_filter(np.nan_to_num(image), sigma_px) * areas
        image = np.where(np.isfinite(image), blurred, np.nan)
    rows, columns = (
        150 + (np.arange(length) - (middle - 1)) * scale_deg / images.PIXEL_SCALE_DEG
        for length in shape
    )
    at = np.meshgrid(rows.round(6), columns.round(6), indexing="ij")
    return map_coordinates(image, at, order=1, mode="nearest").astype(np.float32)
