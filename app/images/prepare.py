"""THE path from bytes to the cleaned image: page, survey, embed, training and build all take it.

It never embeds, and never keeps what was sent.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.stats import sigma_clipped_stats
from astropy.utils.exceptions import AstropyUserWarning
from numpy.typing import NDArray

from app.errors import UnsupportedImage
from app.images.bounds import ACCEPTED, gunzip, kind_of
from app.images.first_grid import FIELD_PX, Field, to_first
from app.images.fits import read_sky_image
from app.images.pictures import read_picture
from app.images.sky_image import SkyImage
from app.images.unobserved import without_fill
from model.preprocess import (
    CLIP_SIGMA,
    IMAGE_SIZE_PX,
    INPUT_SIZE_PX,
    PIXEL_SCALE_ARCSEC,
    BlankImage,
    Cleaned,
    NoEmission,
    UndersizedImage,
    centre_crop,
    clean_cutout,
    scale_field,
)

LEAST_SEEN = 0.25
"""Share of the network's square that an image must reach."""
INPUT_SIDE = f'{INPUT_SIZE_PX * PIXEL_SCALE_ARCSEC:.0f}"'
"""Of the square that the network sees."""


@dataclass(frozen=True, eq=False)
class PreparedImage:
    """An image ready to be embedded, and what is to be said of it."""

    pixels: NDArray[np.uint8]  # (150, 150), cleaned, row 0 south
    position: SkyCoord | None
    """ICRS; None: neither the file nor its sender says where it is."""
    survey: str
    remarks: tuple[str, ...]
    is_picture: bool
    """Whether it is a PNG or JPEG, which is scaled but not cleaned; it has no Jy/beam."""
    rms_jy_beam: float
    scale_min_jy_beam: float
    scale_max_jy_beam: float
    """Brightness of 0 and of 255."""
    blank_fraction: float = np.nan
    """Of the field, not observed; NaN of a picture that was drawn already."""


def prepare_image(
    content: bytes,
    pixel_scale_arcsec: float | None = None,
    position: SkyCoord | None = None,
    extension: str | None = None,
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
    extension : str, optional
        Name or number of the extension of a FITS file that holds the image.

    Raises
    ------
    ExplorerError, model.preprocess.ImageError
        Whatever stands between the bytes and a usable image, in a sentence.
    """
    return prepare(read_image(content, pixel_scale_arcsec, extension), position)


def read_image(
    content: bytes, pixel_scale_arcsec: float | None = None, extension: str | None = None
) -> SkyImage:
    """Read the image of a file of any kind; parameters and errors as of `prepare_image`."""
    kind = kind_of(content)
    if kind == "gzip":
        content = gunzip(content)
        kind = kind_of(content)
    if kind == "gzip":
        raise UnsupportedImage(
            f"The file was packed by gzip more than once. {ACCEPTED}", parameter="file"
        )
    if kind == "fits":
        return read_sky_image(content, pixel_scale_arcsec, extension)
    if extension is not None:
        raise UnsupportedImage("A picture has no extensions to choose from.", parameter="extension")
    return read_picture(content, pixel_scale_arcsec)


def prepare(image: SkyImage, position: SkyCoord | None = None) -> PreparedImage:
    """Bring an image to FIRST's grid and beam, and clean it.

    Parameters
    ----------
    image : SkyImage
        One that has FIRST's pixels and beam keeps its values exactly.
    position : SkyCoord, optional
        As for `prepare_image`.

    Raises
    ------
    OutsideImage, UnreadableFits, model.preprocess.ImageError
    """
    image = without_fill(image) if image.has_noise else image
    field = to_first(image, position if image.on_sky else None)
    _check_reach(field)
    field = _from_zero(field) if image.has_noise else field
    cleaned = clean_cutout(field.pixels) if image.has_noise else _scaled(field.pixels)
    _check_seen(cleaned.pixels)
    return PreparedImage(
        cleaned.pixels,
        position or (image.middle if image.on_sky else None),
        image.survey,
        (*image.remarks, *field.remarks, *_remarks(image, field, cleaned)),
        is_picture=not image.has_noise,
        rms_jy_beam=cleaned.rms_jy_beam,
        scale_min_jy_beam=cleaned.scale_min_jy_beam,
        scale_max_jy_beam=cleaned.scale_max_jy_beam,
        blank_fraction=cleaned.blank_fraction,
    )


def _from_zero(field: Field) -> Field:
    """Subtract a sky that is more than its noise away from 0, and say so."""
    if not np.isfinite(field.pixels).any():
        return field
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyUserWarning)  # NaN pixels are left out
        _, sky, rms = sigma_clipped_stats(field.pixels, sigma=CLIP_SIGMA, maxiters=5)
    if not abs(sky) > rms > 0:
        return field
    remark = (
        f"The sky of the image lies at {1e3 * sky:.3g} mJy/beam, {abs(sky) / rms:.1f} times its "
        "noise, and not at 0; that was subtracted."
    )
    return replace(field, pixels=field.pixels - np.float32(sky), remarks=(*field.remarks, remark))


def _check_reach(field: Field) -> None:
    """Refuse an image of which the network would see next to nothing."""
    seen = float(centre_crop(field.covered, INPUT_SIZE_PX).mean())
    if seen < LEAST_SEEN:
        raise UndersizedImage(
            f"The image covers {100 * seen:.1f} % of the {INPUT_SIDE} x {INPUT_SIDE} that the "
            f"network sees; at least {100 * LEAST_SEEN:.0f} % are needed. Send a larger cutout, "
            "or check the pixel scale."
        )


def _check_seen(pixels: NDArray[np.uint8]) -> None:
    """Refuse an image (150, 150) that is empty where the network looks."""
    if not centre_crop(pixels, INPUT_SIZE_PX).any():
        raise NoEmission(
            f"The image holds no emission above 3 sigma within the central {INPUT_SIDE} that the "
            "network sees. Try a position nearer to a source."
        )


def _scaled(pixels: NDArray[np.float32]) -> Cleaned:
    """Scale a picture from its darkest value: there is no noise to measure and to clip."""
    observed = np.isfinite(pixels)
    darkest = pixels[observed].min()
    if darkest == pixels[observed].max():
        raise BlankImage("The picture is blank: all its pixels have the same brightness.")
    scaled, _, _ = scale_field(centre_crop(np.where(observed, pixels, darkest), IMAGE_SIZE_PX))
    return Cleaned(scaled, np.nan, np.nan, np.nan, 1 - float(observed.mean()))


def _remarks(image: SkyImage, field: Field, cleaned: Cleaned) -> Iterator[str]:
    shown = float(centre_crop(field.covered, IMAGE_SIZE_PX).mean())
    if shown < 1:
        yield (
            f"The image covers {100 * shown:.0f} % of the "
            f"{IMAGE_SIZE_PX * PIXEL_SCALE_ARCSEC / 60:.1f}' square that is prepared; what lies "
            "outside it counts as empty sky."
        )
    if not image.has_noise:
        return
    if not cleaned.rms_jy_beam > 0:
        yield "No noise could be measured: the background is constant, so nothing was clipped."
    elif not field.covered.all():
        yield (
            f"The noise was measured on the {100 * field.covered.mean():.0f} % of the "
            f"{FIELD_PX * PIXEL_SCALE_ARCSEC / 60:.0f}' field that the image covers."
        )
    blank = float((field.covered & ~np.isfinite(field.pixels)).mean())
    if blank > 0:
        yield (
            f"{100 * blank:.1f} % of the field was not observed; those pixels count as empty sky."
        )
