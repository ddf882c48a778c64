"""An image and its header as the bytes of a FITS file, with checksums. It never changes a pixel."""

import io

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from app.images.fits_image import FitsImage


def fits_bytes(pixels: NDArray[np.generic], header: fits.Header) -> bytes:
    """Write a primary image; CHECKSUM and DATASUM tell later whether a byte has changed."""
    buffer = io.BytesIO()
    hdu = fits.PrimaryHDU(pixels, header)
    hdu.writeto(buffer, checksum=True, output_verify="silentfix+ignore")
    return buffer.getvalue()


def as_fits(image: FitsImage) -> bytes:
    """Write an image that was read."""
    return fits_bytes(image.pixels, image.header)
