"""The map of a bundle as a figure: every source, coloured by a column, with some sources marked.

It never draws a sample of the sources, and X and Y never get a unit: they have no physical meaning.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator
from numpy.typing import NDArray

from app.bundle.catalogue import robust_range
from app.bundle.latent_space import LatentSpace
from app.bundle.map_columns import LayoutName, listed_places
from app.errors import UnusableStyle
from app.figures.figure_file import FigureFormat, figure_bytes
from app.figures.haloed_text import write_haloed
from app.images.colour_scales import Colours, colour_table

WIDTH_IN = 7.0
LEAST_HEIGHT, MOST_HEIGHT = 0.5, 1.1
"""Of the map, as shares of its width."""
INSET = 0.4
INSET_CORNERS = ((0.01, 0.59), (0.59, 0.59), (0.01, 0.01), (0.59, 0.01))
"""Side of the inset and its lower left corner, as shares of the map."""
LEGEND_CORNERS: tuple[Literal["lower left", "upper left"], ...] = (
    "lower left",
    "upper left",
    "upper left",
    "upper left",
)
"""Where the legend stands, by the corner of the inset."""
INSET_BELOW = 0.3
"""Neighbours that lie within so small a share of the map are shown in an inset."""
UNKNOWN = "#b9b9b9"
CATEGORY_COLOURS = (
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6d1f", "#5b3794"),
    *("#1b5e20", "#f4a6a0", "#7f7f00", "#00695c", "#a14f9b", "#33608c", "#c7b42c", "#804020"),
    *("#6fbf73", "#9aa0e0", "#a01c3c", "#2f2f2f"),
)
"""Eight that colour-blind people tell apart (Okabe and Ito, and two), then more."""
ACCENT = "#d4143c"
LABEL_PT, TICK_PT = 8.0, 7.0
NUMBERED = 60
"""So many marked sources get their numbers."""


@dataclass(frozen=True)
class MapView:
    """What of the map is drawn, and how."""

    column: str
    layout: LayoutName = "ours"
    colours: Colours = "inferno"
    low: float | None = None
    high: float | None = None
    """Range of a number column; None: its 2nd and 98th percentiles."""
    log: bool = False
    x_min: float | None = None
    x_max: float | None = None
    y_min: float | None = None
    y_max: float | None = None

    def __post_init__(self) -> None:
        for low, high, name in (
            (self.low, self.high, "low"),
            (self.x_min, self.x_max, "x_min"),
            (self.y_min, self.y_max, "y_min"),
        ):
            if low is not None and high is not None and low >= high:
                raise UnusableStyle(
                    f"'{name}' ({low:g}) must be below its upper bound ({high:g}).", parameter=name
                )


@dataclass(frozen=True)
class Marked:
    """Sources that stand out from the map."""

    query: int | tuple[float, float] | None = None
    """Row, or place on the map, of the query."""
    neighbours: tuple[int, ...] = ()
    """Rows of its neighbours, by rank."""
    rows: tuple[int, ...] = ()
    """Rows of a selection."""


def draw_map(space: LatentSpace, view: MapView, marked: Marked, fmt: FigureFormat) -> bytes:
    """Draw the map as PNG (200 dpi), SVG or PDF; the points are an image in these, text is text.

    Raises
    ------
    UnusableStyle
        If the range of colours cannot be drawn, or nothing lies in the frame.
    """
    places = map_places(space, view.layout)
    if not in_frame(places, view).any():
        raise UnusableStyle("No source lies between these bounds of the map.", parameter="x_min")
    colour_range(space, view)
    return figure_bytes(lambda: _figure(space, places, view, marked), fmt)


def map_places(space: LatentSpace, layout: LayoutName) -> NDArray[np.float64]:
    """Where all sources lie (N, 2) on the bundle's map or the catalogue's own."""
    listed = listed_places(space.catalogue) if layout == "listed" else None
    return np.asarray(space.xy, np.float64) if listed is None else listed


def in_frame(places: NDArray[np.float64], view: MapView) -> NDArray[np.bool_]:
    """Which sources (N,) lie between the bounds of a view."""
    inside = np.ones(len(places), bool)
    for axis, (low, high) in enumerate(((view.x_min, view.x_max), (view.y_min, view.y_max))):
        inside &= places[:, axis] >= (-np.inf if low is None else low)
        inside &= places[:, axis] <= (np.inf if high is None else high)
    return inside


def colour_range(space: LatentSpace, view: MapView) -> tuple[float, float] | None:
    """Values of the first and the last colour; None for categories, or where all is unknown.

    Raises
    ------
    UnusableStyle
        If a logarithmic range would begin at or below 0, or is empty.
    """
    if not space.catalogue.is_number(view.column):
        return None
    values = space.catalogue.numbers(view.column)
    values = values[np.isfinite(values)]
    positive = values[values > 0] if view.log else values
    if not len(positive):
        if not view.log or not len(values):
            return None
        raise UnusableStyle(f"No value of '{view.column}' is above 0: leave log=true out.",
                            parameter="log")  # fmt: skip
    low, high = robust_range(positive)
    low, high = (view.low if view.low is not None else low,
                 view.high if view.high is not None else high)  # fmt: skip
    if view.log and low <= 0:
        raise UnusableStyle("A logarithmic colour scale begins above 0.", parameter="low")
    if not high > low:
        raise UnusableStyle(f"The colours would run from {low:g} to {high:g}.", parameter="low")
    return low, high


Entries = list[tuple[str, str]]
"""Of a legend: colours and words."""


@dataclass(frozen=True, eq=False)
class _Layer:
    """Some of the points, in one colour or by value."""

    chosen: NDArray[np.bool_]  # (N,)
    colour: Any
    how: dict[str, Any] = field(default_factory=dict)

    def draw(self, axes: Axes, places: NDArray[np.float64], size: float) -> PathCollection:
        x, y = places[self.chosen].T
        return axes.scatter(x, y, c=self.colour, s=size, linewidths=0, rasterized=True, **self.how)


def _figure(
    space: LatentSpace, places: NDArray[np.float64], view: MapView, marked: Marked
) -> Figure:
    frame = _frame(places, view)
    width, height = frame[1] - frame[0]
    share = float(np.clip(height / width, LEAST_HEIGHT, MOST_HEIGHT))
    figure = Figure((WIDTH_IN, 0.88 * WIDTH_IN * share + 0.3), layout="constrained")
    axes = figure.add_subplot()
    _set_frame(axes, frame)
    axes.set_xlabel("Map X (no physical meaning)", fontsize=LABEL_PT)
    axes.set_ylabel("Map Y (no physical meaning)", fontsize=LABEL_PT)
    bounds = colour_range(space, view)
    layers, entries = _categories(space, view) if bounds is None else _numbers(space, view, bounds)
    size = float(np.clip(12_000 / len(places), 0.6, 7))
    drawn = [layer.draw(axes, places, size) for layer in layers]
    corner = _draw_marked(axes, places, marked, layers, frame)
    title = column_label(space, view.column)
    _legend(axes, entries, title if bounds is None else None, corner)
    if bounds is not None:
        _draw_bar(figure, axes, drawn[-1], bounds, view, title, space)
    return figure


def _frame(places: NDArray[np.float64], view: MapView) -> NDArray[np.float64]:
    """Lower left and upper right corner of what is drawn (2, 2)."""
    low, high = places.min(0), places.max(0)
    edge = 0.03 * (high - low).max()
    given = ((view.x_min, view.y_min), (view.x_max, view.y_max))
    usual = (low - edge, high + edge)
    return np.array(
        [
            [float(own) if bound is None else bound for bound, own in zip(b, u, strict=True)]
            for b, u in zip(given, usual, strict=True)
        ]
    )


def _set_frame(axes: Axes, frame: NDArray[np.float64]) -> None:
    axes.set(xticks=[], yticks=[])
    axes.set(xlim=frame[:, 0].tolist(), ylim=frame[:, 1].tolist())
    axes.set_aspect("equal", adjustable="box")


def _numbers(
    space: LatentSpace, view: MapView, bounds: tuple[float, float]
) -> tuple[list[_Layer], Entries]:
    values = space.catalogue.numbers(view.column)
    known = np.isfinite(values) & ((values > 0) if view.log else True)
    # without the last colours: near white they do not show on paper
    colours = ListedColormap(colour_table(view.colours)[: 256 - 22] / 255)
    norm = LogNorm(*bounds) if view.log else Normalize(*bounds)
    by_value = _Layer(known, values[known], {"norm": norm, "cmap": colours})
    if known.all():
        return [by_value], []
    words = "unknown or not above 0" if view.log else "unknown"
    entries = [(UNKNOWN, f"{words} ({(~known).sum():,})")]
    return [_Layer(~known, UNKNOWN), by_value], entries


def _categories(space: LatentSpace, view: MapView) -> tuple[list[_Layer], Entries]:
    values = space.catalogue.table[view.column].to_pylist()
    words = np.array(["" if value is None else str(value) for value in values])
    unknown = words == ""
    colours = np.full(len(words), UNKNOWN, dtype="<U7")
    entries = []
    for number, category in enumerate(space.catalogue.categories(view.column)):
        colour = CATEGORY_COLOURS[number % len(CATEGORY_COLOURS)]
        colours[words == category] = colour
        entries.append((colour, f"{category} ({(words == category).sum():,})"))
    if unknown.any():
        entries.append((UNKNOWN, f"unknown ({unknown.sum():,})"))
    # in row order: category after category, the last would hide the first
    return [_Layer(unknown, UNKNOWN), _Layer(~unknown, colours[~unknown])], entries


def _draw_bar(
    figure: Figure,
    axes: Axes,
    points: PathCollection,
    bounds: tuple[float, float],
    view: MapView,
    title: str,
    space: LatentSpace,
) -> None:
    values = space.catalogue.numbers(view.column)
    values = values[values > 0] if view.log else values[np.isfinite(values)]
    beyond = (bool((values < bounds[0]).any()), bool((values > bounds[1]).any()))
    extend = {(True, True): "both", (True, False): "min", (False, True): "max"}
    bar = figure.colorbar(
        points, ax=axes, pad=0.02, fraction=0.04, aspect=35,
        extend=extend.get(beyond, "neither"),
    )  # fmt: skip
    if view.log:
        bar.ax.yaxis.set_major_locator(LogLocator(10, (1, 2, 5)))
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        bar.ax.minorticks_off()
    bar.set_label(title, fontsize=LABEL_PT)
    bar.ax.tick_params(labelsize=TICK_PT, width=0.5, length=2.5)


def _legend(axes: Axes, entries: Entries, title: str | None, taken: int | None) -> None:
    """Write what the colours mean in a corner, which is not the one that is taken."""
    if not entries:
        return
    handles = [
        Line2D([], [], color=colour, marker="o", linestyle="", markersize=4, label=words)
        for colour, words in entries
    ]
    legend = axes.legend(
        handles=handles, title=title, fontsize=TICK_PT, title_fontsize=LABEL_PT,
        loc="best" if taken is None else LEGEND_CORNERS[taken],
        framealpha=0.85, borderpad=0.5, handletextpad=0.2, edgecolor="#999",
    )  # fmt: skip
    legend.get_frame().set_linewidth(0.4)


def _draw_marked(
    axes: Axes,
    places: NDArray[np.float64],
    marked: Marked,
    layers: list[_Layer],
    frame: NDArray[np.float64],
) -> int | None:
    """Mark sources; the corner of an inset, which is drawn where neighbours lie close together."""
    if marked.rows:
        x, y = places[list(marked.rows)].T
        axes.scatter(x, y, s=22, facecolors="none", edgecolors="black", linewidths=0.7, zorder=3)
    around = _around(places, marked, frame)
    _draw_hits(axes, places, marked, numbered=around is None)
    if around is None:
        return None
    corner = _emptiest_corner(places, frame)
    left, bottom = INSET_CORNERS[corner]
    inset = axes.inset_axes((left, bottom, INSET, INSET), zorder=7)
    within = ((places >= around[0]) & (places <= around[1])).all(1)
    for layer in layers:
        layer.draw(inset, places, float(np.clip(2000 / max(within.sum(), 1), 3, 10)))
    _draw_hits(inset, places, marked, numbered=True)
    inset.set(xticks=[], yticks=[])
    inset.set(xlim=around[:, 0].tolist(), ylim=around[:, 1].tolist())
    axes.indicate_inset_zoom(inset, edgecolor="#444", linewidth=0.6, alpha=1)
    return corner


def _draw_hits(axes: Axes, places: NDArray[np.float64], marked: Marked, numbered: bool) -> None:
    if marked.neighbours:
        hits = places[list(marked.neighbours)]
        axes.scatter(hits[:, 0], hits[:, 1], s=18, facecolors="none", edgecolors=ACCENT,
                     linewidths=1.1, zorder=4)  # fmt: skip
        for rank, (x, y) in list(enumerate(hits, 1))[: NUMBERED if numbered else 0]:
            write_haloed(
                axes, str(rank), (x, y), "black", "white", xytext=(3.4, 2.8), fontsize=6.5,
                zorder=6, annotation_clip=True,
            )  # fmt: skip
    if marked.query is not None:
        x, y = places[marked.query] if isinstance(marked.query, int) else marked.query
        axes.scatter([x], [y], s=110, marker="*", facecolors=ACCENT, edgecolors="white",
                     linewidths=0.8, zorder=5)  # fmt: skip


def _around(
    places: NDArray[np.float64], marked: Marked, frame: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """A part of the frame (2, 2) round the hits; None where they are apart enough."""
    if not marked.neighbours:
        return None
    hits = places[list(marked.neighbours)]
    if marked.query is not None:
        query = places[marked.query] if isinstance(marked.query, int) else marked.query
        hits = np.vstack([hits, query])
    whole = frame[1] - frame[0]
    middle = (hits.min(0) + hits.max(0)) / 2
    share = max(1.3 * float((np.ptp(hits, axis=0) / whole).max()), 0.02)
    return (
        None
        if share > INSET_BELOW
        else np.array([middle - share * whole / 2, middle + share * whole / 2])
    )


def _emptiest_corner(places: NDArray[np.float64], frame: NDArray[np.float64]) -> int:
    shares = (places - frame[0]) / (frame[1] - frame[0])
    counts = [
        int(((shares >= corner) & (shares <= np.array(corner) + INSET)).all(1).sum())
        for corner in INSET_CORNERS
    ]
    return int(np.argmin(counts))


def column_label(space: LatentSpace, column: str) -> str:
    """A column's label with its unit: Angular extent (arcsec)."""
    info = space.catalogue.info[column]
    return f"{info.label} ({info.unit})" if info.unit else info.label
