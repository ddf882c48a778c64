"""Figures of training runs. It never computes what it draws."""

import csv
from pathlib import Path

from matplotlib.figure import Figure


def plot_metrics(metrics: Path, out: Path) -> None:
    """Draw loss, effective rank and learning rate of a run's metrics.csv against the step."""
    with metrics.open() as file:
        rows = list(csv.DictReader(file))
    steps = [int(row["step"]) for row in rows]
    figure = Figure(figsize=(7, 7), layout="constrained")
    axes = figure.subplots(3, 1, sharex=True)
    for axis, name in zip(axes, ("loss", "rank", "learning_rate"), strict=True):
        axis.plot(steps, [float(row[name]) for row in rows], linewidth=0.8)
        axis.set_ylabel(name.replace("_", " "))
    axes[0].set_yscale("log")
    axes[-1].set_xlabel("step")
    figure.savefig(out, dpi=120)
