"""Numbers that describe the shape in an image and do not change when it is turned or mirrored.

They are computed from the pixels alone: none is a label, none is trained.
"""

from torch import Tensor

from model.shapes.aligned import aligned_profiles
from model.shapes.circles import circle_invariants
from model.shapes.isophotes import measure_isophotes

KINDS = (circle_invariants, aligned_profiles, measure_isophotes)


def describe_shapes(images: Tensor) -> list[Tensor]:
    """Describe the shapes in a batch of images, in three ways.

    Parameters
    ----------
    images : Tensor, shape (B, 150, 150), uint8
        Cleaned images, the source on pixel (75, 75).

    Returns
    -------
    kinds : list of Tensor, each of shape (B, D), float32
    """
    return [kind(images) for kind in KINDS]
