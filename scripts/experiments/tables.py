"""Words and tables that the reports of the experiments share. It computes only means."""

from collections.abc import Iterable, Sequence

import numpy as np

MeanError = tuple[float, float | None]


def mean_error(values: Sequence[float]) -> MeanError:
    """Mean of shares in per cent, and its standard error (None for a single value)."""
    percent = 100 * np.asarray(values, float)
    if len(percent) < 2:
        return float(percent.mean()), None
    return float(percent.mean()), float(percent.std(ddof=1) / np.sqrt(len(percent)))


def written(value: MeanError | None) -> str:
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
