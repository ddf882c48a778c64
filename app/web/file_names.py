"""The name of every file that is sent: what it holds, and the bundle that it is from.

CSV has no other place for its provenance. It decides nothing of the content.
"""

import re
from typing import Literal

from app.bundle.latent_space import LatentSpace

LONGEST_PART = 40
"""Characters of a name that a person gave."""


def file_name(space: LatentSpace, stem: str, extension: str) -> str:
    """Name a file, such as neighbours_206.42212+23.38193_firstgalaxydata-0-2-1_1c0ffee5.csv.

    Parameters
    ----------
    space : LatentSpace
        The bundle, whose catalogue and fingerprint (as in its version) end the name.
    stem : str
        What the file holds.
    extension : str
    """
    manifest = space.manifest
    catalogue = as_part(manifest.source.name).replace("_", "-")
    return f"{stem}_{catalogue}_{manifest.fingerprint[:8]}.{extension}"


def at_place(ra_deg: float, dec_deg: float) -> str:
    """An ICRS position as part of a file's name, to 0.04": 206.42212+23.38193."""
    return f"{ra_deg:.5f}{dec_deg:+.5f}"


def as_part(text: str) -> str:
    """A text as part of a file's name: letters, digits and single underscores of ASCII."""
    return re.sub(r"[^A-Za-z0-9]+", "_", text)[:LONGEST_PART].strip("_") or "unnamed"


def disposition(name: str, kind: Literal["attachment", "inline"] = "attachment") -> dict[str, str]:
    """The header that names a file: to be kept, or to be shown where a program can."""
    return {"Content-Disposition": f'{kind}; filename="{name}"'}
