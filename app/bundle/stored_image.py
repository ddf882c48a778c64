"""The stored image of a bundle's source with what its catalogue knows of brightness and beam.

It never draws.
"""

from app.bundle.latent_space import LatentSpace
from app.images.cleaned_image import CleanedImage
from model.beam import Beam


def stored_image(space: LatentSpace, row: int) -> CleanedImage:
    """The image of a row, with noise, flux scale and beam where the catalogue has them."""
    values = space.catalogue.row(row)
    rms, low, high = (
        _number(values.get(f"{name}_jy_beam")) for name in ("rms", "scale_min", "scale_max")
    )
    major, minor = (_number(values.get(f"beam_{axis}_arcsec")) for axis in ("major", "minor"))
    angle_deg = _number(values.get("beam_pa_deg")) or 0.0
    return CleanedImage(
        space.image(row),
        str(values["image_origin"]),
        rms,
        low,
        high,
        None if major is None or minor is None else Beam(major, minor, angle_deg),
    )


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None
