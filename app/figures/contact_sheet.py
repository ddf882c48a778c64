"""A query and its neighbours side by side, as in Fig. 6 of Slijepcevic et al. 2024.

It never searches: it draws an answer.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import FuncNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke

from app.bundle.latent_space import LatentSpace
from app.bundle.stored_image import stored_image
from app.errors import UnusableStyle
from app.figures.figure_file import FigureFormat, figure_bytes
from app.figures.haloed_text import write_haloed
from app.images.brightness import choose_scale
from app.images.cleaned_image import CleanedImage
from app.images.colour_scales import colour_table
from app.images.draw import MARK_RGB
from app.images.overlays import DARK, LIGHT, Rgb, angle_label, ink_on, scale_bar_arcsec
from app.images.picture_style import UNIT_LABELS, PictureStyle
from app.images.styled import colour_pixels, inked_contours, sky_luminance
from app.query.examples import ExamplesAnswer
from app.query.explorer import Answer, Subject
from app.query.ranking import Neighbour
from app.sky.coordinates import format_position
from model.preprocess import PIXEL_SCALE_ARCSEC

K_MAX = 60
PANEL_IN, GAP_IN, WORDS_IN, EDGE_IN, BAR_IN = 1.7, 0.09, 0.44, 0.04, 0.5
COLUMNS = range(3, 7)
"""Panels a row that are tried."""
FINER = 6
"""Each pixel is so many pixels of the file, so that no program smooths them."""
WORDS_PT, RANK_PT = 6.2, 8.5


@dataclass(frozen=True, eq=False)
class Panel:
    """One image and what is written under it."""

    image: CleanedImage
    rank: str
    lines: tuple[str, ...]
    asked: bool = False
    """Whether it is the query, or an example."""


def sheet_panels(space: LatentSpace, answer: Answer, query: CleanedImage) -> list[Panel]:
    """The panels of an answer: the query first, then its neighbours by rank.

    Raises
    ------
    UnusableStyle
        If there are more neighbours than a page holds.
    """
    first = asked_panel(space, answer.subject, query, "Query")
    return [first, *_neighbour_panels(space, answer.neighbours)]


def examples_panels(
    space: LatentSpace, answer: ExamplesAnswer, images: Sequence[CleanedImage]
) -> list[Panel]:
    """The panels of a search with several examples: those first, the wanted before the unwanted.

    Raises
    ------
    UnusableStyle
        If there are more examples or neighbours than a page holds.
    """
    if len(images) > K_MAX:
        raise UnusableStyle(
            f"A contact sheet holds at most {K_MAX} examples; there are {len(images)}."
        )
    kinds = ["Wanted"] * len(answer.wanted) + ["Unwanted"] * len(answer.unwanted)
    asked = [
        asked_panel(space, one.subject, image, kind)
        for one, image, kind in zip(answer.examples, images, kinds, strict=True)
    ]
    return [*asked, *_neighbour_panels(space, answer.neighbours)]


def asked_panel(space: LatentSpace, subject: Subject, image: CleanedImage, kind: str) -> Panel:
    """The panel of a query, or of an example."""
    name = _name(space, subject.row) if subject.row is not None else _place(subject)
    extent = _extent(subject.angular_extent_arcsec, subject.extent_flag)
    return Panel(image, kind, (name, extent), asked=True)


def _neighbour_panels(space: LatentSpace, neighbours: Sequence[Neighbour]) -> list[Panel]:
    if len(neighbours) > K_MAX:
        raise UnusableStyle(
            f"A contact sheet holds at most {K_MAX} neighbours; you asked for {len(neighbours)}.",
            parameter="k",
        )
    panels = []
    for neighbour in neighbours:
        match = neighbour.match
        values = space.catalogue.row(match.row)
        similar = (
            f"S = {format_similarity(match.similarity)}   "
            f"1 − S = {format_dissimilarity(1 - match.similarity)}"
        )
        extent = _extent(values["angular_extent_arcsec"], str(values["extent_flag"]))
        lines = (_name(space, match.row), similar, extent)
        panels.append(Panel(stored_image(space, match.row), str(neighbour.rank), lines))
    return panels


def draw_contact_sheet(panels: list[Panel], style: PictureStyle, fmt: FigureFormat) -> bytes:
    """Draw panels as PNG (200 dpi), SVG or PDF.

    One colour bar where the range is given (low and high), and so is the same in all panels.

    Raises
    ------
    UnusableStyle
        If mJy/beam are asked of an image whose flux scale is not known.
    """
    for panel in panels:
        if panel.image.origin != "none":
            choose_scale(panel.image, style)
    return figure_bytes(lambda: _sheet(panels, style), fmt)


def _sheet(panels: list[Panel], style: PictureStyle) -> Figure:
    columns = _columns(len(panels))
    rows = math.ceil(len(panels) / columns)
    with_bar = style.low is not None and style.high is not None
    bar_in = BAR_IN if with_bar else 0.0
    width = 2 * EDGE_IN + columns * PANEL_IN + (columns - 1) * GAP_IN
    row_in = PANEL_IN + WORDS_IN
    height = 2 * EDGE_IN + rows * row_in + (rows - 1) * GAP_IN + bar_in
    figure = Figure((width, height))
    for number, panel in enumerate(panels):
        row, column = divmod(number, columns)
        left = EDGE_IN + column * (PANEL_IN + GAP_IN)
        bottom = height - EDGE_IN - PANEL_IN - row * (row_in + GAP_IN)
        box = (left / width, bottom / height, PANEL_IN / width, PANEL_IN / height)
        _draw_panel(figure.add_axes(box), panel, style)
    if with_bar:
        bar = (EDGE_IN + 0.15 * width, EDGE_IN + 0.3, 0.7 * width - 2 * EDGE_IN, 0.1)
        axes = figure.add_axes((bar[0] / width, bar[1] / height, bar[2] / width, bar[3] / height))
        _draw_bar(figure, axes, panels[0].image, style)
    return figure


def _columns(n: int) -> int:
    """Panels a row: few places stay empty, and the sheet is nearly a square, rather wide."""

    def cost(columns: int) -> float:
        rows = math.ceil(n / columns)
        return rows * columns - n + 0.6 * abs(rows - columns) + max(rows - columns, 0)

    return min(n, min(COLUMNS, key=cost))


def _draw_panel(axes: Axes, panel: Panel, style: PictureStyle) -> None:
    size, image = style.size_px, panel.image
    axes.set(xlim=(0, size), ylim=(0, size), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(color="#c22" if panel.asked else "#777", linewidth=1.4 if panel.asked else 0.5)
    for line, words in enumerate(panel.lines):
        axes.annotate(
            words, (0.01, 0), (0, -3 - line * (WORDS_PT + 2.4)), xycoords="axes fraction",
            textcoords="offset points", va="top", fontsize=WORDS_PT,
            fontweight="bold" if line == 0 else "normal",
        )  # fmt: skip
    if image.origin == "none":
        axes.text(size / 2, size / 2, "no image", ha="center", va="center", fontsize=WORDS_PT)
        _write_rank(axes, panel.rank, DARK)
        return
    rgb = colour_pixels(image, style)[::-1]
    rgb = np.repeat(np.repeat(rgb, FINER, 0), FINER, 1)
    axes.imshow(rgb, extent=(0, size, 0, size), interpolation="none")
    if style.contours:
        for level in inked_contours(image, style):
            lines = LineCollection(
                [line + 0.5 for line in level.lines], colors=[_colour(level.ink)], linewidths=0.5
            )
            axes.add_collection(lines, autolim=False)
    ink = ink_on(sky_luminance(image, style))
    _write_rank(axes, panel.rank, ink)
    if style.beam and image.beam is not None:
        _draw_beam(axes, image, ink, size)
    if style.scale_bar:
        _draw_scale_bar(axes, ink, size, raised=0.08 if image.origin == "model" else 0.0)
    if style.compass:
        _draw_compass(axes, ink, size)
    if image.origin == "model":
        _mark_model(axes)


def _mark_model(axes: Axes) -> None:
    """The word and the dashed frame that every picture of a model has."""
    colour = f"#{bytes(MARK_RGB).hex()}"
    axes.text(
        0.985, 0.02, "MODEL", transform=axes.transAxes, ha="right", va="bottom", color=colour,
        fontsize=WORDS_PT, fontweight="bold",
        bbox={"facecolor": "black", "edgecolor": "none", "pad": 1.2},
    )  # fmt: skip
    for spine in axes.spines.values():
        spine.set(color=colour, linewidth=1.4, linestyle=(0, (3, 2)))


def _write_rank(axes: Axes, rank: str, ink: Rgb) -> None:
    write_haloed(
        axes, rank, (0.035, 0.955), _colour(ink), _other(ink), xycoords="axes fraction",
        ha="left", va="top", fontsize=RANK_PT, fontweight="bold",
    )  # fmt: skip


def _draw_beam(axes: Axes, image: CleanedImage, ink: Rgb, size: int) -> None:
    """Position angle from north (up) through east (left): matplotlib's, from the vertical."""
    assert image.beam is not None
    major, minor = (
        axis / PIXEL_SCALE_ARCSEC for axis in (image.beam.major_arcsec, image.beam.minor_arcsec)
    )
    place = 0.04 * size + major / 2
    axes.add_patch(
        Ellipse(
            (place, place), minor, major, angle=image.beam.pa_deg, facecolor=_colour(ink),
            edgecolor=_other(ink), linewidth=0.4,
        )
    )  # fmt: skip


