"""The page of an experiment: what it was made with, its tables and its plots.

It never runs anything.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import typer
from matplotlib.figure import Figure

from scripts.experiments.grid import CellResult, Experiment, Inputs

MeanError = tuple[float, float | None]
Curves = Mapping[str, Mapping[float, MeanError]]
Bars = Mapping[str, Mapping[str, MeanError]]

PAPER = ", paper"
"""What the name of a curve ends in that shows the paper's figures; it is dashed."""
_ELSEWHERE = re.compile(r"(?<![^\s:=])(?:/|\.\./)(?:[^\s:=]*/)?(?=[^/.])")
"""Directories of a path that is absolute or begins with .., up to its last name."""

SMOKE = "**These are smoke figures: they only show that it runs.**"


def page(
    experiment: Experiment, inputs: Inputs, command: str, outcomes: Sequence[CellResult], body: str
) -> str:
    """Write the Markdown page.

    Parameters
    ----------
    command : str
        As `command_of` gives it.
    body : str
        What the experiment reports.
    """
    lines = [
        f"Command: `{command}`",
        f"Encoder: {_encoder(inputs, outcomes)}",
        f"Budget: {inputs.budget}. {_seeds(outcomes)}",
    ]
    if inputs.budget == "smoke":
        lines.append(SMOKE)
    head = "\n".join(f"- {line}" for line in lines)
    return f"# {experiment.title}\n\n{head}\n\n{body.rstrip()}\n"


def command_of(context: typer.Context) -> str:
    """The command that was given; what lies outside the working directory by its last name."""
    words = ["rgz-explorer", context.info_name or ""]
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE":
            continue
        option = [parameter.opts[0]] if parameter.param_type_name == "option" else []
        value = context.params[name]
        for one in value if isinstance(value, list | tuple) else [value]:
            words += [*option, _ELSEWHERE.sub("", str(one))]
    return " ".join(words)


def mean_error(values: Sequence[float]) -> MeanError:
    """Mean of shares in per cent, and its standard error (None for a single value)."""
    percent = 100 * np.asarray(values, float)
    if len(percent) < 2:
        return float(percent.mean()), None
    return float(percent.mean()), float(percent.std(ddof=1) / np.sqrt(len(percent)))


def with_error(value: MeanError | None) -> str:
    """'8.33 ± 0.40', '8.33' for one run, a dash for none."""
    if value is None:
        return "–"
    mean, error = value
    return f"{mean:.2f}" if error is None else f"{mean:.2f} ± {error:.2f}"


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Write a Markdown table."""
    header = list(header)
    lines = [header, ["---"] * len(header), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def averaged(seeds: int, epochs: int | None = None) -> str:
    """One sentence on what the figures of a table are."""
    trained = f" after {epochs} epoch{'s' if epochs > 1 else ''}" if epochs else ""
    if seeds == 1:
        return f"Errors in per cent{trained}, of a single seed."
    return f"Errors in per cent{trained}, mean ± standard error of the mean over {seeds} seeds."


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


def _encoder(inputs: Inputs, outcomes: Sequence[CellResult]) -> str:
    if not any(outcome.cell.needs_encoder for outcome in outcomes):
        return "none is read; every run trains its own."
    if inputs.card is None:
        return "not known."
    card = inputs.card
    return f"{card.name}, weights sha256 `{card.sha256}` ({card.origin})."


def _seeds(outcomes: Sequence[CellResult]) -> str:
    seeds = sorted({o.cell.values["seed"] for o in outcomes if "seed" in o.cell.values})
    if not seeds:
        return "Nothing is drawn at random: there is no seed."
    return f"Seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}."
