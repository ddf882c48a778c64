"""The restoring beam that a FITS header states. It never assumes one."""

import math
import re

from astropy.io import fits

from model.first_beam import Beam

_AIPS = re.compile(
    r"CLEAN\s+BMAJ=\s*(\S+)\s+BMIN=\s*(\S+)\s+BPA=\s*(\S+)", re.IGNORECASE
)  # as AIPS writes it into HISTORY
LARGEST_DEG = 5.0


def stated_beam(header: fits.Header) -> Beam | None:
    """Read BMAJ, BMIN, BPA (deg), or the last CLEAN beam in an AIPS history; None without them."""
    beam = _beam(*(header.get(keyword) for keyword in ("BMAJ", "BMIN", "BPA")))
    if beam is not None or "HISTORY" not in header:
        return beam
    lines = [found for line in header["HISTORY"] if (found := _AIPS.search(str(line)))]
    return _beam(*lines[-1].groups()) if lines else None


def _beam(major: object, minor: object, angle: object) -> Beam | None:
    try:
        major_deg, minor_deg = float(str(major)), float(str(minor))
        pa_deg = float(str(angle)) if angle is not None else 0.0
    except ValueError:
        return None
    if not (
        0 < minor_deg <= LARGEST_DEG and 0 < major_deg <= LARGEST_DEG and math.isfinite(pa_deg)
    ):
        return None
    if minor_deg > major_deg:
        major_deg, minor_deg, pa_deg = minor_deg, major_deg, pa_deg + 90
    return Beam(major_deg * 3600, minor_deg * 3600, pa_deg)
