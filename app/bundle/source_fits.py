"""The stored image of a bundle's source as a FITS file, with its place on the sky and its origin.

It never cleans and never resamples: the pixels are those that the encoder saw, or the brightness
that they stand for where the bundle knows it.
"""

from collections.abc import Mapping

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from app.bundle.catalogue import NO_IMAGE
from app.bundle.latent_space import LatentSpace
from app.errors import NoStoredImage
from app.images.fits import fits_bytes
from app.images.sky_image import tangent_header
from model.preprocess import IMAGE_SIZE_PX, PIXEL_SCALE_ARCSEC

SCALE = ("scale_min_jy_beam", "scale_max_jy_beam")
BEAM = {"BMAJ": "beam_major_arcsec", "BMIN": "beam_minor_arcsec"}


def stored_fits(space: LatentSpace, row: int) -> bytes:
    """Write a source's image: TAN, 1.8" a pixel, row 0 south, the source at pixel (75, 75).

    Counted from 0; CRPIX is 76. Where the flux scale is known the values are Jy/beam (float32),
    else those of the stored image (uint8, BUNIT = relative).
    """
    values = space.catalogue.row(row)
    if values["image_origin"] == NO_IMAGE:
        raise NoStoredImage(f"The bundle holds no image of its source '{values['source_id']}'.")
    pixels, unit = _brightness(space.image(row), values)
    header = fits.Header()
    for keyword, value in tangent_header(
        space.position(row), IMAGE_SIZE_PX, PIXEL_SCALE_ARCSEC
    ).items():
        if not keyword.startswith("NAXIS"):
            header[keyword] = value
    header["BUNIT"] = unit
    _add_origin(header, values, space)
    _add_history(header, unit)
    return fits_bytes(pixels, header)


def _brightness(
    image: NDArray[np.uint8], values: Mapping[str, object]
) -> tuple[NDArray[np.generic], str]:
    low, high = (values.get(name) for name in SCALE)
    if not isinstance(low, float) or not isinstance(high, float):
        return image, "relative"
    return (low + image * ((high - low) / 255)).astype(np.float32), "Jy/beam"


def _add_origin(header: fits.Header, values: Mapping[str, object], space: LatentSpace) -> None:
    header["OBJECT"] = str(values["name"] or values["source_id"])
    header["SOURCEID"] = (str(values["source_id"]), "in the bundle")
    header["SURVEY"] = str(values["survey"])
    header["IMGORIG"] = (str(values["image_origin"]), "observed, or model: drawn, not observed")
    for keyword, column in BEAM.items():
        if isinstance(arcsec := values.get(column), float):
            header[keyword] = (arcsec / 3600, "deg")
    if isinstance(angle_deg := values.get("beam_pa_deg"), float):
        header["BPA"] = (angle_deg, "deg")
    if isinstance(rms := values.get("rms_jy_beam"), float):
        header["RMS"] = (rms, "Jy/beam, of the field before clipping")
    header["BUNDLE"] = (space.version, "version of the bundle")
    header["PREPROC"] = (space.manifest.preprocessing, f"of {space.manifest.input_kind} images")


def _add_history(header: fits.Header, unit: str) -> None:
    header["HISTORY"] = "Clipped at 3 sigma, masked outside a radius of 75 px, scaled to 8 bits."
    header["HISTORY"] = (
        "Values are rounded down to one of 256 levels of the source's own range."
        if unit == "Jy/beam"
        else "Values are 0 to 255 on the source's own scale; its flux scale is not known."
    )
    header["COMMENT"] = "The source is at pixel (75, 75) counted from 0; row 0 is south."
