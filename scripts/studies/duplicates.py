"""Which duplicates the search finds, which it makes up, and what it costs.

Run as `python -m scripts.studies.duplicates --bundle DIR --out FILE.json [--fits DIR] [--published
MAP --components FILE] [--rows N]`; docs/results/duplicates.md keeps the figures. It never writes a
bundle.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import typer
from astropy.io import fits
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from app.bundle.catalogue import Catalogue
from app.bundle.duplicates import BANDS, DUPLICATES_ALGORITHM
from app.bundle.latent_space import LatentSpace, open_latent_space
from model.encoder import Encoder, embed
from model.inference import load_fast_encoder
from model.preprocess import PIXEL_SCALE_ARCSEC, background_rms, clean, network_input
from model.sphere import chord, unit_vectors
from scripts.bundle.drawn import DrawingConfig, DrawnImages
from scripts.bundle.duplicates import find_duplicates
from scripts.bundle.sources import Source
from scripts.terminal import console

SEED = 69
OTHERS = 2_000
"""Rows of the published map whose names do not repeat, drawn at random."""
SHIFTS_PX = (0, 2, 5, 10)
NOISES = (0.0, 1.0)
"""Of the image's own rms: 1 is another observation of the same depth, added to the first."""
BEAM_SIGMA_PX = 5.4 / 1.8 / 2.355
FAR_DEG = 20.0


def catalogue_of(ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]) -> Catalogue:
    """A catalogue of places alone; ids are their numbers."""
    ids = [str(row) for row in range(len(ra_deg))]
    return Catalogue(pa.table({"source_id": ids, "ra_deg": ra_deg, "dec_deg": dec_deg}))


def pairs_by_band(pairs: list[dict[str, Any]]) -> dict[str, int]:
    """How many there are of each band."""
    counts = Counter(each["band"] for each in pairs)
    return {band: counts[band] for band in BANDS}


def repeated_names(published: Path, components: Path, encoder: Encoder) -> dict[str, Any]:
    """Of pairs of one name in the published map, how many are found; and what else is."""
    table = pq.read_table(published)
    names = table["rgz_name"].to_numpy(zero_copy_only=False)
    _, group, size = np.unique(names, return_inverse=True, return_counts=True)
    repeated = np.flatnonzero(size[group] > 1)
    single = np.random.default_rng(SEED).permutation(np.flatnonzero(size[group] == 1))[:OTHERS]
    chosen = np.concatenate([repeated, single])
    ra, dec = (table[name].to_numpy().astype(np.float64)[chosen] for name in ("ra", "dec"))
    drawn = list(
        DrawnImages(DrawingConfig(components, workers=2)).images_of(
            Source(source_id=str(i), name="", ra_deg=float(ra[i]), dec_deg=float(dec[i]))
            for i in range(len(chosen))
        )
    )
    usable = np.array([i for i, each in enumerate(drawn) if each.image is not None])
    images = np.stack([drawn[i].image for i in usable])
    y = embed(encoder, network_input(images))
    found = find_duplicates(catalogue_of(ra[usable], dec[usable]), y, images).to_pylist()
    name_of = names[chosen[usable]]
    sky = unit_vectors(ra[usable], dec[usable])
    wanted = [
        (i, j)
        for rows in _groups(name_of)
        for place, i in enumerate(rows)
        for j in rows[place + 1 :]
    ]
    reported = {(int(each["source_id"]), int(each["other_id"])): each for each in found}
    apart = [float(np.linalg.norm(sky[i] - sky[j])) for i, j in wanted]
    of_bands, hits = Counter[str](), Counter[str]()
    for pair, distance in zip(wanted, apart, strict=True):
        name = next(
            name
            for name, band in BANDS.items()
            if band.up_to_arcsec is None or distance <= chord(band.up_to_arcsec / 3600)
        )
        of_bands[name] += 1
        hits[name] += pair in reported
    others = [each for pair, each in reported.items() if pair not in set(wanted)]
    return {
        "rows_of_repeated_names": len(repeated),
        "repeated_beyond_the_first": len(names) - len(size),
        "other_rows": len(single),
        "rows_with_an_image": len(usable),
        "pairs_of_one_name": {name: of_bands[name] for name in BANDS},
        "found_of_them": {name: hits[name] for name in BANDS},
        "found_with_two_names": pairs_by_band(others),
    }


def _groups(names: NDArray) -> Iterator[list[int]]:
    """Rows of every name that stands more than once."""
    order = np.argsort(names, kind="stable")
    edges = np.flatnonzero(names[order][1:] != names[order][:-1]) + 1
    return (rows.tolist() for rows in np.split(order, edges) if len(rows) > 1)


def raw_images(directory: Path) -> list[NDArray[np.float32]]:
    """Raw cutouts in Jy/beam, (H, W), of a directory."""
    found = []
    for path in sorted(directory.glob("*.fits*")):
        data = np.squeeze(fits.getdata(path)).astype(np.float32)
        if min(data.shape) >= 150 + 2 * max(SHIFTS_PX) and np.isfinite(data).all():
            found.append(data)
    return found


