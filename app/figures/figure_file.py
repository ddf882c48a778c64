"""A matplotlib figure as the bytes of a file: the same figure gives the same bytes.

It never uses pyplot, whose state threads would share.
"""

import io
import threading
from collections.abc import Callable
from typing import Any, Literal, get_args

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

FigureFormat = Literal["png", "svg", "pdf"]
FORMATS: tuple[FigureFormat, ...] = get_args(FigureFormat)
MEDIA_TYPES: dict[FigureFormat, str] = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
}
PNG_DPI = 200
SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "rgz-explorer",
    "svg.fonttype": "none",  # text stays text
    "pdf.fonttype": 42,
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same on every machine
    "text.parse_math": False,  # a name may hold a dollar
    "axes.linewidth": 0.6,
}
DATELESS: dict[FigureFormat, dict[str, None]] = {
    "png": {},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
_drawing = threading.Lock()
"""matplotlib's settings and fonts are of the whole process."""


def figure_bytes(draw: Callable[[], Figure], fmt: FigureFormat) -> bytes:
    """Draw a figure and write it; PDF and SVG keep text as text."""
    buffer = io.BytesIO()
    with _drawing, matplotlib.rc_context(SETTINGS):
        figure = draw()
        FigureCanvasAgg(figure)
        figure.savefig(buffer, format=fmt, dpi=PNG_DPI, metadata=DATELESS[fmt], bbox_inches="tight")
    return buffer.getvalue()
