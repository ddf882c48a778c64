"""Captions of figures in an astronomer's words, from the manifest and the answer alone.

They never state what is not recorded: no noise, beam or terms are made up.
"""

from collections.abc import Sequence

import numpy as np

from app.bundle.files import Manifest
from app.bundle.latent_space import LatentSpace
from app.figures.contact_sheet import Panel
from app.figures.map_figure import (
    MapView,
    Marked,
    colour_range,
    column_label,
    in_frame,
    map_places,
)
from app.images.brightness import choose_scale
from app.images.contours import contour_levels
from app.images.overlays import angle_label, scale_bar_arcsec
from app.images.picture_style import CUTS_LABELS, STRETCH_LABELS, UNIT_LABELS, PictureStyle
from app.query.examples import FORMULA, ExamplesAnswer
from app.query.explorer import Answer
from app.query.ranking import Neighbour
from app.sky.coordinates import format_position
from model.preprocess import INPUT_SIZE_PX, PIXEL_SCALE_ARCSEC


def sheet_caption(
    space: LatentSpace, answer: Answer, panels: Sequence[Panel], style: PictureStyle
) -> str:
    """What a contact sheet shows."""
    k = len(answer.neighbours)
    others = len(space) - (answer.subject.row is not None)
    first = (
        f"{_subject(answer, panels[0])} and the {k} most similar of the {others:,} "
        f"{'other ' if answer.subject.row is not None else ''}sources of {_catalogue(space)}, in "
        "order of the cosine similarity S of their representations (Slijepcevic et al. 2024, "
        "eq. 3)."
    )
    surveys = _surveys(space, answer.neighbours, [answer.subject.survey])
    return _whole_caption(space, first, panels, style, surveys)


def examples_caption(
    space: LatentSpace, answer: ExamplesAnswer, panels: Sequence[Panel], style: PictureStyle
) -> str:
    """What the contact sheet of a search with several examples shows."""
    wanted, unwanted = len(answer.wanted), len(answer.unwanted)
    against = f" and {unwanted} unwanted" if unwanted else ""
    first = (
        f"{wanted} wanted{against} {'example' if wanted + unwanted == 1 else 'examples'} and the "
        f"{len(answer.neighbours)} sources of {_catalogue(space)} that rank first by their score; "
        f"{FORMULA} (Slijepcevic et al. 2024, eq. 3, on representations). The S under a source is "
        "that to the wanted example that it is most like."
    )
    asked = [each.subject.survey for each in answer.examples]
    surveys = _surveys(space, answer.neighbours, asked)
    return _whole_caption(space, first, panels, style, surveys)


def _whole_caption(
    space: LatentSpace,
    first: str,
    panels: Sequence[Panel],
    style: PictureStyle,
    surveys: Sequence[str],
) -> str:
    sentences = [
        first,
        _square(style),
        _brightness(panels, style),
        *_contours(panels, style),
        *_margin(panels, style),
        *_extents(panels),
        *_models(panels),
    ]
    return " ".join([*sentences, *_provenance(space.manifest, space.version, surveys)])


def map_caption(space: LatentSpace, view: MapView, marked: Marked, answer: Answer | None) -> str:
    """What a map shows."""
    manifest = space.manifest
    umap = manifest.reduction
    inside = int(in_frame(map_places(space, view.layout), view).sum())
    shown = f"All {len(space):,} sources" if inside == len(space) else (
        f"{inside:,} of the {len(space):,} sources"
    )  # fmt: skip
    sentences = [f"{shown} of {_catalogue(space)} on a map of their morphologies."]
    if view.layout == "listed":
        sentences.append("The places are those that came with the catalogue, made by others.")
    else:
        sentences.append(
            f"The representations were reduced by PCA to {umap.pca_components} components "
            f"({100 * umap.pca_variance_kept:.2f} % of the variance) and by UMAP (n_neighbors "
            f"{umap.umap_n_neighbors}, min_dist {umap.umap_min_dist:g}, {umap.umap_metric} metric, "
            f"seed {umap.seed}) to two."
        )
    sentences.append("X and Y have no physical meaning.")
    sentences += _colours(space, view)
    if marked.rows:
        sentences.append(f"Black rings: {len(marked.rows):,} selected sources.")
    if answer is not None:
        name = _named(answer)
        star = "" if marked.query is None else f"Star: {name}; "
        sentences.append(
            f"{star}red rings: the {len(marked.neighbours)} sources most similar to it"
            f"{'' if star else f' ({name})'}, numbered by rank where there is room; similarity is "
            "measured in the representation, not on the map."
        )
        if answer.placed_by == "neighbours" and marked.query is not None:
            sentences.append("The star lies at the median place of the 10 most similar sources.")
    surveys = sorted({str(s) for s in space.catalogue.table["survey"].to_pylist() if s})
    return " ".join([*sentences, *_provenance(manifest, space.version, surveys)])


def shows_first(space: LatentSpace) -> bool:
    """Whether images of FIRST are among those of a bundle."""
    return "VLA FIRST" in space.catalogue.table["survey"].to_pylist()


def _subject(answer: Answer, query: Panel) -> str:
    place = answer.subject.position
    at = (
        "" if place is None else f" at {format_position(float(place.ra.deg), float(place.dec.deg))}"
    )
    if answer.subject.row is not None:
        return f"The source {query.lines[0]}{at}"
    if answer.subject.image_origin == "uploaded":
        return f"An image of our own{at}"
    return f"The {answer.subject.survey} image{at}"