def offset_copies(space: LatentSpace, directory: Path, encoder: Encoder) -> list[dict[str, Any]]:
    """Cutouts of the same data, shifted and with noise added: found among the bundle's sources?"""
    raw = raw_images(directory)
    rng = np.random.default_rng(SEED)
    originals = np.stack([clean(image) for image in raw])
    base = np.concatenate([np.asarray(space.images[:]), originals])
    y = np.concatenate([np.asarray(space.y), embed(encoder, network_input(originals))])
    first, n = len(space), len(originals)
    ra = np.concatenate([space.catalogue.ra_deg, np.linspace(0, 350, n)])
    dec = np.concatenate([space.catalogue.dec_deg, np.full(n, -60.0)])
    results = []
    for shift in SHIFTS_PX:
        for noise in NOISES:
            copies = np.stack([_copy(image, shift, noise, rng) for image in raw])
            y_copies = embed(encoder, network_input(copies))
            for where, start in (("same sky", first), ("elsewhere", 0)):  # sky needs no others
                away = FAR_DEG if where == "elsewhere" else -shift * PIXEL_SCALE_ARCSEC / 3600
                catalogue = catalogue_of(
                    np.concatenate([ra[start:], ra[first:]]),
                    np.concatenate([dec[start:], dec[first:] + away]),
                )
                pairs = find_duplicates(
                    catalogue,
                    np.concatenate([y[start:], y_copies]),
                    np.concatenate([base[start:], copies]),
                ).to_pylist()
                planted = [p for p in pairs if int(p["other_id"]) >= first + n - start]
                hits = [p for p in planted if int(p["other_id"]) - int(p["source_id"]) == n]
                results.append(
                    {
                        "where": where,
                        "shift_px": shift,
                        "noise_rms": noise,
                        "copies": n,
                        "found": len(hits),
                        "with_another": len(planted) - len(hits),
                    }
                )
                console.print(results[-1])
    return results


def _copy(
    image: NDArray[np.float32], shift: int, noise: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """A cutout whose middle lies so many pixels farther south, cleaned; correlated noise."""
    added = gaussian_filter(rng.normal(size=image.shape), BEAM_SIGMA_PX)
    noisy = image + noise * background_rms(image) * added / added.std()
    moved = np.roll(noisy, shift, axis=0)  # what was in the middle lies farther north
    return clean(moved.astype(np.float32))


def cost(space: LatentSpace, rows: int) -> dict[str, float]:
    """Seconds for made-up rows: the bundle's images and y again and again, noise on y."""
    rng = np.random.default_rng(SEED)
    which = rng.integers(0, len(space), rows)
    y = np.asarray(space.y)[which]
    y = (y + 0.05 * y.std(axis=0) * rng.normal(size=y.shape)).astype(np.float32)
    ra, dec = rng.uniform(0, 360, rows), np.degrees(np.arcsin(rng.uniform(-1, 1, rows)))
    images = np.asarray(space.images[:])[which]
    began, cpu = time.perf_counter(), time.process_time()
    find_duplicates(catalogue_of(ra, dec), y, images)
    return {
        "rows": rows,
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
    }


def main(
    bundle: Annotated[Path, typer.Option(help="Bundle of observed images.")],
    out: Annotated[Path, typer.Option(help="Record to write or add to, JSON.")],
    fits_dir: Annotated[Path | None, typer.Option("--fits", help="Raw FIRST FITS.")] = None,
    published: Annotated[Path | None, typer.Option(help="Published map, Parquet.")] = None,
    components: Annotated[Path | None, typer.Option(help="FIRST catalogue to draw from.")] = None,
    rows: Annotated[list[int] | None, typer.Option(help="Made-up rows to time.")] = None,
) -> None:
    """Measure what is asked for; the record keeps what was measured before."""
    space, encoder = open_latent_space(bundle), load_fast_encoder(None)
    record = json.loads(out.read_text()) if out.exists() else {}
    rules = {
        name: [each.least_likeness, each.least_pattern_likeness] for name, each in BANDS.items()
    }
    record |= {"algorithm": DUPLICATES_ALGORITHM, "least_likenesses": rules}
    record["encoder"] = encoder.card.name

    def keep(name: str, value: object) -> None:
        record[name] = value
        out.write_text(json.dumps(record, indent=1) + "\n")
        console.print(name, value)

    if fits_dir:
        found = find_duplicates(space.catalogue, np.asarray(space.y), space.images).to_pylist()
        keep("bundle", {"sources": len(space), "pairs": pairs_by_band(found)})
    for n in rows or ():
        keep(f"cost_{n}", cost(space, n))
    if published and components:
        keep("repeated_names", repeated_names(published, components, encoder))
    if fits_dir:
        keep("offset_copies", offset_copies(space, fits_dir, encoder))


if __name__ == "__main__":
    typer.run(main)
