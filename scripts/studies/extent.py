"""Compare measured angular extents with the catalogued sizes of the MiraBest sources.

`python -m scripts.studies.extent` prints the tables of docs/results/angular_extent.md. It never
changes a constant of the algorithm.
"""

import re
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from astropy.io import fits
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy import ndimage
from scipy.spatial.distance import pdist

from model.batch_files import load_plain_pickle
from model.extent import BEAM_FWHM_ARCSEC, MIN_AREA_PX, AngularExtent, measure_extent, source_pixels
from model.firstgalaxydata import FirstGalaxy, centre_image, read_galaxies
from model.preprocess import IMAGE_SIZE_PX, PIXEL_SCALE_ARCSEC, ImageError, clean

LOCAL_DATA = Path(__file__).parents[3] / "shared" / "data"
BATCHES = "MiraBest_F_batches.tar.gz"
SEED = 69
TARGET_ARCSEC = (20.0, 126.0)
BINS_ARCSEC = ((5, 10), (10, 20), (20, 30), (30, 45), (45, 60), (60, 90), (90, 126), (126, 270))
TOLERANCE = 0.3

_FLAGS = ("unresolved", "beyond field")
_ENTRY = re.compile(r"\d{3}_\d+\.\d+[+-]\d+\.\d+_\d\.\d+_(\d+\.\d+)")


@dataclass(frozen=True)
class Comparison:
    """One source: what the catalogue says and what is measured."""

    entry: str
    """The MiraBest name without its ending; the same source has the same in every data set."""
    las_arcsec: float
    extent: AngularExtent
    failure: str | None
    """Why the sizes differ by more than 30 %; None if they do not."""

    @property
    def ratio(self) -> float:
        """Measured over catalogued."""
        return self.extent.arcsec / self.las_arcsec


def compare(images: Iterable[tuple[str, NDArray[np.uint8]]]) -> list[Comparison]:
    """Measure images (150, 150) whose MiraBest names end in the largest angular size."""
    compared = []
    for name, image in images:
        match = _ENTRY.search(name)
        if match:
            las_arcsec, extent = float(match[1]), measure_extent(image)
            failure = failure_mode(image, extent.arcsec / las_arcsec, las_arcsec)
            compared.append(Comparison(match[0], las_arcsec, extent, failure))
    return compared


def failure_mode(image: NDArray[np.uint8], ratio: float, las_arcsec: float) -> str | None:
    """Say why a measured size differs from the catalogued by more than 30 %."""
    if abs(ratio - 1) <= TOLERANCE:
        return None
    labels, _ = ndimage.label(image, structure=np.ones((3, 3)))
    source = source_pixels(image)
    if ratio > 1:
        main = labels == np.bincount(labels[source]).argmax()
        alone = measure_extent(np.where(main, image, 0).astype(np.uint8)).arcsec
        if alone > (1 + TOLERANCE) * las_arcsec:
            return "too long: its largest island alone is too long"
        return "too long: an island joined that the catalogue leaves out"
    seen = _longest_arcsec(np.isin(labels, _islands_within(labels, las_arcsec)))
    if seen < 0.9 * las_arcsec:
        return "too short: no emission above 3 sigma that far out"
    if _longest_arcsec(source) < 0.9 * las_arcsec:
        return "too short: an island was left out"
    return "too short: a diffuse end was taken for blur"


def demo_images(galaxies: Iterable[FirstGalaxy]) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield the MiraBest sources of firstgalaxydata, in the order of their HDF5 group names."""
    for galaxy in sorted(galaxies, key=lambda galaxy: galaxy.key):
        if np.isfinite(galaxy.las_arcsec):
            yield galaxy.entry, centre_image(galaxy.field)


def published_images(batches: Path) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield the images of MiraBest_F (Zenodo 4288837), in the order of its archive.

    On that order `unseen` depends, and with it the tables that are published.
    """
    with tarfile.open(batches) as archive:
        for member in archive:
            file = archive.extractfile(member) if "_batch" in Path(member.name).name else None
            if file is None:
                continue
            batch = load_plain_pickle(file.read())
            for name, image in zip(batch["filenames"], batch["data"], strict=True):
                yield str(name), np.asarray(image, np.uint8).reshape(IMAGE_SIZE_PX, IMAGE_SIZE_PX)