def _named(answer: Answer) -> str:
    if answer.subject.position is None:
        return "an image without a position"
    return f"the query at {_position(answer)}"


def _position(answer: Answer) -> str:
    place = answer.subject.position
    assert place is not None
    return format_position(float(place.ra.deg), float(place.dec.deg))


def _catalogue(space: LatentSpace) -> str:
    record = space.manifest.source
    doi = f" (doi:{record.doi})" if record.doi else ""
    return f"{record.name}{doi}"


def _square(style: PictureStyle) -> str:
    side = style.size_px * PIXEL_SCALE_ARCSEC
    network = ", the square that the network sees" if style.size_px == INPUT_SIZE_PX else ""
    return (
        f"Each panel is {side:g}″ wide ({style.size_px} pixels of {PIXEL_SCALE_ARCSEC:g}″"
        f"{network}); north is up and east is left."
    )


def _brightness(panels: Sequence[Panel], style: PictureStyle) -> str:
    stretch = f"The stretch is {STRETCH_LABELS[style.stretch]}"
    if style.low is not None and style.high is not None and style.unit is not None:
        own = ", each image's own" if style.unit == "percent" else ""
        return (
            f"{stretch}, from {style.low:g} to {style.high:g} {UNIT_LABELS[style.unit]}{own}, in "
            "all panels."
        )
    cuts = CUTS_LABELS[style.cuts or "minmax"]
    units = {choose_scale(panel.image, style).unit for panel in panels if _seen(panel)}
    relative = "; the flux scale is not known" if units == {"percent"} else ""
    return f"{stretch}, with each panel's own range ({cuts}){relative}."


def _contours(panels: Sequence[Panel], style: PictureStyle) -> list[str]:
    if not style.contours:
        return []
    found = [contour_levels(panel.image, style.size_px) for panel in panels if _seen(panel)]
    by_noise = [levels for levels in found if levels is not None and levels.unit == "mjy_beam"]
    by_peak = [levels for levels in found if levels is not None and levels.unit == "percent"]
    sentences = []
    if by_noise:
        most = max(by_noise, key=lambda levels: len(levels.levels)).words
        which = "" if not by_peak else " where the noise is known"
        sentences.append(
            f"Contours{which} are at {most}, as far as each image reaches; images are clipped at "
            "3 σ, and the outermost contour follows the clip."
        )
    if by_peak:
        which = "Contours" if not by_noise else "The others"
        sentences.append(f"{which} are at {by_peak[0].words} of each panel.")
    return sentences


def _margin(panels: Sequence[Panel], style: PictureStyle) -> list[str]:
    sentences = []
    if style.scale_bar:
        sentences.append(f"Bars are {angle_label(scale_bar_arcsec(style.size_px))} long.")
    known = [panel.image.beam for panel in panels if _seen(panel) and panel.image.beam is not None]
    if style.beam and known:
        every = len(known) == sum(map(_seen, panels))
        sentences.append(
            f"Ellipses show the restoring beam{'' if every else ', where it is known'}."
        )
    return sentences


def _extents(panels: Sequence[Panel]) -> list[str]:
    words = " ".join(line for panel in panels for line in panel.lines)
    sentences = []
    if "extent < " in words:
        sentences.append("<: unresolved, an upper limit.")
    if "extent ≥ " in words:
        sentences.append("≥: reaching out of the square that the network sees.")
    return sentences


def _models(panels: Sequence[Panel]) -> list[str]:
    models = sum(panel.image.origin == "model" for panel in panels)
    if not models:
        return []
    share = "All" if models == len(panels) else f"{models}"
    return [f"{share} images are models drawn from catalogue components, and marked MODEL."]


def _colours(space: LatentSpace, view: MapView) -> list[str]:
    label = column_label(space, view.column)
    bounds = colour_range(space, view)
    if bounds is None:
        return [f"Colours: {label}, with the number of sources of each."]
    values = space.catalogue.numbers(view.column)
    unknown = int((~np.isfinite(values)).sum())
    scale = "logarithmic, " if view.log else ""
    grey = f" Grey: not known ({unknown:,})." if unknown and not view.log else ""
    return [f"Colours: {label}, {scale}from {bounds[0]:.4g} to {bounds[1]:.4g}.{grey}"]


def _surveys(
    space: LatentSpace, neighbours: Sequence[Neighbour], asked: Sequence[str]
) -> list[str]:
    rows = [neighbour.match.row for neighbour in neighbours]
    found = {str(values["survey"]) for values in space.catalogue.rows(rows)}
    return sorted({*found, *asked} - {""})


def _provenance(manifest: Manifest, version: str, surveys: Sequence[str]) -> list[str]:
    encoder, source = manifest.encoder, manifest.source
    kept = f"{manifest.n:,} of {source.n_listed:,} listed sources could be used. "
    untrained = "" if encoder.trained or not encoder.known else " (untrained: random weights)"
    return [
        f"{kept if source.n_rejected else ''}Encoder: {encoder.name}{untrained}, sha256 "
        f"{encoder.sha256[:12]}; bundle {version}.",
        *([f"Images: {', '.join(surveys)}."] if surveys else []),
        *([f"Catalogue: {source.citation.rstrip('.')}."] if source.citation else []),
        *([source.terms] if source.terms else []),
    ]


def _seen(panel: Panel) -> bool:
    return panel.image.origin != "none"
