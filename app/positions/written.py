"""Positions as we write them. It reads nothing."""

import numpy as np
from astropy import units as u
from astropy.coordinates import Angle
from numpy.typing import NDArray


def format_position(ra_deg: float, dec_deg: float) -> str:
    """Write a position as '12h34m56.7s +01d23m45s', rounded, never 60 seconds."""
    return format_positions(np.array([ra_deg]), np.array([dec_deg]))[0]


def format_positions(ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]) -> list[str]:
    """Write positions (N,), (N,) as `format_position` does; much faster for many at once."""
    ra = Angle(ra_deg, u.deg).to_string(u.hourangle, sep="hms", precision=1, pad=True)
    dec = Angle(dec_deg, u.deg).to_string(u.deg, sep="dms", precision=0, pad=True, alwayssign=True)
    whole_day = ra == "24h00m00.0s"
    return [f"{r} {d}" for r, d in zip(np.where(whole_day, "00h00m00.0s", ra), dec, strict=True)]
