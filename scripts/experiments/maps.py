"""Figs. 2 and 3: the map of a catalogue, and of a catalogue together with MiraBest."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.stats import spearmanr

from app.bundle.files import Manifest, current_version
from app.bundle.latent_space import LatentSpace, open_latent_space
from app.errors import ExplorerError
from app.settings import Settings
from model.datasets import read_mirabest
from model.encoder import Encoder, load_encoder
from model.extent import measure_extent
from model.linear_probe import represent
from scripts.bundle.reduce import ReductionConfig, fit_pca, fit_umap
from scripts.experiments.grid import Cell, CellResult, Experiment, Inputs
from scripts.experiments.report import table

NEIGHBOURS = 10
CELLS = 60
"""A side of the grid on which places of the map are counted."""
SMOKE_SOURCES, SMOKE_LABELLED = 200, 40


class OtherEncoder(ExplorerError):
    """The bundle holds representations of another encoder."""


def bundle_of(inputs: Inputs) -> Path:
    """The bundle that was named, else the demo bundle."""
    return inputs.bundle or Settings().bundle_dir


def bundle_version(inputs: Inputs) -> str:
    """Name of the version that serves; it changes when the bundle is built again."""
    return current_version(bundle_of(inputs)).name


def check_encoder(manifest: Manifest, encoder: Encoder) -> None:
    """Refuse a bundle of another encoder: representations of two are not comparable.

    Raises
    ------
    OtherEncoder
    """
    if manifest.encoder.sha256 != encoder.card.sha256:
        raise OtherEncoder(
            f"The bundle was embedded by {manifest.encoder.name}, but the experiment is asked "
            f"about {encoder.card.name}. `rgz-explorer build --reembed --bundle DIR` embeds the "
            "bundle's images again; --encoder names another encoder."
        )


def one_cell(name: str) -> Any:
    """Make the function that gives the only cell of a map."""
    seed = ReductionConfig().seed
    return lambda inputs: [Cell(name, {"version": bundle_version(inputs), "seed": seed})]


def run_catalogue(_cell: Cell, inputs: Inputs, _folder: Path) -> dict[str, Any]:
    """Measure how far the map of a bundle is ordered by angular extent."""
    space = open_latent_space(bundle_of(inputs))
    check_encoder(space.manifest, load_encoder(inputs.encoder))
    extent = _extents(space)
    known = np.isfinite(extent)
    return {
        "sources": len(space),
        "catalogue": space.manifest.source.name,
        "variance_kept": space.manifest.reduction.pca_variance_kept,
        "components": space.manifest.reduction.pca_components,
        "order": order_by(np.asarray(space.xy)[known], extent[known]),
    }


def run_joint(_cell: Cell, inputs: Inputs, folder: Path) -> dict[str, Any]:
    """Fit PCA and UMAP to a bundle and MiraBest together."""
    space, encoder = open_latent_space(bundle_of(inputs)), load_encoder(inputs.encoder)
    check_encoder(space.manifest, encoder)
    mirabest = read_mirabest(inputs.mirabest_file())
    few = inputs.budget == "smoke"
    pixels = mirabest.pixels[:SMOKE_LABELLED] if few else mirabest.pixels
    catalogue_y = np.asarray(space.y[:SMOKE_SOURCES] if few else space.y)
    y = np.concatenate([catalogue_y, represent(encoder, pixels)])
    config = ReductionConfig()
    principal = fit_pca(y, config)
    xy = fit_umap(principal.scores(y), config)
    is_mirabest = np.arange(len(y)) >= len(catalogue_y)
    extents = np.array([measure_extent(image).arcsec for image in pixels])
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "map.npz", xy=xy, is_mirabest=is_mirabest)
    return {
        "sources": len(catalogue_y),
        "mirabest": len(pixels),
        "catalogue": space.manifest.source.name,
        "input_kind": space.manifest.input_kind,
        "variance_kept": principal.variance_kept,
        "occupied": occupied_share(xy, is_mirabest),
        "median_extent_arcsec": float(np.nanmedian(_extents(space)[: len(catalogue_y)])),
        "median_extent_mirabest_arcsec": float(np.nanmedian(extents)),
    }


def order_by(xy: NDArray[np.float32], values: NDArray[np.float64]) -> float:
    """Rank correlation of each value with the mean of its neighbours on the map; 0: no order."""
    count = min(NEIGHBOURS + 1, len(xy))
    nearest = np.asarray(KDTree(xy).query(xy, count)[1])  # (N, 11), itself first
    return float(spearmanr(values, values[nearest[:, 1:]].mean(axis=1)).statistic)


def occupied_share(xy: NDArray[np.float32], chosen: NDArray[np.bool_]) -> float:
    """Share of the map's occupied grid cells that hold one of the chosen sources."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    place = np.minimum(((xy - low) / (high - low) * CELLS).astype(int), CELLS - 1)
    number = place[:, 0] * CELLS + place[:, 1]
    return len(np.unique(number[chosen])) / len(np.unique(number))