def _draw_scale_bar(axes: Axes, ink: Rgb, size: int, raised: float) -> None:
    arcsec = scale_bar_arcsec(size)
    right, bottom = 0.955 * size, (0.05 + raised) * size
    left = right - arcsec / PIXEL_SCALE_ARCSEC
    axes.plot(
        (left, right), (bottom, bottom), color=_colour(ink), linewidth=1.0,
        solid_capstyle="butt", path_effects=[_halo(ink)],
    )  # fmt: skip
    write_haloed(
        axes, angle_label(arcsec), ((left + right) / 2, bottom + 0.015 * size), _colour(ink),
        _other(ink), ha="center", va="bottom", fontsize=WORDS_PT,
    )  # fmt: skip


def _draw_compass(axes: Axes, ink: Rgb, size: int) -> None:
    x, y = 0.93 * size, 0.78 * size
    for words, east, north in (("N", 0, 1), ("E", 1, 0)):
        tip = (x - 0.1 * size * east, y + 0.1 * size * north)
        axes.annotate(
            "", tip, (x, y),
            arrowprops={"arrowstyle": "-|>", "color": _colour(ink), "linewidth": 0.7,
                        "shrinkA": 0, "shrinkB": 0, "mutation_scale": 5},
        )  # fmt: skip
        write_haloed(
            axes, words, tip, _colour(ink), _other(ink), xytext=(-5 * east, 5 * north),
            ha="center", va="center", fontsize=WORDS_PT,
        )  # fmt: skip


