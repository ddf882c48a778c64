"""What is being served, in one object for the page and for other people's scripts."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

import numpy as np

from app.bundle.catalogue import Catalogue, robust_range
from app.bundle.files import EncoderRecord
from app.bundle.latent_space import NOVELTY_NEIGHBOURS, LatentSpace
from app.bundle.map_columns import layouts
from app.images.bounds import FILE_TYPES, KINDS, MAX_PIXELS, MAX_UPLOAD_BYTES
from app.images.colour_scales import COLOURS, USUAL_COLOURS
from app.images.picture_style import (
    CUTS_LABELS,
    SIZE_MIN_PX,
    STRETCH_LABELS,
    UNIT_LABELS,
    ZOOM_MAX,
)
from app.jobs.list_searches import PREVIEWED, ListLimits
from app.query.caveats import INPUT_STATEMENTS, MODEL_STATEMENT, origin_statement
from app.query.explorer import SAME_SOURCE_ARCSEC
from app.query.first_visit import first_examples
from app.query.lists import LIST_K
from app.query.ranking import DUPLICATES_ARCSEC, DUPLICATES_ARCSEC_MAX, K_DEFAULT, K_MAX
from app.samples.words import LONGEST_AUTHOR, LONGEST_NAME, LONGEST_NOTE, LONGEST_TAG
from app.sky.coordinates import EXAMPLES
from app.surveys.surveys import FIRST_USE, SURVEYS
from app.tables.files import FORMATS
from app.tables.write import EXTENSIONS, LABELS, TableFormat
from app.web.answers import cutout_url
from app.web.meta_schemas import (
    BundleInfo,
    Choice,
    Column,
    EncoderInfo,
    FileFormat,
    FirstExample,
    ImageInfo,
    LabelKeeping,
    Limits,
    Lists,
    MapLayout,
    Meta,
    PositionExamples,
    ReductionInfo,
    UmapInfo,
    Uploads,
)
from model.beam import EQUATORIAL, NORTHERN, SOUTHERN
from model.encoder import FEATURES
from model.preprocess import IMAGE_SIZE_PX, INPUT_SIZE_PX, PIXEL_SCALE_ARCSEC

EXTENT_STATEMENTS = {
    "unresolved": (
        f"Shorter than FIRST's beam: {NORTHERN.major_arcsec:g}\u2033 is an upper limit (north of "
        f"Dec +4.6\u00b0; farther south the beam is {EQUATORIAL.major_arcsec:g}\u2033 or "
        f"{SOUTHERN.major_arcsec:g}\u2033 long, north to south)."
    ),
    "beyond field": (
        f"The source reaches out of the {INPUT_SIZE_PX * PIXEL_SCALE_ARCSEC:.0f}\u2033 square that "
        "the network sees; its extent counts what lies within "
        f"{IMAGE_SIZE_PX * PIXEL_SCALE_ARCSEC / 2:.0f}\u2033 of the middle, and can be a lower "
        "limit."
    ),
}


def build_meta(
    space: LatentSpace, survey_deadline_s: float, lists: ListLimits, labels_problem: str = ""
) -> Meta:
    """Describe a loaded bundle, how long a survey may take to answer, and what a list may be.

    `labels_problem` says why labels cannot be kept; empty: they can.
    """
    manifest = space.manifest
    reduction = manifest.reduction
    return Meta(
        n=len(space),
        version=space.version,
        columns=[_column(space.catalogue, name) for name in space.catalogue.map_columns()],
        default_column=manifest.default_column,
        layouts=[
            MapLayout.model_validate(each, from_attributes=True)
            for each in layouts(space.catalogue)
        ],
        encoder=_encoder(manifest.encoder),
        catalogue=manifest.source,
        input_kind=manifest.input_kind,
        input_statement=f"The images are {INPUT_STATEMENTS[manifest.input_kind]}.",
        image_origin_statement=origin_statement(space.catalogue),
        bundle=BundleInfo(
            version=space.version,
            created_utc=manifest.created_utc,
            schema_version=manifest.schema_version,
            preprocessing=manifest.preprocessing,
            extent_algorithm=manifest.extent_algorithm,
        ),
        image=ImageInfo(
            pixel_scale_arcsec=PIXEL_SCALE_ARCSEC,
            size_px=IMAGE_SIZE_PX,
            input_size_px=INPUT_SIZE_PX,
            colours=sorted(COLOURS, key=lambda name: name != USUAL_COLOURS),
            stretches=_choices(STRETCH_LABELS),
            cuts=_choices(CUTS_LABELS),
            units=_choices(UNIT_LABELS),
            size_min_px=SIZE_MIN_PX,
            zoom_max=ZOOM_MAX,
            model_statement=MODEL_STATEMENT,
        ),
        reduction=ReductionInfo(
            pca_components=reduction.pca_components,
            pca_variance_kept=reduction.pca_variance_kept,
            umap=UmapInfo(
                n_neighbors=reduction.umap_n_neighbors,
                min_dist=reduction.umap_min_dist,
                metric=reduction.umap_metric,
                seed=reduction.seed,
            ),
        ),
        limits=Limits(
            k_max=min(K_MAX, len(space) - 1),
            k_default=min(K_DEFAULT, len(space) - 1),
            duplicates_arcsec_default=DUPLICATES_ARCSEC,
            duplicates_arcsec_max=DUPLICATES_ARCSEC_MAX,
            same_source_arcsec=SAME_SOURCE_ARCSEC,
            survey_deadline_s=survey_deadline_s,
            placed_by=NOVELTY_NEIGHBOURS,
        ),
        formats=[
            FileFormat(name=name, label=LABELS[name], extension=EXTENSIONS[name])
            for name in get_args(TableFormat)
        ],
        extent_statements=EXTENT_STATEMENTS,
        uploads=Uploads(
            kinds=KINDS,
            file_types=list(FILE_TYPES),
            max_bytes=MAX_UPLOAD_BYTES,
            max_pixels=MAX_PIXELS,
        ),
        lists=Lists(
            formats=FORMATS,
            max_bytes=lists.max_bytes,
            max_entries=lists.max_entries,
            max_rows=lists.max_rows,
            survey_max=lists.survey_max,
            names_max=lists.names_max,
            k_default=min(LIST_K, len(space) - 1),
            previewed=PREVIEWED,
        ),
        labels=LabelKeeping(
            kept=not labels_problem,
            problem=labels_problem,
            tag_max=LONGEST_TAG,
            note_max=LONGEST_NOTE,
            author_max=LONGEST_AUTHOR,
            name_max=LONGEST_NAME,
        ),
        examples=PositionExamples(**asdict(EXAMPLES)),
        first_examples=_first_examples(space),
        surveys={survey.name: survey.survey for survey in SURVEYS},
        first_terms=FIRST_USE,
    )


def _choices(labels: Mapping[Any, str]) -> list[Choice]:
    return [Choice(name=name, label=label) for name, label in labels.items()]


def _first_examples(space: LatentSpace) -> list[FirstExample]:
    ids = space.catalogue.table["source_id"]
    return [
        FirstExample(
            source_id=ids[each.row].as_py(),
            label=each.label,
            cutout_url=cutout_url(ids[each.row].as_py()),
        )
        for each in first_examples(space)
    ]


def _encoder(record: EncoderRecord) -> EncoderInfo:
    statement = f"Encoder: {record.name}; {record.origin}."
    if not record.known:
        statement = (
            f"Map and similarities are those of {record.origin}: no other image can be compared."
        )
    elif not record.trained:
        statement = (
            f"The encoder is untrained ({record.name}): its weights are random and have learned "
            "nothing from radio galaxies. The images, positions and extents are real; the map and "
            "the similarities only show what a random network keeps of an image."
        )
    return EncoderInfo(
        name=record.name,
        sha256=record.sha256,
        origin=record.origin,
        trained=record.trained,
        engine=record.engine,
        features=FEATURES,
        statement=statement,
    )


def _column(catalogue: Catalogue, name: str) -> Column:
    info = catalogue.info[name]
    unit = info.unit or None
    if not catalogue.is_number(name):
        return Column(
            name=name,
            label=info.label,
            unit=unit,
            kind="category",
            categories=catalogue.categories(name),
            description=info.description,
        )
    values = catalogue.numbers(name)
    values = values[np.isfinite(values)]
    low, high = robust_range(values)
    return Column(
        name=name,
        label=info.label,
        unit=unit,
        kind="number",
        min=float(values.min()),
        max=float(values.max()),
        low=low,
        high=high,
        description=info.description,
    )