def report_catalogue(outcomes: list[CellResult], inputs: Inputs, out: Path) -> str:
    """Draw the map coloured by angular extent."""
    result = outcomes[0].result
    space = open_latent_space(bundle_of(inputs))
    figure = Figure(figsize=(7, 6), layout="constrained")
    axes = figure.subplots()
    extent = _extents(space)
    low, high = np.nanpercentile(extent, [2, 98])
    x, y = np.asarray(space.xy).T
    points = axes.scatter(x, y, c=extent, s=2, vmin=low, vmax=high)
    figure.colorbar(points, label="angular extent, arcsec")
    _without_ticks(axes)
    figure.savefig(out / "fig2.png", dpi=130)
    rows = [
        ["sources", f"{result['sources']:,} ({result['catalogue']})", "RGZ DR1"],
        [
            "variance kept by PCA",
            f"{100 * result['variance_kept']:.1f} % ({result['components']} components)",
            "99.7 % (200)",
        ],
        ["order by extent (rank correlation with map neighbours)", f"{result['order']:.2f}", "–"],
    ]
    return f"{origin_sentence(space)}{table(['', 'ours', 'paper'], rows)}\n\n![fig2](fig2.png)\n"


def report_joint(outcomes: list[CellResult], inputs: Inputs, out: Path) -> str:
    """Draw the joint map with MiraBest on top."""
    result = outcomes[0].result
    with np.load(outcomes[0].folder / "map.npz") as kept:
        xy, is_mirabest = kept["xy"], kept["is_mirabest"]
    figure = Figure(figsize=(6.5, 6), layout="constrained")
    axes = figure.subplots()
    axes.scatter(
        xy[~is_mirabest, 0], xy[~is_mirabest, 1], s=2, color="0.7", label=result["catalogue"]
    )
    axes.scatter(xy[is_mirabest, 0], xy[is_mirabest, 1], s=4, color="C3", label="MiraBest")
    axes.legend(frameon=False)
    _without_ticks(axes)
    figure.savefig(out / "fig3.png", dpi=130)
    mirabest, others = result["median_extent_mirabest_arcsec"], result["median_extent_arcsec"]
    return (
        f"{origin_sentence(open_latent_space(bundle_of(inputs)))}"
        f"{result['sources']:,} sources of {result['catalogue']} and {result['mirabest']:,} of "
        f"MiraBest, fitted together. MiraBest lies in {100 * result['occupied']:.0f} % of the "
        f"occupied cells of a {CELLS} x {CELLS} grid over the map. Median angular extent: "
        f'{mirabest:.0f}" (MiraBest, measured) against {others:.0f}" (the catalogue); PCA keeps '
        f"{100 * result['variance_kept']:.1f} % of the variance. {_preparation(result)}"
        "The paper shows this as a figure only: MiraBest covers a small part of the map and leans "
        "towards large sources.\n\n"
        "![fig3](fig3.png)\n"
    )


FIG2 = Experiment(
    "fig2",
    "maps",
    one_cell("catalogue"),
    run_catalogue,
    report_catalogue,
)
FIG3 = Experiment(
    "fig3",
    "maps",
    one_cell("joint"),
    run_joint,
    report_joint,
)


def origin_sentence(space: LatentSpace) -> str:
    """Tell how many images of a bundle were not observed."""
    models = space.catalogue.image_origins().count("model")
    if not models:
        return ""
    return (
        f"**{models:,} of the {len(space):,} images of {space.manifest.source.name} are models "
        "drawn from the FIRST component catalogue, not observations.**\n\n"
    )


def _preparation(result: dict[str, Any]) -> str:
    """Warn where the two sets' images were prepared differently; that alone parts them."""
    if result["input_kind"] != "pedestal":
        return ""
    return (
        "The catalogue's images have a pedestal subtracted and MiraBest's have not, which by "
        "itself moves them apart. "
    )


def _extents(space: LatentSpace) -> NDArray[np.float64]:
    return space.catalogue.numbers("angular_extent_arcsec")


def _without_ticks(axes: Any) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel("x and y have no physical meaning")
