"""All surveys ready to be asked: one client a service, one chain of servers a survey.

It never fetches anything itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from astropy.coordinates import SkyCoord

from app.surveys.breaker import Breaker
from app.surveys.catalogue_of_surveys import (
    FIELD_ARCMIN,
    FIRST_NAME,
    SURVEYS,
    Survey,
    find_survey,
)
from app.surveys.cutout import Cutout, CutoutService, SurveyServer
from app.surveys.cutout_cache import CutoutCache
from app.surveys.download import ServiceClient
from app.surveys.first_server import FIRST_SERVICE, FIRST_URL, FirstServer
from app.surveys.hips2fits import HIPS2FITS_SERVICE, HIPS2FITS_URL, Hips2FitsServer
from app.surveys.skyview import SKYVIEW_SERVICE, SKYVIEW_URL, SkyViewServer


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
    def patience_s(self) -> float:
        """The longest that a cutout of FIRST can take: all its servers' deadlines."""
        return self._services[FIRST_NAME].patience_s

    def fetch(self, position: SkyCoord, survey: str | None = None) -> Cutout:
        """Get the cutout of a survey at a position; FIRST's where none is named.

        Raises
        ------
        UnknownSurvey, SurveyError
        """
        return self._services[find_survey(survey or FIRST_NAME).name].fetch(position)


def open_surveys(config: AccessConfig) -> SurveyAccess:
    """Make the access that a configuration describes. No connection is opened."""
    directory, room = config.cache_dir, config.cache_max_bytes
    cache = CutoutCache(directory, room) if directory and room else None
    skyview, hips2fits = _client(SKYVIEW_SERVICE, config), _client(HIPS2FITS_SERVICE, config)
    services = {}
    for survey in SURVEYS:
        server, *fallbacks = _chain(survey, config, skyview, hips2fits)
        services[survey.name] = CutoutService(server, cache, FIELD_ARCMIN, fallbacks)
    return SurveyAccess(services)


def _chain(
    survey: Survey, config: AccessConfig, skyview: ServiceClient, hips2fits: ServiceClient
) -> list[SurveyServer]:
    """The servers of a survey, best first: its own, hips2fits, SkyView."""
    scale = survey.pixel_scale_arcsec
    servers: list[SurveyServer] = []
    if survey.name == FIRST_NAME:
        servers.append(_first_server(config))
    if survey.hips:
        url = config.hips2fits_url
        servers.append(Hips2FitsServer(hips2fits, url, survey.survey, survey.hips, scale))
    if survey.skyview:
        url = config.skyview_url
        servers.append(SkyViewServer(skyview, url, survey.survey, survey.skyview, scale))
    return servers


def _first_server(config: AccessConfig) -> FirstServer:
    return FirstServer(
        config.first_url,
        deadline_s=config.deadline_s,
        max_connections=config.max_connections,
        breaker=_breaker(FIRST_SERVICE, config),
    )


def _client(service: str, config: AccessConfig) -> ServiceClient:
    return ServiceClient(
        service,
        deadline_s=config.deadline_s,
        max_connections=config.max_connections,
        breaker=_breaker(service, config),
    )


def _breaker(service: str, config: AccessConfig) -> Breaker:
    """One time-out is enough, so that a dead service costs one wait and not one each."""
    return Breaker(service, timeouts=1, pause_s=config.pause_s)
