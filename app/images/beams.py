"""The beam that a FITS file states, in any of the places where radio software writes it.

It never believes a beam that the image cannot have, and never decides what is done about it.
"""

import math
from dataclasses import dataclass

import numpy as np
from astropy.io import fits

from app.errors import UnreadableFits
from app.images.header import number, written
from model.beam import Beam

UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError, OSError, RuntimeError)
"""What radio_beam raises for a table or a history that it cannot read."""
NARROWEST_PX = 0.5
SAME_BEAM = 0.01
"""Channels whose beams differ by less than this share have one beam."""


@dataclass(frozen=True)
class StatedBeam:
    """The beam of a header, and what to say of it."""

    beam: Beam | None
    """None: unknown."""
    remarks: tuple[str, ...] = ()

    def believed(self, pixel_arcsec: float, field_arcsec: float) -> "StatedBeam":
        """Leave out a beam that an image of such pixels and such a size cannot have."""
        if self.beam is None or (
            self.beam.major_arcsec <= field_arcsec
            and self.beam.minor_arcsec >= NARROWEST_PX * pixel_arcsec
        ):
            return self
        size = f'{self.beam.major_arcsec:.4g} x {self.beam.minor_arcsec:.4g}"'
        wide = self.beam.major_arcsec > field_arcsec
        why = "wider than the image" if wide else "much narrower than a pixel"
        perhaps = " Perhaps BMAJ is in arcsec; the standard has it in degrees." if wide else ""
        remark = f"The header's beam of {size} is {why}; it was not believed.{perhaps}"
        return StatedBeam(None, (*self.remarks, remark))


def stated_beam(header: fits.Header, beams: fits.BinTableHDU | None = None) -> StatedBeam:
    """Read a beam: BMAJ, BMIN, BPA (deg), else CASA's table BEAMS, else the HISTORY.

    Parameters
    ----------
    header : fits.Header
    beams : fits.BinTableHDU, optional
        The table BEAMS of the file.

    Notes
    -----
    Table and HISTORY (AIPS and CASA) are read by radio_beam.
    """
    given = [keyword for keyword in ("BMAJ", "BMIN", "BPA") if keyword in header]
    if "BMAJ" in given:
        return _beam_from_cards(header, given)
    if beams is not None:
        return _beam_from_table(beams)
    if "HISTORY" in header and any("BMAJ" in line or "arcsec" in line for line in _history(header)):
        return StatedBeam(_beam_from_history(header))
    return StatedBeam(None)


def _beam_from_cards(header: fits.Header, given: list[str]) -> StatedBeam:
    values: dict[str, float | None] = {}
    for keyword in given:
        try:
            values[keyword] = number(header, keyword)
        except UnreadableFits:
            if keyword == "BPA" and values["BMAJ"] == values.get("BMIN"):
                continue  # a round beam has no position angle
            remark = f"The header's {keyword} = '{written(header, keyword)}' is no number."
            return StatedBeam(None, (remark,))
    return StatedBeam(_beam(values.get("BMAJ"), values.get("BMIN"), values.get("BPA")))


def _beam_from_table(beams: fits.BinTableHDU) -> StatedBeam:
    from radio_beam import Beams  # here: a second, for what few files need

    try:
        found = Beams.from_fits_bintable(beams)
        major, minor = (axis.to_value("deg") for axis in (found.major, found.minor))
        angle = found.pa.to_value("deg")
    except UNREADABLE as exc:
        return StatedBeam(None, (f"The table of beams cannot be read ({type(exc).__name__}).",))
    if not len(major) or any(np.ptp(axis) > SAME_BEAM * axis.max() for axis in (major, minor)):
        many = f"The table of beams has {len(major)} that differ; which is the image's is not said."
        return StatedBeam(None, (many,))
    return StatedBeam(_beam(float(major[0]), float(minor[0]), float(angle[0])))


def _beam_from_history(header: fits.Header) -> Beam | None:
    from radio_beam import Beam as RadioBeam  # here: as above

    try:
        found = RadioBeam.from_fits_history(header)
    except UNREADABLE:
        return None
    if found is None:
        return None
    return _beam(*(float(part.to_value("deg")) for part in (found.major, found.minor, found.pa)))


def _history(header: fits.Header) -> list[str]:
    return [str(line) for line in header["HISTORY"]]


def _beam(major: float | None, minor: float | None, angle: float | None) -> Beam | None:
    if major is None or minor is None or not (major > 0 and minor > 0):
        return None
    if not all(map(math.isfinite, (major, minor, angle or 0.0))):
        return None
    angle = angle or 0.0
    if minor > major:
        major, minor, angle = minor, major, angle + 90
    return Beam(major * 3600, minor * 3600, angle)
