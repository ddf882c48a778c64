"""All surveys ready to be asked: one client a service, one chain of servers a survey.

It never asks: `app.surveys.cutouts` does, for the page and for a fetch alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from astropy.coordinates import SkyCoord

from app.net.breaker import Backoff, Breaker
from app.net.client import ServiceClient
from app.settings import FIRST_URL, HIPS2FITS_URL, SKYVIEW_URL, Settings
from app.surveys.cache import CutoutCache
from app.surveys.cutouts import Cutout, CutoutService, SurveyServer
from app.surveys.services import (
    FIRST_SERVICE,
    HIPS2FITS_SERVICE,
    SKYVIEW_SERVICE,
    FirstServer,
    Hips2FitsServer,
    SkyViewServer,
)
from app.surveys.surveys import FIELD_ARCMIN, FIRST_NAME, SURVEYS, Survey, find_survey


@dataclass(frozen=True)
class AccessConfig:
    """Where the services are, and how they are treated."""

    first_url: str = FIRST_URL
    skyview_url: str = SKYVIEW_URL
    hips2fits_url: str = HIPS2FITS_URL
    deadline_s: float = 20.0
    """Total time of one service for one cutout."""
    max_connections: int = 3
    """Of each service."""
    pause_s: float = 60.0
    """How long a service that keeps failing is left alone; 0: never."""
    skyview_pause_s: float | None = None
    """The same of SkyView; None: as long."""
    timeouts: int = 1
    """So many in a row shut it off: one, so that a dead service costs one wait and not one each."""
    backoff: Backoff = field(default_factory=Backoff)
    """When a refused request is repeated."""
    fallbacks: bool = True
    """Whether another service is asked where the first one failed."""
    field_arcmin: float = FIELD_ARCMIN
    cache_dir: Path | None = None
    cache_max_bytes: int = 2**30


class SurveyAccess:
    """The surveys by name.

    Parameters
    ----------
    services : mapping
        From the short name of each of `SURVEYS`.
    """

    def __init__(self, services: Mapping[str, CutoutService]) -> None:
        self._services = services

    @property
    def deadline_s(self) -> float:
        """The longest that a cutout of FIRST can take: all its servers' deadlines."""
        return self._services[FIRST_NAME].deadline_s

    def fetch(self, position: SkyCoord, survey: str | None = None) -> Cutout:
        """Get the cutout of a survey at a position; FIRST's where none is named.

        Raises
        ------
        UnknownSurvey, SurveyError
        """
        return self._services[find_survey(survey or FIRST_NAME).name].fetch(position)


def open_surveys(config: AccessConfig) -> SurveyAccess:
    """Make the access that a configuration describes. No connection is opened."""
    directory, most_bytes = config.cache_dir, config.cache_max_bytes
    cache = CutoutCache(directory, most_bytes) if directory and most_bytes else None
    clients = {name: _client(name, config) for name in (SKYVIEW_SERVICE, HIPS2FITS_SERVICE)}
    return SurveyAccess(
        {survey.name: _service(survey, config, clients, cache) for survey in SURVEYS}
    )


def open_first(config: AccessConfig) -> CutoutService:
    """Make the service of FIRST's cutouts alone, without a cache."""
    clients = {SKYVIEW_SERVICE: _client(SKYVIEW_SERVICE, config)}
    return _service(find_survey(FIRST_NAME), config, clients, None)


def _service(
    survey: Survey,
    config: AccessConfig,
    clients: Mapping[str, ServiceClient],
    cache: CutoutCache | None,
) -> CutoutService:
    server, *fallbacks = _chain(survey, config, clients)
    return CutoutService(server, cache, config.field_arcmin, fallbacks if config.fallbacks else ())


def _chain(
    survey: Survey, config: AccessConfig, clients: Mapping[str, ServiceClient]
) -> list[SurveyServer]:
    """The servers of a survey, best first: its own, hips2fits, SkyView."""
    scale = survey.pixel_scale_arcsec
    servers: list[SurveyServer] = []
    if survey.name == FIRST_NAME:
        servers.append(_first_server(config))
    if survey.hips:
        client, url = clients[HIPS2FITS_SERVICE], config.hips2fits_url
        servers.append(Hips2FitsServer(client, url, survey.survey, survey.hips, scale))
    if survey.skyview:
        client, url = clients[SKYVIEW_SERVICE], config.skyview_url
        servers.append(SkyViewServer(client, url, survey.survey, survey.skyview, scale))
    return servers


def _first_server(config: AccessConfig) -> FirstServer:
    return FirstServer(
        config.first_url,
        deadline_s=config.deadline_s,
        max_connections=config.max_connections,
        backoff=config.backoff,
        breaker=_breaker(FIRST_SERVICE, config),
    )


def _client(service: str, config: AccessConfig) -> ServiceClient:
    return ServiceClient(
        service,
        deadline_s=config.deadline_s,
        max_connections=config.max_connections,
        backoff=config.backoff,
        breaker=_breaker(service, config),
    )


def _breaker(service: str, config: AccessConfig) -> Breaker:
    pause_s = config.pause_s
    if service == SKYVIEW_SERVICE and config.skyview_pause_s is not None:
        pause_s = config.skyview_pause_s
    return Breaker(service, timeouts=config.timeouts, pause_s=pause_s)


def cutout_service(settings: Settings) -> SurveyAccess:
    """The survey access that the settings describe."""
    return open_surveys(
        AccessConfig(
            first_url=settings.first_server,
            skyview_url=settings.skyview_server,
            hips2fits_url=settings.hips2fits_server,
            deadline_s=settings.survey_deadline_s,
            max_connections=settings.survey_connections,
            pause_s=settings.survey_pause_s,
            cache_dir=settings.cutout_dir,
            cache_max_bytes=settings.cutout_cache_mb * 1024**2,
        )
    )
