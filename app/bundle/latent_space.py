"""A bundle in memory: sources, representations, map and index, and how to look things up in them.

It never asks a survey, and it never changes what it holds.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import faiss
import numpy as np
import zarr
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from app.bundle.catalogue import NOVELTY_PERCENTILE, Catalogue, read_table
from app.bundle.duplicates import read_duplicates
from app.bundle.files import Manifest, current_version, verify
from app.bundle.search import ExactSearch, Match, Search, index_vectors, unit
from app.errors import BundleCorrupt
from model.sphere import unit_vectors

NOVELTY_NEIGHBOURS = 10


class LatentSpace:
    """The sources of one bundle version.

    Parameters
    ----------
    version_dir : Path
        A verified version; see `open_latent_space`.
    manifest : Manifest
    """

    def __init__(self, version_dir: Path, manifest: Manifest) -> None:
        self.manifest = manifest
        self.bundle = version_dir.parent
        self.version = version_dir.name
        self.catalogue = Catalogue(read_table(version_dir / "catalogue.parquet"))
        self.y = np.load(version_dir / "representations.npy", mmap_mode="r")  # (N, D)
        self.xy = np.load(version_dir / "map.npy")  # (N, 2)
        self.index = faiss.read_index(str(version_dir / "neighbours.faiss"))
        self.images = zarr.open_array(version_dir / "images.zarr", mode="r")  # (N, 150, 150)
        self.novelty = self.catalogue.numbers("novelty")
        self._sorted_novelty = np.sort(self.novelty)
        lower = 100 * np.searchsorted(self._sorted_novelty, self.novelty) / max(len(self) - 1, 1)
        lower[np.isnan(self.novelty)] = np.nan
        self.catalogue.compute("novelty_percentile", lower, NOVELTY_PERCENTILE)
        self.neighbour_search: Search = ExactSearch(self.y, index_vectors(self.index))
        self._sky = unit_vectors(self.catalogue.ra_deg, self.catalogue.dec_deg)  # (N, 3)
        self.duplicates = read_duplicates(version_dir)
        self._check_lengths(version_dir)

    def __len__(self) -> int:
        return len(self.catalogue)

    def image(self, row: int) -> NDArray[np.uint8]:
        """The cleaned image of a row, (150, 150), row 0 south."""
        return np.asarray(self.images[row])

    def search(self, y: NDArray[np.float32], k: int, exclude_row: int | None = None) -> list[Match]:
        """Find the k most similar sources to a representation.

        Parameters
        ----------
        y : ndarray, shape (D,)
        k : int
        exclude_row : int, optional
            The query's own row.
        """
        own = () if exclude_row is None else (exclude_row,)
        return self.neighbour_search.best(unit(y), k, exclude_rows=own).matches

    def search_rows(self, rows: Sequence[int], k: int) -> Iterator[list[Match]]:
        """Find, for each of some rows, the k sources most similar to it, itself left out."""
        return self.neighbour_search.best_of_rows(rows, k)

    def novelty_percentile(self, matches: list[Match]) -> float:
        """Share (per cent) of the catalogue that lies nearer to its neighbours than a new query.

        Compares the query's mean 1 - S to its 10 neighbours with the leave-one-out values of the
        catalogue.
        """
        mean = np.mean([1 - match.similarity for match in matches[:NOVELTY_NEIGHBOURS]])
        return float(100 * np.searchsorted(self._sorted_novelty, mean) / len(self))

    def novelty_percentile_of(self, row: int) -> float:
        """Share (per cent) of the other sources that lie nearer to their neighbours than this."""
        lower = np.searchsorted(self._sorted_novelty, self.novelty[row])
        return float(100 * lower / max(len(self) - 1, 1))

    def place(self, matches: list[Match]) -> tuple[float, float]:
        """Place a new representation on the map: the median place of its 10 best neighbours."""
        rows = [match.row for match in matches[:NOVELTY_NEIGHBOURS]]
        x, y = np.median(self.xy[rows], axis=0)
        return float(x), float(y)

    def within(self, position: SkyCoord, radius_arcsec: float) -> list[tuple[int, float]]:
        """Rows within a radius of a position and their separations (arcsec), nearest first."""
        separation = self.separations_arcsec(position)
        rows = np.flatnonzero(separation <= radius_arcsec)
        ordered = rows[np.argsort(separation[rows], kind="stable")]
        return [(int(row), float(separation[row])) for row in ordered]

    def separations_arcsec(
        self, position: SkyCoord, rows: NDArray[np.intp] | None = None
    ) -> NDArray[np.float64]:
        """Great-circle distances (arcsec) from a position to all sources, or to some rows."""
        sky = self._sky if rows is None else self._sky[rows]
        chord = np.linalg.norm(sky - _vector(position), axis=1)
        return np.degrees(2 * np.arcsin(np.clip(chord / 2, 0, 1))) * 3600

    def unit_positions(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Unit vectors (K, 3) of some rows' positions."""
        return self._sky[rows]

    def position(self, row: int) -> SkyCoord:
        """ICRS position of a row."""
        return SkyCoord(self.catalogue.ra_deg[row] * u.deg, self.catalogue.dec_deg[row] * u.deg)

    def _check_lengths(self, version_dir: Path) -> None:
        n = self.manifest.n
        shapes = {
            "catalogue.parquet": (len(self.catalogue),) == (n,),
            "representations.npy": self.y.shape == (n, self.index.d),
            "map.npy": self.xy.shape == (n, 2),
            "neighbours.faiss": self.index.ntotal == n,
            "images.zarr": self.images.shape[0] == n,
        }
        wrong = [name for name, fits in shapes.items() if not fits]
        if wrong:
            raise BundleCorrupt(
                f"The bundle '{version_dir}' should hold {n} sources, but {', '.join(wrong)} "
                "does not. Build the bundle again."
            )


def open_latent_space(bundle: Path) -> LatentSpace:
    """Verify and load a bundle's current version.

    Raises
    ------
    BundleMissing, BundleUnreadable, BundleCorrupt
    """
    version_dir = current_version(bundle)
    return LatentSpace(version_dir, verify(version_dir))


def _vector(position: SkyCoord) -> NDArray[np.float64]:
    icrs = position.icrs
    return unit_vectors(icrs.ra.deg, icrs.dec.deg)
