"""A small component catalogue and a list of the places that it can draw, for tests."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

N = 14
"""Places listed; the last two of them show nothing: one has a likely sidelobe, one no component."""
RA, DEC = np.linspace(150, 151, N), np.linspace(10, 12, N)
NAMES = (
    "ra_deg",
    "dec_deg",
    "sidelobe_prob",
    "peak_mjy",
    "major_arcsec",
    "minor_arcsec",
    "pa_deg",
)


def write_components(path: Path) -> Path:
    """Write doubles of growing size."""
    offsets = np.linspace(5, 40, N) / 3600
    rows = [
        (ra, dec + sign * offset, 0.01, 20.0 + 3 * sign, 6.0, 3.0, 10.0)
        for ra, dec, offset in list(zip(RA, DEC, offsets, strict=True))[: N - 2]
        for sign in (-1, 1)
    ]
    rows.append((RA[-2], DEC[-2], 0.9, 50.0, 0.0, 0.0, 0.0))
    columns = dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True))
    pq.write_table(pa.table(columns), path)
    return path


def write_published_map(path: Path) -> Path:
    """Write the places with the columns of the published map; all have the same size."""
    columns = {
        "rgz_name": [f"RGZJ{i}" for i in range(N)],
        "umap_x": np.arange(N) * 1.5,
        "umap_y": np.arange(N)[::-1] * 0.5,
        "ra": RA,
        "dec": DEC,
        "size": np.full(N, 30.0),
        "fr_prediction": [1] * N,
        "fr_vote_fraction": np.ones(N),
    }
    pq.write_table(pa.table(columns), path)
    return path
