"""The application: load the bundle once, then serve it."""

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from app.bundle.catalogue import bundle_names
from app.bundle.latent_space import open_latent_space
from app.jobs.list_searches import ListLimits, ListSearches
from app.query.attributions import Attributions
from app.query.explorer import open_explorer
from app.query.selections import Selections
from app.samples.labels import Labels
from app.settings import Settings, read_settings
from app.sky.sesame import open_sesame
from app.surveys.access import cutout_service
from app.web import (
    caching,
    cone,
    duplicates,
    example_figures,
    examples,
    figures,
    images,
    label_files,
    pages,
    pictures,
    rows,
    samples,
    select,
    surveys,
    verdicts,
    why,
)
from app.web import labels as label_routes
from app.web import lists as bulk
from app.web import query as api
from app.web.dependencies import Served
from app.web.meta import build_meta
from app.web.problems import answer_with_problems
from app.web.upload_form import UploadForms
from app.web.worker_pool import WorkerPool


def create_app(settings: Settings | None = None) -> FastAPI:
    """Load the bundle and make the application.

    Parameters
    ----------
    settings : Settings, optional

    Raises
    ------
    BundleError
        If there is no bundle, or one that cannot serve.
    EncoderFileError
        If the named encoder cannot be loaded.
    """
    settings = settings or read_settings()
    space = open_latent_space(settings.bundle_dir)
    cutouts = cutout_service(settings)
    explorer = open_explorer(space, settings.encoder, cutouts)
    app = FastAPI(
        title="Radio-galaxy latent-space explorer",
        version=caching.SOFTWARE,
        description="The map of a survey's morphologies and the search for sources that look "
        "alike (Slijepcevic et al. 2024).",
        docs_url=None,  # the usual pages load their scripts from elsewhere; ours is pages.api_page
        redoc_url=None,
        lifespan=bulk.closing_lists,
    )
    list_limits = ListLimits()
    labels = Labels(settings.labels_file, space)
    app.state.served = Served(
        explorer,
        build_meta(space, cutouts.deadline_s, list_limits, labels.problem),
        bundle_names(space.catalogue),
        open_sesame(settings.sesame_url, settings.sesame_deadline_s, settings.survey_pause_s),
        Selections(len(space), space.version, settings.data_dir / "selections"),
        labels,
    )
    bulk.serve_lists(app, ListSearches(explorer, app.state.served.name_service, list_limits))
    app.state.upload_forms, app.state.image_workers = UploadForms(), WorkerPool()
    app.state.attributions = Attributions(explorer)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=6)
    answer_with_problems(app)
    add_routes(app)
    pages.mount_static(app)
    return app


def add_routes(app: FastAPI) -> None:
    """Everything that can be asked for, and that the OpenAPI document describes."""
    app.include_router(api.router)
    app.include_router(examples.router)
    app.include_router(select.router)
    app.include_router(bulk.router)
    app.include_router(cone.router)
    app.include_router(duplicates.router)
    app.include_router(figures.router)
    app.include_router(example_figures.router)
    app.include_router(images.router)
    app.include_router(pictures.router)
    app.include_router(rows.router)
    app.include_router(label_files.router)
    app.include_router(samples.router)
    app.include_router(label_routes.router)
    app.include_router(surveys.router)
    app.include_router(verdicts.router)
    app.include_router(why.router)
    app.include_router(pages.health)
    app.include_router(pages.router)