def _draw_bar(figure: Figure, axes: Axes, image: CleanedImage, style: PictureStyle) -> None:
    scale = choose_scale(image, style)
    places = np.linspace(0, 1, 1025)
    values = scale.low + places * (scale.high - scale.low)
    shares = scale.shares(values)
    norm = FuncNorm(
        (lambda x: np.interp(x, values, shares), lambda x: np.interp(x, shares, values)),
        vmin=scale.low,
        vmax=scale.high,
    )
    colours = ListedColormap(colour_table(style.colours, style.invert) / 255)
    bar = figure.colorbar(ScalarMappable(norm, colours), cax=axes, orientation="horizontal")
    ticks = scale.ticks()
    bar.set_ticks([value for value, _ in ticks], labels=[f"{value:g}" for value, _ in ticks])
    bar.ax.minorticks_off()
    bar.ax.tick_params(labelsize=WORDS_PT, length=2, width=0.5)
    bar.set_label(f"Brightness ({UNIT_LABELS[scale.unit]})", fontsize=WORDS_PT + 0.5, labelpad=2)


def _halo(ink: Rgb) -> withStroke:
    return withStroke(linewidth=1.4, foreground=_other(ink))


def _colour(ink: Rgb) -> str:
    return "black" if ink == DARK else "white"


def _other(ink: Rgb) -> str:
    return _colour(LIGHT if ink == DARK else DARK)


def _name(space: LatentSpace, row: int) -> str:
    values = space.catalogue.row(row)
    return str(values["name"] or values["source_id"])


def _place(subject: Subject) -> str:
    place = subject.position
    if place is None:
        return "an image without a position"
    return format_position(float(place.ra.deg), float(place.dec.deg))


def _extent(arcsec: object, flag: str) -> str:
    """The largest angular size with its limit, where it has one."""
    if not isinstance(arcsec, float) or arcsec != arcsec:
        return "angular extent unknown"
    sign = {"unresolved": "< ", "beyond field": "≥ "}.get(flag, "")
    return f"angular extent {sign}{arcsec:.0f}″"


def format_dissimilarity(dissimilarity: float) -> str:
    """1 - S to two significant digits: 0.13, 4.2 × 10⁻⁴."""
    if dissimilarity == 0:
        return "0"
    if abs(dissimilarity) >= 0.00995:
        return f"{dissimilarity:#.2g}"
    mantissa, exponent = f"{dissimilarity:.1e}".split("e")
    return f"{mantissa} × 10{_raised(int(exponent))}"


def format_similarity(similarity: float) -> str:
    """S with so many digits that 1 - S has two: 0.87, 0.99958."""
    dissimilarity = 1 - similarity
    if dissimilarity <= 0:
        return "1"
    digits = 1 - math.floor(math.log10(dissimilarity))
    return f"{similarity:.{max(2, digits)}f}"


def _raised(number: int) -> str:
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