def raw_images(directory: Path) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield raw FITS images, cleaned; those that cannot be cleaned are left out."""
    for path in sorted(directory.glob("*.fits.gz")):
        try:
            yield path.name, clean(fits.getdata(path))
        except ImageError:
            continue


def unseen(demo: list[Comparison], published: list[Comparison]) -> set[str]:
    """Name the sources that were in neither of the halves that the constants were chosen on."""
    rng = np.random.default_rng(SEED)
    seen = {c.entry for c in demo if rng.random() < 0.5}
    seen |= {c.entry for c in published if rng.random() < 0.5}
    return {c.entry for c in [*demo, *published]} - seen


def within_target(compared: Iterable[Comparison]) -> list[Comparison]:
    """Keep the sources of 20-126", the sizes that the target is set for."""
    low, high = TARGET_ARCSEC
    return [c for c in compared if low <= c.las_arcsec <= high]


def share(holds: Iterable[bool]) -> float:
    """Per cent of the sources for which something holds."""
    return 100 * float(np.mean([*holds]))


def median_ratio(compared: list[Comparison]) -> float:
    """Median of measured over catalogued; a source without emission counts as 0."""
    return float(np.median([np.nan_to_num(c.ratio) for c in compared]))


def is_close(compared: Comparison) -> bool:
    """Tell whether the measured size is within 30 % of the catalogued."""
    return abs(compared.ratio - 1) <= TOLERANCE


def _islands_within(labels: NDArray[np.integer], las_arcsec: float) -> NDArray[np.integer]:
    """List the islands that are no specks and reach into the catalogued circle, by the beam."""
    offsets_px = np.indices(labels.shape) - (IMAGE_SIZE_PX - 1) / 2
    reach_px = (las_arcsec / 2 + BEAM_FWHM_ARCSEC) / PIXEL_SCALE_ARCSEC
    near = np.unique(labels[np.hypot(*offsets_px) <= reach_px])
    area_px = np.bincount(labels.ravel())
    return near[(near > 0) & (area_px[near] >= MIN_AREA_PX)]


def _longest_arcsec(mask: NDArray[np.bool_]) -> float:
    """Measure the longest distance between two pixels of a mask, blur and all."""
    rim = np.argwhere(mask & ~ndimage.binary_erosion(mask))
    return float(pdist(rim).max(initial=0)) * PIXEL_SCALE_ARCSEC


def _add_row(table: Table, title: str, compared: list[Comparison]) -> None:
    if not compared:
        return
    ratios = np.nan_to_num([c.ratio for c in compared])
    low, median, high = np.percentile(ratios, [16, 50, 84])
    columns = [str(len(compared)), f"{median:.2f}", f"{low:.2f}-{high:.2f}"]
    percents = [
        share(is_close(c) for c in compared),
        share(ratios < 1 - TOLERANCE),
        share(ratios > 1 + TOLERANCE),
        *(share(c.extent.flag == flag for c in compared) for flag in _FLAGS),
    ]
    table.add_row(title, *columns, *(f"{percent:.1f}" for percent in percents))


def _tabulate(title: str, compared: list[Comparison], unseen_entries: set[str]) -> Table:
    heads = ["n", "median", "16-84 %", "within 30 %", "too short", "too long", *_FLAGS]
    table = Table("LAS (arcsec)", title=title)
    for head in heads:
        table.add_column(head, justify="right")
    for low, high in BINS_ARCSEC:
        _add_row(table, f"{low}-{high}", [c for c in compared if low <= c.las_arcsec < high])
    target = within_target(compared)
    table.add_section()
    _add_row(table, "20-126, all", target)
    _add_row(table, "20-126, unseen", [c for c in target if c.entry in unseen_entries])
    return table


def main(
    data: Annotated[
        Path, typer.Option(help=f"Directory with {BATCHES} and first_fits/, if there.")
    ] = LOCAL_DATA,
) -> None:
    """Print measured against catalogued sizes (ratio; shares in per cent) for each data set."""
    demo = compare(demo_images(read_galaxies()))
    batches, raw_directory = data / BATCHES, data / "first_fits"
    published = compare(published_images(batches)) if batches.exists() else []
    raw = compare(raw_images(raw_directory))
    entries = unseen(demo, published) if published else set()
    console = Console(highlight=False, width=120)
    kinds = {"firstgalaxydata (pedestal)": demo, "MiraBest_F (published)": published}
    for title, compared in {**kinds, "Raw FITS, cleaned": raw}.items():
        if compared:
            console.print(_tabulate(title, compared, entries))
            failures = Counter(c.failure for c in within_target(compared) if c.failure)
            for failure, n in failures.most_common():
                console.print(f"  {n:4d}  {failure}")


if __name__ == "__main__":
    typer.run(main)
