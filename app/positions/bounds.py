"""Numbers of degrees as positions on the sky, checked. It reads no text."""

from astropy import units as u
from astropy.coordinates import SkyCoord

from app.errors import UnreadablePosition
from app.positions.frames import GALACTIC, ICRS, Frame
from app.positions.refusal import ACCEPTED


def position_from_degrees(
    ra_deg: float, dec_deg: float, *, parameter: str | None = None
) -> SkyCoord:
    """Make an ICRS position of two numbers, checking their range.

    Parameters
    ----------
    ra_deg, dec_deg : float
    parameter : str, optional
        The input that both came in, if it was one; else "ra" or "dec" is named by an error.

    Raises
    ------
    UnreadablePosition
    """
    return position_in_frame(ra_deg, dec_deg, ICRS, parameter=parameter)


def position_in_frame(
    lon_deg: float, lat_deg: float, frame: Frame, *, parameter: str | None = None
) -> SkyCoord:
    """Make an ICRS position of longitude and latitude in a frame, checking their range.

    Parameters
    ----------
    lon_deg, lat_deg : float
        A Galactic longitude may be negative, from -180 deg; a right ascension may not.
    frame : Frame
    parameter : str, optional
        As in `position_from_degrees`; for "position", a typed text, errors say what is accepted.

    Returns
    -------
    position : SkyCoord
        ICRS.

    Raises
    ------
    UnreadablePosition
    """
    lowest_deg = -180 if frame is GALACTIC else 0
    hint = f" {ACCEPTED}" if parameter == "position" else ""
    if not lowest_deg <= lon_deg < 360:
        raise UnreadablePosition(
            f"The {frame.longitude} {lon_deg:.12g} deg is not in the range from {lowest_deg} deg "
            f"up to, but not including, 360 deg.{hint}",
            parameter=parameter or "ra",
        )
    if not -90 <= lat_deg <= 90:
        raise UnreadablePosition(
            f"The {frame.latitude} {lat_deg:.12g} deg is outside -90 to +90 deg.{hint}",
            parameter=parameter or "dec",
        )
    return SkyCoord(lon_deg * u.deg, lat_deg * u.deg, frame=frame.astropy_name).icrs
