"""Text that is read on any ground: a halo as outlines, and over it the text, which stays text.

A path effect on the text itself would make it outlines in SVG and PDF.
"""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.patheffects import Stroke

HALO_PT = 1.5


def write_haloed(
    axes: Axes, words: str, place: tuple[float, float], colour: str, halo: str, **how: Any
) -> None:
    """Annotate a place of the axes; `how` as for matplotlib's annotate."""
    outline = Stroke(linewidth=HALO_PT, foreground=halo)
    offset = how.pop("xytext", (0, 0))
    for own, effects in ((halo, [outline]), (colour, [])):
        axes.annotate(
            words, place, offset, textcoords="offset points", color=own, path_effects=effects, **how
        )
