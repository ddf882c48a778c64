"""A latent space with representations and positions made up for a test."""

from pathlib import Path

import faiss
import numpy as np
from numpy.typing import ArrayLike

from app.bundle.catalogue import CORE_COLUMNS, make_table, write_table
from app.bundle.files import EncoderRecord, Manifest, ReductionRecord, SourceRecord
from app.bundle.latent_space import LatentSpace
from scripts.bundle.stages import ImageWriter, build_index, leave_one_out_novelty


def make_space(
    directory: Path,
    y: ArrayLike | None = None,
    ra_deg: ArrayLike | None = None,
    dec_deg: ArrayLike | None = None,
) -> LatentSpace:
    """Write a version of blank images, sources s0, s1, ..., and load it unverified.

    Parameters
    ----------
    directory : Path
        Where to write it.
    y : array_like, shape (N, 512), optional
        Seeded random numbers if not given, as are the positions.
    ra_deg, dec_deg : array_like, shape (N,), optional
    """
    n = len(np.asarray(next(given for given in (y, ra_deg) if given is not None)))
    rng = np.random.default_rng(69)
    y = np.asarray(rng.random((n, 512)) if y is None else y, np.float32)
    ra_deg = np.asarray(rng.uniform(0, 360, n) if ra_deg is None else ra_deg, np.float64)
    dec_deg = np.asarray(rng.uniform(-90, 90, n) if dec_deg is None else dec_deg, np.float64)
    index = build_index(y)
    columns = {"source_id": [f"s{row}" for row in range(n)], "ra_deg": ra_deg, "dec_deg": dec_deg}
    columns["image_origin"] = ["observed"] * n
    columns["novelty"] = leave_one_out_novelty(index, y)
    write_table(make_table(columns, CORE_COLUMNS), directory / "catalogue.parquet")
    np.save(directory / "representations.npy", y)
    np.save(directory / "map.npy", rng.normal(size=(n, 2)).astype(np.float32))
    faiss.write_index(index, str(directory / "neighbours.faiss"))
    with ImageWriter(directory / "images.zarr", n) as images:
        for _ in range(n):
            images.append(np.zeros((150, 150), np.uint8))
    return LatentSpace(directory, make_manifest(n))


def make_manifest(n: int, files: dict[str, str] | None = None) -> Manifest:
    """A manifest of n sources in which nothing is true."""
    source = dict.fromkeys(("name", "description", "version", "doi", "url"), "none")
    encoder = {"name": "none", "architecture": "none", "origin": "none", "sha256": "0"}
    return Manifest(
        fingerprint="0",
        created_utc="2026-01-01T00:00:00Z",
        demo=False,
        n=n,
        preprocessing="none",
        extent_algorithm="none",
        input_kind="raw",
        encoder=EncoderRecord.model_validate(encoder | {"trained": False}),
        source=SourceRecord(
            **source, citation="Slijepčević – et al.", terms="none", n_listed=n, n_rejected=0
        ),
        reduction=ReductionRecord(
            pca_components=2,
            pca_variance_kept=1.0,
            umap_n_neighbors=2,
            umap_min_dist=0.1,
            umap_metric="cosine",
            seed=1,
        ),
        default_column="ra_deg",
        libraries={},
        files=files or {},
    )
