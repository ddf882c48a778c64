"""From the bytes of a person's file to the cleaned image that the network sees.

It never embeds, and never keeps what was sent.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.errors import UnsupportedImage
from app.images.bounds import ACCEPTED, gunzip, kind_of
from app.images.first_grid import FIELD_PX, Field, to_first
from app.images.fits import read_sky_image
from app.images.pictures import read_picture
from app.images.sky_image import NO_SURVEY, SkyImage
from model.preprocess import (
    IMAGE_SIZE_PX,
    INPUT_SIZE_PX,
    PIXEL_SCALE_ARCSEC,
    BlankImage,
    Cleaned,
    UndersizedImage,
    centre_crop,
    clean_cutout,
    scale_field,
)

LEAST_SEEN = 0.25
"""Share of the network's square that an image must reach."""
LIKE_FIRST = re.compile(r"e?vla\b", re.IGNORECASE)
"""A telescope that may well have been FIRST's."""


@dataclass(frozen=True, eq=False)
class PreparedImage:
    """A person's image, ready to be embedded, and what is to be said of it."""

    pixels: NDArray[np.uint8]  # (150, 150), cleaned, row 0 south
    position: SkyCoord | None
    """ICRS; None: neither the file nor its sender says where it is."""
    survey: str
    warnings: tuple[str, ...]
    is_picture: bool
    """Whether it is a PNG or JPEG, which is scaled but not cleaned."""


def prepare_image(
    content: bytes, pixel_scale_arcsec: float | None = None, position: SkyCoord | None = None
) -> PreparedImage:
    """Read, resample and clean an image.

    Parameters
    ----------
    content : bytes
        Of a FITS file (also .gz or .fz), a PNG or a JPEG.
    pixel_scale_arcsec : float, optional
        Used where the file has no celestial coordinates; 1.8 is assumed otherwise, and said.
    position : SkyCoord, optional
        The place to look at in an image with celestial coordinates (its middle by default), the
        place of the middle in one without.

    Raises
    ------
    ExplorerError, model.preprocess.ImageError
        Whatever stands between the bytes and a usable image, in a sentence.
    """
    plane = _plane(content, pixel_scale_arcsec)
    field = to_first(plane, position if plane.on_sky else None)
    _check_reach(field)
    if plane.has_noise:
        cleaned = clean_cutout(field.pixels)
        pixels, said = cleaned.pixels, tuple(_of_cleaning(cleaned, field))
    else:
        pixels, said = _scaled(field.pixels), ()
    return PreparedImage(
        pixels,
        position or (plane.middle if plane.on_sky else None),
        plane.survey,
        (*plane.remarks, *_of_survey(plane), *field.remarks, *_of_reach(field), *said),
        is_picture=not plane.has_noise,
    )


def _plane(content: bytes, pixel_scale_arcsec: float | None) -> SkyImage:
    kind = kind_of(content)
    if kind == "gzip":
        content = gunzip(content)
        kind = kind_of(content)
    if kind == "gzip":
        raise UnsupportedImage(
            f"The file was packed by gzip more than once. {ACCEPTED}", parameter="file"
        )
    read = read_sky_image if kind == "fits" else read_picture
    return read(content, pixel_scale_arcsec)


def _check_reach(field: Field) -> None:
    """Refuse an image of which the network would see next to nothing."""
    seen = float(centre_crop(field.covered, INPUT_SIZE_PX).mean())
    if seen < LEAST_SEEN:
        side_arcsec = INPUT_SIZE_PX * PIXEL_SCALE_ARCSEC
        raise UndersizedImage(
            f'The image covers {100 * seen:.1f} % of the {side_arcsec:.0f}" x {side_arcsec:.0f}" '
            f"that the network sees; at least {100 * LEAST_SEEN:.0f} % are needed. Send a larger "
            "cutout, or check the pixel scale."
        )


def _scaled(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Scale a picture from its darkest value: there is no noise to measure and to clip."""
    observed = np.isfinite(pixels)
    darkest = pixels[observed].min()
    if darkest == pixels[observed].max():
        raise BlankImage("The picture is blank: all its pixels have the same brightness.")
    scaled, _, _ = scale_field(centre_crop(np.where(observed, pixels, darkest), IMAGE_SIZE_PX))
    return scaled


def _of_survey(plane: SkyImage) -> Iterator[str]:
    if plane.is_first or plane.survey == NO_SURVEY or LIKE_FIRST.match(plane.survey):
        return
    yield (
        f"By its header this is an image of '{plane.survey}'. The encoder was trained on FIRST "
        "(1.4 GHz): what a likeness between the two means is not known."
    )


def _of_reach(field: Field) -> Iterator[str]:
    shown = float(centre_crop(field.covered, IMAGE_SIZE_PX).mean())
    if shown < 1:
        side_arcmin = IMAGE_SIZE_PX * PIXEL_SCALE_ARCSEC / 60
        yield (
            f"The image covers {100 * shown:.0f} % of the {side_arcmin:.1f}' square that is "
            "prepared; what lies outside it counts as empty sky."
        )


def _of_cleaning(cleaned: Cleaned, field: Field) -> Iterator[str]:
    if not cleaned.rms_jy_beam > 0:
        yield "No noise could be measured: the background is constant, so nothing was clipped."
    elif not field.covered.all():
        side_arcmin = FIELD_PX * PIXEL_SCALE_ARCSEC / 60
        yield (
            f"The noise was measured on the {100 * field.covered.mean():.0f} % of the "
            f"{side_arcmin:.0f}' field that the image covers."
        )
    blank = float((field.covered & ~np.isfinite(field.pixels)).mean())
    if blank > 0:
        yield (
            f"{100 * blank:.1f} % of the field was not observed; those pixels count as empty sky."
        )
