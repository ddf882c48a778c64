"""The plots of the experiments. It never computes what it draws."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from scripts.experiments.tables import MeanError

PAPER = ", paper"
"""What the name of a curve ends in that shows the paper's figures; it is dashed."""

Curves = Mapping[str, Mapping[float, MeanError]]
Bars = Mapping[str, Mapping[str, MeanError]]


def plot_errors(curves: Curves, x_label: str, y_label: str, out: Path) -> None:
    """Draw one line with error bars a curve; those of the paper dashed, in their arm's colour."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    colours: dict[str, str] = {}
    for name, points in curves.items():
        colour = colours.setdefault(name.removesuffix(PAPER), f"C{len(colours)}")
        style = "--" if name.endswith(PAPER) else "-"
        x = sorted(points)
        axes.errorbar(
            x,
            [points[v][0] for v in x],
            [points[v][1] or 0.0 for v in x],
            marker="o",
            markersize=4,
            capsize=3,
            linestyle=style,
            color=colour,
            label=name,
        )
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    figure.savefig(out, dpi=130)


def plot_bars(bars: Bars, x_label: str, out: Path) -> None:
    """Draw one marker with its error a named row and series, rows downwards."""
    names = list(dict.fromkeys(name for points in bars.values() for name in points))
    figure = Figure(figsize=(7, 1.2 + 0.35 * len(names)), layout="constrained")
    axes = figure.subplots()
    for series, points in bars.items():
        place = [names.index(name) for name in points]
        means, errors = zip(*points.values(), strict=True)
        axes.errorbar(
            means, place, xerr=[e or 0.0 for e in errors], fmt="o", capsize=3, label=series
        )
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel(x_label)
    axes.set_xlim(left=0)
    axes.grid(axis="x", alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(out, dpi=130)
